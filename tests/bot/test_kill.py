"""`/kill` through a real Bolt app and a real workspace."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from audits import switches
from bot.app import BUTTONS
from bot.connection import bolt_app
from bot.kill import Kill
from bot.listeners import Listeners
from bot.people import People
from clients import store as clients
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.factories import client
from tests.sandbox.slack.hands import Hands, connected, eventually


@pytest.fixture(autouse=True)
def _clients(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen Tea"), client("zen-x", "Zen Tea X")])


@pytest.fixture
def listening(workspace: LocalSlack, engine: Engine, slack: Slack, people: People) -> Iterator[None]:
    with ThreadPoolExecutor(2) as pool:
        listeners = Listeners(engine, slack, people, BUTTONS, pool, lambda: None, lambda *_: None)
        with connected(bolt_app(slack, listeners, Kill(engine, slack, people, pool)), workspace):
            yield


@pytest.mark.usefixtures("listening")
def test_the_dialog_opens_with_what_was_named_and_nothing_is_stopped_yet(engine: Engine, ana: Hands) -> None:
    assert ana.do("command", channel="ops", text="/kill acme instagram") == {"ok": True}
    eventually(ana.stack)
    chosen = {
        block["block_id"]: block["element"]["initial_option"]["value"]
        for block in ana.stack()[-1]["blocks"]
        if "initial_option" in block["element"]
    }
    assert chosen == {"client": "acme", "platform": "instagram", "lane": "any"}
    with engine.begin() as db:
        assert switches.switches_on(db) == []


@pytest.mark.usefixtures("listening")
@pytest.mark.parametrize(
    ("user", "text", "told"),
    [
        ("ana", "acmee", "no client, platform or kind of work called “acmee”. Did you mean acme?"),
        ("ana", "<!channel>", "called “&lt;!channel&gt;”"),
        ("vic", "acme", "Only operators can do this"),
    ],
)
def test_who_may_not_and_what_is_unknown_is_told_so(workspace: LocalSlack, user: str, text: str, told: str) -> None:
    hands = Hands(workspace, user)
    assert hands.do("command", channel="ops", text=f"/kill {text}") == {"ok": True}
    eventually(hands.messages)
    assert told in hands.texts()[0]
    assert hands.stack() == []
