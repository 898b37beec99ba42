"""Verify that what went out is live: proof where it was seen, a person's look where it was not.

Out, but not seen within ten minutes, is neither published nor failed: a state of its own, with its own step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from clients import store
from clients.model import CalendarItem, CalendarStatus, ItemKind
from digests.model import Section, Step, World
from digests.sections.items import Found, items, step
from messages.blocks import Block, Element, context, date, escape, is_web_address, link, mrkdwn, section
from operations.batch import RESOLVE_MANY
from operations.wording import place

WINDOW = timedelta(hours=24)
IN_TIME = timedelta(minutes=10)
"""Spec 10.2: so soon after it was published a post is to be seen."""
_SHOWN = 8


@dataclass(frozen=True)
class Posts:
    """`unseen` are out for longer than `IN_TIME` and nobody has opened an item for them; `items` are those opened."""

    seen: Sequence[CalendarItem]
    unseen: Sequence[CalendarItem]
    checking: int
    items: Found


def collect(world: World) -> Posts:
    asked = items(world, ItemKind.VERIFICATION, ItemKind.UNKNOWN_OUTCOME)
    with world.engine.begin() as db:
        due = store.calendar(
            db, world.since - WINDOW, world.since, client_ids=world.pod.client_ids, told_by=world.since
        )
    out = [post for post in due if post.status is CalendarStatus.PUBLISHED]
    # By when it was posted, so that the step does not grow under the hands of who works it.
    late = [post for post in out if post.published_at and post.published_at <= world.since - IN_TIME]
    known = {item.calendar_item_id for item in asked.items}
    return Posts(
        seen=[post for post in due if post.status is CalendarStatus.VERIFIED],
        unseen=[post for post in late if post.calendar_item_id not in known],
        checking=len(out) - len(late),
        items=asked,
    )


def show(posts: Posts, world: World) -> Step:
    told = step(posts.items, world, "to look for", "to look for", RESOLVE_MANY)
    waiting = told.total - told.done + len(posts.unseen)
    parts = [f"{len(posts.seen)} seen live"] if posts.seen else []
    if waiting:
        parts.append(f"⚠️ {waiting} not seen after {IN_TIME // timedelta(minutes=1)} min")
    if posts.checking:
        parts.append(f"{posts.checking} still being checked")
    line = " · ".join(parts) or "nothing went out in the last 24 hours"
    return replace(
        told,
        line=line,
        confirm=bool(posts.unseen),
        groups=[_overview(posts, world, line), *told.groups],
        waiting={place + 1: item for place, item in told.waiting.items()},
        failed=[place + 1 for place in told.failed],
    )


def _overview(posts: Posts, world: World, line: str) -> list[Block]:
    blocks: list[Block] = [section(f"*{line[0].upper()}{line[1:]}*")]
    if posts.unseen:
        listed = [f"⚠️ {_post(post, world)} · {_proof(post, 'look for it')}" for post in posts.unseen[:_SHOWN]]
        blocks.append(section("\n".join([*listed, *_more(len(posts.unseen))])))
    newest = sorted(posts.seen, key=lambda post: post.verified_at or post.scheduled_at, reverse=True)
    for post in newest[:_SHOWN]:
        text = mrkdwn(f"✅ {_post(post, world)} · {_proof(post, 'proof')}", 400)
        blocks.append({"type": "context", "elements": [*_thumbnail(post), text]})
    return blocks + [context(rest) for rest in _more(len(newest))]


def _more(count: int) -> list[str]:
    return [f"… {count - _SHOWN} more"] if count > _SHOWN else []


def _post(post: CalendarItem, world: World) -> str:
    client = escape(world.names.get(post.client_id, post.client_id), 40)
    where = escape(place(post.platform, post.surface))
    return f"{date(post.published_at or post.scheduled_at)} *{client}* · {where} · {escape(post.title, 50)}"


def _proof(post: CalendarItem, words: str) -> str:
    return link(post.post_url, words) if post.post_url and len(post.post_url) < 200 else "no address was reported"


def _thumbnail(post: CalendarItem) -> list[Element]:
    address = post.payload.get("asset_url")
    if not is_web_address(address):
        return []
    return [{"type": "image", "image_url": address, "alt_text": f"Asset of the post: {post.title}"[:200]}]


LIVE = Section("live", "Verify posts went live", collect, show)
