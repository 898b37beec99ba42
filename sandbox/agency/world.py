"""How work flows in the agency: surfaces, the daily rhythm, and the items that calendar and people see.

Pure: what happened and what happens now are both built from these rules, so that the past and the present agree.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from audits import ActionType, ActorType, Effect, payload_hash
from clients.model import CalendarItem, CalendarStatus, Client, ItemKind, WorkItem
from sandbox.agency.seed import BLOCK_EXPLANATION, Account, Draft, Post
from telemetry import ids

SURFACES: Mapping[str, tuple[str, ...]] = {
    "instagram": ("reels", "feed", "stories"),
    "facebook": ("feed", "stories"),
    "tiktok": ("shorts",),
    "youtube": ("shorts", "community"),
    "linkedin": ("feed",),
    "x": ("feed",),
    "skool": ("community",),
}

# Skool has no API to publish with: a browser does it.
BROWSER_PLATFORMS = frozenset({"skool"})

POLICY = {"id": "agency-standard", "version": 7, "rules": ["brand-voice", "health-claims v3", "no-prices-unchecked"]}

# Weights of the local hours of a day of publishing: breakfast, lunch, and the sofa.
_RHYTHM = {8: 6, 9: 9, 10: 7, 11: 7, 12: 10, 13: 8, 14: 5, 15: 5, 16: 6, 17: 8, 18: 11, 19: 9, 20: 6, 21: 3}


def mode(platform: str) -> str:
    return "browser" if platform in BROWSER_PLATFORMS else "api"


def new_id(prefix: str, rng: Random) -> str:
    return f"{prefix}-{rng.getrandbits(48):012x}"


def lead(rng: Random) -> timedelta:
    """How long before it is due an item gets its picture and text; until then it is only planned."""
    return timedelta(hours=rng.uniform(4, 16))


def client(account: Account, zone: str) -> Client:
    return Client(account.client_id, account.name, zone, budget_usd_per_day=Decimal("3.00"))


def slots(account: Account, day: date, zone: ZoneInfo, rng: Random) -> Iterator[tuple[str, datetime]]:
    """(platform, time) of everything the client publishes on one local day: three or four per platform."""
    for platform in account.platforms:
        for hour in rng.choices(tuple(_RHYTHM), tuple(_RHYTHM.values()), k=rng.choice((3, 4, 4, 4))):
            local = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=zone)
            yield platform, local.astimezone(ZoneInfo("UTC"))


def planned(
    account: Account,
    platform: str,
    at: datetime,
    rng: Random,
    *,
    web_url: str,
    blueprint: str,
    text: str | None = None,
) -> CalendarItem:
    """A calendar item, not yet made, with this text or one of the client's posts."""
    post = Post(text[:60], text) if text else rng.choice(account.posts)
    return calendar_item(
        account.client_id,
        platform,
        rng.choice(SURFACES[platform]),
        post,
        at,
        rng,
        asset_id=new_id("asset", rng) if text else asset_id(account, post),
        web_url=web_url,
        blueprint=blueprint,
    )


def drafted(draft: Draft, at: datetime, rng: Random, *, web_url: str, blueprint: str) -> CalendarItem:
    """The calendar item of a draft that waits for approval."""
    item = calendar_item(
        draft.client_id,
        draft.platform,
        draft.surface,
        draft.post,
        at,
        rng,
        asset_id=new_id("asset", rng),
        web_url=web_url,
        blueprint=blueprint,
    )
    return replace(item, status=CalendarStatus.AWAITING_APPROVAL)


def calendar_item(
    client_id: str,
    platform: str,
    surface: str,
    post: Post,
    at: datetime,
    rng: Random,
    *,
    asset_id: str,
    web_url: str,
    blueprint: str,
) -> CalendarItem:
    payload = {"text": post.text, "asset_id": asset_id, "asset_url": f"{web_url}/assets/{asset_id}.png"}
    return CalendarItem(
        calendar_item_id=new_id("cal", rng),
        client_id=client_id,
        platform=platform,
        surface=surface,
        title=post.title,
        status=CalendarStatus.PLANNED,
        scheduled_at=at,
        payload_hash=payload_hash(payload),
        payload=payload,
        mode=mode(platform),
        blueprint_id=blueprint,
        plan_id=new_id("plan", rng),
        asset_id=asset_id,
    )


def asset_id(account: Account, post: Post) -> str:
    """A client's stock picture of a post: made once, used again."""
    return f"asset-{account.client_id}-{account.posts.index(post) + 1}"


def post_key(item: CalendarItem) -> str:
    """The idempotency key: however often it is sent, this version of the item is one post."""
    return f"{item.calendar_item_id}:{item.version}"


def ids_of(item: CalendarItem) -> AbstractContextManager[ids.Ids]:
    """Binds the ids of the work on this item."""
    return ids.bound(
        client_id=item.client_id,
        platform=item.platform,
        surface=item.surface,
        plan_id=item.plan_id,
        asset_id=item.asset_id,
        calendar_item_id=item.calendar_item_id,
    )


def publish_effect(item: CalendarItem, known: Mapping[str, str]) -> Effect:
    """What the guard is asked about; `known` are the ids of this moment."""
    return Effect(
        client_id=item.client_id,
        action_type=ActionType.PUBLISH,
        actor_type=ActorType.AGENT,
        actor_id="publisher",
        payload=item.payload,
        summary=item.title,
        platform=item.platform,
        surface=item.surface,
        lane="publishing",
        policy=POLICY,
        ids=known,
    )


def approval_id(calendar_item_id: str) -> str:
    """The work item that asks for a calendar item's approval."""
    return f"approve-{calendar_item_id}"


def approval(item: CalendarItem, opened_at: datetime, risk: str | None = None) -> WorkItem:
    return WorkItem(
        item_id=approval_id(item.calendar_item_id),
        kind=ItemKind.APPROVAL,
        client_id=item.client_id,
        title=item.title,
        severity=2 if risk else 3,
        payload_hash=item.payload_hash,
        opened_at=opened_at,
        platform=item.platform,
        surface=item.surface,
        lane="publishing",
        calendar_item_id=item.calendar_item_id,
        body={
            "text": item.payload["text"],
            "asset_url": item.payload["asset_url"],
            "scheduled_at": item.scheduled_at.isoformat(),
            "risk": risk,
        },
        version=item.version,
        due_at=item.scheduled_at,
    )


def failure_id(calendar_item_id: str) -> str:
    """The work item that tells of what went wrong with a calendar item's publish."""
    return f"failed-{calendar_item_id}"


_WENT_WRONG = {
    ItemKind.PUBLISH_FAILURE: "did not go out",
    ItemKind.VERIFICATION: "cannot be seen",
    ItemKind.UNKNOWN_OUTCOME: "may or may not be out",
}


def failure(item: CalendarItem, kind: ItemKind, opened_at: datetime, reason: str) -> WorkItem:
    return WorkItem(
        item_id=failure_id(item.calendar_item_id),
        kind=kind,
        client_id=item.client_id,
        title=f"“{item.title}” {_WENT_WRONG[kind]}",
        severity=1,
        payload_hash=item.payload_hash,
        opened_at=opened_at,
        platform=item.platform,
        surface=item.surface,
        lane="publishing",
        calendar_item_id=item.calendar_item_id,
        body={
            "reason": reason,
            "text": item.payload["text"],
            "asset_url": item.payload["asset_url"],
            "scheduled_at": item.scheduled_at.isoformat(),
            "post_url": item.post_url,
        },
        version=item.version,
        due_at=opened_at + timedelta(hours=2),
    )


def policy_id(calendar_item_id: str) -> str:
    """The work item that tells what a policy held back."""
    return f"policy-{calendar_item_id}"


def policy_block(item: CalendarItem, at: datetime) -> WorkItem:
    body = {"text": item.payload["text"], "asset_url": item.payload["asset_url"], "post_url": None}
    return WorkItem(
        item_id=policy_id(item.calendar_item_id),
        kind=ItemKind.POLICY_BLOCK,
        client_id=item.client_id,
        title=item.title,
        severity=3,
        payload_hash=item.payload_hash,
        opened_at=at,
        platform=item.platform,
        surface=item.surface,
        lane="publishing",
        calendar_item_id=item.calendar_item_id,
        body={**body, "reason": item.error_reason, "explanation": BLOCK_EXPLANATION},
        version=item.version,
        due_at=at + timedelta(hours=6),
    )


def complaint(item: CalendarItem, author: str, text: str, at: datetime) -> WorkItem:
    """A conversation under a post that an agent must not carry on alone."""
    body = {
        "author": author,
        "excerpt": text,
        "history": [{"from": author, "text": text, "at": at.isoformat()}],
        "suggested_reply": f"@{author} We are sorry. A person of ours writes to you within the hour.",
    }
    return WorkItem(
        item_id=f"thread-{item.calendar_item_id}",
        kind=ItemKind.ESCALATION,
        client_id=item.client_id,
        title=f"{author} complains under “{item.title}”",
        severity=2,
        payload_hash=payload_hash(body),
        opened_at=at,
        platform=item.platform,
        surface=item.surface,
        lane="engagement",
        calendar_item_id=item.calendar_item_id,
        body=body,
        due_at=at + timedelta(hours=2),
    )
