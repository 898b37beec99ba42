"""One card and many: posted once, edited in place, the most urgent first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from messages import store
from messages.blocks import Message
from messages.outbox import deliver
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.fakes import turn_clock
from tests.messages.outbox import NO_PACE, Deliver, Put, calls, card
from tests.sandbox.slack.hands import Hands


def test_a_card_is_posted_once_and_then_edited_in_place(
    put: Put, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    put("a", "first")
    assert deliver_all() == 1
    put("a", "second")
    assert deliver_all() == 1
    assert ana.texts() == ["second"]
    assert calls(workspace, "chat.postMessage", "chat.update") == ["chat.postMessage", "chat.update"]


def test_a_wish_for_what_stands_there_already_costs_nothing(put: Put, deliver_all: Deliver, engine: Engine) -> None:
    put("a", "first")
    deliver_all()
    put("a", "first")
    assert deliver_all() == 0
    assert card(engine).revision == card(engine).shown == 1


def test_wishes_faster_than_slack_takes_them_fold_into_one(
    put: Put, deliver_all: Deliver, ana: Hands, workspace: LocalSlack
) -> None:
    put("a", "0")
    deliver_all()
    for n in range(1, 8):
        put("a", str(n))
    assert deliver_all() == 1
    assert ana.texts() == ["7"]
    assert len(calls(workspace, "chat.update")) == 1


def test_a_wish_made_while_the_card_is_sent_is_sent_after_it(
    put: Put, engine: Engine, deliver_all: Deliver, workspace: LocalSlack, ana: Hands
) -> None:
    class Interrupted(Slack):
        def post(self, channel: str, message: Message, **rest: Any) -> tuple[str, str]:
            put("a", "newer")
            return super().post(channel, message, **rest)

    put("a", "older")
    assert deliver_all(Interrupted("xoxb-local", base_url=workspace.api_url)) == 2
    assert ana.texts() == ["newer"]


def test_a_wish_is_as_true_as_the_transaction_it_is_made_in(engine: Engine, deliver_all: Deliver) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as db:  # noqa: PT012 - both belong to the transaction
        store.put(db, "a", "#ops", Message("never"))
        1 / 0  # noqa: B018
    assert deliver_all() == 0


def test_how_long_a_card_took_to_come_is_told_once(put: Put, engine: Engine, slack: Slack) -> None:
    told: list[tuple[str, timedelta]] = []
    put("a", "first")
    turn_clock(engine, timedelta(seconds=7))
    assert deliver(engine, slack, pace=NO_PACE, posted=lambda *came: told.append(came))
    put("a", "edited")
    assert deliver(engine, slack, pace=NO_PACE, posted=lambda *came: told.append(came))

    ((key, waited),) = told
    assert key == "a"
    assert timedelta(seconds=7) <= waited < timedelta(seconds=37)


def test_several_senders_post_every_card_once(put: Put, engine: Engine, slack: Slack, ana: Hands) -> None:
    for n in range(20):
        put(f"card-{n:02}", str(n))

    def send(_: int) -> None:
        while deliver(engine, slack, pace=NO_PACE):
            pass

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(send, range(4)))
    assert sorted(ana.texts(), key=int) == [str(n) for n in range(20)]


def test_the_most_urgent_goes_first_then_the_longest_wish(put: Put, deliver_all: Deliver, ana: Hands) -> None:
    for key, priority in (("p3", 4), ("early", 2), ("late", 2), ("p0", 0)):
        put(key, key, priority=priority)
    deliver_all()
    assert ana.texts() == ["p0", "early", "late", "p3"]


def test_a_reply_waits_for_the_message_it_belongs_to(put: Put, deliver_all: Deliver, ana: Hands) -> None:
    put("parent", "parent", priority=5)
    put("reply", "reply", priority=0, thread_key="parent")
    assert deliver_all() == 2
    (parent,) = ana.messages()
    assert parent["text"] == "parent"
    thread = ana.see("thread", channel="ops", ts=parent["ts"])["messages"]
    assert [message["text"] for message in thread] == ["parent", "reply"]


def test_after_a_post_its_channel_rests_and_the_others_do_not(put: Put, engine: Engine, slack: Slack) -> None:
    for n in range(2):
        put(f"ops-{n}", "x", channel="#ops", priority=n)
        put(f"leads-{n}", "x", channel="#leads", priority=n)
    pace = timedelta(seconds=30)
    assert [deliver(engine, slack, pace=pace) for _ in range(3)] == [True, True, False]
    assert [card(engine, key).shown for key in ("ops-0", "leads-0", "ops-1", "leads-1")] == [1, 1, 0, 0]
    turn_clock(engine, pace)
    assert [deliver(engine, slack, pace=pace) for _ in range(3)] == [True, True, False]


def test_a_gate_that_is_shut_longer_stays_shut(engine: Engine, put: Put, deliver_all: Deliver) -> None:
    put("a", "x")
    with engine.begin() as db:
        store.close_gate(db, "*", timedelta(minutes=5))
        store.close_gate(db, "*", timedelta(seconds=0))
    assert deliver_all() == 0
    turn_clock(engine, timedelta(minutes=5))
    assert deliver_all() == 1


def test_channels_are_looked_up_once(put: Put, deliver_all: Deliver, workspace: LocalSlack) -> None:
    for n in range(3):
        put(f"ops-{n}", "x", channel="#ops")
        put(f"leads-{n}", "x", channel="leads")
    assert deliver_all() == 6
    assert len(calls(workspace, "conversations.list")) == 1
