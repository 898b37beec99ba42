import psycopg
import pytest
from sqlalchemy import Engine, text

from audits import store
from bench import audits, guard, record

EFFECTS = """
SELECT phase, client_id, actor_type, actor_id, action_type, platform, surface, lane, payload_hash, payload_summary,
  policy_snapshot_id, result, proof, ids - 'calendar_item_id', replace(once, ids->>'calendar_item_id', ''),
  expires_at - granted_at < interval '61 seconds', settled_at IS NOT NULL
FROM audit_event JOIN permit USING (command_id, client_id, platform, lane) ORDER BY seq
"""


def test_both_sides_leave_the_same_rows_of_an_effect(engine: Engine, database_url: str) -> None:
    guard._guarded(engine)
    with guard._bare(database_url) as cause:
        cause()
    with engine.begin() as db:
        rows = db.execute(text(EFFECTS)).all()
    assert len(rows) == 4
    assert rows[:2] == rows[2:]


def test_to_append_what_bare_copy_has_left_is_to_tell_the_same_again(engine: Engine, database_url: str) -> None:
    events = [record._event() for _ in range(3)]
    with psycopg.connect(database_url.replace("+psycopg", "")) as bare:
        record._copied(bare, events)
    with engine.begin() as db:
        assert store.record_reported(db, events) == []
        assert len(store.last(db, record.BUSY)) == 3


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_round_over_small_records_tells_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "SIZES", (100, 1_000))
    monkeypatch.setattr(guard, "STOPS", 1)
    for part in (guard, record):
        monkeypatch.setattr(part, "TURNS", 1)
    rows = audits.run(1)
    assert all(row.value > 0 and row.ratio > 0 for row in rows)
    assert {(row.case, row.against, row.aim) for row in rows if row.aim} == {
        ("guarded side effect, alone", "the same rows by bare psycopg", "<= 1.5"),
        ("guarded side effect, 16 callers", "the same rows by bare psycopg", "<= 1.5"),
        *(
            (f"last 20 audits, {client} client, {size} rows", "the query by bare psycopg", "<= 1.5")
            for client in ("busy", "rare")
            for size in ("100", "1,000")
        ),
        ("last 20 audits, busy client, 1,000 rows", "100 rows", "<= 1.5"),
        ("last 20 audits, rare client, 1,000 rows", "100 rows", "<= 1.5"),
        ("verify 1,000 rows", "0.06 s", "<= 1"),
        ("a batch of 500", "bare COPY", ">= 0.5"),
    }
