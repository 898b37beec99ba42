"""Approve the drafted replies of the threads that matter most: comments and messages that need a person."""

from dataclasses import replace

from clients.model import ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from operations.batch import APPROVE_MANY, SEND_REPLY_MANY
from telemetry.ids import Lane


def collect(world: World) -> Found:
    """Threads, and drafts of the engagement lane; drafts of posts are the morning's."""
    threads = items(world, ItemKind.ESCALATION)
    drafts = [item for item in items(world, ItemKind.APPROVAL).items if item.lane == Lane.ENGAGEMENT]
    return replace(threads, items=[*threads.items, *drafts])


def show(found: Found, world: World) -> Step:
    return step(found, world, "thread needs an answer", "threads need an answer", APPROVE_MANY, SEND_REPLY_MANY)


ENGAGEMENT = Section("engagement", "Approve replies", collect, show)
