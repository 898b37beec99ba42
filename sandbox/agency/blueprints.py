"""Recipes for posts and what they cost: blueprints, the models their steps call, prices, and calls made in the past.

Calls that are made now are `thinking`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from clients.model import CalendarItem, Usage
from sandbox.agency.world import new_id
from telemetry.prices import Price, Prices

_SINCE = datetime(2025, 10, 1, tzinfo=UTC)
PRICES = Prices(
    (
        Price("anthropic", "claude-sonnet-4-5", _SINCE, Decimal("3"), Decimal("15")),
        Price("openai", "gpt-5-mini", _SINCE, Decimal("0.25"), Decimal("2")),
        Price("google", "gemini-2.5-flash", _SINCE, Decimal("0.3"), Decimal("2.5")),
    )
)


@dataclass(frozen=True)
class Model:
    """A language model is paid by the token (PRICES), the others by the piece, a picture or a clip, in USD."""

    provider: str
    name: str
    kind: str
    usd_piece: Decimal = Decimal(0)

    def usd(self, tokens_in: int, tokens_out: int, at: datetime, *, ok: bool = True) -> Decimal:
        """A call that broke off gave no picture, but what was read is paid."""
        price = PRICES.at(self.provider, self.name, at)
        tokens = price.usd(tokens_in, tokens_out) if price else Decimal(0)
        return (tokens + self.usd_piece * ok).quantize(Decimal("0.000001"))


SONNET = Model("anthropic", "claude-sonnet-4-5", "llm")
MINI = Model("openai", "gpt-5-mini", "llm")
FLASH = Model("google", "gemini-2.5-flash", "llm")
IMAGE = Model("openai", "gpt-image-1", "image", usd_piece=Decimal("0.063"))
IMAGEN = Model("google", "imagen-4", "image", usd_piece=Decimal("0.040"))
CLIP = Model("google", "veo-3.1-lite", "video", usd_piece=Decimal("0.120"))


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


_BREAKS_OFF = 0.03
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
            "short-clip",
            {
                "planning": (Task("plan", FLASH, 9000, 1100),),
                "creation": (Task("caption", MINI, 4000, 500), Task("clip", CLIP)),
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
PLANNED = tuple(name for name in BLUEPRINTS if name != QUICK)


def calls(item: CalendarItem, lane: str, at: datetime, rng: Random) -> list[Usage]:
    """What the models of one step cost. A few of the calls break off after reading and are made again."""
    made: list[Usage] = []
    for task in BLUEPRINTS[item.blueprint_id or QUICK].tasks.get(lane, ()):
        tokens_in, tokens_out = size(task, rng)
        whole = usage(item, task, at, rng, tokens_in, tokens_out, episode_id=f"episode-{item.calendar_item_id}-{lane}")
        if rng.random() < _BREAKS_OFF:
            broken = usage(item, task, at, rng, tokens_in, 0, ok=False, episode_id=whole.episode_id)
            made.append(broken)
            whole = replace(whole, retry_of=broken.usage_id)
        made.append(whole)
    return made


def size(task: Task, rng: Random) -> tuple[int, int]:
    """Tokens in and out of one call."""
    return int(task.tokens_in * rng.uniform(0.8, 1.25)), int(task.tokens_out * rng.uniform(0.7, 1.3))


def usage(
    item: CalendarItem,
    task: Task,
    at: datetime,
    rng: Random,
    tokens_in: int,
    tokens_out: int,
    *,
    ok: bool = True,
    **more: Any,
) -> Usage:
    """One call as it is reported; `more` are Usage's other fields."""
    return Usage(
        usage_id=new_id("use", rng),
        client_id=item.client_id,
        provider=task.model.provider,
        model=task.model.name,
        kind=task.model.kind,
        task_class=task.task_class,
        usd=task.model.usd(tokens_in, tokens_out, at, ok=ok),
        at=at,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        blueprint_id=item.blueprint_id,
        **more,
    )
