from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from bot import gauges
from clients import store as clients
from clients.model import CalendarStatus, ConnectionStatus, Stage
from storage import clock
from storage.engine import connect
from telemetry.metrics import Metrics
from tests.factories import calendar_item, client, connection, funnel_step

HOUR = timedelta(hours=1)

Told = Callable[[], dict[str, float]]


@pytest.fixture
def now(engine: Engine) -> datetime:
    with engine.begin() as db:
        return clock.now(db)


@pytest.fixture
def told(engine: Engine) -> Told:
    """The lines of /metrics after a refresh: `name{labels}` → value."""
    metrics = Metrics("checkin", strict=True)

    def lines() -> dict[str, float]:
        gauges.refresh(engine, metrics)
        pairs = (line.rsplit(" ", 1) for line in metrics.exposition().decode().splitlines() if line[0] != "#")
        return {name: float(value) for name, value in pairs}

    return lines


def report(engine: Engine, **values: list[Any]) -> None:
    with engine.begin() as db:
        clients.report_clients(db, values.get("clients", []))
        clients.report_calendar(db, values.get("calendar", []))
        clients.report_connections(db, values.get("connections", []))
        clients.report_funnel(db, values.get("funnel", []))


def test_the_four_funnel_rates_are_shares_of_the_last_week(engine: Engine, now: datetime, told: Told) -> None:
    steps = [
        funnel_step(f"{stage}-{n}", stage=stage, ok=n != 0, at=now - HOUR, platform=platform)
        for stage, platform in [
            (Stage.ASSET, None),
            (Stage.CALENDAR, None),
            (Stage.PUBLISH, "tiktok"),
            (Stage.ENGAGEMENT, "tiktok"),
        ]
        for n in range(4)
    ]
    old = funnel_step("old", stage=Stage.PUBLISH, ok=False, at=now - timedelta(days=8), platform="tiktok")
    elsewhere = funnel_step("x", stage=Stage.PUBLISH, ok=True, at=now - HOUR, platform="x")
    report(engine, funnel=[*steps, old, elsewhere])

    found = told()
    assert found['plan_to_asset_success_rate{client_id="acme"}'] == 0.75
    assert found['asset_to_calendar_success_rate{client_id="acme"}'] == 0.75
    assert found['calendar_to_publish_success_rate{client_id="acme",platform="tiktok"}'] == 0.75
    assert found['calendar_to_publish_success_rate{client_id="acme",platform="x"}'] == 1
    assert found['publish_to_engagement_ingest_rate{client_id="acme",platform="tiktok"}'] == 0.75
    assert found['client_funnel_items{client_id="acme",platform="tiktok",stage="publish"}'] == 4
    assert found['client_funnel_items{client_id="acme",platform="",stage="asset"}'] == 4


def test_a_step_before_publishing_counts_for_the_client_whatever_platform_it_names(
    engine: Engine, now: datetime, told: Told
) -> None:
    report(
        engine,
        funnel=[
            funnel_step("a", stage=Stage.ASSET, ok=True, at=now, platform="x"),
            funnel_step("b", stage=Stage.ASSET, ok=False, at=now, platform="tiktok"),
        ],
    )

    assert told()['plan_to_asset_success_rate{client_id="acme"}'] == 0.5


def test_failures_in_a_row_late_items_and_what_holds_up_publishing(engine: Engine, now: datetime, told: Told) -> None:
    day = [
        (CalendarStatus.VERIFIED, 9),
        (CalendarStatus.FAILED, 8),
        (CalendarStatus.FAILED, 7),
        (CalendarStatus.SCHEDULED, 6),
        (CalendarStatus.BLOCKED, 5),
        (CalendarStatus.BLOCKED, 4),
        (CalendarStatus.AWAITING_APPROVAL, 3),
    ]
    items = [
        calendar_item(f"cal-{hours}", status=status, scheduled_at=now - HOUR * hours, platform="x")
        for status, hours in day
    ]
    report(engine, calendar=[*items, calendar_item("fine", platform="tiktok", scheduled_at=now - HOUR / 60)])

    found = told()
    x, tiktok = 'client_id="acme",platform="x"', 'client_id="acme",platform="tiktok"'
    since = f"client_blocked_since_timestamp_seconds{{{x},why="
    assert found[f"client_publish_consecutive_failures{{{x}}}"] == 2
    assert found[f"client_overdue_items{{{x}}}"] == 1
    assert found[f'{since}"blocked"}}'] == pytest.approx((now - 5 * HOUR).timestamp())
    assert found[f'{since}"approval"}}'] == pytest.approx((now - 3 * HOUR).timestamp())
    assert found[f"client_publish_consecutive_failures{{{tiktok}}}"] == 0
    assert found[f'client_blocked_since_timestamp_seconds{{{tiktok},why="blocked"}}'] == 0


def test_logins_and_their_tokens(engine: Engine, now: datetime, told: Told) -> None:
    asked = connection(
        platform="x", status=ConnectionStatus.CHALLENGE, challenge_since=now - HOUR, last_refresh_ok=False
    )
    report(engine, connections=[asked, connection(platform="tiktok", token_expires_at=now + HOUR)])

    found = told()
    x, tiktok = 'client_id="acme",platform="x"', 'client_id="acme",platform="tiktok"'
    since = f'client_blocked_since_timestamp_seconds{{{x},why="connection"}}'
    assert found[f"client_login_challenge_open{{{x}}}"] == 1
    assert found[f"client_login_challenge_open{{{tiktok}}}"] == 0
    assert found[since] == pytest.approx((now - HOUR).timestamp())
    assert found[f"client_token_last_refresh_ok{{{x}}}"] == 0
    assert found[f"client_token_expiry_timestamp_seconds{{{tiktok}}}"] == pytest.approx((now + HOUR).timestamp())
    assert f"client_token_expiry_timestamp_seconds{{{x}}}" not in found
    assert f"client_token_last_refresh_ok{{{tiktok}}}" not in found


def test_what_is_over_is_not_told_any_more(engine: Engine, now: datetime, told: Told) -> None:
    late = calendar_item(platform="x", scheduled_at=now - HOUR)
    report(engine, calendar=[late], clients=[client(budget_usd_per_day=Decimal("12.5"))])
    before = told()
    report(engine, calendar=[calendar_item(platform="x", scheduled_at=now + HOUR)])
    after = told()

    labels = 'client_id="acme",platform="x"'
    assert before[f"client_overdue_items{{{labels}}}"] == 1
    assert f"client_overdue_items{{{labels}}}" not in after
    assert after['client_budget_usd_per_day{client_id="acme"}'] == 12.5
    sweep = "outcome_sweeper_last_success_timestamp_seconds"
    assert now.timestamp() <= before[sweep] < after[sweep]


def test_while_postgres_is_down_the_time_of_the_last_success_stands_still(engine: Engine, told: Told) -> None:
    metrics = Metrics("checkin", strict=True)
    gauges.refresh(engine, metrics)
    before = metrics.exposition()
    nowhere = connect("postgresql+psycopg://checkin:s3cret@127.0.0.1:1/checkin", name="tests")
    with pytest.raises(Exception, match="connection"):
        gauges.refresh(nowhere, metrics)
    nowhere.dispose()

    assert metrics.exposition() == before
