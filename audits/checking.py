"""The record in the database, looked at as a whole: is it as it was sealed, prove one event, export it.

Judging is left to `audits/verify.py`, SQL to the stores; what Postgres is set up to refuse, to `audits/protect.py`.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from audits import checking_store, export, sealing_store, store
from audits.checkpoints import Checkpoint, Malformed
from audits.merkle import inclusion_path, leaf_hash
from audits.model import ActionType, ActorType, Effect, Phase, Result
from audits.verify import Verdict, verify

if TYPE_CHECKING:
    from audits.signing import PublicKey

UNSEALED_FOR = timedelta(seconds=60)


@contextmanager
def at_one_moment(engine: Engine) -> Iterator[Connection]:
    """All rows are read, as they are now: that takes longer than what a click may wait for."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as db:
        _take_your_time(db)
        yield db


def check(db: Connection, keys: Mapping[str, "PublicKey"], now: datetime, heads: Sequence[Checkpoint] = ()) -> Verdict:
    """Reads every row; `db` is `at_one_moment`. `heads` are checkpoints that were kept elsewhere."""
    try:
        kept = sealing_store.checkpoints(db)
    except Malformed as problem:
        return Verdict(tampered=[str(problem)])
    verdict = verify(sealing_store.entries(db), kept, keys, heads)
    done = sealing_store.progress(db)
    for contradiction in checking_store.contradictions(db, done):
        verdict.accuse(contradiction)
    waiting = checking_store.oldest_unsealed(db)
    if waiting and now - waiting > UNSEALED_FOR:
        verdict.incomplete.append(f"rows since {waiting:%Y-%m-%d %H:%M:%S} UTC are not sealed")
    return verdict


def proof(db: Connection, audit_id: UUID) -> dict[str, Any] | None:
    """What a third party needs to check that the event is in the record, as JSON; docs/verify_proof.py checks it.

    None when it is not sealed yet, or retired: then its export has it.
    """
    _take_your_time(db)
    index, line = sealing_store.place(db, audit_id), sealing_store.line(db, audit_id)
    if index is None or line is None:
        return None
    head = sealing_store.progress(db).head
    return _proof(line, index, sealing_store.leaves(db), head) if head else None


def proof_from_export(folder: Path, audit_id: UUID) -> dict[str, Any] | None:
    """The same from the files alone. Raises Malformed."""
    wanted, found, leaves = f'"audit_id":"{audit_id}"'.encode(), None, []
    for entry in export.entries(folder):
        leaves.append(leaf_hash(entry.line) if entry.line is not None else entry.leaf or b"")
        if entry.line is not None and wanted in entry.line and json.loads(entry.line)["audit_id"] == str(audit_id):
            found = entry.line, entry.index
    return _proof(*found, leaves, export.checkpoints(folder / export.CHECKPOINTS)[-1]) if found else None


def _proof(line: bytes, index: int, leaves: Sequence[bytes], head: Checkpoint) -> dict[str, Any]:
    return {
        "event": line.decode(),
        "index": index,
        "path": [sibling.hex() for sibling in inclusion_path(leaves, index)],
        "checkpoint": head.body,
        "signature": base64.b64encode(head.signature).decode(),
    }


class NotWhole(Exception):
    """What was written is not what was sealed."""


def write_export(
    engine: Engine, folder: Path, by: str, keys: Mapping[str, "PublicKey"], month: str | None = None
) -> tuple[int, str]:
    """Writes the sealed rows, all or those of a month ("2026-01"), and tells so on the record: (rows, SHA-256).

    Before that it is read back and checked, for a month may be retired on the strength of it. Raises NotWhole.
    """
    with at_one_moment(engine) as db:
        rows, digest = export.write(folder, sealing_store.entries(db, month), sealing_store.checkpoints(db))
    read = verify(export.entries(folder), export.checkpoints(folder / export.CHECKPOINTS), keys, part=month is not None)
    if read.tampered:
        raise NotWhole(read.tampered[0])
    told: dict[str, Any] = {"rows": rows, "sha256": digest} | ({"month": month} if month else {})
    effect = Effect(
        client_id=None,
        action_type=ActionType.EXPORT,
        actor_type=ActorType.OPERATOR,
        actor_id=by,
        payload=told,
        summary=f"exported {rows} rows of the record",
        command_id=uuid4(),
    )
    with engine.begin() as db:
        store.record(db, effect, Phase.OUTCOME, Result.SUCCESS, told)
    return rows, digest


def _take_your_time(db: Connection) -> None:
    """All rows are read, and worked on between two portions: that takes longer than what a click may wait for."""
    db.execute(text("SET LOCAL statement_timeout = 0"))
    db.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
