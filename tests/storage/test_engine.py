import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import clock
from tests.fakes import turn_clock

SECOND = timedelta(seconds=1)


def test_the_clock_tells_utc_and_moves_within_a_transaction(engine: Engine) -> None:
    with engine.begin() as db:
        first = clock.now(db)
        second = clock.now(db)
    assert first.tzinfo is not None
    assert first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < SECOND
    assert second > first


def test_the_clock_can_be_turned_for_one_transaction(engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(text("SET LOCAL checkin.clock_offset = '-3 days'"))
        assert abs(clock.now(db) - (datetime.now(UTC) - timedelta(days=3))) < SECOND
    with engine.begin() as db:
        assert abs(clock.now(db) - datetime.now(UTC)) < SECOND


def test_the_clock_can_be_turned_for_a_whole_database(engine: Engine) -> None:
    turn_clock(engine, timedelta(hours=5))
    with engine.begin() as db:
        assert abs(clock.now(db) - (datetime.now(UTC) + timedelta(hours=5))) < SECOND


def test_every_session_has_its_limits_and_its_name(engine: Engine) -> None:
    limits = {
        "statement_timeout": "5s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "10s",
        "timezone": "UTC",
        "application_name": "tests",
    }
    with engine.begin() as db:
        assert {name: db.execute(text(f"SHOW {name}")).scalar_one() for name in limits} == limits


def test_a_statement_that_takes_too_long_is_ended_by_the_server(engine: Engine) -> None:
    with engine.connect() as db:
        db.execute(text("SET LOCAL statement_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="statement timeout"):
            db.execute(text("SELECT pg_sleep(30)"))


def test_waiting_for_a_lock_ends_before_a_person_gives_up(engine: Engine) -> None:
    take = text("SELECT 1 FROM kill_switch WHERE scope = 'everything' FOR UPDATE")
    with engine.begin() as holder:
        holder.execute(take)
        started = time.monotonic()
        with pytest.raises(DBAPIError, match="lock timeout"), engine.begin() as db:
            db.execute(take)
    assert 1.5 < time.monotonic() - started < 4
