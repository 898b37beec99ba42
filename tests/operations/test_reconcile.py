from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from audits import Phase, Result, guard
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import CalendarStatus, ItemKind, WorkItem
from operations.reconcile import LOOKED_BACK, compare
from storage import clock
from tests.factories import NOON, calendar_item, client, effect
from tests.fakes import turn_clock

URL = "https://x.test/1"
OF_CAL_1 = {"calendar_item_id": "cal-1"}


@pytest.fixture(autouse=True)
def _clients(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client()])


def _publish(engine: Engine, url: str = URL, **changes: Any) -> None:
    with guard(engine, effect(**{"ids": OF_CAL_1} | changes)) as permit:
        permit.succeeded(post_url=url)


def _calendar(engine: Engine, status: CalendarStatus = CalendarStatus.PUBLISHED) -> None:
    with engine.begin() as db:
        item = calendar_item(status=status, published_at=clock.now(db) if status != "failed" else None, post_url=URL)
        clients.report_calendar(db, [item])


def _later(engine: Engine, by: timedelta = timedelta(minutes=30)) -> None:
    turn_clock(engine, by)


def _work(engine: Engine) -> list[WorkItem]:
    with engine.begin() as db:
        return work_items.items_of(db, [ItemKind.UNKNOWN_OUTCOME], closed_since=NOON)


def test_what_fits_is_nobodys_work(engine: Engine) -> None:
    _publish(engine)
    _calendar(engine)
    _later(engine)
    assert compare(engine) == 0
    assert _work(engine) == []


def test_what_is_on_its_way_is_left_time(engine: Engine) -> None:
    _calendar(engine)
    assert compare(engine) == 0


def test_a_post_that_the_record_does_not_know_is_told_once(engine: Engine) -> None:
    _calendar(engine)
    _later(engine)
    assert compare(engine) == compare(engine) == 1
    (item,) = _work(engine)
    assert (item.item_id, item.calendar_item_id, item.client_id) == ("unrecorded-cal-1", "cal-1", "acme")
    assert item.body["reason"] == "Instagram reel shows it and the record knows of no such publish"


@pytest.mark.parametrize("status", [CalendarStatus.FAILED, CalendarStatus.SCHEDULED, CalendarStatus.CANCELLED])
def test_a_publish_that_the_calendar_does_not_know_is_told(engine: Engine, status: CalendarStatus) -> None:
    _publish(engine)
    _calendar(engine, status)
    _later(engine)
    compare(engine)
    (item,) = [item for item in _work(engine) if item.item_id.startswith("unseen")]
    assert item.body["reason"] == f"The record says that it went out and the calendar says {status}"


def test_two_posts_of_one_item_are_told(engine: Engine) -> None:
    _publish(engine)
    _publish(engine, "https://x.test/2", surface="stories")
    _calendar(engine)
    _later(engine)
    assert compare(engine) == 1
    assert _work(engine)[0].body["reason"] == "The record knows 2 posts of it: it is out more than once"


def test_an_intent_that_nobody_ended_is_told(engine: Engine) -> None:
    caused = effect()
    with engine.begin() as db:
        audits.record(db, caused, Phase.INTENT, None)
    _later(engine)
    assert compare(engine) == 1
    assert _work(engine)[0].body["reason"].startswith("It was announced and nobody said how it went.")


def test_an_effect_that_nobody_announced_is_told(engine: Engine) -> None:
    with engine.begin() as db:
        audits.record(db, effect(), Phase.OUTCOME, Result.SUCCESS)
        audits.record(db, effect(), Phase.OUTCOME, Result.BLOCKED)
        audits.record(db, effect(ids={"source": "studio"}), Phase.OUTCOME, Result.SUCCESS)
    _later(engine)
    assert compare(engine) == 1
    assert "goes round the guard" in _work(engine)[0].body["reason"]


def test_what_happened_before_the_window_is_left_alone(engine: Engine) -> None:
    _calendar(engine)
    _later(engine, LOOKED_BACK + timedelta(hours=1))
    assert compare(engine) == 0
