"""What the steps that consist of work items have in common."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from clients import work_items
from clients.model import ItemKind, ItemState, WorkItem
from digests.model import Step, World
from operations.cards import item_blocks


@dataclass(frozen=True)
class Found:
    """`items` are what the check-in is about; `later` counts what came in after it was posted and is still open."""

    items: Sequence[WorkItem]
    later: int = 0


def items(world: World, *kinds: ItemKind, first: Callable[[WorkItem], Any] = attrgetter("severity")) -> Found:
    """What was open when the check-in was posted, in an order that decisions do not move: by `first`, then by time."""
    with world.engine.begin() as db:
        found = work_items.items_of(
            db, kinds, closed_since=world.since, client_ids=world.pod.client_ids, told_by=world.since
        )
        later = work_items.open_since(db, kinds, world.since, world.pod.client_ids)
    return Found(sorted(found, key=lambda item: (first(item), item.due_at or item.opened_at, item.item_id)), later)


def step(told: Found, world: World, one: str, many: str) -> Step:
    found = told.items
    closed = [item for item in found if item.state is ItemState.CLOSED]
    waiting = len(found) - len(closed)
    line = "nothing to do" if not found else f"{waiting} {one if waiting == 1 else many}" if waiting else "all done"
    return Step(
        later=told.later,
        failed=sum(item.result.get("status") == "failed" for item in closed),
        line=line,
        done=len(closed),
        total=len(found),
        groups=[item_blocks(item, world.names, world.now) for item in found],
        decided=Counter(item.outcome or "closed" for item in closed),
        people=frozenset(item.closed_by for item in closed if item.closed_by),
    )
