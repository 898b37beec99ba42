"""What leaves the house: exports and proofs, checked by the scripts that an expert is given; and months retired."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from audits import ActionType, Phase, Result, checking, export, sealing_store, store
from audits.checkpoints import Malformed
from audits.protect import Part
from audits.verify import Entry, State, Verdict, verify
from storage import clock
from tests.audits.conftest import seal, write
from tests.audits.tampering import KEYS, SIGNER, STRANGER
from tests.factories import effect
from tests.fakes import set_clock

DOCS = Path(__file__).parents[2] / "docs"
JANUARY, FEBRUARY = datetime(2026, 1, 20, tzinfo=UTC), datetime(2026, 2, 10, tzinfo=UTC)
MARCH, APRIL = datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)


def script(name: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Runs it as its reader would: alone, without our code in reach."""
    command = [sys.executable, "-I", str(DOCS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


def exported(engine: Engine, folder: Path, month: str | None = None) -> int:
    return checking.write_export(engine, folder, "cli:ana", KEYS, month)[0]


def verdict(engine: Engine) -> Verdict:
    with checking.at_one_moment(engine) as db:
        return checking.check(db, KEYS, clock.now(db))


def retire(engine: Engine, month: str) -> UUID:
    with engine.begin() as db:
        audit_id: UUID = db.execute(text(f"SELECT audit_retire('{month}-01')")).scalar_one()
    return audit_id


@pytest.fixture
def two_months(engine: Engine) -> Engine:
    """Seven rows of January, then three of February, in months of their own; it is the 10th of February."""
    for moment, times in ((JANUARY, 7), (FEBRUARY, 3)):
        set_clock(engine, moment)
        with engine.begin() as db:
            db.execute(text("SELECT audit_make_partitions(0)"))
        write(engine, times)
        seal(engine)
    return engine


def test_a_proof_is_checked_by_the_script_alone(engine: Engine, tmp_path: Path) -> None:
    ids = write(engine, 6)
    seal(engine)
    for audit_id in ids:
        with engine.begin() as db:
            proof = checking.proof(db, UUID(audit_id))
        file = tmp_path / "proof.json"
        file.write_text(json.dumps(proof))
        told = script("verify_proof.py", file, SIGNER.public)
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.startswith("In the record of 6 events at ")
        assert audit_id in told.stdout


def test_the_script_is_short_and_refuses_what_is_not_proved(engine: Engine, tmp_path: Path) -> None:
    assert len((DOCS / "verify_proof.py").read_text().splitlines()) <= 30
    (audit_id, *_) = write(engine, 5)
    seal(engine)
    with engine.begin() as db:
        proof = checking.proof(db, UUID(audit_id))
    assert proof is not None
    wrong: list[dict[str, Any]] = [
        proof | {"event": proof["event"].replace("success", "fail")},
        proof | {"index": 1},
        proof | {"index": -1},
        proof | {"index": 5},
        proof | {"path": proof["path"][:-1]},
        proof | {"path": [*proof["path"], "00" * 32]},
        proof | {"path": proof["path"][::-1]},
        proof | {"checkpoint": proof["checkpoint"].replace('"size":5', '"size":6')},
        proof | {"signature": "A" * 86 + "=="},
    ]
    for number, forged in enumerate(wrong):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(forged))
        assert script("verify_proof.py", file, SIGNER.public).returncode == 1, number
    file.write_text(json.dumps(proof))
    assert script("verify_proof.py", file, STRANGER.public).returncode == 1


def test_an_export_is_checked_by_the_script_alone_and_by_us(engine: Engine, tmp_path: Path) -> None:
    for times in (5, 2, 6):
        write(engine, times)
        seal(engine)
    assert exported(engine, tmp_path) == 13
    told = script("verify_export.py", tmp_path, SIGNER.public)
    assert told.stdout == "Whole: 13 rows, 13 of them here, the others by their hash only\n"
    found = verify(export.entries(tmp_path), export.checkpoints(tmp_path / export.CHECKPOINTS), KEYS)
    assert (found.state, found.size) == (State.WHOLE, 13)
    assert verdict(engine).state is State.WHOLE


@pytest.mark.parametrize(
    "tamper",
    [
        lambda rows, seals: (rows[:-1], seals),
        lambda rows, seals: (rows[1:], seals),
        lambda rows, seals: ([*rows, rows[-1].replace(b'"index":12', b'"index":13')], seals),
        lambda rows, seals: ([rows[0].replace(b"success", b"unknown"), *rows[1:]], seals),
        lambda rows, seals: ([rows[1], rows[0], *rows[2:]], seals),
        lambda rows, seals: ([rows[0].replace(b'{"event":', b'{"event": '), *rows[1:]], seals),
        lambda rows, seals: (rows, seals[:-1]),
        lambda rows, seals: (rows, seals[1:]),
        lambda rows, seals: (rows, [seals[1], seals[0], *seals[2:]]),
        lambda rows, seals: (rows, seals[:0]),
        lambda rows, seals: (rows[:7], seals[:1]),
    ],
)
def test_of_an_export_that_was_tampered_with_the_script_says_the_same_as_we(
    engine: Engine, tmp_path: Path, tamper: Callable[[list[bytes], list[bytes]], tuple[list[bytes], list[bytes]]]
) -> None:
    for times in (5, 2, 6):
        write(engine, times)
        seal(engine)
    exported(engine, tmp_path)
    files = [tmp_path / export.EVENTS, tmp_path / export.CHECKPOINTS]
    for file, lines in zip(files, tamper(*(file.read_bytes().splitlines() for file in files)), strict=True):
        file.write_bytes(b"".join(line + b"\n" for line in lines))
    assert script("verify_export.py", tmp_path, SIGNER.public).returncode == 1
    found = verify(export.entries(tmp_path), export.checkpoints(files[1]), KEYS)
    assert (found.state, found.first_bad is not None) == (State.TAMPERED, True)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"event":{},"index":"0"}',
        b'{"event":{},"index":0,"leaf":""}',
        b'{"index":0}',
        b'{"index":0,"leaf":"zz"}',
        b'{"event":{"a":1.10},"index":0}',
        b'{"event":{"b":1,"a":1},"index":0}',
        b'{"event":' + b"[" * 100_000 + b"]" * 100_000 + b',"index":0}',
        b'{"event":{"a":' + b"9" * 5000 + b'},"index":0}',
        b'{"event":{"a":NaN},"index":0}',
        b"\xff",
    ],
)
def test_a_line_that_we_would_not_write_is_no_line_of_an_export(line: bytes) -> None:
    with pytest.raises(Malformed):
        export.entry_of(line)


def test_a_line_says_what_it_was_made_from() -> None:
    for entry in (Entry(3, b'{"a":"\xc3\xa4"}', None), Entry(4, None, b"\1" * 32)):
        assert export.entry_of(export.entry_line(entry)) == entry


def test_a_record_that_is_tampered_with_is_not_exported_as_if_it_were_whole(engine: Engine, tmp_path: Path) -> None:
    write(engine, 3)
    seal(engine)
    with engine.begin() as db:
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE"))
        db.execute(text("ALTER TABLE audit_leaf DISABLE TRIGGER USER"))
        db.execute(text("UPDATE audit_leaf SET leaf = sha256(leaf)"))
        db.execute(text("DROP TABLE IF EXISTS nothing"))
    # events are as they were: an export has no need of their leaves
    assert exported(engine, tmp_path) == 3
    with engine.begin() as db:
        db.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        db.execute(text("UPDATE audit_event SET payload_summary = ''"))
    with pytest.raises(checking.NotWhole, match="rows 0 to 2 are not those that were sealed"):
        exported(engine, tmp_path)


def test_the_export_of_a_month_is_checked_and_proves_its_rows(two_months: Engine, tmp_path: Path) -> None:
    assert exported(two_months, tmp_path, "2026-01") == 7
    kept = export.checkpoints(tmp_path / export.CHECKPOINTS)
    found = verify(export.entries(tmp_path), kept, KEYS, part=True)
    assert (found.state, found.size, found.absent) == (State.WHOLE, 10, 3)
    assert verify(export.entries(tmp_path), kept, KEYS).state is State.TAMPERED
    told = script("verify_export.py", tmp_path, SIGNER.public)
    assert told.stdout == "Whole: 10 rows, 7 of them here, the others by their hash only\n"
    (row, *_) = export.entries(tmp_path)
    proof = checking.proof_from_export(tmp_path, UUID(json.loads(row.line or b"")["audit_id"]))
    (tmp_path / "proof").write_text(json.dumps(proof))
    assert script("verify_proof.py", tmp_path / "proof", SIGNER.public).returncode == 0
    assert checking.proof_from_export(tmp_path, UUID(int=0)) is None


def test_a_month_is_retired_once_it_is_over_sealed_and_exported(two_months: Engine, tmp_path: Path) -> None:
    def refused(month: str) -> str:
        with pytest.raises(DBAPIError) as problem:
            retire(two_months, month)
        return str(problem.value.orig).splitlines()[0]

    assert refused("2019-01") == "2019-01 has no partition"
    assert refused("2026-02") == "2026-02 is not over"
    assert refused("2026-01") == "2026-01 was not exported as it is now"
    set_clock(two_months, JANUARY)
    write(two_months)
    set_clock(two_months, FEBRUARY)
    assert refused("2026-01") == "1 of 8 rows of 2026-01 are not sealed"
    assert exported(two_months, tmp_path, "2026-01") == 7
    seal(two_months)
    assert refused("2026-01") == "2026-01 was not exported as it is now"
    assert exported(two_months, tmp_path, "2026-01") == 8
    told = retire(two_months, "2026-01")
    seal(two_months)
    found = verdict(two_months)
    assert (found.state, found.absent) == (State.WHOLE, 8)
    assert [one["audit_id"] for one in found.retirements] == [str(told)]
    assert found.retirements[0]["payload_summary"] == "retired 2026-01: 8 rows"
    assert found.retirements[0]["proof"]["spans"] == [[0, 6], [10, 10]]
    with two_months.begin() as db:
        assert db.execute(text("SELECT to_regclass('audit_month.m2026_01')")).scalar_one() is None
    assert refused("2026-01") == "2026-01 has no partition"


def test_a_retirement_is_still_told_when_its_own_month_is_retired(two_months: Engine, tmp_path: Path) -> None:
    exported(two_months, tmp_path / "1", "2026-01")
    retire(two_months, "2026-01")
    seal(two_months)
    set_clock(two_months, MARCH)
    write(two_months)
    seal(two_months)
    exported(two_months, tmp_path / "2", "2026-02")
    retire(two_months, "2026-02")
    seal(two_months)
    found = verdict(two_months)
    assert (found.state, len(found.retirements)) == (State.WHOLE, 1)
    assert found.absent == 7 + 3 + 2  # with the export and the retirement of January
    exported(two_months, tmp_path / "whole")
    assert script("verify_export.py", tmp_path / "whole", SIGNER.public).returncode == 0
    kept = export.checkpoints(tmp_path / "whole" / export.CHECKPOINTS)
    assert verify(export.entries(tmp_path / "whole"), kept, KEYS).state is State.WHOLE


def test_a_proof_of_before_holds_when_its_month_is_retired(two_months: Engine, tmp_path: Path) -> None:
    with two_months.begin() as db:
        (audit_id,) = db.execute(text("SELECT audit_id FROM audit_leaf WHERE leaf_index = 2")).scalars()
        before = checking.proof(db, audit_id)
    exported(two_months, tmp_path, "2026-01")
    retire(two_months, "2026-01")
    (tmp_path / "proof").write_text(json.dumps(before))
    assert script("verify_proof.py", tmp_path / "proof", SIGNER.public).returncode == 0
    with two_months.begin() as db:
        assert checking.proof(db, audit_id) is None
        leaves = sealing_store.leaves(db)
    again = checking.proof_from_export(tmp_path, audit_id)
    assert again is not None
    assert again["event"] == (before or {})["event"]
    assert len(leaves) == 10


def test_only_retention_may_retire(as_role: Callable[[str], Engine], tmp_path: Path) -> None:
    with as_role("owner").begin() as db:
        db.execute(text("SELECT audit_make_partition('2021-05-01')"))
    write(as_role("owner"), 2, at=datetime(2021, 5, 5, tzinfo=UTC))
    seal(as_role(Part.APP))
    exported(as_role(Part.APP), tmp_path, "2021-05")
    for who in (Part.APP, Part.SERVICE, Part.AUDITOR, "stranger"):
        with pytest.raises(DBAPIError, match="permission denied for function audit_retire"):
            retire(as_role(who), "2021-05")
    with pytest.raises(DBAPIError, match="append-only: DROP of table"), as_role("owner").begin() as db:
        db.execute(text("DROP TABLE audit_month.m2021_05"))
    retire(as_role(Part.RETENTION), "2021-05")
    seal(as_role(Part.APP))
    found = verdict(as_role(Part.AUDITOR))
    assert (found.state, found.absent) == (State.WHOLE, 2)
    assert str(found.retirements[0]["actor_id"]).endswith("_retention")


def test_an_owner_who_drops_a_month_by_hand_must_tell_so_and_what_was_not_sealed_is_missed(
    as_role: Callable[[str], Engine],
) -> None:
    owner = as_role("owner")
    with owner.begin() as db:
        db.execute(text("SELECT audit_make_partition('2021-07-01')"))
    write(owner, 2, at=datetime(2021, 7, 5, tzinfo=UTC))
    seal(as_role(Part.APP))
    (unsealed,) = write(owner, at=datetime(2021, 7, 6, tzinfo=UTC))
    with owner.begin() as db:
        told = {"partition": "audit_month.m2021_07", "spans": []}
        store.record(db, effect(action_type=ActionType.RETIRE), Phase.OUTCOME, Result.SUCCESS, told)
        db.execute(text("DROP TABLE audit_month.m2021_07"))
    seal(as_role(Part.APP))
    found = verdict(as_role(Part.AUDITOR))
    assert found.state is State.TAMPERED
    assert any("no retirement tells of it" in problem for problem in found.tampered)
    assert f"{unsealed} was taken away, and no seal of it is left" in found.tampered
