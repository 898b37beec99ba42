"""A workspace with people of every role, and our listeners on a real Bolt app before it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from bot.app import BUTTONS
from bot.connection import bolt_app
from bot.home import Home
from bot.listeners import Listeners
from bot.people import People
from messages.slack import Slack
from operations.model import Role
from sandbox.slack.local import LocalSlack, running
from telemetry.metrics import Metrics
from tests.sandbox.slack.hands import CONFIG, Hands, connected

# Slower than the workspace of the other tests: here an acknowledgement waits for a real database.
WORKSPACE = CONFIG | {
    "users": [*CONFIG["users"], {"name": "vic", "real_name": "Vic Ortega"}],
    "timings": CONFIG["timings"] | {"ack": 3},
    "app": CONFIG["app"] | {"commands": [{"command": name, "description": "…"} for name in ("/cost", "/kill")]},
}


@pytest.fixture
def workspace() -> Iterator[LocalSlack]:
    with running(WORKSPACE) as local:
        yield local


@pytest.fixture
def slack(workspace: LocalSlack) -> Slack:
    return Slack("xoxb-local", base_url=workspace.api_url)


@pytest.fixture
def user_id(workspace: LocalSlack) -> Callable[[str], str]:
    return lambda name: workspace.workspace.user(name).id


@pytest.fixture
def people(workspace: LocalSlack, slack: Slack, user_id: Callable[[str], str]) -> People:
    """Ana and the guest are operators by name, Ben by his group, Vic may look, nobody else may anything."""
    (group,) = workspace.workspace.usergroups
    operators = [user_id("ana"), user_id("guest"), group]
    return People(slack, {Role.VIEWER: [user_id("vic")], Role.OPERATOR: operators, Role.LEAD: []})


@pytest.fixture
def changes() -> list[str]:
    """Grows whenever the listeners say that something changed."""
    return []


@pytest.fixture
def metrics() -> Metrics:
    """The bot's own."""
    return Metrics("tests", strict=True)


@pytest.fixture
def bot(
    workspace: LocalSlack, engine: Engine, slack: Slack, people: People, changes: list[str], metrics: Metrics
) -> Iterator[None]:
    """Connected, with every button of ours and App Home."""
    with ThreadPoolExecutor(4) as pool:
        home = Home(engine, slack, pool)
        listeners = Listeners(
            engine,
            slack,
            people,
            BUTTONS,
            pool,
            lambda: changes.append("changed"),
            home.publish,
            home.choose,
            metrics=metrics,
        )
        with connected(bolt_app(slack, listeners, home), workspace):
            yield


@pytest.fixture
def ana(workspace: LocalSlack) -> Hands:
    return Hands(workspace, "ana")


@pytest.fixture
def ben(workspace: LocalSlack) -> Hands:
    return Hands(workspace, "ben")


@pytest.fixture
def vic(workspace: LocalSlack) -> Hands:
    return Hands(workspace, "vic")
