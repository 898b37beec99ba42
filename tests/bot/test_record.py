"""The bot's own part in the record: it seals at once while there is more, and makes the months to come."""

from datetime import timedelta

from sqlalchemy import Engine, text

from audits import sealing
from bot import record
from tests.audits.conftest import write
from tests.audits.tampering import SIGNER
from tests.fakes import turn_clock


def test_a_full_checkpoint_is_followed_by_the_next_at_once(engine: Engine) -> None:
    write(engine)
    assert not record.seal(engine, SIGNER)  # 10 s pass
    write(engine, sealing.BATCH + 1)
    assert record.seal(engine, SIGNER)
    assert not record.seal(engine, SIGNER)
    assert not record.seal(engine, SIGNER)
    with engine.connect() as db:
        assert db.execute(text("SELECT size FROM audit_checkpoint ORDER BY size")).scalars().all() == [1, 1001, 1002]


def test_months_are_made_ahead_and_made_once(engine: Engine) -> None:
    turn_clock(engine, timedelta(days=70))
    for _ in range(2):
        record.prepare(engine)
    with engine.begin() as db:
        ahead = "SELECT to_char(checkin_now() + interval '3 months', '\"audit_month.m\"YYYY_MM')"
        assert db.execute(text(f"SELECT to_regclass(({ahead}))")).scalar_one() is not None
