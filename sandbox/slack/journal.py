"""Every request and answer that crossed the wire, in order, so that a test can say what the app really did."""

from collections import deque
from typing import Any, Literal

from sandbox.slack.clock import Clock
from sandbox.slack.model import Json

KEPT = 20_000

Kind = Literal["api", "envelope", "request", "ack", "response_url", "upload"]


class Journal:
    """`dir` is seen from the workspace: "in" came from the app, "out" went to it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Json] = deque(maxlen=KEPT)
        self._count = 0

    def record(
        self, direction: Literal["in", "out"], kind: Kind, *, status: int | str, ms: float = 0, **rest: Any
    ) -> None:
        self._count += 1
        entry = {"n": self._count, "at": self._clock.now(), "dir": direction, "kind": kind}
        self._entries.append(entry | rest | {"status": status, "ms": round(ms, 3)})

    def complaints(self) -> list[Json]:
        """What the app did wrong about the acks it owes."""
        return [entry for entry in tuple(self._entries) if entry["kind"] == "ack" and entry["status"] != "ok"]

    def since(self, number: int) -> list[Json]:
        return [entry for entry in tuple(self._entries) if entry["n"] > number]
