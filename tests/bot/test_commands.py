"""Slash commands through a real Bolt app: who may ask, and what is said when the answer cannot be had."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from audits import Scope, switches
from bot import commands
from bot.commands import Commands, Question
from bot.connection import bolt_app
from bot.people import People
from charts import Renderer
from messages.blocks import Message, section
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.charts import examples
from tests.fakes import ToldPrometheus
from tests.sandbox.slack.hands import Hands, connected, eventually


def _answer(*asked: Any) -> commands.Answer:
    _, _, text, _, zone, names = asked
    if text == "broken":
        raise RuntimeError("secret words")
    said = f"{text} in {zone} by {names(text)}"
    return Message(said, [section(said)]), examples.COST if text == "drawn" else None


@pytest.fixture
def asking(
    workspace: LocalSlack, engine: Engine, slack: Slack, people: People, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The workspace knows one command, /cost, and here it repeats what it was asked."""
    monkeypatch.setattr(commands, "QUESTIONS", (Question("/cost", _answer),))
    with ThreadPoolExecutor(2) as pool, Renderer() as renderer:
        asked = Commands(engine, slack, people, ToldPrometheus(), renderer, pool, "UTC")
        with connected(bolt_app(slack, asked), workspace):
            yield


def _ask(hands: Hands, text: str) -> str:
    assert hands.do("command", channel="ops", text=f"/cost {text}") == {"ok": True}
    eventually(hands.messages)
    (answer,) = hands.messages()
    assert answer["is_ephemeral"]
    said: str = answer["text"]
    return said


@pytest.mark.usefixtures("asking")
def test_who_may_look_is_answered_in_their_own_zone(ana: Hands, vic: Hands) -> None:
    assert _ask(ana, "today") == "today in Europe/Lisbon by today"
    assert _ask(vic, "today") == "today in UTC by today"


@pytest.mark.usefixtures("asking")
def test_who_has_no_role_is_told_whom_to_ask(workspace: LocalSlack) -> None:
    assert _ask(Hands(workspace, "guest"), "today").startswith("You have no role here yet. Ask a lead")


@pytest.mark.usefixtures("asking")
def test_an_answer_that_cannot_be_had_is_said_not_to_be(ana: Hands) -> None:
    said = _ask(ana, "broken")
    assert said.startswith("That did not work")
    assert "secret" not in said


@pytest.mark.usefixtures("asking")
def test_the_chart_follows_the_words_for_the_same_eyes_only(ana: Hands, vic: Hands) -> None:
    ana.do("command", channel="ops", text="/cost drawn")
    eventually(lambda: len(ana.messages()) == 2)
    words, chart = ana.messages()
    assert words["text"].startswith("drawn in")
    assert chart["blocks"][0]["slack_file"]["id"].startswith("F")
    assert chart["is_ephemeral"]
    assert vic.messages() == []


@pytest.mark.usefixtures("asking")
def test_while_something_is_stopped_every_answer_says_so(engine: Engine, ana: Hands) -> None:
    with engine.begin() as db:
        switches.set_switch(db, Scope(platform="x"), stopped=True, by="Ana", reason="wrong brand")
    _ask(ana, "today")
    assert "*Stopped:* X for all clients" in str(ana.messages()[0]["blocks"][0])
