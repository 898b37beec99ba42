"""Slack on a bad day, one planned call at a time, so that a sender can show what it does about it."""

import asyncio
import math
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web

from sandbox.slack.errors import SlackError

Kind = Literal["none", "slow", "ratelimited", "unavailable", "internal_error", "dropped"]
KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True)
class Fault:
    """The first three strike before the call takes effect; `internal_error` and `dropped` after it has."""

    kind: Kind
    seconds: float = 1

    async def before(self) -> None:
        if self.kind == "slow":
            await asyncio.sleep(self.seconds)
        elif self.kind == "ratelimited":
            raise SlackError("ratelimited", status=429, retry_after=math.ceil(self.seconds))
        elif self.kind == "unavailable":
            raise SlackError("service_unavailable", status=503)

    def after(self, request: web.Request) -> None:
        if self.kind == "internal_error":
            raise SlackError("internal_error")
        if self.kind == "dropped" and request.transport is not None:
            request.transport.abort()


class Faults:
    def __init__(self) -> None:
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def plan(self, method: str, fault: Fault, times: int) -> None:
        self._planned[method].extend([fault] * times)

    def take(self, method: str) -> Fault:
        """What befalls this call of the method."""
        planned = self._planned[method]
        return planned.popleft() if planned else Fault("none")
