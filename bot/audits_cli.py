"""`checkin audits …`: is the record whole, prove one event, export, retire a month, give roles what they need."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from psycopg import Error
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from audits import checking, export, protect, sealing_store
from audits.checkpoints import Checkpoint, Malformed
from audits.signing import new_key, trusted
from audits.verify import State, Verdict, verify
from bot import record
from bot.reach import OutOfReach, reach_tables
from bot.settings import AuditsSettings
from bot.terminal import CONFIG, Config, end, sentences, settings_for
from storage import clock
from storage.engine import connect

audits = typer.Typer(name="audits", help="The record of what was done: check it, prove it.", no_args_is_help=True)
_RETIRE = text("SELECT audit_retire(to_date(:month, 'YYYY-MM'))")
_HEADS = typer.Option("--head", help="A file of checkpoints that were kept elsewhere, one a line. May be repeated.")


@audits.command("verify")
def verify_record(
    head: Annotated[list[Path] | None, _HEADS] = None,
    exported: Annotated[Path | None, typer.Option("--export", help="Check this folder of an export instead.")] = None,
    month: Annotated[bool, typer.Option("--month", help="The export is of a month: others are hashes only.")] = False,
    config: Config = CONFIG,
) -> None:
    """Whether the record is as it was sealed: 0 whole, 1 tampered with (the first bad row is named), 2 incomplete."""
    with _opened(config, reach=exported is None) as (engine, settings):
        keys = trusted(settings.audits.trusted())
        try:
            heads = [one for file in head or [] for one in export.checkpoints(file)]
            if exported:
                kept = export.checkpoints(exported / export.CHECKPOINTS)
                verdict = verify(export.entries(exported), kept, keys, heads, part=month)
            else:
                with checking.at_one_moment(engine) as db:
                    verdict = checking.check(db, keys, clock.now(db), heads)
        except (OSError, Malformed) as problem:
            end(f"Cannot be read: {problem}", code=State.INCOMPLETE)
        _say(verdict)
        if not exported:
            with engine.connect() as db:
                standing = protect.standing(db)
            for gap in standing.gaps:
                typer.echo(f"NOT PROTECTED: {gap}")
            for limit in standing.limits:
                typer.echo(f"Note: {limit}.")
        raise typer.Exit(verdict.state)


def _say(verdict: Verdict) -> None:
    words = {State.WHOLE: "whole", State.TAMPERED: "TAMPERED WITH", State.INCOMPLETE: "incomplete"}[verdict.state]
    absent = f", {verdict.absent:,} of them by their hash only" if verdict.absent else ""
    typer.echo(f"The record is {words}: {verdict.size:,} sealed events{absent}, {verdict.checkpoints:,} checkpoints.")
    if verdict.first_bad is not None:
        typer.echo(f"The first bad row is number {verdict.first_bad} of the sealed order.")
    for problem in [*verdict.tampered[:20], *verdict.incomplete]:
        typer.echo(f"- {problem}")
    for told in verdict.retirements:
        typer.echo(f"{told['created_at'][:19]} UTC {told['actor_id']} {told['payload_summary']}.")
    if verdict.head:
        typer.echo(f"Head: {verdict.head.root} at {verdict.head.at}")


@audits.command()
def prove(
    audit_id: UUID,
    exported: Annotated[Path | None, typer.Option("--export", help="From this folder of an export instead.")] = None,
    config: Config = CONFIG,
) -> None:
    """Print what a third party needs to check that this event is in the record (docs/verify_proof.py checks it)."""
    with _opened(config) as (engine, _), engine.begin() as db:
        try:
            found = checking.proof_from_export(exported, audit_id) if exported else checking.proof(db, audit_id)
        except (OSError, Malformed) as problem:
            end(f"Cannot be read: {problem}", code=2)
        if found is None:
            end(
                f"No sealed event {audit_id} here. An event is sealed {record.SEAL_EVERY:.0f} s after it is written; "
                "one whose month is retired is in that month's export: prove --export FOLDER.",
                code=2,
            )
        typer.echo(json.dumps(found))


@audits.command("export")
def export_record(
    folder: Path,
    month: Annotated[str | None, typer.Option(help="Only this month, like 2026-01.")] = None,
    config: Config = CONFIG,
) -> None:
    """Write the sealed events and their checkpoints as files that anybody can read and check."""
    with _opened(config) as (engine, settings):
        keys = trusted(settings.audits.trusted())
        try:
            rows, digest = checking.write_export(engine, folder, f"cli:{getpass.getuser()}", keys, month)
        except OSError as problem:
            end(f"Cannot be written: {problem}", code=2)
        except checking.NotWhole as problem:
            end(f"Not exported, the record is tampered with: {problem}", code=1)
        typer.echo(f"{rows:,} events in {folder / export.EVENTS}, sha256 {digest}")


@audits.command()
def head(
    post: Annotated[bool, typer.Option("--post", help="Have the running bot post it to the record's channel.")] = False,
    config: Config = CONFIG,
) -> None:
    """Print the newest checkpoint: a line to keep elsewhere."""
    with _opened(config) as (engine, settings):
        if post and not settings.audits.channel:
            end('No channel is set for it; hint: [audits] channel = "#ops-record" in checkin.toml', code=2)
        found = record.tell_now(engine, settings.audits.channel) if post and settings.audits.channel else _head(engine)
        if found is None:
            end("Nothing is sealed yet. The bot seals while it runs, with CHECKIN_AUDITS_KEY.", code=2)
        typer.echo(found.line.decode())


def _head(engine: Engine) -> Checkpoint | None:
    with engine.connect() as db:
        return sealing_store.progress(db).head


@audits.command()
def retire(month: str, config: Config = CONFIG) -> None:
    """Drop a month that is over, sealed and exported; the record tells so, and still verifies."""
    with _opened(config) as (engine, _):
        try:
            with engine.begin() as db:
                db.execute(text("SET LOCAL statement_timeout = 0"))
                audit_id = db.execute(_RETIRE, {"month": month}).scalar()
        except DBAPIError as problem:
            end(f"Not retired: {str(problem.orig).splitlines()[0]}", code=1)
        typer.echo(f"{month} is retired; audit {audit_id} tells of it.")


@audits.command()
def grant(role: str, part: protect.Part, config: Config = CONFIG) -> None:
    """Give a database role what it needs and no more: app for the bot, service, auditor, retention."""
    with _opened(config) as (engine, _):
        try:
            with engine.begin() as db:
                protect.grant(db, role, part)
        except Error as problem:
            end(f"Not granted: {str(problem).splitlines()[0]}", code=1)
        typer.echo(f"{role} may do what {part} needs. Grant it again after each checkin migrate.")


@audits.command()
def arm(config: Config = CONFIG) -> None:
    """As a superuser: have Postgres refuse to detach, drop, rename or disarm the record, by its owner too."""
    with _opened(config) as (engine, _):
        try:
            with engine.begin() as db:
                db.execute(text("SELECT audit_arm()"))
        except DBAPIError as problem:
            end(f"Not armed: {str(problem.orig).splitlines()[0]}", code=1)
        typer.echo("Armed.")


@audits.command("new-key")
def print_new_key() -> None:
    """Print a new signing key for CHECKIN_AUDITS_KEY. Keep it where the database's keepers cannot read it."""
    typer.echo(new_key())


@contextmanager
def _opened(config: Path, *, reach: bool = True) -> Iterator[tuple[Engine, AuditsSettings]]:
    with sentences(config):
        settings = settings_for(AuditsSettings, config)
        engine = connect(settings.database_url.get_secret_value(), name="checkin audits", pool_size=1)
        try:
            if reach:
                reach_tables(engine)
            yield engine, settings
        except OutOfReach as problem:
            end(str(problem), code=2)  # 1 would say: tampered with
        finally:
            engine.dispose()
