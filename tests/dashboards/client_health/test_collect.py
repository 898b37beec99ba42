from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection as Db

from audits import Result, Scope, switches
from clients import store as clients
from clients import work_items
from clients.figures import Publishing
from clients.model import CHANGES_REQUESTED, CalendarItem, CalendarStatus, Client, ItemKind, Seen
from dashboards import client_health
from dashboards.client_health import ClientHealth, Overview, Unknown
from metrics.model import Missing
from metrics.reader import Reader
from tests.factories import work_item

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
Post = Callable[..., None]


@pytest.fixture
def post(db: Db, now: datetime) -> Post:
    """Puts one item on the calendar of `acme`, so many hours from now: `post(-2, CalendarStatus.FAILED)`."""
    numbers = count()
    clients.report_clients(db, [Client("acme", "Acme Outdoor", BERLIN)])

    def report(hours: float, status: CalendarStatus, *, platform: str = "instagram", **how: Any) -> None:
        at = now + hours * HOUR
        item = CalendarItem(f"cal-{next(numbers)}", "acme", platform, "feed", "A post", status, at, "hash", **how)
        clients.report_calendar(db, [item])

    return report


def collected(db: Db, reader: Reader, now: datetime) -> ClientHealth:
    found = client_health.collect(db, reader, "acme", now=now, zone=BERLIN)
    assert isinstance(found, ClientHealth)
    return found


def going(db: Db, reader: Reader, now: datetime) -> Publishing:
    [one] = collected(db, reader, now).situation.publishing
    return one


def test_posts_count_since_the_begin_of_yesterday(db: Db, prometheus: Reader, post: Post, now: datetime) -> None:
    post(-1, CalendarStatus.VERIFIED)
    post(-38.5, CalendarStatus.PUBLISHED)  # yesterday 00:00
    post(-38.6, CalendarStatus.VERIFIED)
    post(-2, CalendarStatus.FAILED, error_reason="auth")
    post(-3, CalendarStatus.FAILED, error_reason="rate_limited")
    post(-4, CalendarStatus.FAILED, error_reason="rate_limited")
    post(-5, CalendarStatus.BLOCKED)
    post(-6, CalendarStatus.CANCELLED)
    found = going(db, prometheus, now)
    assert (found.ended, found.failed, found.blocked, found.reason) == (5, 3, 1, "rate_limited")


def test_failures_in_a_row_begin_anew_with_every_post_that_went_out(
    db: Db, prometheus: Reader, post: Post, now: datetime
) -> None:
    post(-4, CalendarStatus.FAILED)
    assert going(db, prometheus, now).failed_in_a_row == 1
    post(-3, CalendarStatus.FAILED)
    assert going(db, prometheus, now).failed_in_a_row == 2
    post(-2, CalendarStatus.PUBLISHED)
    assert going(db, prometheus, now).failed_in_a_row == 0
    post(-1, CalendarStatus.FAILED)
    assert going(db, prometheus, now).failed_in_a_row == 1


def test_a_post_is_overdue_a_quarter_of_an_hour_after_its_time(
    db: Db, prometheus: Reader, post: Post, now: datetime
) -> None:
    post(-0.25, CalendarStatus.SCHEDULED)
    assert going(db, prometheus, now).overdue == 0
    post(-0.26, CalendarStatus.PUBLISHING)
    post(-3, CalendarStatus.SCHEDULED)
    found = going(db, prometheus, now)
    assert (found.overdue, found.overdue_since) == (2, now - 3 * HOUR)


def test_a_draft_whose_time_passed_is_unapproved_and_the_next_post_is_the_soonest(
    db: Db, prometheus: Reader, post: Post, now: datetime
) -> None:
    post(-1, CalendarStatus.AWAITING_APPROVAL)
    post(9, CalendarStatus.PLANNED)
    post(5, CalendarStatus.AWAITING_APPROVAL)
    post(2, CalendarStatus.CANCELLED)
    found = going(db, prometheus, now)
    assert (found.unapproved, found.next_at) == (1, now + 5 * HOUR)


def test_a_draft_that_was_sent_back_waits_until_its_new_version_comes(
    db: Db, prometheus: Reader, post: Post, now: datetime
) -> None:
    post(-1, CalendarStatus.AWAITING_APPROVAL)
    draft = work_item(due_at=now - HOUR)
    work_items.open_items(db, [draft])
    work_items.decide(db, Seen.of(draft), CHANGES_REQUESTED, "Ana", "Name the study", timedelta(0))
    [waiting] = collected(db, prometheus, now).situation.sent_back
    assert (waiting.item_id, waiting.closed_by) == (draft.item_id, "Ana")
    work_items.report_result(db, draft.item_id, {"status": "cancelled"})
    assert collected(db, prometheus, now).situation.sent_back == ()
    work_items.open_items(db, [replace(draft, version=2, payload_hash="b" * 64)])
    assert collected(db, prometheus, now).situation.sent_back == ()


def test_platforms_are_judged_apart(db: Db, prometheus: Reader, post: Post, now: datetime) -> None:
    post(-2, CalendarStatus.FAILED, platform="tiktok")
    post(-1, CalendarStatus.VERIFIED, platform="x")
    post(-1, CalendarStatus.FAILED, platform="tiktok")
    found = collected(db, prometheus, now).situation.publishing
    assert {one.platform: one.failed_in_a_row for one in found} == {"tiktok": 2, "x": 0}


@pytest.mark.parametrize(
    ("scope", "covers"),
    [
        (Scope(), True),
        (Scope("acme"), True),
        (Scope("other"), False),
        (Scope(platform="instagram"), True),
        (Scope(platform="skool"), False),
        (Scope("acme", "instagram"), True),
    ],
)
def test_only_stops_that_cover_the_client_are_shown(
    db: Db, prometheus: Reader, post: Post, now: datetime, scope: Scope, covers: bool
) -> None:
    post(-1, CalendarStatus.VERIFIED)
    switches.set_switch(db, scope, stopped=True, by="Ana", reason="wrong prices")
    assert bool(collected(db, prometheus, now).situation.stops) is covers


def test_an_intent_and_its_outcome_are_one_action(db: Db, prometheus: Reader, acme: str, now: datetime) -> None:
    actions = collected(db, prometheus, now).actions
    assert len(actions) == 20
    assert [event.result for event in actions[:4]] == [Result.SUCCESS, Result.SUCCESS, Result.FAIL, None]
    assert len({event.command_id for event in actions}) == 20


def test_open_items_are_counted_by_kind(db: Db, prometheus: Reader, acme: str, now: datetime) -> None:
    found = collected(db, prometheus, now).situation.open_items
    assert found == {ItemKind.APPROVAL: 3, ItemKind.PUBLISH_FAILURE: 1}


def test_platforms_of_which_prometheus_knows_only_half_are_left_out(
    db: Db, prometheus: Reader, post: Post, now: datetime
) -> None:
    prometheus.samples["publish_failures_total"].append(({"platform": "skool"}, 2))  # type: ignore[attr-defined]
    assert collected(db, prometheus, now).everywhere == {"instagram": (9, 120), "youtube": (0, 30)}


def test_a_silent_prometheus_costs_one_line(db: Db, acme: str, now: datetime) -> None:
    found = collected(db, Reader("http://127.0.0.1:1"), now)
    assert found.everywhere == Missing("cannot be reached")
    text = str(client_health.card(found).blocks)
    assert "Whether others fail too: no data" in text
    assert "1 of 9 failed since yesterday" in text


def test_an_unknown_client_gets_suggestions(db: Db, prometheus: Reader, acme: str, now: datetime) -> None:
    found = client_health.collect(db, prometheus, "akme", now=now, zone=BERLIN)
    assert isinstance(found, Unknown)
    assert [client.client_id for client in found.suggestions] == ["acme"]
    assert "Did you mean `acme` (Acme Outdoor)?" in str(client_health.card(found).blocks)


def test_without_a_client_all_are_judged(db: Db, prometheus: Reader, acme: str, now: datetime) -> None:
    found = client_health.collect(db, prometheus, "  ", now=now, zone=BERLIN)
    assert isinstance(found, Overview)
    assert [one.client.client_id for one in found.situations] == ["acme", "cedar"]
    assert found.situations[0] == collected(db, prometheus, now).situation


def test_the_number_of_statements_does_not_depend_on_the_number_of_clients(
    db: Db, prometheus: Reader, acme: str, now: datetime, statements: Callable[[Callable[[], object]], int]
) -> None:
    def ask(client: str) -> object:
        return client_health.collect(db, prometheus, client, now=now, zone=BERLIN)

    few = statements(lambda: ask(""))
    clients.report_clients(db, [Client(f"c-{n}", f"Client {n}", "UTC") for n in range(300)])
    assert statements(lambda: ask("")) == few == 6
    assert statements(lambda: ask("acme")) == 8
