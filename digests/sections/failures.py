"""Resolve what failed for good: posts that did not go out."""

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import RETRY_MANY


def collect(world: World) -> Found:
    return items(world, ItemKind.PUBLISH_FAILURE)


def show(found: Found, world: World) -> Step:
    return step(found, world, "post failed", "posts failed", RETRY_MANY)


FAILURES = Section("failures", "Resolve publish failures", collect, show)
