"""From a slot that comes due to the cards in the outbox."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts import store as alerts
from alerts.model import AlertGroup
from audits import Scope, switches
from charts import Renderer
from clients import store as clients
from clients import work_items
from clients.model import CalendarStatus, ItemKind
from digests import flow, store
from digests.cards import parent_card
from digests.checkins import CHECKINS, Checkin
from digests.flow import Digests
from digests.model import Pod, Section, Slot, Step, World
from messages import tables as messages
from messages.blocks import Message
from messages.outbox import deliver
from messages.slack import Slack
from metrics.model import Missing
from sandbox.slack.local import running
from storage.engine import connect
from tests.digests.conftest import BEFORE_NINE
from tests.factories import alert, calendar_item, client, webhook, work_item
from tests.fakes import ToldPrometheus, set_clock
from tests.sandbox.slack.hands import CONFIG, Hands

NINE = BEFORE_NINE + timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


def _states(engine: Engine) -> dict[int, str]:
    with engine.begin() as db:
        return {row.local_date.day: row.state for row in db.execute(select(store.checkin_slot))}


def _cards(engine: Engine) -> dict[str, str]:
    """Card key without the slot → its notification text."""
    with engine.begin() as db:
        rows = db.execute(select(messages.card.c.key, messages.card.c.wanted))
        return {row.key.removeprefix("checkin:main/morning/2026-03-10").lstrip(":"): row.wanted["text"] for row in rows}


def _words(engine: Engine, key: str = "checkin:main/morning/2026-03-10") -> str:
    """Everything that a card shows."""
    with engine.begin() as db:
        wanted = db.execute(select(messages.card.c.wanted).where(messages.card.c.key == key)).scalar_one()
    texts = []
    for block in wanted["blocks"]:
        parts = [block.get("text", {}), *block.get("elements", []), *block.get("fields", [])]
        texts += [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return "\n".join(texts)


def _checkin(*steps: Section) -> Checkin:
    return Checkin("morning", "Morning check-in", steps)


def _section(name: str, collect: Callable[[World], Any]) -> Section:
    return Section(name, name.title(), collect, lambda value, _: Step(line=str(value)))


# When


def test_nothing_is_posted_before_its_time(digests: Digests) -> None:
    flow.tick(digests)
    assert _states(digests.engine) == {10: "due", 11: "due", 12: "due"}
    assert _cards(digests.engine) == {}


def test_a_check_in_that_cannot_be_written_does_not_hold_up_the_others(
    digests: Digests, pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = replace(digests, pods=(pod, replace(pod, name="other")))
    write = parent_card

    def broken(checkin: Checkin, slot: Slot, *rest: Any) -> Message:
        if slot.pod == "main":
            raise ValueError(slot.key)
        return write(checkin, slot, *rest)

    monkeypatch.setattr(flow, "parent_card", broken)
    set_clock(digests.engine, NINE)
    flow.tick(both)
    with digests.engine.begin() as db:
        assert [slot.pod for slot in store.due(db, NINE + MINUTE)] == ["main"]
    monkeypatch.undo()
    flow.tick(both)
    with digests.engine.begin() as db:
        assert store.due(db, NINE + MINUTE) == []


def test_a_slot_that_is_due_is_posted_once(digests: Digests) -> None:
    set_clock(digests.engine, NINE)
    flow.tick(digests)
    flow.tick(digests)
    assert _states(digests.engine) == {10: "posted", 11: "due", 12: "due"}
    assert set(_cards(digests.engine)) == {"", "approvals:1", "escalations:1", "connections:1", "next_hours:1"}
    assert "⏰" not in _words(digests.engine)


def test_two_replicas_at_once_post_it_once(
    digests: Digests, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_collected = Barrier(2, timeout=10)
    monkeypatch.setitem(CHECKINS, "morning", _checkin(_section("race", lambda _: both_have_collected.wait())))
    other = replace(digests, engine=connect(database_url, name="other"))
    (pod,) = digests.pods
    with ThreadPoolExecutor(2) as replicas:
        claims = list(replicas.map(lambda replica: flow.post_now(replica, "morning", pod), (digests, other)))
    other.engine.dispose()
    assert sorted(claim is None for claim in claims) == [False, True]
    with digests.engine.begin() as db:
        revisions = db.execute(select(messages.card.c.revision)).scalars().all()
    assert set(_cards(digests.engine)) == {"", "race:1"}
    assert sorted(revisions) == [1, 2]  # the parent once more for its picture


def test_what_is_late_says_by_how_much(digests: Digests) -> None:
    set_clock(digests.engine, NINE + 42 * MINUTE)
    flow.tick(digests)
    words = _words(digests.engine)
    assert "⏰ Posted 42 min late: the bot was not running when it was due." in words
    assert "Meanwhile: no alert, no failed post, no stop." in words


def test_after_a_gap_the_late_check_in_says_how_long_nobody_ran_and_what_happened_meanwhile(
    digests: Digests, pod: Pod
) -> None:
    flow.tick(digests)
    mine = replace(pod, clients=frozenset({"acme"}))
    set_clock(digests.engine, BEFORE_NINE + 20 * MINUTE)
    with digests.engine.begin() as db:
        at = BEFORE_NINE + 10 * MINUTE
        failed, out = {"status": CalendarStatus.FAILED}, {"status": CalendarStatus.VERIFIED}
        clients.report_calendar(
            db,
            [
                *(calendar_item(f"f{n}", scheduled_at=at, **failed) for n in range(3)),
                calendar_item("o", scheduled_at=at, **out),
                calendar_item("theirs", client_id="zen", scheduled_at=at, **out),
                calendar_item("before", scheduled_at=BEFORE_NINE - MINUTE, **failed),
            ],
        )
        alerts.open_incident(db, AlertGroup.model_validate(webhook(alert(startsAt=at.isoformat()))), at)
        switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="wrong brand")
    set_clock(digests.engine, NINE + 42 * MINUTE)
    flow.tick(replace(digests, pods=(mine,)))
    words = _words(digests.engine)
    assert "⏰ Posted 42 min late: the bot was not running from <!date^" in words
    assert "Meanwhile: 1 alert, 3 posts failed, 1 stop, 1 post went out." in words
    flow.refresh(replace(digests, pods=(mine,)))
    assert "Meanwhile: 1 alert" in _words(digests.engine), "it stays when the card is brought up to date"


def test_while_another_replica_runs_there_is_no_gap(digests: Digests) -> None:
    for minutes in range(57):
        set_clock(digests.engine, BEFORE_NINE + minutes * MINUTE)
        flow.tick(replace(digests, pods=()))
    flow.tick(digests)
    assert "the bot was not running from" not in _words(digests.engine)


def test_what_is_too_late_is_skipped_and_never_replayed(digests: Digests) -> None:
    set_clock(digests.engine, NINE + flow.CATCH_UP)
    flow.tick(digests)
    flow.tick(digests)
    assert _states(digests.engine)[10] == "skipped"
    assert _cards(digests.engine) == {}


def test_after_days_of_downtime_there_is_one_check_in(digests: Digests) -> None:
    flow.tick(digests)
    set_clock(digests.engine, NINE + timedelta(days=2) + MINUTE)
    flow.tick(digests)
    assert _states(digests.engine) == {10: "skipped", 11: "skipped", 12: "posted", 13: "due", 14: "due"}
    words = _words(digests.engine, "checkin:main/morning/2026-03-12")
    assert "Not posted, because its time had long passed: morning of 10 March, morning of 11 March." in words
    set_clock(digests.engine, NINE + timedelta(days=3) + MINUTE)
    flow.tick(digests)
    assert "Not posted" not in _words(digests.engine, "checkin:main/morning/2026-03-13"), "it is told once"


def test_after_a_week_of_downtime_what_did_not_come_is_counted(digests: Digests, pod: Pod) -> None:
    for days in range(3):
        set_clock(digests.engine, NINE + timedelta(days=2 * days, hours=4))
        flow.tick(digests)
    assert flow.post_now(digests, "morning", pod) is not None
    words = _words(digests.engine, "checkin:main/morning/2026-03-14")
    assert "morning of 11 March, morning of 12 March, morning of 13 March and 1 before" in words


def test_who_is_on_is_called_on_the_card(digests: Digests, pod: Pod) -> None:
    flow.post_now(digests, "morning", replace(pod, on=("<@U1>", "<!subteam^S1>")))
    assert "On today: <@U1> <!subteam^S1>" in _words(digests.engine)


def test_a_new_time_in_the_settings_counts_from_the_next_check_in_on(digests: Digests, pod: Pod) -> None:
    flow.tick(digests)
    moved = replace(digests, pods=(replace(pod, checkins={"morning": time(10)}),))
    flow.tick(moved)
    set_clock(digests.engine, NINE + MINUTE)
    flow.tick(moved)
    assert _states(digests.engine)[10] == "due"
    set_clock(digests.engine, NINE + 61 * MINUTE)
    flow.tick(moved)
    assert _states(digests.engine)[10] == "posted"


def test_the_slots_of_a_pod_that_only_another_replica_knows_are_left_to_it(digests: Digests) -> None:
    flow.tick(digests)
    set_clock(digests.engine, NINE + MINUTE)
    flow.tick(replace(digests, pods=()))
    assert _states(digests.engine)[10] == "due"
    flow.tick(digests)
    assert _states(digests.engine)[10] == "posted"


def test_what_was_skipped_can_be_posted_by_hand(digests: Digests, pod: Pod) -> None:
    flow.tick(digests)
    set_clock(digests.engine, NINE + timedelta(hours=5))
    flow.tick(digests)
    assert _states(digests.engine)[10] == "skipped"
    assert flow.post_now(digests, "morning", pod) is not None
    assert _states(digests.engine)[10] == "posted"


def test_by_hand_it_is_posted_today_and_once(digests: Digests, pod: Pod) -> None:
    slot = flow.post_now(digests, "morning", pod)
    assert slot is not None
    assert (slot.state, slot.local_date.day) == ("posted", 10)
    assert flow.post_now(digests, "morning", pod) is None
    set_clock(digests.engine, NINE)
    flow.tick(digests)
    assert len(_cards(digests.engine)) == 5


# What


def test_nothing_to_do_says_so(digests: Digests, pod: Pod) -> None:
    flow.post_now(digests, "morning", pod)
    words = _words(digests.engine)
    assert "✅ *1. Approve drafts* · nothing to do" in words
    assert "✅ *2. Clear escalations* · nothing to do" in words
    assert "⬜ *4. Confirm the next 6 hours* · nothing is scheduled" in words
    assert _cards(digests.engine)["approvals:1"] == "1. Approve drafts: nothing to do"


def test_every_step_says_what_waits(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        failed = work_item("failed", kind=ItemKind.PUBLISH_FAILURE, client_id="zen")
        work_items.open_items(db, [work_item("a"), work_item("b"), failed])
        soon = {"scheduled_at": NINE + timedelta(hours=1)}
        clients.report_calendar(
            db,
            [
                calendar_item("one", **soon),
                calendar_item("two", status=CalendarStatus.AWAITING_APPROVAL, **soon),
                calendar_item("three", status=CalendarStatus.CANCELLED, **soon),
                calendar_item("four", scheduled_at=NINE + timedelta(hours=7)),
            ],
        )
    flow.post_now(digests, "morning", pod)
    words = _words(digests.engine)
    assert "⬜ *1. Approve drafts* · 2 drafts wait" in words
    assert "⬜ *2. Clear escalations* · 1 needs a person" in words
    assert "⬜ *4. Confirm the next 6 hours* · 2 posts, 1 waits for approval" in words
    assert "0 of 5 done" in words
    assert "*Zen Tea*" in _words(digests.engine, "checkin:main/morning/2026-03-10:escalations:1")


def test_a_pod_sees_its_own_clients(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        clients.report_clients(db, [client("other", "Other")])
        work_items.open_items(db, [work_item("mine"), work_item("theirs", client_id="other")])
    mine = replace(pod, clients=frozenset({"acme"}))
    flow.post_now(replace(digests, pods=(mine,)), "morning", mine)
    assert "1 draft waits" in _words(digests.engine)


def test_many_drafts_are_shown_in_as_many_messages_as_they_need(digests: Digests, pod: Pod) -> None:
    long = {"body": {"text": "&" * 5000}}
    with digests.engine.begin() as db:
        work_items.open_items(db, [work_item(f"item-{n:02}", **long) for n in range(14)])
    flow.post_now(digests, "morning", pod)
    assert {"approvals:1", "approvals:2", "approvals:3"} <= set(_cards(digests.engine))
    assert "(13–14 of 14)" in _words(digests.engine, "checkin:main/morning/2026-03-10:approvals:3")
    with running(CONFIG) as workspace:
        while deliver(digests.engine, Slack("xoxb-local", base_url=workspace.api_url), pace=timedelta(0)):
            pass
        (parent,) = Hands(workspace, "ana").messages()
        assert parent["reply_count"] == 6
    with digests.engine.begin() as db:
        assert db.execute(select(messages.card.c.problem)).scalars().all() == [None] * 7


# When something does not answer


def test_without_prometheus_the_rest_is_posted_on_time(digests: Digests, pod: Pod, prometheus: ToldPrometheus) -> None:
    prometheus.down = Missing("cannot be reached", since=BEFORE_NINE)
    flow.post_now(digests, "morning", pod)
    words = _words(digests.engine)
    assert "*3. Confirm runners and tokens* · no data on runners since <!date^" in words
    assert "Prometheus cannot be reached" in words
    assert "✅ *1. Approve drafts* · nothing to do" in words


def test_a_section_that_raises_leaves_the_others(digests: Digests, pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = _section("well", lambda _: "fine"), _section("broken", lambda _: int("secret"))
    monkeypatch.setitem(CHECKINS, "morning", _checkin(*steps))
    flow.post_now(digests, "morning", pod)
    words = _words(digests.engine)
    assert "*1. Well* · fine" in words
    assert "⚠️ *2. Broken* · no data: ValueError" in words
    assert "secret" not in words


def test_sections_that_hang_cost_one_deadline_together(
    digests: Digests, pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = Barrier(3, timeout=10)
    hangs = [_section(f"hangs-{n}", lambda _: release.wait()) for n in range(2)]
    monkeypatch.setitem(CHECKINS, "morning", _checkin(*hangs, _section("well", lambda _: "fine")))
    monkeypatch.setattr(flow, "SECTION_DEADLINE", 0.3)
    flow.post_now(digests, "morning", pod)
    words = _words(digests.engine)
    assert words.count("no answer within 0 s") == 2
    assert "*3. Well* · fine" in words
    assert release.n_waiting == 2
    release.wait()


def test_the_picture_and_its_words_follow_the_card(digests: Digests, pod: Pod) -> None:
    flow.post_now(digests, "morning", pod)
    with digests.engine.begin() as db:
        (picture,) = db.execute(select(messages.picture)).all()
    assert picture.png.startswith(b"\x89PNG")
    assert picture.key == picture.card_key == "checkin:main/morning/2026-03-10"
    assert picture.alt_text.startswith("24 hours to ")
    flow.refresh(digests)
    assert _cards(digests.engine)[""].endswith(picture.alt_text)


def test_a_card_whose_picture_cannot_be_drawn_stands_without_it(digests: Digests, pod: Pod) -> None:
    closed = Renderer()
    closed.close()
    assert flow.post_now(replace(digests, renderer=closed), "morning", pod)
    with digests.engine.begin() as db:
        assert db.execute(select(messages.picture)).all() == []
    assert "0 of 2 done" in _words(digests.engine)
