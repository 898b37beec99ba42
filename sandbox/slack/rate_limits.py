"""Slack's pace: https://docs.slack.dev/apis/web-api/rate-limits"""

import math
from dataclasses import dataclass

from sandbox.slack.clock import Clock
from sandbox.slack.errors import SlackError

# "Short bursts" and "several hundred a minute" are all that is documented.
POST = "chat.postMessage"
CHANNEL_BURST = 5
POSTS_PER_MINUTE = 300


@dataclass
class Bucket:
    tokens: float
    at: float


class Limits:
    """Posts: one a second per channel, and a sum for the workspace. Everything else: its tier per minute."""

    def __init__(self, clock: Clock, enabled: bool) -> None:
        self._clock = clock
        self._enabled = enabled
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def call(self, method: str, per_minute: int) -> None:
        """Raises ratelimited."""
        if method == POST:
            per_minute = POSTS_PER_MINUTE
        self._draw((method, ""), burst=per_minute, per_second=per_minute / 60)

    def post(self, channel_id: str) -> None:
        """By whatever name the channel was called. Raises ratelimited."""
        self._draw((POST, channel_id), burst=CHANNEL_BURST, per_second=1)

    def _draw(self, key: tuple[str, str], burst: int, per_second: float) -> None:
        if not self._enabled:
            return
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * per_second)
        bucket.at = now
        if bucket.tokens < 1:
            wait = math.ceil((1 - bucket.tokens) / per_second)
            raise SlackError("ratelimited", status=429, retry_after=wait)
        bucket.tokens -= 1
