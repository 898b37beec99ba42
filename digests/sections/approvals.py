"""Approve drafts, so that they are published at their time."""

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import APPROVE_MANY


def collect(world: World) -> Found:
    return items(world, ItemKind.APPROVAL, first=lambda item: item.due_at or item.opened_at)


def show(found: Found, world: World) -> Step:
    return step(found, world, "draft waits", "drafts wait", APPROVE_MANY)


APPROVALS = Section("approvals", "Approve drafts", collect, show)
