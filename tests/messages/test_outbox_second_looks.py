"""Senders that sleep, and a Slack that is late: what comes twice is found and removed, the newest words stay."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from messages import outbox
from messages.blocks import Message
from messages.outbox import GRACE, LAST_LOOK, LEASE, deliver, sweep
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.fakes import turn_clock
from tests.messages.outbox import NO_PACE, Deliver, Put, calls, card, plan
from tests.sandbox.slack.hands import Hands

SOON = timedelta(seconds=2)


class Sleeper(Slack):
    """Falls asleep with its hand on the button, long enough for another to do its work."""

    def __init__(self, workspace: LocalSlack, engine: Engine, others: Deliver) -> None:
        super().__init__("xoxb-local", base_url=workspace.api_url)
        self.engine = engine
        self.others = others

    def post(self, channel: str, message: Message, *, thread_ts: str | None, key: str) -> tuple[str, str]:
        self._sleep()
        return super().post(channel, message, thread_ts=thread_ts, key=key)

    def update(self, channel_id: str, ts: str, message: Message) -> None:
        self._sleep()
        super().update(channel_id, ts, message)

    def _sleep(self) -> None:
        turn_clock(self.engine, LEASE + GRACE)
        self.others()


@pytest.fixture
def sleeper(workspace: LocalSlack, engine: Engine, deliver_all: Deliver) -> Sleeper:
    return Sleeper(workspace, engine, deliver_all)


def test_a_post_that_slack_makes_after_we_gave_it_up_is_removed(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    plan(workspace, "chat.postMessage", "unavailable")
    put("a", "words")
    deliver_all()
    now = LEASE + GRACE
    turn_clock(engine, now)
    deliver_all()
    ours = card(engine)
    slack.post(ours.channel_id, Message("words"), thread_ts=None, key="a")  # from a queue, long after the error
    assert ana.texts() == ["words", "words"]
    assert not sweep(engine, slack), "Slack may not show it yet"
    turn_clock(engine, now + GRACE)
    assert sweep(engine, slack)
    (left,) = ana.messages()
    assert left["ts"] == ours.ts


def test_an_edit_that_slack_makes_after_we_gave_it_up_does_not_leave_older_words(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    put("a", "first")
    deliver_all()
    plan(workspace, "chat.update", "unavailable")
    put("a", "older")
    deliver_all()
    put("a", "newest")
    turn_clock(engine, SOON)
    deliver_all()
    ours = card(engine)
    slack.update(ours.channel_id, ours.ts, Message("older"))  # from a queue, long after the error
    assert ana.texts() == ["older"]
    turn_clock(engine, GRACE + SOON)
    assert sweep(engine, slack)
    deliver_all()
    assert ana.texts() == ["newest"]


def test_it_is_looked_for_once_more_after_an_hour_and_then_never_again(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, workspace: LocalSlack
) -> None:
    plan(workspace, "chat.postMessage", "dropped")
    put("a", "words")
    deliver_all()
    now = LEASE + GRACE
    turn_clock(engine, now)
    deliver_all()
    turn_clock(engine, now + GRACE)
    assert [sweep(engine, slack) for _ in range(2)] == [True, False]
    turn_clock(engine, now + LAST_LOOK + SOON)
    assert [sweep(engine, slack) for _ in range(2)] == [True, False]
    assert card(engine).sweep_at is None


def test_a_look_that_fails_is_repeated(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    plan(workspace, "chat.postMessage", "dropped")
    put("a", "words")
    deliver_all()
    now = LEASE + GRACE
    turn_clock(engine, now)
    deliver_all()
    slack.post(card(engine).channel_id, Message("words"), thread_ts=None, key="a")
    plan(workspace, "chat.delete", "unavailable")
    now += GRACE
    for later in (timedelta(0), LEASE):
        turn_clock(engine, now + later)
        assert sweep(engine, slack)
    assert ana.texts() == ["words"]


def test_what_was_posted_without_doubt_is_not_looked_for(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, workspace: LocalSlack
) -> None:
    put("a", "words")
    deliver_all()
    turn_clock(engine, LAST_LOOK + SOON)
    assert not sweep(engine, slack)
    assert calls(workspace, "conversations.history") == []


def test_who_held_a_card_too_long_does_not_send_it(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, ana: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a", "words")
    with monkeypatch.context() as asleep:
        asleep.setattr(outbox, "LEASE", slack.patience)
        assert deliver(engine, slack)
    assert ana.texts() == []
    turn_clock(engine, LEASE + GRACE)
    deliver_all()
    assert ana.texts() == ["words"]


def test_who_falls_asleep_while_posting_does_not_leave_a_second_message(
    put: Put, engine: Engine, slack: Slack, sleeper: Sleeper, ana: Hands
) -> None:
    put("a", "words")
    deliver(engine, sleeper, pace=NO_PACE)
    assert ana.texts() == ["words", "words"]
    turn_clock(engine, 2 * (LEASE + GRACE))
    assert sweep(engine, slack)
    assert ana.texts() == ["words"]


def test_who_falls_asleep_while_editing_does_not_leave_older_words(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, sleeper: Sleeper, ana: Hands
) -> None:
    put("a", "first")
    deliver_all()
    put("a", "older")

    def others() -> int:
        put("a", "newest")
        return deliver_all()

    sleeper.others = others
    deliver(engine, sleeper, pace=NO_PACE)
    assert ana.texts() == ["older"]
    deliver_all()
    assert ana.texts() == ["newest"]


def test_what_somebody_deleted_is_not_brought_back(
    put: Put, engine: Engine, deliver_all: Deliver, slack: Slack, ana: Hands, workspace: LocalSlack
) -> None:
    put("top", "above")
    deliver_all()
    plan(workspace, "chat.postMessage", "dropped", times=2)
    put("a", "words")
    put("b", "words", thread_key="top")
    deliver_all()
    deliver_all()
    now = LEASE + GRACE
    turn_clock(engine, now)
    deliver_all()
    for key in ("a", "b", "top"):
        slack.delete(card(engine, key).channel_id, card(engine, key).ts)
    for later in (GRACE, LAST_LOOK + SOON):
        turn_clock(engine, now + later)
        assert [sweep(engine, slack) for _ in range(3)] == [True, True, False]
        deliver_all()
        assert ana.texts() == []
    assert [card(engine, key).sweep_at for key in "ab"] == [None, None]
