"""Rows are sealed once, in an order that loses none of them, however writers overlap and wherever the record moves."""

import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine, text

from audits import Phase, Result, checking, protect, sealing, sealing_store, store
from audits.merkle import leaf_hash, root_of_path
from audits.verify import State, Verdict
from storage import clock
from storage.engine import connect
from storage.process import Server
from storage.server import private_postgres, programs_folder
from tests.audits.conftest import seal, write
from tests.audits.tampering import KEYS
from tests.audits.test_merkle import mth
from tests.factories import effect

WRITERS, SECONDS = 12, 4.0


def verdict(engine: Engine) -> Verdict:
    with checking.at_one_moment(engine) as db:
        return checking.check(db, KEYS, clock.now(db))


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as db:
        return list(db.execute(text(query)).scalars())


def counts(engine: Engine) -> tuple[int, int]:
    """Events, and leaves."""
    (found,) = rows(engine, "SELECT ARRAY[(SELECT count(*) FROM audit_event), (SELECT count(*) FROM audit_leaf)]")
    return found[0], found[1]


def test_a_row_is_sealed_once_and_a_checkpoint_is_made_only_for_new_ones(engine: Engine) -> None:
    assert seal(engine) == 0
    write(engine, 3)
    assert [seal(engine), seal(engine)] == [3, 0]
    write(engine)
    assert [seal(engine), seal(engine)] == [1, 0]
    with engine.connect() as db:
        assert [one.size for one in sealing_store.checkpoints(db)] == [3, 4]
    assert verdict(engine).state is State.WHOLE


def test_what_is_signed_is_the_root_that_the_second_tree_has_over_the_exported_bytes(engine: Engine) -> None:
    for times in (3, 1, 4, 1, 5, 9, 2):
        write(engine, times)
        seal(engine)
    with engine.connect() as db:
        lines = [entry.line or b"" for entry in sealing_store.entries(db)]
        made = sealing_store.checkpoints(db)
    assert len(lines) == 25
    assert [one.root for one in made] == [mth(lines[: one.size]).hex() for one in made]


def test_a_checkpoint_is_over_a_thousand_new_rows_at_most_but_for_the_first(engine: Engine) -> None:
    write(engine)
    seal(engine)
    write(engine, 2500)
    assert [seal(engine) for _ in range(4)] == [1000, 1000, 500, 0]
    with engine.connect() as db:
        assert [one.size for one in sealing_store.checkpoints(db)] == [1, 1001, 2001, 2501]
    assert verdict(engine).state is State.WHOLE


def test_a_row_waits_for_transactions_that_began_before_it_was_done(engine: Engine) -> None:
    write(engine)  # with it the policy is there, on which writers would wait for each other
    seal(engine)
    with engine.begin() as slow:
        store.record(slow, effect(command_id=uuid4()), Phase.INTENT, None)
        write(engine, 2)
        assert seal(engine) == 0
    assert seal(engine) == 3


def test_while_one_seals_another_lets_it(engine: Engine) -> None:
    write(engine, 2)
    with engine.begin() as db:
        assert sealing_store.lock(db)
        assert seal(engine) == 0
    assert seal(engine) == 2


def test_a_word_that_this_version_does_not_know_is_sealed_as_it_is(engine: Engine) -> None:
    write(engine)
    with engine.begin() as db:
        db.execute(
            text(
                "INSERT INTO audit_event (audit_id, command_id, phase, actor_type, actor_id, action_type, "
                "payload_hash, payload_summary, policy_snapshot_id, proof, ids) VALUES (gen_random_uuid(), "
                "gen_random_uuid(), 'intent', 'oracle', 'a', 'prophesy', '', '', 'delphi:1', '{}', '{}')"
            )
        )
    write(engine)
    assert seal(engine) == 3
    assert verdict(engine).state is State.WHOLE


def test_a_value_that_nobody_can_read_holds_sealing_up_and_the_check_says_so(engine: Engine) -> None:
    write(engine)
    seal(engine)
    with engine.begin() as db:
        db.execute(
            text(
                "INSERT INTO audit_event (audit_id, command_id, phase, actor_type, actor_id, action_type, "
                "payload_hash, payload_summary, policy_snapshot_id, proof, ids) VALUES (gen_random_uuid(), "
                "gen_random_uuid(), 'intent', 'agent', 'a', 'publish', '', '', 'studio:1', '{\"n\": 1e5000}', '{}')"
            )
        )
    with pytest.raises(ValueError, match="4300 digits"):
        seal(engine)
    with checking.at_one_moment(engine) as db:
        late = checking.check(db, KEYS, clock.now(db) + timedelta(seconds=61))
    assert (late.state, late.tampered) == (State.INCOMPLETE, [])


def _write_for_a_while(engine: Engine, dice: Random, stop: threading.Event) -> None:
    """Transactions of some rows, held open for a while, some of them taken back."""
    while not stop.is_set():
        with engine.connect() as db:
            for _ in range(dice.randint(1, 4)):
                store.record(db, effect(command_id=uuid4()), Phase.OUTCOME, dice.choice(list(Result)))
                stop.wait(dice.random() * 0.03)
            db.rollback() if dice.random() < 0.2 else db.commit()


def _read_after(engine: Engine, column: str, after: Any) -> list[Any]:
    query = f"SELECT audit_id, {column} AS place FROM audit_event WHERE {column} > :after ORDER BY {column}"  # noqa: S608
    with engine.connect() as db:
        return list(db.execute(text(query), {"after": after}))


def test_no_row_is_lost_while_writers_commit_out_of_order_and_a_cursor_loses_some(database_url: str) -> None:
    engine = connect(database_url, name="tests", pool_size=WRITERS + 4)
    stop = threading.Event()
    arguments = [(engine, Random(seed), stop) for seed in range(WRITERS)]
    writers = [threading.Thread(target=_write_for_a_while, args=one) for one in arguments]
    for writer in writers:
        writer.start()
    # the naive ways to go on from the last row that was seen, beside ours
    seen: dict[str, set[Any]] = {"seq": set(), "created_at": set()}
    last: dict[str, Any] = {"seq": -1, "created_at": "2000-01-01"}
    ends = threading.Timer(SECONDS, stop.set)
    ends.start()
    dice = Random(1)
    while not stop.is_set():
        seal(engine, limit=dice.choice([3, 50, 1000]))
        for column in seen:
            for audit_id, place in _read_after(engine, column, last[column]):
                seen[column].add(audit_id)
                last[column] = place
        stop.wait(0.01)
    for writer in writers:
        writer.join()
    while seal(engine):
        pass
    for column in seen:
        seen[column] |= {audit_id for audit_id, _ in _read_after(engine, column, last[column])}
    written = set(rows(engine, "SELECT audit_id FROM audit_event"))
    sealed = rows(engine, "SELECT audit_id FROM audit_leaf ORDER BY leaf_index")
    assert len(written) > 100
    assert (len(sealed), set(sealed)) == (len(written), written)
    assert sealed == rows(engine, "SELECT audit_id FROM audit_event ORDER BY xid, seq")
    assert verdict(engine).state is State.WHOLE
    assert seen["seq"] < written
    assert seen["created_at"] < written
    engine.dispose()


def test_of_many_sealers_at_once_each_row_is_sealed_by_one(engine: Engine) -> None:
    write(engine)
    seal(engine)
    write(engine, 300)

    def work() -> None:
        for _ in range(20):
            seal(engine, limit=10)

    sealers = [threading.Thread(target=work) for _ in range(4)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    while seal(engine):
        pass
    assert counts(engine) == (301, 301)
    assert verdict(engine).state is State.WHOLE


@pytest.fixture
def elsewhere(server_folder: Path) -> Iterator[Server]:
    """Another server, whose transactions are numbered from the start."""
    with private_postgres(server_folder, fast=True) as server:
        yield server


def test_after_dump_and_restore_into_a_younger_server_nothing_is_lost_and_sealing_goes_on(
    engine: Engine, elsewhere: Server
) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        for _ in range(1000):
            db.execute(text("SELECT pg_current_xact_id()"))  # this server is further on than the other
    for times in (5, 7):
        write(engine, times)
        seal(engine)
    write(engine, 3)  # not sealed when it is dumped
    dump, psql = (str(programs_folder() / name) for name in ("pg_dump", "psql"))
    source = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    dumped = subprocess.run([dump, source], capture_output=True, check=True).stdout
    target = elsewhere.url.replace("+psycopg", "")
    subprocess.run([psql, "-v", "ON_ERROR_STOP=1", "-q", target], input=dumped, capture_output=True, check=True)
    there = connect(elsewhere.url, name="tests")
    try:
        newest = rows(there, "SELECT min(xid) FROM audit_event")[0]
        here = int(rows(there, "SELECT pg_current_xact_id()::text")[0])
        assert newest > here, "the trap is not set: this server's transactions are not behind"
        write(there, 2)  # its number is below that of everything that is sealed
        with there.connect() as db:
            assert protect.standing(db).gaps == []
        assert verdict(there).state is State.WHOLE
        assert seal(there) == 5
        write(there, 4)
        assert [seal(there), seal(there)] == [4, 0]
        assert counts(there) == (21, 21)
        assert verdict(there).state is State.WHOLE
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(target) as db:
            db.execute("TRUNCATE audit_month.other")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(target) as db:
            db.execute("DROP TABLE audit_month.other")
    finally:
        there.dispose()


def test_a_restored_record_of_many_rows_is_sealed_in_portions(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    write(engine, 25)
    monkeypatch.setattr(sealing, "_RESTORED_BATCH", 10)
    assert [seal(engine, limit=5) for _ in range(4)] == [10, 10, 5, 0]
    assert verdict(engine).state is State.WHOLE


def test_what_is_not_sealed_for_a_minute_makes_the_record_incomplete(engine: Engine) -> None:
    write(engine)
    seal(engine)
    write(engine)
    with checking.at_one_moment(engine) as db:
        now = clock.now(db)
        assert checking.check(db, KEYS, now).state is State.WHOLE
        late = checking.check(db, KEYS, now + timedelta(seconds=61))
    assert late.state is State.INCOMPLETE
    assert "are not sealed" in late.incomplete[0]


def test_a_proof_leads_from_each_row_to_the_signed_root(engine: Engine) -> None:
    ids = write(engine, 11)
    seal(engine)
    with engine.begin() as db:
        head = sealing_store.progress(db).head
        assert head is not None
        for audit_id in ids:
            found = checking.proof(db, UUID(audit_id))
            assert found is not None
            path = [bytes.fromhex(sibling) for sibling in found["path"]]
            root = root_of_path(leaf_hash(found["event"].encode()), found["index"], head.size, path)
            assert (found["checkpoint"], root) == (head.body, bytes.fromhex(head.root))
