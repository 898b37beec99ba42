"""What the steps that consist of work items have in common."""

from collections import Counter
from collections.abc import Sequence

from clients import store
from clients.model import ItemKind, ItemState, WorkItem
from digests.model import Step, World
from operations.cards import item_blocks


def items(world: World, *kinds: ItemKind) -> list[WorkItem]:
    """Open items of the pod, and those closed since the check-in was posted, in an order that decisions do not move."""
    with world.engine.begin() as db:
        found = store.items_of(db, kinds, closed_since=world.since, client_ids=world.pod.client_ids)
    return sorted(found, key=lambda item: (item.severity, item.due_at or item.opened_at, item.item_id))


def step(found: Sequence[WorkItem], world: World, one: str, many: str) -> Step:
    closed = [item for item in found if item.state is ItemState.CLOSED]
    waiting = len(found) - len(closed)
    line = "nothing to do" if not found else f"{waiting} {one if waiting == 1 else many}" if waiting else "all done"
    return Step(
        line=line,
        done=len(closed),
        total=len(found),
        groups=[item_blocks(item, world.names) for item in found],
        decided=Counter(item.outcome or "closed" for item in closed),
        people=frozenset(item.closed_by for item in closed if item.closed_by),
    )
