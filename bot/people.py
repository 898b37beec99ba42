"""Who may press what: roles by Slack user or user group, asked anew at the press, and names for the record."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from messages.slack import Slack, SlackError
from operations.model import Person, Role

# Long enough not to ask Slack at each press, short enough that a removed person cannot act for long.
_KEPT_SECONDS = 30.0
_zones = cache(available_timezones)


class People:
    """Answers who a Slack user is. A user group that cannot be read grants nothing."""

    def __init__(self, slack: Slack, granted: Mapping[Role, list[str]]) -> None:
        self._slack = slack
        self._granted = granted
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def person(self, user_id: str) -> Person:
        """The person behind a click, with the highest role granted. Guests, bots and the deactivated have none."""
        profile = self._remembered(user_id, lambda: self._slack.user(user_id)) or {}
        name = profile.get("real_name") or profile.get("name") or user_id
        barred = any(
            profile.get(flag) for flag in ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        )
        role = Role.NONE if barred or not profile else self._role(user_id)
        zone = profile.get("tz")
        return Person(user_id, name, role, zone if zone in _zones() else None)

    def _role(self, user_id: str) -> Role:
        for role in sorted(self._granted, reverse=True):
            for who in self._granted[role]:
                if who == user_id or (who.startswith("S") and user_id in self._members(who)):
                    return role
        return Role.NONE

    def _members(self, group: str) -> list[str]:
        return self._remembered(group, lambda: self._slack.members(group)) or []

    def _remembered(self, key: str, ask: Callable[[], Any]) -> Any:
        with self._lock:
            at, value = self._kept.get(key, (0.0, None))
        if value is not None and time.monotonic() - at < _KEPT_SECONDS:
            return value
        try:
            value = ask()
        except SlackError:
            return None
        with self._lock:
            self._kept[key] = (time.monotonic(), value)
        return value
