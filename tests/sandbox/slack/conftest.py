"""A workspace per test, the official client on it, and two people at the page."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack, running
from tests.sandbox.slack.hands import CONFIG, Hands, bot_client


@pytest.fixture
def slack(request: pytest.FixtureRequest) -> Iterator[LocalSlack]:
    """`@pytest.mark.parametrize("slack", [PATIENT], indirect=True)` gives a test another one."""
    with running(getattr(request, "param", CONFIG)) as local:
        yield local


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return bot_client(slack)


@pytest.fixture
def ana(slack: LocalSlack) -> Hands:
    return Hands(slack, "ana")


@pytest.fixture
def ben(slack: LocalSlack) -> Hands:
    return Hands(slack, "ben")
