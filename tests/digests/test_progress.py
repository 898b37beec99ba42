"""A check-in ticks itself off while people work it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from syrupy.assertion import SnapshotAssertion

from audits import Scope, switches
from clients import store as clients
from clients import work_items
from clients.model import CalendarStatus, ItemKind, Seen
from digests import flow, store
from digests.confirm import CONFIRM
from digests.flow import Digests
from digests.model import Pod, Slot
from messages import tables as messages
from metrics.model import Missing
from operations.approve import APPROVE
from operations.flow import perform
from operations.hold import HOLD
from operations.model import Answer, Done, Person, Refused, Role
from operations.resolve import RESOLVE
from operations.snooze import SNOOZE
from tests.digests.conftest import BEFORE_NINE
from tests.factories import calendar_item, click, person, work_item
from tests.fakes import ToldPrometheus, set_clock

CARD = "checkin:main/morning/2026-03-10"
ANA, BEN = person("Ana"), person("Ben")


def _wanted(engine: Engine, key: str = CARD) -> dict[str, Any]:
    with engine.begin() as db:
        found: dict[str, Any] = db.execute(
            select(messages.card.c.wanted).where(messages.card.c.key == key)
        ).scalar_one()
    return found


def _words(engine: Engine, key: str = CARD) -> str:
    parts = []
    for block in _wanted(engine, key)["blocks"]:
        parts += [block.get("text", {}), *block.get("elements", [])]
    return "\n".join(part["text"] for part in parts if isinstance(part.get("text"), str))


def _approve(engine: Engine, item_id: str, by: Person = ANA) -> None:
    with engine.begin() as db:
        item = work_items.item(db, item_id)
    assert item is not None
    decision = APPROVE if item.kind is ItemKind.APPROVAL else RESOLVE
    assert isinstance(perform(engine, decision, click(decision.button(item)["value"], person=by)), Done)


def _confirm(engine: Engine, section: str, by: Person = ANA) -> Answer | None:
    pressed = click(CONFIRM.button("main/morning/2026-03-10", section)["value"], person=by)
    return perform(engine, CONFIRM, pressed)


@pytest.fixture
def slot(digests: Digests, pod: Pod) -> Slot:
    """Posted with two drafts and one escalation."""
    with digests.engine.begin() as db:
        work_items.open_items(
            db, [work_item("a"), work_item("b", title="Summer"), work_item("e", kind=ItemKind.ESCALATION)]
        )
    posted = flow.post_now(digests, "morning", pod)
    assert posted is not None
    return posted


def test_the_card_as_it_is_posted(digests: Digests, slot: Slot, snapshot: SnapshotAssertion) -> None:
    assert slot.posted_at is not None
    told = json.dumps(_wanted(digests.engine)["blocks"])
    moments = (str(int(slot.posted_at.timestamp())), slot.posted_at.isoformat())
    for moment in moments:
        told = told.replace(moment, "WHEN-POSTED")
    assert json.loads(told) == snapshot


@pytest.mark.usefixtures("slot")
def test_each_step_counts_what_is_done_and_is_ticked_when_all_is(digests: Digests) -> None:
    _approve(digests.engine, "a")
    flow.refresh(digests)
    assert "⬜ *1. Approve drafts* · 1 draft waits · 1 of 2 done" in _words(digests.engine)
    thread = _words(digests.engine, f"{CARD}:approvals:1")
    assert "✅ Approved by Ana" in thread
    buttons = [
        block for block in _wanted(digests.engine, f"{CARD}:approvals:1")["blocks"] if block["type"] == "actions"
    ]
    assert len(buttons) == 1
    _approve(digests.engine, "b")
    flow.refresh(digests)
    assert "✅ *1. Approve drafts* · all done · 2 approved" in _words(digests.engine)
    assert "2 of 5 done" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_items_keep_their_place_when_they_are_decided(digests: Digests) -> None:
    before = _words(digests.engine, f"{CARD}:approvals:1")
    _approve(digests.engine, "a")
    flow.refresh(digests)
    after = _words(digests.engine, f"{CARD}:approvals:1")
    assert before.index("Spring") < before.index("Summer")
    assert after.index("Spring") < after.index("Summer")


@pytest.mark.usefixtures("slot")
def test_a_step_without_items_is_ticked_by_a_person(digests: Digests) -> None:
    assert isinstance(_confirm(digests.engine, "connections"), Done)
    flow.refresh(digests)
    assert "✅ *3. Confirm runners and tokens*" in _words(digests.engine)
    assert "confirmed by Ana <!date^" in _words(digests.engine)
    thread = _words(digests.engine, f"{CARD}:connections:1")
    assert "✅ Confirmed by Ana" in thread
    assert "Looks right" not in thread
    again = _confirm(digests.engine, "connections", BEN)
    assert again == Refused("already_confirmed", "Ana has confirmed this already.")


@pytest.mark.usefixtures("slot")
def test_what_was_confirmed_stays_as_it_was_seen(digests: Digests) -> None:
    at = BEFORE_NINE + timedelta(hours=1)
    posts = [calendar_item(name, scheduled_at=at, status=CalendarStatus.SCHEDULED) for name in ("one", "two")]
    before = _words(digests.engine, f"{CARD}:next_hours:1")
    assert isinstance(_confirm(digests.engine, "next_hours"), Done)
    flow.refresh(digests)
    kept = _words(digests.engine, f"{CARD}:next_hours:1")
    line = next(line for line in _words(digests.engine).splitlines() if "Confirm the next 6 hours" in line)
    assert kept.startswith(before)
    assert "✅ Confirmed by Ana" in kept
    with digests.engine.begin() as db:
        clients.report_calendar(db, posts)
        db.execute(update(clients.calendar_item).values(first_told_at=BEFORE_NINE - timedelta(hours=2)))
    flow.refresh(digests)
    assert _words(digests.engine, f"{CARD}:next_hours:1") == kept
    assert line in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_who_may_not_cannot_confirm_and_a_step_nobody_knows_is_refused(digests: Digests) -> None:
    assert isinstance(_confirm(digests.engine, "connections", person("Vic", Role.VIEWER)), Refused)
    unknown = _confirm(digests.engine, "horoscope")
    assert isinstance(unknown, Refused)
    assert unknown.reason == "unknown_step"
    with digests.engine.begin() as db:
        assert store.ticks(db, "main/morning/2026-03-10") == {}


@pytest.mark.usefixtures("slot")
def test_when_all_is_done_the_card_says_how_long_who_and_what(digests: Digests) -> None:
    _approve(digests.engine, "a")
    _approve(digests.engine, "b", BEN)
    _approve(digests.engine, "e")
    _confirm(digests.engine, "connections")
    set_clock(digests.engine, BEFORE_NINE + timedelta(minutes=8))
    _confirm(digests.engine, "next_hours", person("Cleo"))
    flow.refresh(digests)
    words = _words(digests.engine)
    assert "🏁 *Done in 8 min by Ana, Ben, Cleo*: 2 approved, 1 resolved" in words
    assert "⬜" not in words
    assert "all done." in _wanted(digests.engine)["text"]
    set_clock(digests.engine, BEFORE_NINE + timedelta(minutes=30))
    flow.refresh(digests)
    assert "Done in 8 min" in _words(digests.engine)


def test_a_check_in_with_nothing_to_decide_is_done_by_its_confirmations(digests: Digests, pod: Pod) -> None:
    flow.post_now(digests, "morning", pod)
    for section in ("connections", "next_hours"):
        _confirm(digests.engine, section)
    flow.refresh(digests)
    assert "🏁 *Done in under a minute by Ana*: nothing had to be decided" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_what_comes_in_later_moves_no_button_and_opens_no_finished_checkin(digests: Digests) -> None:
    for item_id in ("a", "b", "e"):
        _approve(digests.engine, item_id)
    for section in ("connections", "next_hours"):
        _confirm(digests.engine, section)
    thread = f"{CARD}:approvals:1"
    flow.refresh(digests)
    before = _words(digests.engine, thread)
    with digests.engine.begin() as db:
        work_items.open_items(db, [work_item("c", title="Autumn"), work_item("f", kind=ItemKind.PUBLISH_FAILURE)])
        clients.report_calendar(db, [calendar_item("new", scheduled_at=BEFORE_NINE + timedelta(hours=1))])
    flow.refresh(digests)
    assert _words(digests.engine, thread) == before
    words = _words(digests.engine)
    assert "🏁 *Done in" in words
    assert "2 more came in since: they wait in App Home" in words
    assert "nothing is scheduled" in words


@pytest.mark.usefixtures("slot")
def test_what_the_platform_could_not_do_is_not_told_as_done(digests: Digests) -> None:
    _approve(digests.engine, "e")
    with digests.engine.begin() as db:
        work_items.report_result(db, "e", {"status": "failed", "error_reason": "the command was refused: 422"})
    flow.refresh(digests)
    assert "all done · 1 resolved · ⚠️ 1 failed at the platform" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_nothing_new_is_nothing_to_send(digests: Digests) -> None:
    flow.refresh(digests)
    with digests.engine.begin() as db:
        before = db.execute(select(messages.card.c.key, messages.card.c.revision)).all()
    flow.refresh(digests)
    with digests.engine.begin() as db:
        assert db.execute(select(messages.card.c.key, messages.card.c.revision)).all() == before


@pytest.mark.usefixtures("slot")
def test_what_the_platform_made_of_it_shows_in_the_thread(digests: Digests) -> None:
    _approve(digests.engine, "a")
    with digests.engine.begin() as db:
        work_items.report_result(db, "a", {"status": "verified", "post_url": "https://x.test/1"})
    flow.refresh(digests)
    assert "<https://x.test/1|live>" in _words(digests.engine, f"{CARD}:approvals:1")


@pytest.mark.usefixtures("slot")
def test_a_stop_shows_on_the_card_until_it_is_over(digests: Digests) -> None:
    with digests.engine.begin() as db:
        switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="wrong brand")
    flow.refresh(digests)
    assert "⛔ *Stopped:* all of Zen Tea" in _words(digests.engine)
    with digests.engine.begin() as db:
        switches.set_switch(db, Scope("zen"), stopped=False, by="Ben", reason="mended")
    flow.refresh(digests)
    assert "Stopped" not in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_a_source_that_falls_silent_takes_no_buttons_away(digests: Digests, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    thread = _words(digests.engine, f"{CARD}:approvals:1")
    monkeypatch.setattr(work_items, "items_of", silent)
    flow.refresh(digests)
    assert "⚠️ *1. Approve drafts* · no data: ConnectionError" in _words(digests.engine)
    assert _words(digests.engine, f"{CARD}:approvals:1") == thread
    monkeypatch.undo()
    flow.refresh(digests)
    assert "⬜ *1. Approve drafts* · 2 drafts wait" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_prometheus_that_comes_back_is_shown_again(digests: Digests, prometheus: ToldPrometheus) -> None:
    prometheus.down = Missing("cannot be reached")
    flow.refresh(digests)
    assert "no data on runners: Prometheus cannot be reached" in _words(digests.engine)
    prometheus.down = None
    set_clock(digests.engine, BEFORE_NINE + timedelta(minutes=1))
    flow.refresh(digests)
    assert "8 browser runners with room" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_the_day_before_yesterdays_check_in_rests(digests: Digests) -> None:
    set_clock(digests.engine, BEFORE_NINE + timedelta(days=2))
    with digests.engine.begin() as db:
        work_items.open_items(db, [work_item("new")])
    flow.refresh(digests)
    assert "2 drafts wait" in _words(digests.engine)


@pytest.mark.usefixtures("slot")
def test_what_is_put_aside_counts_as_handled_and_what_was_snoozed_comes_with_the_next_check_in(
    digests: Digests, pod: Pod
) -> None:
    for item_id, one, answers in (("a", HOLD, {"words": "Waits for legal"}), ("b", SNOOZE, {"until": "checkin"})):
        with digests.engine.begin() as db:
            item = work_items.item(db, item_id)
        assert item is not None
        assert isinstance(perform(digests.engine, one, click(Seen.of(item).value, answers=answers)), Done)
    flow.refresh(digests)
    assert "✅ *1. Approve drafts* · all done · 1 put on hold, 1 snoozed" in _words(digests.engine)
    thread = _words(digests.engine, f"{CARD}:approvals:1")
    assert "⏸️ On hold · Ana <!date^" in thread
    assert "Waits for legal" in thread
    assert "💤 Snoozed until the next check-in · Ana" in thread
    set_clock(digests.engine, BEFORE_NINE + timedelta(days=1))
    assert flow.post_now(digests, "morning", pod) is not None
    tomorrow = _words(digests.engine, "checkin:main/morning/2026-03-11:approvals:1")
    assert "Summer" in tomorrow
    assert "Spring" not in tomorrow
