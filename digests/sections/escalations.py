"""Clear what needs a person: comment and message threads, failed publishes, policy blocks."""

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY


def collect(world: World) -> Found:
    return items(world, *(set(ItemKind) - {ItemKind.APPROVAL, ItemKind.CONNECTION}))


def show(found: Found, world: World) -> Step:
    many = (SEND_REPLY_MANY, RETRY_MANY, RESOLVE_MANY, CONFIRM_BLOCK_MANY)
    return step(found, world, "needs a person", "need a person", *many)


ESCALATIONS = Section("escalations", "Clear escalations", collect, show)
