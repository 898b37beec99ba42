"""The record in the database, tampered with by a superuser who has turned every refusal off: each time it is found."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random

import pytest
from sqlalchemy import Connection, Engine, text

from audits import checking, sealing_store
from audits.checkpoints import Checkpoint
from audits.store import EVENT_FIELDS
from audits.verify import State, Verdict
from storage import clock
from tests.audits.conftest import seal, write
from tests.audits.tampering import KEYS, STRANGER, sealed

ROUNDS = 4  # of each tamper, at rows that dice choose
ROWS = (5, 1, 7, 4, 3)  # sealed together
ALL = sum(ROWS)
_REST = ", ".join(name for name in EVENT_FIELDS if name not in ("audit_id", "created_at"))

# `:row` is a place in the sealed order, `:other` a later one; the functions are the fixture's.
_OTHER_VALUE = {
    "audit_id": "gen_random_uuid()",
    "command_id": "gen_random_uuid()",
    "phase": "'intent', result = NULL",
    "result": "CASE result WHEN 'success' THEN 'fail' ELSE 'success' END",
    "proof": 'proof || \'{"post_url": "https://x.test/other"}\'',
    "ids": 'ids || \'{"job_id": "another"}\'',
    "created_at": "created_at + interval '1 microsecond'",
    "seen_version": "7",
}
FLIPS = {name: f"{name} = {_OTHER_VALUE.get(name, repr('other'))}" for name in EVENT_FIELDS}

# Those whose first bad row can be named.
NAMED = {
    "flip a leaf": ["UPDATE audit_leaf SET leaf = sha256(leaf) WHERE leaf_index = :row"],
    "insert a leaf": ["INSERT INTO audit_leaf VALUES (:all, gen_random_uuid(), '')"],
    "insert an event twice": ["SELECT pg_temp.copy(pg_temp.at(:row), pg_temp.at(:row), 0)"],
    "delete an event": ["DELETE FROM audit_event WHERE audit_id = pg_temp.at(:row)"],
    "delete a leaf": ["DELETE FROM audit_leaf WHERE leaf_index = :row"],
    "delete an event with every trace": [
        "DELETE FROM audit_event WHERE audit_id = pg_temp.at(:row)",
        "DELETE FROM audit_key WHERE audit_id = pg_temp.at(:row)",
        "DELETE FROM audit_leaf WHERE leaf_index = :row",
    ],
    "delete a checkpoint": ["DELETE FROM audit_checkpoint WHERE size = pg_temp.over(:row)"],
    "delete an event and forge its retirement": [
        "DELETE FROM audit_event WHERE audit_id = pg_temp.at(:row)",
        "UPDATE audit_event SET action_type = 'retire', proof = jsonb_build_object('spans', jsonb_build_array("
        "jsonb_build_array(:row, :row))) WHERE audit_id = pg_temp.at(:all - 1)",
    ],
    "reorder leaves": [
        "UPDATE audit_leaf SET leaf_index = -1 WHERE leaf_index = :row",
        "UPDATE audit_leaf SET leaf_index = :row WHERE leaf_index = :other",
        "UPDATE audit_leaf SET leaf_index = :other WHERE leaf_index = -1",
    ],
    "truncate events": ["TRUNCATE audit_event"],
    "truncate leaves": ["TRUNCATE audit_leaf"],
    "truncate checkpoints": ["TRUNCATE audit_checkpoint"],
    "truncate the end": [
        "DELETE FROM audit_event e USING audit_leaf l WHERE l.audit_id = e.audit_id AND leaf_index >= :row",
        "DELETE FROM audit_leaf WHERE leaf_index >= :row",
    ],
    "swap two events": [
        "UPDATE audit_event SET audit_id = CASE audit_id WHEN pg_temp.at(:row) THEN pg_temp.at(:other) "
        "ELSE pg_temp.at(:row) END WHERE audit_id IN (pg_temp.at(:row), pg_temp.at(:other))"
    ],
    "swap a field": [
        "UPDATE audit_event e SET command_id = o.command_id FROM audit_event o "
        "WHERE e.audit_id = pg_temp.at(:row) AND o.audit_id = pg_temp.at(:other)"
    ],
    "flip a signature": [
        "UPDATE audit_checkpoint SET signature = set_byte(signature, 5, get_byte(signature, 5) # 1) "
        "WHERE size = pg_temp.over(:row)"
    ],
    "flip a checkpoint": [
        "UPDATE audit_checkpoint SET body = replace(body, 'root\":\"', 'root\":\"0') WHERE size = pg_temp.over(:row)"
    ],
}
FIRST = {"truncate events": 0, "truncate leaves": 0, "truncate checkpoints": 0, "insert a leaf": ALL}
# Those that are told in words: what they touch has no place in the sealed order.
TOLD = {
    "SELECT pg_temp.copy(pg_temp.at(:row), gen_random_uuid(), 0)": "was put among rows that were sealed before it",
    "SELECT pg_temp.copy(pg_temp.at(:row), gen_random_uuid(), 9999)": "was written past what keeps",
    "INSERT INTO audit_key VALUES (gen_random_uuid())": "was taken away, and no seal of it is left",
    "UPDATE policy_snapshot SET body = '{\"rules\": []}'": "is not what its id was made from",
    "DELETE FROM policy_snapshot": "is gone",
    "UPDATE audit_checkpoint SET peaks = sha256(peaks) WHERE size = :all": "the place where sealing goes on",
    "UPDATE audit_checkpoint SET body = 'nothing' WHERE size = :all": "no checkpoint: 'nothing'",
}
_FUNCTIONS = f"""
CREATE FUNCTION pg_temp.at(place bigint) RETURNS uuid LANGUAGE sql AS
  'SELECT audit_id FROM audit_leaf WHERE leaf_index = place';
CREATE FUNCTION pg_temp.over(place bigint) RETURNS bigint LANGUAGE sql AS
  'SELECT min(size) FROM audit_checkpoint WHERE size > place';
CREATE FUNCTION pg_temp.copy(of uuid, id uuid, later bigint) RETURNS void LANGUAGE sql AS
  'INSERT INTO audit_event (audit_id, created_at, xid, {_REST})
   SELECT id, created_at + interval ''1 s'', xid + later, {_REST} FROM audit_event WHERE audit_id = of';
"""  # noqa: S608 - names of our own columns


@pytest.fixture
def record(engine: Engine) -> Iterator[Connection]:
    """A sealed record, whose every refusal a superuser has turned off; nothing of a test stays."""
    for times in ROWS:
        write(engine, times)
        seal(engine)
    with engine.begin() as db:
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE; ALTER EVENT TRIGGER audit_guard_drop DISABLE"))
        for table in db.execute(text("SELECT relation::text FROM audit_guarded ORDER BY relation")).scalars().all():
            db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    with checking.at_one_moment(engine) as db:
        db.execute(text(_FUNCTIONS))
        yield db


def verdict(db: Connection, heads: list[Checkpoint] | None = None) -> Verdict:
    return checking.check(db, KEYS, clock.now(db), heads or [])


def tampered(db: Connection, statements: Sequence[str], row: int, other: int = 0) -> Verdict:
    """What is found once it is done; it is taken back."""
    with db.begin_nested() as done:
        for statement in statements:
            db.execute(text(statement), {"row": row, "other": other, "all": ALL})
        found = verdict(db)
        done.rollback()
    return found


def since(row: int) -> int:
    """The first of the rows that were sealed together with this one."""
    return max(sum(ROWS[:n]) for n in range(len(ROWS) + 1) if sum(ROWS[:n]) <= row)


def test_each_field_of_an_event_is_under_its_seal(record: Connection) -> None:
    dice = Random("flips")
    for name, other in FLIPS.items():
        for _ in range(ROUNDS):
            row = dice.randrange(ALL)
            change = f"UPDATE audit_event SET {other} WHERE audit_id = pg_temp.at(:row)"  # noqa: S608 - our columns
            found = tampered(record, [change], row)
            assert (found.state, found.first_bad) == (State.TAMPERED, row), (name, found.tampered)
    assert verdict(record).state is State.WHOLE


@pytest.mark.parametrize("kind", NAMED)
def test_what_was_done_to_the_tables_is_found_and_the_row_named(record: Connection, kind: str) -> None:
    dice = Random(kind)
    for _ in range(ROUNDS):
        row, other = sorted(dice.sample(range(ALL - 1), 2))
        bad = FIRST.get(kind, row)
        found = tampered(record, NAMED[kind], row, other)
        assert found.state is State.TAMPERED, (row, other)
        assert found.first_bad is not None, found.tampered
        assert since(bad) <= found.first_bad <= bad, found.tampered
    assert verdict(record).state is State.WHOLE


@pytest.mark.parametrize(("statement", "words"), TOLD.items())
def test_what_has_no_place_in_the_sealed_order_is_told(record: Connection, statement: str, words: str) -> None:
    found = tampered(record, [statement], 3)
    assert found.state is State.TAMPERED
    assert any(words in problem for problem in found.tampered), found.tampered
    assert verdict(record).state is State.WHOLE


def test_a_checkpoint_that_another_key_signed_is_found(record: Connection) -> None:
    entries = list(sealing_store.entries(record))
    sizes = [one.size for one in sealing_store.checkpoints(record)]
    for place, forged in enumerate(sealed(entries, sizes, STRANGER)):
        change = text("UPDATE audit_checkpoint SET body = :body, signature = :signature WHERE size = :size")
        with record.begin_nested() as done:
            record.execute(change, {"body": forged.body, "signature": forged.signature, "size": forged.size})
            found = verdict(record)
            done.rollback()
        assert (found.state, found.first_bad) == (State.TAMPERED, [0, *sizes][place])


def test_the_end_cut_off_with_every_trace_is_found_by_a_head_kept_elsewhere_and_by_nothing_else(
    record: Connection,
) -> None:
    head = sealing_store.checkpoints(record)[-1]
    for statement in (
        "DELETE FROM audit_key WHERE audit_id IN (SELECT audit_id FROM audit_leaf WHERE leaf_index >= 13)",
        "DELETE FROM audit_event WHERE audit_id IN (SELECT audit_id FROM audit_leaf WHERE leaf_index >= 13)",
        "DELETE FROM audit_leaf WHERE leaf_index >= 13",
        "DELETE FROM audit_checkpoint WHERE size > 13",
    ):
        record.execute(text(statement))
    assert verdict(record).state is State.WHOLE
    found = verdict(record, [head])
    assert (found.state, found.first_bad) == (State.TAMPERED, 13)


def test_an_emptied_record_is_not_whole(record: Connection) -> None:
    record.execute(text("TRUNCATE audit_event, audit_leaf, audit_checkpoint, audit_key"))
    assert verdict(record).state is State.INCOMPLETE


def test_no_record_that_only_grew_is_accused(engine: Engine) -> None:
    dice, heads = Random(5), list[Checkpoint]()
    for number in range(40):
        write(engine, dice.randint(1, 4), at=dice.choice([None, None, datetime(2020, 5, 5, tzinfo=UTC)]))
        if dice.random() < 0.7:
            seal(engine, limit=dice.choice([2, 1000]))
        with checking.at_one_moment(engine) as db:
            done = sealing_store.progress(db)
            found = checking.check(db, KEYS, datetime(2020, 1, 1, tzinfo=UTC), heads[-3:])
        assert found.tampered == [], number
        assert found.state is (State.WHOLE if done.head else State.INCOMPLETE)
        heads += [done.head] if done.head and dice.random() < 0.2 else []
    assert found.size > 50
