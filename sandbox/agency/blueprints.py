"""Recipes for posts and what they cost: blueprints, the models their steps call, prices, and calls made from them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from random import Random

from clients.model import CalendarItem, Usage
from sandbox.agency.world import new_id


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
PLANNED = tuple(name for name in BLUEPRINTS if name != QUICK)


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
