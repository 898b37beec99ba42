"""`checkin audits …` as an auditor types it, on a real record."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from audits import Phase, sealing, store
from audits import Result as Outcome
from audits.signing import Signer, new_key
from bot import record
from bot.cli import cli
from storage import clock
from tests.factories import effect
from tests.fakes import set_clock

Run = Callable[..., Result]
KEY = new_key()


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Run:
    url = engine.url.render_as_string(hide_password=False)
    config = tmp_path / "checkin.toml"
    config.write_text('[audits]\nchannel = "#ops-record"\n')

    def audits(*arguments: str, key: str = KEY, url: str = url) -> Result:
        settings = {"CHECKIN_DATABASE_URL": url, "CHECKIN_AUDITS_KEY": key, "CHECKIN_CONFIG": str(config)}
        return CliRunner().invoke(cli, ["audits", *arguments], env=settings)

    return audits


def happened(engine: Engine, times: int = 3) -> list[str]:
    with engine.begin() as db:
        ids = [store.record(db, effect(command_id=uuid4()), Phase.OUTCOME, Outcome.SUCCESS) for _ in range(times)]
    return [str(one) for one in ids]


def sealed(engine: Engine) -> None:
    sealer = record.Sealer(engine, Signer.parse(KEY))
    while sealer.seal():
        pass


def test_a_record_that_nobody_touched_is_whole(engine: Engine, run: Run) -> None:
    happened(engine)
    sealed(engine)
    told = run("verify")
    assert told.exit_code == 0, told.output
    assert "The record is whole: 3 sealed events, 1 checkpoints." in told.output


def test_a_changed_row_is_named(engine: Engine, run: Run) -> None:
    happened(engine)
    sealed(engine)
    with engine.begin() as db:
        db.execute(text("SET LOCAL session_replication_role = replica"))
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE"))
        db.execute(text("ALTER TABLE audit_event DISABLE TRIGGER audit_event_rows_stay"))
        db.execute(
            text("UPDATE audit_event SET payload_summary = 'nothing' WHERE seq = (SELECT max(seq) FROM audit_event)")
        )
    told = run("verify")
    assert told.exit_code == 1, told.output
    assert "TAMPERED WITH" in told.output
    assert "The first bad row is number 2 of the sealed order." in told.output
    assert "NOT PROTECTED: UPDATE of" in told.output


def test_without_the_right_key_nothing_can_be_said(engine: Engine, run: Run) -> None:
    happened(engine)
    assert run("verify", key="").exit_code == 2
    sealed(engine)
    assert run("verify", key=new_key()).exit_code == 1
    assert "audits.key: a key is base64 of 32 bytes" in run("verify", key="short").output


def test_an_event_is_proved_and_one_that_is_not_sealed_is_not(engine: Engine, run: Run) -> None:
    (audit_id, *_) = happened(engine)
    assert run("prove", audit_id).exit_code == 2
    sealed(engine)
    proof = json.loads(run("prove", audit_id).output)
    assert json.loads(proof["event"])["audit_id"] == audit_id


def test_an_export_is_checked_without_the_database(engine: Engine, run: Run, tmp_path: Path) -> None:
    happened(engine)
    sealed(engine)
    told = run("export", str(tmp_path / "out"))
    assert told.output.startswith("3 events in ")
    assert run("verify", "--export", str(tmp_path / "out")).exit_code == 0
    events = tmp_path / "out" / "events.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"success"', b'"unknown"', 1))
    assert run("verify", "--export", str(tmp_path / "out")).exit_code == 1
    events.unlink()
    assert run("verify", "--export", str(tmp_path / "out")).exit_code == 2


def test_a_head_kept_elsewhere_finds_a_record_that_was_rolled_back(engine: Engine, run: Run, tmp_path: Path) -> None:
    assert run("head").exit_code == 2
    happened(engine)
    sealed(engine)
    kept = tmp_path / "head"
    kept.write_text(run("head", "--post").output)
    assert run("verify", "--head", str(kept)).exit_code == 0
    with engine.begin() as db:
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE"))
        for table in ("audit_checkpoint", "audit_leaf", "audit_event"):
            db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for month in db.execute(text("SELECT relid::regclass FROM pg_partition_tree('audit_event')")).scalars().all():
            db.execute(text(f"ALTER TABLE {month} DISABLE TRIGGER ALL"))
        db.execute(text("TRUNCATE audit_checkpoint, audit_leaf, audit_event"))
    told = run("verify", "--head", str(kept))
    assert told.exit_code == 1
    assert "3 rows were sealed" in told.output


def test_the_head_is_posted_once_a_day_and_says_how_it_is_checked(engine: Engine) -> None:
    happened(engine)
    with engine.begin() as db:
        now = clock.now(db)
    with engine.begin() as db:
        sealing.seal(db, Signer.parse(KEY), now - timedelta(days=1))
    for _ in range(2):
        record.tell_daily(engine, "#ops-record")
    with engine.begin() as db:
        cards = db.execute(text("SELECT key, revision, wanted->>'text' FROM card")).all()
    assert [(card[0][:7], card[1]) for card in cards] == [("record:", 1)]
    assert cards[0][2].startswith("The record has 3 sealed events, root ")


def test_a_month_is_exported_checked_proved_and_retired(engine: Engine, run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "2026-01")
    set_clock(engine, datetime(2026, 1, 20, tzinfo=UTC))
    with engine.begin() as db:
        db.execute(text("SELECT audit_make_partitions(1)"))
    (audit_id, *_) = happened(engine, 2)
    sealed(engine)
    set_clock(engine, datetime(2026, 2, 3, tzinfo=UTC))
    assert run("retire", "2026-01").output == "Not retired: 2026-01 was not exported as it is now\n"
    assert run("export", folder, "--month", "2026-01").output.startswith("2 events in ")
    assert run("verify", "--export", folder, "--month").exit_code == 0
    assert run("retire", "2026-01").output.startswith("2026-01 is retired; audit ")
    sealed(engine)
    told = run("verify")
    assert told.exit_code == 0, told.output
    assert "4 sealed events, 2 of them by their hash only" in told.output
    assert " retired 2026-01: 2 rows." in told.output
    gone = run("prove", audit_id)
    assert (gone.exit_code, "prove --export FOLDER" in gone.output) == (2, True)
    assert json.loads(run("prove", audit_id, "--export", folder).output)["index"] == 0
    assert run("prove", audit_id, "--export", str(tmp_path / "nowhere")).exit_code == 2


def test_a_record_that_is_not_whole_is_not_exported(engine: Engine, run: Run, tmp_path: Path) -> None:
    happened(engine)
    sealed(engine)
    with engine.begin() as db:
        db.execute(text("ALTER EVENT TRIGGER audit_guard_ddl DISABLE"))
        db.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        db.execute(text("UPDATE audit_event SET payload_summary = ''"))
    told = run("export", str(tmp_path))
    assert (told.exit_code, told.output[:43]) == (1, "Not exported, the record is tampered with: ")


def test_a_record_that_cannot_be_reached_is_not_called_tampered_with(run: Run, engine: Engine) -> None:
    url = engine.url.set(database="nowhere").render_as_string(hide_password=False)
    told = run("verify", url=url)
    assert told.exit_code == 2, told.output
    assert run("verify").exit_code == 2  # nothing is sealed


def test_what_cannot_be_done_is_said_in_a_sentence(run: Run) -> None:
    assert run("retire", "2020-01").output == "Not retired: 2020-01 has no partition\n"
    assert run("grant", "nobody-at-all", "app").output.startswith("Not granted: ")
