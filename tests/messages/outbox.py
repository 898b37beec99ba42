"""What the tests of the outbox look at, and how they spoil Slack's day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests
from sqlalchemy import Engine, select

from messages import tables
from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import journal

NO_PACE = timedelta(0)

Put = Callable[..., None]
"""put(key, text, channel="#ops", **rest): wishes for a card with one line of text."""
Deliver = Callable[..., int]
"""deliver_all(slack): sends until nothing is due; how many sendings it took."""


def plan(workspace: LocalSlack, method: str, kind: str, **rest: Any) -> None:
    body = {"method": method, "kind": kind, **rest}
    requests.post(f"{workspace.url}/control/faults", json=body, timeout=10).raise_for_status()


def calls(workspace: LocalSlack, *methods: str) -> list[str]:
    made = [entry["method"] for entry in journal(workspace, "api")]
    return [method for method in made if not methods or method in methods]


def card(engine: Engine, key: str = "a") -> Any:
    with engine.begin() as db:
        return db.execute(select(tables.card).where(tables.card.c.key == key)).one()


def images(message: dict[str, Any]) -> list[str]:
    return [block["slack_file"]["id"] for block in message["blocks"] if block["type"] == "image"]
