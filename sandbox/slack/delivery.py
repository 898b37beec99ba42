"""How the app hears of what happens: each thing once, events again until they are acknowledged, bad days included.

The two ways there are `socket_mode` and `http_mode`; what is said is `interactivity`'s and `forms`' business."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sandbox.slack.clock import Clock
from sandbox.slack.config import Timings
from sandbox.slack.faults import Faults
from sandbox.slack.model import Json

Kind = Literal["events_api", "interactive", "slash_commands"]


@dataclass(frozen=True)
class Ack:
    """`error` is the code Slack shows the user when the app did not answer; `reason` what a retry says of it."""

    payload: Json | None = None
    error: Literal["dispatch_failed", "operation_timeout", "app_missing_action_url"] | None = None
    reason: str = ""
    may_retry: bool = True


@dataclass(frozen=True)
class Parcel:
    kind: Kind
    payload: Json
    takes_payload: bool = False
    attempt: int = 0
    reason: str = ""


class Line(Protocol):
    async def send(self, parcel: Parcel) -> Ack:
        """Hands it over once and waits for the ack, no longer than Slack does."""
        ...

    async def cut(self) -> None:
        """Breaks the connection without a word."""
        ...


class Delivery:
    """`line` is how the app wants it; it may change while the workspace runs."""

    def __init__(self, line: Line, timings: Timings, clock: Clock, faults: Faults) -> None:
        self.line = line
        self._timings = timings
        self._clock = clock
        self._faults = faults
        self._held: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def deliver(self, kind: Kind, payload: Json, *, takes_payload: bool = False) -> Ack:
        """An interaction or a command: Slack never sends these again."""
        return await self._send(Parcel(kind, payload, takes_payload))

    def emit(self, event_callback: Json) -> None:
        """Delivers an event in the background, and again when it is not acknowledged."""
        self._spawn(self._deliver_event(event_callback))

    async def _deliver_event(self, event_callback: Json) -> None:
        reason = ""
        for attempt, delay in enumerate((0.0, *self._timings.event_retries)):
            if delay:
                await self._clock.sleep(delay)
            ack = await self._send(Parcel("events_api", event_callback, attempt=attempt, reason=reason))
            if ack.error is None or not ack.may_retry:
                return
            reason = ack.reason

    async def _send(self, parcel: Parcel) -> Ack:
        fault = self._faults.take(parcel.kind)
        if fault.kind == "slow":
            await self._clock.sleep(fault.seconds)
        elif fault.kind == "held":
            await self._wait_for_another(fault.seconds)
        elif fault.kind == "duplicate":
            self._spawn(self._send_again(parcel))
        elif fault.kind == "dropped":
            self._spawn(self._cut_soon())
        sending = asyncio.ensure_future(self.line.send(parcel))
        if self._held:
            await asyncio.sleep(0)
            self._held.set()
        return await sending

    async def _wait_for_another(self, seconds: float) -> None:
        """Until something younger went out, so that the order is wrong."""
        self._held = held = asyncio.Event()
        timer = self._clock.later(seconds, held.set)
        await held.wait()
        self._clock.cancel(timer)
        self._held = None

    async def _send_again(self, parcel: Parcel) -> None:
        await self.line.send(parcel)

    async def _cut_soon(self) -> None:
        """After the parcel was written, before it can be acknowledged."""
        await asyncio.sleep(0)
        await self.line.cut()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
