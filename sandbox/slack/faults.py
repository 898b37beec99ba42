"""Slack on a bad day, planned or by chance, one call or envelope at a time: an app can show what it does about it."""

import asyncio
import math
import random
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web

from sandbox.slack.errors import SlackError

ApiKind = Literal["slow", "ratelimited", "unavailable", "server_error", "refused", "internal_error", "dropped"]
EnvelopeKind = Literal["slow", "duplicate", "held", "dropped"]
ENVELOPES = frozenset({"events_api", "interactive", "slash_commands"})


@dataclass(frozen=True)
class Fault:
    """Of a call: the first five strike before it takes effect, `internal_error` and `dropped` after it has.

    `error` is the code of `refused`. Of an envelope: late, twice, after a younger one, or with the line cut."""

    kind: ApiKind | EnvelopeKind | Literal["none"]
    seconds: float = 1
    error: str = ""

    async def before(self) -> None:
        match self.kind:
            case "slow":
                await asyncio.sleep(self.seconds)
            case "ratelimited":
                raise SlackError("ratelimited", status=429, retry_after=math.ceil(self.seconds))
            case "unavailable":
                raise SlackError("service_unavailable", status=503)
            case "server_error":
                raise SlackError("fatal_error", status=500)
            case "refused":
                raise SlackError(self.error)

    def after(self, request: web.Request) -> None:
        if self.kind == "internal_error":
            raise SlackError("internal_error")
        if self.kind == "dropped" and request.transport is not None:
            request.transport.abort()


BY_CHANCE: dict[bool, tuple[Fault, ...]] = {
    False: tuple(Fault(kind, seconds=1) for kind in get_args(ApiKind) if kind not in ("refused", "slow")),
    True: tuple(Fault(kind, seconds=0.5) for kind in get_args(EnvelopeKind)),
}


def kinds_of(method: str) -> tuple[str, ...]:
    """What may befall a Web API method, or a kind of envelope."""
    return get_args(EnvelopeKind if method in ENVELOPES else ApiKind)


class Faults:
    """`chaos` is the share of calls and envelopes that meet a fault by chance, the same each time for one seed."""

    def __init__(self, chaos: float, seed: int) -> None:
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._chaos = chaos
        self._chance = random.Random(seed)

    def plan(self, method: str, fault: Fault, times: int) -> None:
        self._planned[method].extend([fault] * times)

    def take(self, method: str) -> Fault:
        """What befalls this call of the method, or this envelope."""
        planned = self._planned.get(method)
        if planned:
            return planned.popleft()
        if self._chaos and self._chance.random() < self._chaos:
            return self._chance.choice(BY_CHANCE[method in ENVELOPES])
        return Fault("none")
