"""A workspace per test, the official client on it, and hands for a user."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack, running

CONFIG: dict[str, Any] = {
    "team": {"name": "Acme", "domain": "acme"},
    "users": [
        {"name": "ana", "real_name": "Ana Silva", "tz": "Europe/Lisbon"},
        {"name": "ben", "real_name": "Ben Ode"},
        {"name": "guest", "is_restricted": True},
    ],
    "usergroups": [{"handle": "oncall", "name": "On call", "users": ["ben"]}],
    "channels": [
        {"name": "ops", "topic": "check-ins", "members": "all"},
        {"name": "elsewhere", "members": ["ana"]},
        {"name": "secret", "is_private": True, "members": ["ben"]},
        {"name": "leads", "is_private": True, "members": ["ana"]},
        {"name": "old", "is_archived": True},
    ],
    "app": {
        "name": "checkin",
        "bot_token": "xoxb-local",
        "app_token": "xapp-local",
        "commands": [{"command": "/cost", "description": "Spend"}],
        "events": ["app_home_opened", "message.channels"],
        "channels": ["ops", "leads", "old"],
    },
    "timings": {"ack": 1.0, "event_retries": [0.1, 0.1, 0.1], "file_ready": 0.1},
}


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with running(CONFIG) as local:
        yield local


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient("xoxb-local", base_url=slack.api_url, retry_handlers=[])


class Hands:
    """A user at the page."""

    def __init__(self, slack: LocalSlack, user: str) -> None:
        self.slack = slack
        self.user = user

    def see(self, path: str, **query: str) -> Any:
        return requests.get(f"{self.slack.url}/page/{path}", params={"user": self.user, **query}, timeout=10).json()

    def do(self, path: str, **body: Any) -> Any:
        return requests.post(f"{self.slack.url}/page/{path}", json={"user": self.user, **body}, timeout=10).json()

    def messages(self, channel: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.see("messages", channel=channel)["messages"]
        return found

    def click(self, channel: str, ts: str, block_id: str, action_id: str, **chosen: Any) -> Any:
        container = {"type": "message", "channel": channel, "ts": ts}
        return self.do("action", container=container, block_id=block_id, action_id=action_id, **chosen)


@pytest.fixture
def ana(slack: LocalSlack) -> Hands:
    return Hands(slack, "ana")


@pytest.fixture
def ben(slack: LocalSlack) -> Hands:
    return Hands(slack, "ben")
