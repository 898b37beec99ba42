"""A real workspace, our client on it, and someone who reads its channels."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from messages import store
from messages.blocks import Message, section
from messages.outbox import deliver
from messages.slack import Slack
from sandbox.slack.local import LocalSlack, running
from tests.messages.outbox import NO_PACE, Deliver, Put
from tests.sandbox.slack.hands import CONFIG, Hands


@pytest.fixture
def workspace() -> Iterator[LocalSlack]:
    with running(CONFIG) as local:
        yield local


@pytest.fixture
def slack(workspace: LocalSlack) -> Slack:
    return Slack("xoxb-local", base_url=workspace.api_url, timeout=2)


@pytest.fixture
def ana(workspace: LocalSlack) -> Hands:
    """Sees what people see in #ops and #leads."""
    return Hands(workspace, "ana")


@pytest.fixture
def put(engine: Engine) -> Put:
    def wish(key: str, text: str, channel: str = "#ops", **rest: Any) -> None:
        with engine.begin() as db:
            store.put(db, key, channel, Message(text, [section(text)]), **rest)

    return wish


@pytest.fixture
def deliver_all(engine: Engine, slack: Slack) -> Deliver:
    def drain(using: Slack = slack) -> int:
        sent = 0
        while deliver(engine, using, pace=NO_PACE):
            sent += 1
            assert sent < 50, "it does not come to rest"
        return sent

    return drain
