"""Approve the drafted replies of the threads that matter most: comments and messages that need a person.

Drafts of posts are the morning's. What came after it and goes out before the next one is named beside the steps.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from charts.words import plural
from clients import work_items
from clients.model import ItemKind
from digests.calendar import PLAN_DAYS, plan
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from messages.blocks import date
from operations.batch import APPROVE_MANY, SEND_REPLY_MANY
from operations.wording import DAY_AND_TIME, KINDS
from telemetry.ids import Lane


@dataclass(frozen=True)
class Replies:
    """`posts` are drafts of posts that go out before the next morning, `first` when the first of them does."""

    found: Found
    posts: int
    first: datetime | None


def collect(world: World) -> Replies:
    """Threads, and drafts of the engagement lane."""
    threads = items(world, ItemKind.ESCALATION)
    drafts = [item for item in items(world, ItemKind.APPROVAL).items if item.lane == Lane.ENGAGEMENT]
    mine, shown, morning = world.pod.client_ids, [item.item_id for item in drafts], _next_morning(world)
    with world.engine.begin() as db:
        posts, first = work_items.due_before(db, ItemKind.APPROVAL, morning, mine, apart=shown)
    found = replace(threads, items=[*threads.items, *drafts])
    return Replies(found, posts if world.now < morning else 0, first)


def show(replies: Replies, world: World) -> Step:
    many = (APPROVE_MANY, SEND_REPLY_MANY)
    told = step(replies.found, world, "thread needs an answer", "threads need an answer", *many)
    return replace(told, also=_also(replies, world.now))


def _also(replies: Replies, now: datetime) -> str:
    if not replies.posts or not replies.first:
        return ""
    goes = "goes out" if replies.first > now else "was to go out"
    which = f"{plural(replies.posts, 'draft')} of posts, the first {goes} {date(replies.first, DAY_AND_TIME)}"
    return f"Also waiting: {which}. In App Home, under “{KINDS[ItemKind.APPROVAL]}”."


def _next_morning(world: World) -> datetime:
    """When drafts are a step again; where that is not planned yet, the end of the days that are."""
    mornings = [slot.due_at for slot in plan([world.pod], world.since) if slot.checkin == "morning"]
    return min((at for at in mornings if at > world.since), default=world.since + timedelta(days=PLAN_DAYS + 1))


ENGAGEMENT = Section("engagement", "Approve replies", collect, show)
