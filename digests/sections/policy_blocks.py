"""Review what a policy blocked: a false positive is released, a true one confirmed."""

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import CONFIRM_BLOCK_MANY


def collect(world: World) -> Found:
    return items(world, ItemKind.POLICY_BLOCK)


def show(found: Found, world: World) -> Step:
    return step(found, world, "block to review", "blocks to review", CONFIRM_BLOCK_MANY)


POLICY_BLOCKS = Section("policy_blocks", "Review policy blocks", collect, show)
