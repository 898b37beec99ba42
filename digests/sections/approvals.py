"""Approve drafts, so that they are published at their time."""

from clients.model import ItemKind, WorkItem
from digests.model import Section, Step, World
from digests.sections.items import items, step


def collect(world: World) -> list[WorkItem]:
    return items(world, ItemKind.APPROVAL)


def show(found: list[WorkItem], world: World) -> Step:
    return step(found, world, "draft waits", "drafts wait")


APPROVALS = Section("approvals", "Approve drafts", collect, show)
