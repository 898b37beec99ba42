"""The workspace's time: the wall's, until a test turns it forward. Whatever waits in here waits by this clock."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False)
class Timer:
    due: float
    effect: Callable[[], None]
    handle: asyncio.TimerHandle | None = None


class Clock:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ahead = 0.0
        self._timers: set[Timer] = set()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """From any thread. What comes due by it happens right after, earliest first."""
        self._ahead += seconds
        self._loop.call_soon_threadsafe(self._turned)

    def _turned(self) -> None:
        for timer in sorted(self._timers, key=lambda timer: timer.due):
            self.cancel(timer)
            self._start(timer)

    def later(self, seconds: float, effect: Callable[[], None]) -> Timer:
        timer = Timer(self.now() + seconds, effect)
        self._start(timer)
        return timer

    def cancel(self, timer: Timer) -> None:
        self._timers.discard(timer)
        if timer.handle:
            timer.handle.cancel()

    async def sleep(self, seconds: float) -> None:
        done = asyncio.Event()
        timer = self.later(seconds, done.set)
        try:
            await done.wait()
        finally:
            self.cancel(timer)

    def _start(self, timer: Timer) -> None:
        def strike() -> None:
            self._timers.discard(timer)
            timer.effect()

        self._timers.add(timer)
        timer.handle = self._loop.call_later(max(0.0, timer.due - self.now()), strike)
