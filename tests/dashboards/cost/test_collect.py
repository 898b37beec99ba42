from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection as Db

from clients import store as clients
from clients.model import Client
from dashboards import cost
from dashboards.cost import Cost, Help
from metrics.model import Missing
from metrics.reader import Reader
from sandbox.servers.prometheus import backfill, start_prometheus

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
Spend = Callable[..., None]


def collected(db: Db, reader: Reader, asked: str, now: datetime, zone: str = BERLIN) -> Cost:
    found = cost.collect(db, reader, asked, now=now, zone=zone)
    assert isinstance(found, Cost)
    return found


def dollars(*usd: Decimal) -> list[float]:
    return [float(one) for one in usd]


def test_today_begins_at_local_midnight_and_is_compared_with_yesterday_at_the_same_time(
    db: Db, prometheus: Reader, spend: Spend, now: datetime
) -> None:
    midnight = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    spend("acme", "1", midnight)
    spend("acme", "2", now - HOUR)
    spend("acme", "4", now)
    spend("acme", "8", midnight - HOUR)
    spend("acme", "16", now - timedelta(days=1, minutes=1))
    spend("acme", "32", now - timedelta(days=1))
    spend("acme", "64", now - timedelta(days=3))
    found = collected(db, prometheus, "today", now)
    assert dollars(found.usd, found.compared_usd) == [3, 16]
    assert len(found.starts) == 15
    assert [usd for usd in found.clients[0].bars if usd] == [1, 2]
    assert found.clients[0].bars[0] == 1
    assert found.clients[0].bars[13] == 2


def test_a_day_that_is_known_in_part_is_not_compared_with(
    db: Db, prometheus: Reader, spend: Spend, now: datetime
) -> None:
    spend("acme", "1", now - HOUR)
    spend("acme", "9", now - timedelta(days=1, hours=5))
    assert dollars(collected(db, prometheus, "today", now).compared_usd) == [0]
    spend("acme", "2", now - timedelta(days=2))
    assert dollars(collected(db, prometheus, "today", now).compared_usd) == [9]


def test_yesterday_and_a_week_are_whole_local_days(db: Db, prometheus: Reader, spend: Spend, now: datetime) -> None:
    for days in range(15):
        spend("acme", "1", now - timedelta(days=days, minutes=1))
    assert collected(db, prometheus, "yesterday", now).usd == 1
    week = collected(db, prometheus, "WEEK", now)
    assert dollars(week.usd, week.compared_usd) == [7, 7]
    assert dollars(*week.clients[0].bars) == [1] * 7


@pytest.mark.parametrize(("month", "day", "hours"), [(3, 29, 23), (10, 25, 25)])
def test_a_day_of_a_changed_clock_has_a_bar_for_each_of_its_hours(
    db: Db, prometheus: Reader, spend: Spend, month: int, day: int, hours: int
) -> None:
    midnight = datetime(2026, month, day, tzinfo=UTC) - timedelta(hours=1 if month == 3 else 2)
    for hour in range(hours):
        spend("acme", "1", midnight + hour * HOUR + timedelta(minutes=59))
    found = collected(db, prometheus, "yesterday", midnight + (hours + 5) * HOUR)
    assert dollars(*found.clients[0].bars) == [1] * hours


def test_bars_follow_the_hours_of_a_zone_that_is_half_an_hour_off(db: Db, prometheus: Reader, spend: Spend) -> None:
    now = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # 06:30 in Kolkata
    spend("acme", "1", datetime(2026, 3, 2, 18, 30, tzinfo=UTC))
    spend("acme", "2", datetime(2026, 3, 2, 19, 29, tzinfo=UTC))
    spend("acme", "4", datetime(2026, 3, 2, 19, 30, tzinfo=UTC))
    found = collected(db, prometheus, "today", now, "Asia/Kolkata")
    assert dollars(*found.clients[0].bars) == [3, 4, 0, 0, 0, 0, 0]


def test_budgets_and_clients_who_stopped_spending_are_part_of_the_whole(
    db: Db, prometheus: Reader, spend: Spend, now: datetime
) -> None:
    clients.report_clients(
        db,
        [Client("acme", "Acme", "UTC", Decimal(5)), Client("blue", "Blue", "UTC", Decimal(3)), Client("c", "C", "UTC")],
    )
    spend("acme", "2", now - HOUR)
    spend("blue", "9", now - timedelta(days=1, hours=1))
    spend("blue", "7", now - timedelta(days=9))
    found = collected(db, prometheus, "", now)
    assert dollars(found.usd, found.compared_usd) == [2, 9]
    assert {one.name: one.budget for one in found.clients} == {"Acme": 5, "Blue": 3, "C": None}
    assert {one.name: one.budget for one in collected(db, prometheus, "week acme", now).clients} == {"Acme": 35}


def test_retries_and_blueprints_are_summed(db: Db, prometheus: Reader, spend: Spend, now: datetime) -> None:
    spend("acme", "2", now - HOUR, blueprint="spotlight")
    spend("acme", "1", now - HOUR, blueprint="spotlight", retry=True)
    spend("acme", "5", now - HOUR)
    found = collected(db, prometheus, "today", now)
    assert found.retry_usd == 1
    assert {one.name: dollars(one.usd, one.retry_usd) for one in found.blueprints} == {
        "without a name": [5, 0],
        "spotlight": [3, 1],
    }


def test_tokens_come_from_prometheus_for_all_and_from_the_record_for_one(
    db: Db, prometheus: Reader, spend: Spend, now: datetime
) -> None:
    clients.report_clients(db, [Client("acme", "Acme", "UTC")])
    spend("acme", "2", now - HOUR)
    spend("blue", "2", now - HOUR)
    everyone = collected(db, prometheus, "today", now).tokens
    assert not isinstance(everyone, Missing)
    assert everyone["gpt-5-mini"] == (402_110, 61_004)
    assert collected(db, prometheus, "acme", now).tokens == {"claude-sonnet-4-5": (4000, 600)}


def test_a_silent_prometheus_costs_the_tokens_only(db: Db, spend: Spend, now: datetime) -> None:
    spend("acme", "2", now - HOUR)
    found = collected(db, Reader("http://127.0.0.1:1"), "today", now)
    assert found.usd == 2
    assert found.tokens == Missing("cannot be reached")
    text = str(cost.card(found).blocks)
    assert "Tokens: no data" in text
    known_since = replace(found, tokens=Missing("cannot be reached", now - HOUR))
    assert "Tokens: no data since 13:30" in str(cost.card(known_since).blocks)


def test_tokens_are_counted_by_a_real_prometheus(db: Db, tmp_path: Path, spend: Spend, now: datetime) -> None:
    labels = '{provider="anthropic",model="claude-sonnet-4-5",type='
    lines = [
        f'llm_tokens_total{labels}"{kind}"}} {minute * step} {(now - timedelta(minutes=180 - minute)).timestamp()}'
        for kind, step in (("in", 100), ("out", 10))
        for minute in range(181)
    ]
    (tmp_path / "past.om").write_text("\n".join(["# TYPE llm_tokens counter", *lines, "# EOF", ""]))
    backfill(tmp_path, tmp_path / "past.om")
    spend("acme", "2", now - HOUR)
    with start_prometheus(tmp_path, scrape=[], rules_yaml="groups: []", retention="100y") as server:
        tokens = collected(db, Reader(server.url), "today", now).tokens
    assert not isinstance(tokens, Missing)
    assert list(tokens["claude-sonnet-4-5"]) == pytest.approx([18_000, 1_800], rel=0.01)


@pytest.mark.parametrize("asked", ["today yesterday", "tomorrow", "acm week", "<!channel>", "x" * 5000])
def test_what_cannot_be_answered_gets_help_with_examples(db: Db, prometheus: Reader, now: datetime, asked: str) -> None:
    clients.report_clients(db, [Client("acme-one", "One", "UTC"), Client("acme-two", "Two", "UTC")])
    found = cost.collect(db, prometheus, asked, now=now, zone=BERLIN)
    assert isinstance(found, Help)
    blocks = str(cost.card(found).blocks)
    assert "`/cost week acme`" in blocks
    assert "<!channel>" not in blocks + cost.card(found).text
    assert len(blocks) < 1200


@pytest.mark.usefixtures("agency")
def test_as_many_statements_for_one_client_as_for_all(
    db: Db, prometheus: Reader, now: datetime, statements: Callable[[Callable[[], object]], int]
) -> None:
    assert statements(lambda: cost.collect(db, prometheus, "week", now=now, zone=BERLIN)) == 6
    assert statements(lambda: cost.collect(db, prometheus, "week acme", now=now, zone=BERLIN)) == 7
