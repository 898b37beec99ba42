"""The workspace the tests live in, a user's hands at the page, and a real Bolt app that leaves no trace."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.local import LocalSlack
from sandbox.slack.model import slack_id

SECRET = "shared with Slack"
OPS, LEADS, ELSEWHERE = (slack_id("C", name) for name in ("ops", "leads", "elsewhere"))

CONFIG: dict[str, Any] = {
    "team": {"name": "Acme", "domain": "acme"},
    "users": [
        {"name": "ana", "real_name": "Ana Silva", "title": "Operator", "tz": "Europe/Lisbon"},
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
        "signing_secret": SECRET,
        "commands": [{"command": "/cost", "description": "Spend"}],
        "events": ["app_home_opened", "message.channels"],
        "channels": ["ops", "leads", "old"],
    },
    "limits": False,
    "timings": {"ack": 0.5, "event_retries": [0.1, 0.1, 0.1], "file_ready": 0.1},
}


# For what must not come twice because the machine is busy.
PATIENT = CONFIG | {"timings": CONFIG["timings"] | {"ack": 20}}


@dataclass(frozen=True)
class Hands:
    """A user at the page."""

    slack: LocalSlack
    user: str

    def see(self, path: str, **query: str) -> Any:
        return requests.get(f"{self.slack.url}/page/{path}", params={"user": self.user, **query}, timeout=10).json()

    def do(self, path: str, **body: Any) -> Any:
        return requests.post(f"{self.slack.url}/page/{path}", json={"user": self.user, **body}, timeout=10).json()

    def messages(self, channel: str = "ops") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.see("messages", channel=channel)["messages"]
        return found

    def texts(self, channel: str = "ops") -> list[str]:
        return [message["text"] for message in self.messages(channel)]

    def click(self, ts: str, block_id: str, action_id: str, channel: str = "ops", **chosen: Any) -> Any:
        container = {"type": "message", "channel": channel, "ts": ts}
        return self.do("action", container=container, block_id=block_id, action_id=action_id, **chosen)

    def stack(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.see("views")["stack"]
        return found

    def submit(self, **values: str) -> Any:
        """Fills the top modal's text inputs, block by block, and sends it; every action is called "value"."""
        entered = {block: {"value": {"type": "plain_text_input", "value": value}} for block, value in values.items()}
        return self.do("view/submit", view_id=self.stack()[-1]["id"], values=entered)


def bot_client(slack: LocalSlack) -> WebClient:
    return WebClient("xoxb-local", base_url=slack.api_url, retry_handlers=[])


class Asynchronously:
    """The asynchronous client, each of its calls awaited at once."""

    def __init__(self, slack: LocalSlack, **options: Any) -> None:
        self._options = {"token": "xoxb-local", "base_url": slack.api_url, **options}

    def __getattr__(self, method: str) -> Callable[..., Any]:
        async def call(**arguments: Any) -> Any:
            return await getattr(AsyncWebClient(**self._options), method)(**arguments)

        return lambda **arguments: asyncio.run(call(**arguments))


def bolt_app(slack: LocalSlack) -> App:
    return App(client=bot_client(slack))


@contextmanager
def connected(app: App, slack: LocalSlack, ping_interval: float = 10) -> Iterator[SocketModeHandler]:
    client = WebClient(base_url=slack.api_url)
    handler = SocketModeHandler(app, "xapp-local", web_client=client, ping_interval=ping_interval)
    handler.client.connect()
    try:
        yield handler
    finally:
        # The SDK's close() waits up to three seconds for a silent line, so let the other side hang up first, and
        # wait until the SDK's own thread has noticed: both closing the socket at once is an AttributeError in there.
        handler.client.auto_reconnect_enabled = False
        requests.post(f"{slack.url}/control/disconnect", json={}, timeout=10)
        eventually(lambda: not handler.client.is_connected())
        handler.client.close()


def eventually(holds: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def journal(slack: LocalSlack, kind: str) -> list[dict[str, Any]]:
    entries = requests.get(f"{slack.url}/control/journal", timeout=10).json()["entries"]
    return [entry for entry in entries if entry["kind"] == kind]


def button(action_id: str = "approve", block_id: str = "item") -> dict[str, Any]:
    label = {"type": "plain_text", "text": "Approve"}
    element = {"type": "button", "action_id": action_id, "text": label, "value": "42"}
    return {"type": "actions", "block_id": block_id, "elements": [element]}


def modal(*blocks: str, title: str = "Reason", **rest: Any) -> dict[str, Any]:
    """A modal with one text input per name."""
    inputs = [
        {
            "type": "input",
            "block_id": name,
            "label": {"type": "plain_text", "text": name},
            "element": {"type": "plain_text_input", "action_id": "value"},
        }
        for name in blocks
    ]
    submit = {"type": "plain_text", "text": "Send"}
    return {"type": "modal", "title": {"type": "plain_text", "text": title}, "submit": submit, "blocks": inputs, **rest}


def control(slack: LocalSlack, what: str, **body: Any) -> Any:
    return requests.post(f"{slack.url}/control/{what}", json=body, timeout=10).json()


def complaints(slack: LocalSlack) -> list[str]:
    found = requests.get(f"{slack.url}/control/complaints", timeout=10).json()["complaints"]
    return [entry["status"] for entry in found]


def with_manifest(**changes: Any) -> dict[str, Any]:
    """The workspace, with a manifest that grants `scopes` in place of lists of commands and events."""
    manifest = {
        "display_information": {"name": "checkin"},
        "features": {
            "app_home": {"home_tab_enabled": changes.get("home", True)},
            "slash_commands": [{"command": "/cost", "description": "Spend"}],
        },
        "oauth_config": {"scopes": {"bot": ["commands", *changes.get("scopes", ())]}},
        "settings": {
            "interactivity": {"is_enabled": changes.get("interactive", True)},
            "event_subscriptions": {"bot_events": list(changes.get("events", ()))},
            "socket_mode_enabled": True,
        },
    }
    app = {name: value for name, value in CONFIG["app"].items() if name not in ("name", "commands", "events")}
    return CONFIG | {"app": app | {"manifest": manifest}}
