"""A channel is archived, the app removed from it, a message deleted: the card is said anew, once, and says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from messages.blocks import texts
from messages.outbox import deliver
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.fakes import turn_clock
from tests.messages.outbox import NO_PACE, Put, calls, card, plan
from tests.sandbox.slack.hands import Hands, control

CLOSED = [({"archived": True}, "is_archived"), ({"app": False}, "not_in_channel")]
FALLBACK = "#leads"

Send = Callable[[], int]


@pytest.fixture
def send(engine: Engine, slack: Slack) -> Send:
    """Sends until nothing is due; how many sendings it took."""

    def drain() -> int:
        sent = 0
        while deliver(engine, slack, pace=NO_PACE, fallback=FALLBACK):
            sent += 1
            assert sent < 50, "it does not come to rest"
        return sent

    return drain


def _words(ana: Hands, channel: str) -> list[list[str]]:
    return [texts(message["blocks"]) for message in ana.messages(channel)]


def _thread(ana: Hands, channel: str) -> list[str]:
    (top,) = ana.messages(channel)
    return [message["text"] for message in ana.see("thread", channel=channel, ts=top["ts"])["messages"]]


@pytest.mark.parametrize(("closed", "code"), CLOSED, ids=["archived", "app removed"])
def test_what_a_channel_does_not_take_goes_to_the_fallback_channel_and_says_so(
    put: Put, send: Send, workspace: LocalSlack, ana: Hands, closed: dict[str, Any], code: str
) -> None:
    put("before", "before")
    send()
    control(workspace, "channels", channel="ops", **closed)
    put("a", "words")
    assert send() == 2
    why = f":warning: Meant for #ops, where this app cannot post: {code}."
    assert _words(ana, "leads") == [[why, "words"]]
    put("a", "newer words")
    assert send() == 1
    assert _words(ana, "leads") == [[why, "newer words"]]
    assert len(calls(workspace, "chat.postMessage")) == 3


@pytest.mark.parametrize(("closed", "code"), CLOSED, ids=["archived", "app removed"])
def test_a_card_that_can_no_longer_be_changed_where_it_stands_moves_with_its_whole_thread(
    put: Put, send: Send, workspace: LocalSlack, ana: Hands, closed: dict[str, Any], code: str
) -> None:
    put("parent", "parent")
    put("first", "first", thread_key="parent")
    put("second", "second", thread_key="parent")
    send()
    control(workspace, "channels", channel="ops", **closed)
    put("second", "second again", thread_key="parent")
    put("third", "third", thread_key="parent")
    send()
    assert sorted(_thread(ana, "leads")) == ["first", "parent", "second again", "third"]
    (top,) = _words(ana, "leads")
    assert top == [f":warning: Meant for #ops, where this app cannot post: {code}.", "parent"]
    put("fourth", "fourth", thread_key="parent")
    assert send() == 1
    assert _thread(ana, "leads")[-1] == "fourth"


def test_what_comes_after_the_channel_was_mended_goes_there_again(
    put: Put, send: Send, workspace: LocalSlack, ana: Hands
) -> None:
    control(workspace, "channels", channel="ops", archived=True)
    put("a", "meanwhile")
    send()
    control(workspace, "channels", channel="ops", archived=False)
    put("b", "after")
    send()
    assert (ana.texts("leads"), ana.texts("ops")) == (["meanwhile"], ["after"])


def test_a_channel_that_nobody_can_find_is_named_to_those_who_can_mend_it(put: Put, send: Send, ana: Hands) -> None:
    put("a", "words", channel="#nowhere")
    send()
    ((why, words),) = _words(ana, "leads")
    assert why.startswith(":warning: Meant for #nowhere, where this app cannot post: no channel named nowhere")
    assert words == "words"


def test_when_the_fallback_channel_is_closed_too_nothing_is_lost(
    put: Put, send: Send, engine: Engine, workspace: LocalSlack, ana: Hands
) -> None:
    for channel in ("ops", "leads"):
        control(workspace, "channels", channel=channel, archived=True)
    put("a", "words")
    assert send() == 2
    assert card(engine).problem == "no channel named leads that this app can see"
    control(workspace, "channels", channel="leads", archived=False)
    turn_clock(engine, timedelta(seconds=61))
    assert send() == 1
    assert ana.texts("leads") == ["words"]


def test_a_lost_token_is_no_reason_to_go_elsewhere(
    put: Put, send: Send, engine: Engine, workspace: LocalSlack, ana: Hands
) -> None:
    plan(workspace, "chat.postMessage", "refused", error="token_revoked")
    put("a", "words")
    assert send() == 1
    turn_clock(engine, timedelta(seconds=61))
    send()
    assert (ana.texts("ops"), ana.texts("leads")) == (["words"], [])


def test_who_deletes_a_card_is_told_why_it_is_there_again(
    put: Put, send: Send, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    put("a", "first")
    send()
    slack.delete(slack.channel_id("ops"), ana.messages()[0]["ts"])
    put("a", "second")
    assert send() == 2
    again = ":recycle: Posted again: the message before was deleted, or is too old to be changed."
    assert _words(ana, "ops") == [[again, "second"]]
    assert send() == 0


def test_a_thread_without_its_top_is_said_anew_and_not_left_twice(
    put: Put, send: Send, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    put("parent", "parent")
    put("first", "first", thread_key="parent")
    put("second", "second", thread_key="parent")
    send()
    (old,) = ana.messages()
    slack.delete(slack.channel_id("ops"), old["ts"])
    put("parent", "parent again")
    send()
    (_, new) = ana.messages()
    thread = ana.see("thread", channel="ops", ts=new["ts"])["messages"]
    assert [message["text"] for message in thread] == ["parent again", "first", "second"]
    left = ana.see("thread", channel="ops", ts=old["ts"])["messages"]
    assert [message["text"] for message in left] == ["This message was deleted."]


def test_a_reply_that_somebody_deleted_comes_back_alone(put: Put, send: Send, slack: Slack, ana: Hands) -> None:
    put("parent", "parent")
    put("first", "first", thread_key="parent")
    put("second", "second", thread_key="parent")
    send()
    (top,) = ana.messages()
    reply = ana.see("thread", channel="ops", ts=top["ts"])["messages"][1]
    slack.delete(slack.channel_id("ops"), reply["ts"])
    put("first", "first again", thread_key="parent")
    assert send() == 2
    assert _thread(ana, "ops") == ["parent", "second", "first again"]
