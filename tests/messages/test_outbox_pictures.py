"""The picture follows the words and never costs them."""

import base64

import pytest
import requests
from sqlalchemy import Engine

from messages import pictures, store
from messages.blocks import Message, picture, section
from messages.outbox import deliver
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.messages.outbox import NO_PACE, Deliver, calls, images, plan
from tests.sandbox.slack.hands import Hands

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def _wish_with_picture(engine: Engine, png: bytes | None = PNG, text: str = "words") -> None:
    with engine.begin() as db:
        store.put(db, "a", "#ops", Message(text, [section(text), picture("a", "A chart")]))
        if png:
            pictures.put_picture(db, "a", "a", png, "A chart")


def test_the_picture_follows_the_words(
    engine: Engine, slack: Slack, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    _wish_with_picture(engine)
    assert deliver(engine, slack, pace=NO_PACE)
    (before,) = ana.messages()
    assert (before["text"], images(before)) == ("words", [])
    assert calls(workspace, "files.getUploadURLExternal") == []
    assert deliver_all() == 1
    (after,) = ana.messages()
    assert (after["ts"], len(images(after))) == (before["ts"], 1)
    shown = requests.get(f"{workspace.url}/files/{images(after)[0]}", timeout=10)
    assert shown.content == PNG


def test_words_do_not_wait_for_a_picture_that_never_comes(engine: Engine, deliver_all: Deliver, ana: Hands) -> None:
    _wish_with_picture(engine, png=None)
    assert deliver_all() == 1
    assert ana.texts() == ["words"]


def test_a_newer_picture_takes_the_place_of_the_older_one_and_the_same_costs_nothing(
    engine: Engine, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    _wish_with_picture(engine)
    deliver_all()
    first = images(ana.messages()[0])
    _wish_with_picture(engine)
    assert deliver_all() == 0
    _wish_with_picture(engine, png=PNG + b"\0")
    assert deliver_all() == 1
    (message,) = ana.messages()
    assert images(message) != first
    assert len(images(message)) == 1
    assert len(calls(workspace, "files.getUploadURLExternal")) == 2


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("files.getUploadURLExternal", "unavailable"),
        ("files.getUploadURLExternal", "ratelimited"),
        ("files.completeUploadExternal", "internal_error"),
        ("files.completeUploadExternal", "dropped"),
        ("files.info", "unavailable"),
    ],
)
def test_without_its_picture_a_card_is_what_it_is(
    engine: Engine, deliver_all: Deliver, ana: Hands, workspace: LocalSlack, method: str, kind: str
) -> None:
    plan(workspace, method, kind)
    _wish_with_picture(engine)
    assert deliver_all() == 2
    _wish_with_picture(engine, text="newer words")
    assert deliver_all() == 1
    (message,) = ana.messages()
    assert (message["text"], images(message)) == ("newer words", [])


def test_a_picture_that_slack_will_not_show_does_not_cost_the_words(
    engine: Engine, slack: Slack, deliver_all: Deliver, ana: Hands
) -> None:
    _wish_with_picture(engine)
    deliver_all()
    slack.client.files_delete(file=images(ana.messages()[0])[0])
    _wish_with_picture(engine, png=None, text="newer words")
    assert deliver_all() == 2
    (message,) = ana.messages()
    assert (message["text"], images(message)) == ("newer words", [])
