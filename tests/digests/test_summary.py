"""The owner's daily summary: health, check-ins, stops and cost of all pods, in words and pictures."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts import store as alerts
from alerts.model import AlertGroup
from audits import Phase, Result, Scope, switches
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import Aside, Seen
from digests import flow
from digests.confirm import CONFIRM
from digests.flow import Digests
from digests.model import OWNER, SUMMARY, Pod
from messages import tables as messages
from messages.blocks import texts
from metrics.model import Missing
from operations.approve import APPROVE
from operations.flow import perform
from tests.digests.conftest import BEFORE_NINE
from tests.factories import alert, click, effect, usage, webhook, work_item
from tests.fakes import ToldPrometheus, set_clock

CARD = "checkin:owner/summary/2026-03-10"
EVENING = BEFORE_NINE + timedelta(hours=10)


@pytest.fixture
def owned(digests: Digests) -> Digests:
    owner = Pod(OWNER, "#owner", "Europe/Madrid", {SUMMARY: time(18, 30)})
    return replace(digests, owner=owner)


def _words(engine: Engine, part: str = "") -> str:
    with engine.begin() as db:
        wanted: dict[str, Any] = db.execute(
            select(messages.card.c.wanted).where(messages.card.c.key == CARD + part)
        ).scalar_one()
    return "\n".join(texts(wanted["blocks"]))


def _post(digests: Digests) -> None:
    set_clock(digests.engine, EVENING)
    flow.tick(digests)


def test_a_quiet_day_is_told_too(owned: Digests) -> None:
    _post(owned)
    words = _words(owned.engine)
    assert "The day · Tuesday 10 March" in words
    assert "🟠 *1. Health* · 50 published, 2 failed (96.2 %) · 0 jobs done, 0 failed · alerts: none" in words
    assert "🟢 *3. Stops* · nothing was stopped" in words
    assert "🟢 *4. Cost* · Nothing was spent so far today\n" in words
    assert " of 4 done" not in words
    assert "🏁" not in words


def test_its_channel_is_the_owners_and_nothing_in_it_asks_to_be_done(owned: Digests) -> None:
    _post(owned)
    with owned.engine.begin() as db:
        channels = set(
            db.execute(select(messages.card.c.channel).where(messages.card.c.key.like(f"{CARD}%"))).scalars()
        )
        cards = [str(each) for each in db.execute(select(messages.card.c.wanted)).scalars()]
    assert channels == {"#owner"}
    assert not any("Looks right" in card for card in cards if "owner" in card)


def test_it_is_no_check_in_that_brings_back_what_was_snoozed_until_the_next(owned: Digests) -> None:
    with owned.engine.begin() as db:
        work_items.open_items(db, [work_item("late")])
        item = work_items.item(db, "late")
        assert item is not None
        assert work_items.put_aside(db, Seen.of(item), Aside.CHECKIN, "Ana", "")
    assert owned.owner is not None
    assert flow.post_now(owned, SUMMARY, owned.owner) is not None
    with owned.engine.begin() as db:
        item = work_items.item(db, "late")
    assert item is not None
    assert item.aside is Aside.CHECKIN


def test_a_check_in_is_told_with_who_did_it_how_long_it_took_and_what_it_cost(owned: Digests, pod: Pod) -> None:
    a, b = work_item("a"), work_item("b")
    with owned.engine.begin() as db:
        work_items.open_items(db, [a, b])
    slot = flow.post_now(owned, "morning", pod)
    assert slot is not None
    for minutes, item in ((2, a), (7, b)):
        set_clock(owned.engine, BEFORE_NINE + timedelta(minutes=minutes))
        perform(owned.engine, APPROVE, click(Seen.of(item).value, action_id=APPROVE.action_id))
    for section in ("connections", "next_hours"):
        perform(owned.engine, CONFIRM, click(f"{slot.key}|{section}", action_id=CONFIRM.action_id))
    flow.refresh(owned)
    _post(owned)
    assert "🟢 *2. Check-ins* · 1 of 1 done · 2 items in 5 min and 4 clicks" in _words(owned.engine)
    line = "done by Ana, 7 min after it came · 2 items (0.5 per click), 5 min · 4 clicks"
    assert line in _words(owned.engine, ":worked:1")


def test_a_check_in_that_nobody_worked_or_that_did_not_come_is_named(owned: Digests, pod: Pod) -> None:
    flow.tick(owned)
    set_clock(owned.engine, EVENING - timedelta(hours=1))
    flow.tick(owned)
    with owned.engine.begin() as db:
        work_items.open_items(db, [work_item("a")])
    assert flow.post_now(owned, "midday", pod) is not None
    _post(owned)
    assert "🟠 *2. Check-ins* · 0 of 2 done" in _words(owned.engine)
    words = _words(owned.engine, ":worked:1")
    assert "*main · morning*" in words
    assert "not posted, the bot was not running" in words
    assert "nobody has begun" in words


def test_stops_alerts_and_failing_clients_are_named(owned: Digests) -> None:
    set_clock(owned.engine, EVENING - timedelta(hours=2))
    with owned.engine.begin() as db:
        switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="wrong <brand>")
        switches.set_switch(db, Scope(platform="x"), stopped=True, by="Ana", reason="spam")
        switches.set_switch(db, Scope(platform="x"), stopped=False, by="Ben", reason="it is over", asked_by="Ana")
        alerts.open_incident(db, AlertGroup.model_validate(webhook(alert())), EVENING - timedelta(hours=1))
        for result in (Result.FAIL, Result.SUCCESS, Result.UNKNOWN):
            audits.record(db, effect(), Phase.OUTCOME, result, at=EVENING - timedelta(hours=1))
    _post(owned)
    words = _words(owned.engine)
    assert "🔴 *3. Stops* · 2 stops · *still stopped: all of Zen Tea*" in words
    stops = _words(owned.engine, ":stopped:1")
    assert "Stopped by Ana: all of Zen Tea · wrong &lt;brand&gt;" in stops
    assert "Resumed by Ana and Ben: X for all clients · it is over" in stops
    assert "⛔ all of Zen Tea: stopped since" in stops
    assert "🔴 *1. Health*" in words
    assert "alerts: 1 P1 (1 still open)" in words
    assert "Acme Outdoor: 1 of 2 posts failed" in _words(owned.engine, ":health:1")


def test_cost_is_told_with_its_picture(owned: Digests) -> None:
    with owned.engine.begin() as db:
        clients.report_usage(db, [usage(at=EVENING - timedelta(hours=1))])
    _post(owned)
    assert "*4. Cost* · $" in _words(owned.engine)
    with owned.engine.begin() as db:
        pictures = set(db.execute(select(messages.picture.c.key)).scalars())
        card = db.execute(select(messages.card.c.wanted).where(messages.card.c.key == CARD)).scalar_one()
    assert pictures == {CARD, f"{CARD}:spent:1"}
    (alt,) = [block["alt_text"] for block in card["blocks"] if block["type"] == "image"]
    assert alt.startswith("24 hours to 18:45: 50 published · 2 failed.")


def test_without_prometheus_it_comes_all_the_same_and_says_what_it_does_not_know(
    owned: Digests, prometheus: ToldPrometheus
) -> None:
    prometheus.down = Missing("cannot be reached", BEFORE_NINE)
    _post(owned)
    assert "⚠️ *1. Health* · no data on the services since <!date^" in _words(owned.engine)
    assert "⚠️ no data on the services since" in _words(owned.engine, ":health:1")
    assert "🟢 *3. Stops*" in _words(owned.engine)


def test_it_is_posted_once_and_then_left_alone(owned: Digests) -> None:
    _post(owned)
    before = _words(owned.engine)
    with owned.engine.begin() as db:
        switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="later")
    flow.tick(owned)
    flow.refresh(owned)
    assert _words(owned.engine) == before


def test_the_words_and_the_picture_of_one_card_give_the_same_totals(owned: Digests) -> None:
    _post(owned)
    assert "50 published, 2 failed" in _words(owned.engine)
    with owned.engine.begin() as db:
        alt: str = db.execute(select(messages.picture.c.alt_text).where(messages.picture.c.key == CARD)).scalar_one()
    assert "50 published · 2 failed" in alt
