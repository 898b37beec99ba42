"""Clear what needs a person: comment and message threads, failed publishes, policy blocks."""

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step


def collect(world: World) -> Found:
    return items(world, *(set(ItemKind) - {ItemKind.APPROVAL, ItemKind.CONNECTION}))


def show(found: Found, world: World) -> Step:
    return step(found, world, "needs a person", "need a person")


ESCALATIONS = Section("escalations", "Clear escalations", collect, show)
