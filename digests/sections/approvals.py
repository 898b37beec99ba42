"""Approve drafts, so that they are published at their time."""

from clients.model import CHANGES_REQUESTED, ItemKind, WorkItem
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import APPROVE_MANY


def collect(world: World) -> Found:
    return items(world, ItemKind.APPROVAL, first=_safe)


def show(found: Found, world: World) -> Step:
    return step(found, world, "draft waits", "drafts wait", APPROVE_MANY)


def _safe(item: WorkItem) -> bool:
    """What has to be read comes before what is approved together. A new version has to, from when it is there."""
    new = item.changes_asked is not None and item.outcome != CHANGES_REQUESTED
    return not (item.body.get("risk") or new)


APPROVALS = Section("approvals", "Approve drafts", collect, show)
