"""How work flows in the agency: surfaces, blueprints, models and prices, the daily rhythm, and items made from them.

Pure: what happened and what happens now are both built from these rules, so that the past and the present agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from audits import payload_hash
from clients.model import CalendarItem, CalendarStatus, Client, ItemKind, Usage, WorkItem
from sandbox.agency.seed import Account, Draft, Post

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


@dataclass(frozen=True)
class Model:
    """Prices in USD: per million tokens in and out, or per picture."""

    provider: str
    name: str
    kind: str
    usd_in: Decimal = Decimal(0)
    usd_out: Decimal = Decimal(0)
    usd_picture: Decimal = Decimal(0)

    def usd(self, tokens_in: int, tokens_out: int) -> Decimal:
        tokens = (self.usd_in * tokens_in + self.usd_out * tokens_out) / 1_000_000
        return (tokens + self.usd_picture).quantize(Decimal("0.000001"))


SONNET = Model("anthropic", "claude-sonnet-4-5", "llm", Decimal("3"), Decimal("15"))
MINI = Model("openai", "gpt-5-mini", "llm", Decimal("0.25"), Decimal("2"))
FLASH = Model("google", "gemini-2.5-flash", "llm", Decimal("0.3"), Decimal("2.5"))
IMAGE = Model("openai", "gpt-image-1", "image", usd_picture=Decimal("0.063"))
IMAGEN = Model("google", "imagen-4", "image", usd_picture=Decimal("0.040"))


@dataclass(frozen=True)
class Task:
    """A call to a model that a step of the work makes; tokens are typical, not exact."""

    task_class: str
    model: Model
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True)
class Blueprint:
    """A recipe for a post: the calls its steps make, by lane."""

    blueprint_id: str
    tasks: Mapping[str, tuple[Task, ...]]


_REPLY = (Task("reply", FLASH, 2500, 260),)

# The last one makes little of its own: what goes out at once must not cost like what was planned.
BLUEPRINTS: Mapping[str, Blueprint] = {
    blueprint.blueprint_id: blueprint
    for blueprint in (
        Blueprint(
            "spotlight",
            {
                "planning": (Task("plan", SONNET, 12000, 2100),),
                "creation": (Task("caption", SONNET, 7200, 900), Task("image", IMAGE), Task("image", IMAGE)),
                "engagement": _REPLY,
            },
        ),
        Blueprint(
            "how-to",
            {
                "planning": (Task("plan", SONNET, 14000, 2300),),
                "creation": (Task("caption", MINI, 6000, 900), Task("image", IMAGEN), Task("image", IMAGEN)),
                "engagement": _REPLY,
            },
        ),
        Blueprint(
            "community-question",
            {
                "planning": (Task("plan", FLASH, 8000, 900),),
                "creation": (Task("caption", SONNET, 4000, 500), Task("image", IMAGEN)),
                "engagement": _REPLY,
            },
        ),
        Blueprint(
            "quick-update",
            {
                "planning": (Task("plan", MINI, 1800, 150),),
                "creation": (Task("caption", MINI, 1500, 220),),
                "engagement": _REPLY,
            },
        ),
    )
}
QUICK = "quick-update"
_PLANNED_BLUEPRINTS = tuple(name for name in BLUEPRINTS if name != QUICK)


def mode(platform: str) -> str:
    return "browser" if platform in BROWSER_PLATFORMS else "api"


def new_id(prefix: str, rng: Random) -> str:
    return f"{prefix}-{rng.getrandbits(48):012x}"


def lead(rng: Random) -> timedelta:
    """How long before it is due an item gets its picture and text; until then it is only planned."""
    return timedelta(hours=rng.uniform(4, 16))


def client(account: Account, zone: str) -> Client:
    return Client(account.client_id, account.name, zone, budget_usd_per_day=Decimal("5.00"))


def slots(account: Account, day: date, zone: ZoneInfo, rng: Random) -> Iterator[tuple[str, datetime]]:
    """(platform, time) of everything the client publishes on one local day: three or four per platform."""
    for platform in account.platforms:
        for hour in rng.choices(tuple(_RHYTHM), tuple(_RHYTHM.values()), k=rng.choice((3, 4, 4, 4))):
            local = datetime(day.year, day.month, day.day, hour, rng.randrange(60), rng.randrange(60), tzinfo=zone)
            yield platform, local.astimezone(ZoneInfo("UTC"))


def planned(
    account: Account, platform: str, at: datetime, rng: Random, *, web_url: str, blueprint: str | None = None
) -> CalendarItem:
    """A calendar item with one of the client's posts, not yet made."""
    post = rng.choice(account.posts)
    return calendar_item(
        account.client_id,
        platform,
        rng.choice(SURFACES[platform]),
        post,
        at,
        rng,
        asset_id=asset_id(account, post),
        web_url=web_url,
        blueprint=blueprint or rng.choice(_PLANNED_BLUEPRINTS),
    )


def drafted(draft: Draft, at: datetime, rng: Random, *, web_url: str) -> CalendarItem:
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
        blueprint=_PLANNED_BLUEPRINTS[0],
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


def calls(item: CalendarItem, lane: str, at: datetime, rng: Random, *, failing: float = 0.03) -> list[Usage]:
    """What the models of one step cost. A share `failing` of the calls breaks off after reading and is made again."""
    made: list[Usage] = []
    for task in BLUEPRINTS[item.blueprint_id or QUICK].tasks.get(lane, ()):
        tokens_in = int(task.tokens_in * rng.uniform(0.8, 1.25))
        tokens_out = int(task.tokens_out * rng.uniform(0.7, 1.3))
        whole = Usage(
            usage_id=new_id("use", rng),
            client_id=item.client_id,
            provider=task.model.provider,
            model=task.model.name,
            kind=task.model.kind,
            task_class=task.task_class,
            usd=task.model.usd(tokens_in, tokens_out),
            at=at,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            blueprint_id=item.blueprint_id,
            episode_id=f"episode-{item.calendar_item_id}-{lane}",
        )
        if rng.random() < failing:
            broken = replace(whole, usage_id=new_id("use", rng), tokens_out=0, usd=task.model.usd(tokens_in, 0))
            made.append(broken)
            whole = replace(whole, retry_of=broken.usage_id)
        made.append(whole)
    return made
