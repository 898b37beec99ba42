"""What the dashboards ask of the calendar and of the spending."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import Engine

from clients import figures
from clients import store as clients
from clients.model import CalendarStatus, Stage
from tests.factories import NOON, calendar_item, funnel_step, usage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def _publishing(engine: Engine, *day: tuple[CalendarStatus, float, str | None]) -> figures.Publishing:
    """One client's day on one platform: status, hours from noon, reason."""
    with engine.begin() as db:
        clients.report_calendar(
            db,
            [
                calendar_item(f"cal-{n}", status=status, scheduled_at=NOON + HOUR * hours, error_reason=reason)
                for n, (status, hours, reason) in enumerate(day)
            ],
        )
        (found,) = figures.publishing(db, NOON - DAY, NOON, NOON + DAY)
    return found


def test_failures_in_a_row_are_those_after_the_last_that_went_out(engine: Engine) -> None:
    found = _publishing(
        engine,
        (CalendarStatus.FAILED, -5, "api_error"),
        (CalendarStatus.VERIFIED, -4, None),
        (CalendarStatus.FAILED, -3, "token_expired"),
        (CalendarStatus.FAILED, -2, "token_expired"),
    )
    assert (found.ended, found.failed, found.failed_in_a_row, found.reason) == (4, 3, 2, "token_expired")


def test_a_day_of_nothing_but_failures_is_all_in_a_row(engine: Engine) -> None:
    found = _publishing(engine, (CalendarStatus.FAILED, -2, "api_error"), (CalendarStatus.FAILED, -1, "api_error"))
    assert found.failed_in_a_row == 2


def test_overdue_is_what_should_have_been_out_a_quarter_of_an_hour_ago(engine: Engine) -> None:
    found = _publishing(
        engine,
        (CalendarStatus.SCHEDULED, -0.2, None),
        (CalendarStatus.SCHEDULED, -1, None),
        (CalendarStatus.PUBLISHING, -2, None),
        (CalendarStatus.AWAITING_APPROVAL, -3, None),
        (CalendarStatus.CANCELLED, -4, None),
    )
    assert (found.overdue, found.overdue_since, found.unapproved) == (2, NOON - 2 * HOUR, 1)


def test_the_next_one_is_the_nearest_that_still_may_go_out(engine: Engine) -> None:
    found = _publishing(
        engine,
        (CalendarStatus.BLOCKED, 1, None),
        (CalendarStatus.SCHEDULED, 3, None),
        (CalendarStatus.AWAITING_APPROVAL, 2, None),
    )
    assert (found.blocked, found.next_at, found.reason) == (1, NOON + 2 * HOUR, None)


def test_the_funnel_counts_steps_and_those_that_went_well(engine: Engine) -> None:
    steps = [
        funnel_step("a"),
        funnel_step("b", ok=False),
        funnel_step("a", stage=Stage.PUBLISH),
        funnel_step("old", at=NOON - DAY),
        funnel_step("zen", client_id="zen"),
    ]
    with engine.begin() as db:
        clients.report_funnel(db, steps)
        assert figures.funnel(db, "acme", NOON - HOUR) == {"asset": (1, 2), "publish": (1, 1)}


def test_spending_is_summed_by_hour_and_says_what_retries_cost(engine: Engine) -> None:
    calls = [
        usage("1", usd=Decimal("0.10")),
        usage("2", usd=Decimal("0.30"), retry_of="1", at=NOON + timedelta(minutes=59)),
        usage("3", usd=Decimal(1), at=NOON + HOUR),
        usage("4", usd=Decimal(9), at=NOON + 2 * HOUR),
        usage("5", usd=Decimal(5), client_id="zen"),
    ]
    with engine.begin() as db:
        clients.report_usage(db, calls)
        rows = figures.spend(db, "client_id", NOON, NOON + 2 * HOUR)
        acmes = figures.spend(db, "provider", NOON, NOON + 2 * HOUR, client_id="acme")
    assert [tuple(row) for row in rows] == [
        (NOON, "acme", Decimal("0.40"), Decimal("0.30")),
        (NOON, "zen", Decimal(5), Decimal(0)),
        (NOON + HOUR, "acme", Decimal(1), Decimal(0)),
    ]
    assert [(row.name, row.usd) for row in acmes] == [("openai", Decimal("0.40")), ("openai", Decimal(1))]


def test_a_day_of_spending_begins_at_the_zones_own_midnight(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_usage(db, [usage("1", at=NOON - 13 * HOUR), usage("2", at=NOON - 11 * HOUR)])
        rows = figures.spend(db, "client_id", NOON - DAY, NOON, grain="day", zone="Europe/Madrid")
    assert [(row.start, row.usd) for row in rows] == [(NOON - 13 * HOUR, Decimal("0.50"))]


def test_tokens_are_those_of_language_models(engine: Engine) -> None:
    calls = [
        usage("1", tokens_in=100, tokens_out=10),
        usage("2", tokens_in=50, tokens_out=5),
        usage("3", model="dall-e", kind="image"),
    ]
    with engine.begin() as db:
        clients.report_usage(db, calls)
        assert figures.tokens(db, "acme", NOON, NOON + HOUR) == {"gpt-5": (150, 15)}
