"""The bot's own part in the record: it seals at once while there is more, and makes the months to come."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from audits import sealing
from bot import record
from telemetry.catalog import CHECKIN_RECORD_UNSEALED_SINCE_TIMESTAMP_SECONDS as SINCE
from telemetry.metrics import Metrics
from tests.audits.conftest import write
from tests.audits.tampering import SIGNER
from tests.factories import NOON
from tests.fakes import turn_clock


def test_a_full_checkpoint_is_followed_by_the_next_at_once(engine: Engine) -> None:
    sealer = record.Sealer(engine, SIGNER)
    write(engine)
    assert not sealer.seal()  # 10 s pass
    write(engine, sealing.BATCH + 1)
    assert sealer.seal()
    assert not sealer.seal()
    assert not sealer.seal()
    with engine.connect() as db:
        assert db.execute(text("SELECT size FROM audit_checkpoint ORDER BY size")).scalars().all() == [1, 1001, 1002]


def test_a_record_that_was_made_anew_is_not_signed_by_whoever_has_signed_the_old_one(engine: Engine) -> None:
    here, other = record.Sealer(engine, SIGNER), record.Sealer(engine, SIGNER)
    for sealer in (here, other, here):
        write(engine)
        sealer.seal()
    with engine.begin() as db:
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE"))
        for table in ("audit_event", "audit_leaf", "audit_checkpoint"):
            db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for month in db.execute(text("SELECT relid::regclass FROM pg_partition_tree('audit_event')")).scalars().all():
            db.execute(text(f"ALTER TABLE {month} DISABLE TRIGGER USER"))
        db.execute(text("TRUNCATE audit_event, audit_leaf, audit_checkpoint"))
    write(engine, 3)
    for sealer in (here, other):
        with pytest.raises(record.Rewritten, match="rows at"):
            sealer.seal()
    with engine.connect() as db:
        assert db.execute(text("SELECT count(*) FROM audit_checkpoint")).scalar_one() == 0
    assert not record.Sealer(engine, SIGNER).seal()  # one that was started since knows no better


def test_how_long_the_oldest_unsealed_event_waits_is_told_to_prometheus(engine: Engine) -> None:
    metrics = Metrics("checkin", strict=True)

    def told() -> float:
        record.watch(engine, metrics)
        lines = metrics.exposition().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{SINCE.name} "))

    assert told() == 0
    write(engine)
    write(engine, at=NOON)  # of another time, and not sealed either
    assert told() == NOON.timestamp()
    record.Sealer(engine, SIGNER).seal()
    assert told() == 0
    with engine.connect() as holding:
        holding.execute(text("SELECT pg_current_xact_id()"))  # open for too long: what comes after it is not final
        before = time.time()
        write(engine)
        record.Sealer(engine, SIGNER).seal()
        assert told() == pytest.approx(before, abs=5)


def test_months_are_made_ahead_and_made_once(engine: Engine) -> None:
    turn_clock(engine, timedelta(days=70))
    for _ in range(2):
        record.prepare(engine)
    with engine.begin() as db:
        ahead = "SELECT to_char(checkin_now() + interval '3 months', '\"audit_month.m\"YYYY_MM')"
        assert db.execute(text(f"SELECT to_regclass(({ahead}))")).scalar_one() is not None
