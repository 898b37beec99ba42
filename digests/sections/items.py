"""What the steps that consist of work items have in common."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from clients import work_items
from clients.model import Aside, ItemKind, ItemState, WorkItem
from digests.model import Drawn, Step, World
from operations.batch import Batch
from operations.cards import item_blocks


@dataclass(frozen=True)
class Found:
    """`items` are what the check-in is about; `later` counts what came in after it was posted and is still open."""

    items: Sequence[WorkItem]
    later: int = 0


def items(world: World, *kinds: ItemKind, first: Callable[[WorkItem], Any] = attrgetter("severity")) -> Found:
    """What was open when the check-in was posted, in an order that decisions do not move.

    What was tagged to be followed up comes first, then what was escalated; then it goes by `first`, then by time.
    """
    with world.engine.begin() as db:
        found = work_items.items_of(
            db, kinds, closed_since=world.since, client_ids=world.pod.client_ids, told_by=world.since
        )
        later = work_items.open_since(db, kinds, world.since, world.pod.client_ids)

    def place(item: WorkItem) -> tuple[Any, ...]:
        tagged = item.tagged_at is not None and item.tagged_at < world.since
        escalated = item.escalated_at is not None and item.escalated_at < world.since
        return not tagged, not escalated, first(item), item.due_at or item.opened_at, item.item_id

    return Found(sorted(found, key=place), later)


def step(told: Found, world: World, one: str, several: str, *many: Batch) -> Step:
    """`many` are the buttons for all of them at once."""
    found = told.items
    closed = [item for item in found if item.state is ItemState.CLOSED]
    aside = Counter("put on hold" if item.aside is Aside.HELD else "snoozed" for item in _aside(found, world))
    waiting = len(found) - len(closed) - aside.total()
    line = "nothing to do" if not found else f"{waiting} {one if waiting == 1 else several}" if waiting else "all done"
    return Step(
        many=many,
        waiting={place: item for place, item in enumerate(found) if item.waits(world.now)},
        later=told.later,
        failed=[
            place
            for place, item in enumerate(found)
            if item.state is ItemState.CLOSED and item.result.get("status") == "failed"
        ],
        line=line,
        done=len(closed) + aside.total(),
        total=len(found),
        groups=Drawn(found, lambda item: item_blocks(item, world.names, world.now)),
        decided=Counter(item.outcome or "closed" for item in closed) + aside,
        people=frozenset(by for item in found for by in (item.closed_by, *(line["by"] for line in item.story)) if by),
    )


def _aside(found: Sequence[WorkItem], world: World) -> list[WorkItem]:
    return [item for item in found if item.state is ItemState.OPEN and not item.waits(world.now)]
