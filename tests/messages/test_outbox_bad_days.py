"""Slack pauses us, loses answers, refuses; senders die or sleep. Nothing is lost, nothing said twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from messages import store, tables
from messages.outbox import GRACE, LEASE
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from storage.process import free_port
from tests.fakes import turn_clock
from tests.messages.outbox import Deliver, Put, calls, card, plan
from tests.sandbox.slack.hands import Hands


def test_slacks_pause_is_kept_for_that_channel_alone(
    put: Put, engine: Engine, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    plan(workspace, "chat.postMessage", "ratelimited", seconds=30)
    put("a", "waits", channel="#ops", priority=0)
    put("b", "waits too", channel="#ops")
    put("c", "goes", channel="#leads")
    assert deliver_all() == 2
    assert (ana.texts("ops"), ana.texts("leads")) == ([], ["goes"])
    assert card(engine).problem == "ratelimited"
    turn_clock(engine, timedelta(seconds=29))
    assert deliver_all() == 0
    turn_clock(engine, timedelta(seconds=30))
    assert deliver_all() == 2
    assert ana.texts("ops") == ["waits", "waits too"]


def test_what_was_certainly_not_sent_is_not_searched_for(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands
) -> None:
    plan(workspace, "chat.postMessage", "ratelimited", seconds=1)
    put("a", "words")
    deliver_all()
    turn_clock(engine, timedelta(seconds=1))
    deliver_all(Slack("xoxb-local", base_url=f"http://127.0.0.1:{free_port()}/api/"))
    assert card(engine).problem == "ConnectionRefusedError"
    turn_clock(engine, timedelta(seconds=10))
    assert deliver_all() == 1
    assert ana.texts() == ["words"]
    assert calls(workspace, "conversations.history") == []


def test_while_slack_cannot_be_reached_nothing_is_sent_anywhere(put: Put, deliver_all: Deliver, slack: Slack) -> None:
    put("a", "x", channel="#ops")
    put("b", "x", channel="#leads")
    assert deliver_all(Slack("xoxb-local", base_url=f"http://127.0.0.1:{free_port()}/api/")) == 1
    assert deliver_all() == 0


@pytest.mark.parametrize("kind", ["dropped", "internal_error"])
@pytest.mark.parametrize("in_thread", [False, True], ids=["in the channel", "in a thread"])
def test_a_post_whose_answer_was_lost_is_found_again_and_not_posted_twice(
    put: Put,
    engine: Engine,
    deliver_all: Deliver,
    workspace: LocalSlack,
    ana: Hands,
    kind: str,
    in_thread: bool,
) -> None:
    put("parent", "parent")
    deliver_all()
    plan(workspace, "chat.postMessage", kind)
    put("a", "words", thread_key="parent" if in_thread else None)
    assert deliver_all() == 1
    put("a", "newer words")
    assert deliver_all() == 0, "it may be there already, and Slack may not show it yet"
    turn_clock(engine, LEASE + GRACE)
    assert deliver_all() == 1
    thread = ana.see("thread", channel="ops", ts=ana.messages()[0]["ts"])["messages"]
    texts = [message["text"] for message in thread] if in_thread else ana.texts()
    assert texts == ["parent", "newer words"]
    assert len(calls(workspace, "chat.postMessage")) == 2


def test_a_post_that_never_arrived_is_made_after_looking_for_it(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands
) -> None:
    plan(workspace, "chat.postMessage", "unavailable")
    put("a", "words")
    assert deliver_all() == 1
    turn_clock(engine, LEASE + GRACE)
    assert deliver_all() == 1
    assert ana.texts() == ["words"]
    assert calls(workspace, "chat.postMessage", "conversations.history") == [
        "chat.postMessage",
        "conversations.history",
        "chat.postMessage",
    ]


def test_a_search_that_fails_leaves_the_doubt(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands
) -> None:
    plan(workspace, "chat.postMessage", "dropped")
    plan(workspace, "conversations.history", "ratelimited", seconds=1)
    put("a", "words")
    deliver_all()
    turn_clock(engine, LEASE + GRACE)
    assert deliver_all() == 1
    turn_clock(engine, LEASE + GRACE + timedelta(seconds=2))
    assert deliver_all() == 1
    assert ana.texts() == ["words"]
    assert len(calls(workspace, "chat.postMessage")) == 1


@pytest.mark.parametrize("kind", ["dropped", "internal_error", "unavailable"])
def test_an_edit_whose_answer_was_lost_is_made_again_soon(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands, kind: str
) -> None:
    put("a", "first")
    deliver_all()
    plan(workspace, "chat.update", kind)
    put("a", "second")
    assert deliver_all() == 1
    turn_clock(engine, timedelta(seconds=6))
    assert deliver_all() == 1
    assert ana.texts() == ["second"]
    assert card(engine).problem is None


def test_a_card_that_somebody_deleted_is_posted_anew(put: Put, deliver_all: Deliver, slack: Slack, ana: Hands) -> None:
    put("a", "first")
    deliver_all()
    (message,) = ana.messages()
    slack.client.chat_delete(channel=slack.channel_id("ops"), ts=message["ts"])
    put("a", "second")
    assert deliver_all() == 2
    assert ana.texts() == ["second"]


def test_a_reply_to_a_message_that_somebody_deleted_brings_that_back(
    put: Put, deliver_all: Deliver, slack: Slack, ana: Hands
) -> None:
    put("parent", "parent")
    deliver_all()
    slack.client.chat_delete(channel=slack.channel_id("ops"), ts=ana.messages()[0]["ts"])
    put("reply", "reply", thread_key="parent")
    deliver_all()
    (parent,) = ana.messages()
    thread = ana.see("thread", channel="ops", ts=parent["ts"])["messages"]
    assert [message["text"] for message in thread] == ["parent", "reply"]


def test_a_card_whose_blocks_slack_refuses_is_posted_as_words(
    put: Put, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    plan(workspace, "chat.postMessage", "refused", error="invalid_blocks")
    put("a", "words")
    assert deliver_all() == 1
    assert deliver_all() == 0
    assert ana.texts() == ["words"]
    put("a", "newer")
    assert deliver_all() == 1
    assert ana.texts() == ["newer"]


def test_an_edit_that_slack_refuses_is_given_up_and_the_next_one_goes_through(
    put: Put, engine: Engine, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    put("a", "first")
    deliver_all()
    plan(workspace, "chat.update", "refused", error="invalid_blocks")
    put("a", "bad")
    assert deliver_all() == 1
    assert deliver_all() == 0
    assert card(engine).problem == "invalid_blocks"
    put("a", "good")
    assert deliver_all() == 1
    assert ana.texts() == ["good"]
    assert card(engine).problem is None


@pytest.mark.parametrize("code", ["channel_not_found", "not_in_channel", "is_archived", "token_revoked"])
def test_what_a_person_can_mend_is_tried_again_until_it_is_mended(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands, code: str
) -> None:
    plan(workspace, "chat.postMessage", "refused", error=code)
    put("a", "words")
    assert deliver_all() == 1
    assert card(engine).problem == code
    assert deliver_all() == 0
    turn_clock(engine, timedelta(seconds=61))
    assert deliver_all() == 1
    assert ana.texts() == ["words"]


def test_a_channel_that_is_not_there_yet_is_asked_for_again(put: Put, engine: Engine, deliver_all: Deliver) -> None:
    put("a", "x", channel="#nowhere")
    assert deliver_all() == 1
    assert card(engine).problem == "no channel named nowhere that this app can see"
    turn_clock(engine, timedelta(seconds=61))
    assert deliver_all() == 1


def test_a_card_whose_holder_died_is_looked_for_before_it_is_posted(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands
) -> None:
    put("a", "words")
    with engine.begin() as db:
        assert store.claim(db, LEASE, GRACE)
    turn_clock(engine, LEASE + timedelta(seconds=1))
    assert deliver_all() == 0, "the post of the dead may not be in the history yet"
    turn_clock(engine, LEASE + GRACE)
    assert deliver_all() == 1
    assert ana.texts() == ["words"]
    assert len(calls(workspace, "conversations.history")) == 1


def test_an_edit_whose_holder_died_need_not_wait_longer_than_its_lease(
    put: Put, engine: Engine, deliver_all: Deliver, ana: Hands
) -> None:
    put("a", "first")
    deliver_all()
    put("a", "second")
    with engine.begin() as db:
        assert store.claim(db, LEASE, GRACE)
    turn_clock(engine, LEASE + timedelta(seconds=1))
    assert deliver_all() == 1
    assert ana.texts() == ["second"]


@pytest.mark.parametrize(
    "late",
    [
        lambda db, held: store.postponed(db, held, "late", timedelta(days=1)),
        lambda db, held: store.refused(db, held, "late"),
        lambda db, held: store.anew(db, held, "late"),
    ],
    ids=["postponed", "refused", "anew"],
)
def test_a_holder_that_slept_too_long_changes_nothing(put: Put, engine: Engine, late: Callable[..., None]) -> None:
    put("a", "words")
    with engine.begin() as db:
        sleeper = store.claim(db, LEASE, GRACE)
        db.execute(update(tables.card).values(lease_until=None))
        assert store.claim(db, LEASE, GRACE)
    before = card(engine)
    with engine.begin() as db:
        late(db, sleeper)
    assert card(engine) == before
