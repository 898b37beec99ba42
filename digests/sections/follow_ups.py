"""Tag follow-ups: of what is still open, a person says what comes first tomorrow. Nothing has to be tagged."""

from dataclasses import replace

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from messages.blocks import context

_SHOWN = 18


def collect(world: World) -> Found:
    return items(world, *(set(ItemKind) - {ItemKind.APPROVAL}))


def show(found: Found, world: World) -> Step:
    told = step(found, world, "is still open", "are still open")
    groups = list(told.groups[:_SHOWN])
    if more := len(told.groups) - len(groups):
        groups.append([context(f"… {more} more in App Home, the gravest first.")])
    # What is left open is no work left undone: the step is over when somebody says so.
    return replace(told, done=0, total=0, confirm=bool(found.items), groups=groups, waiting={})


FOLLOW_UPS = Section("follow_ups", "Tag follow-ups for tomorrow", collect, show)
