"""The record in the database, looked at as a whole: is it as it was sealed, prove one event, export it.

Judging is left to `audits/verify.py`, SQL to the stores; what Postgres is set up to refuse, to `audits/protect.py`.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from audits import export, sealing_store, store
from audits.checkpoints import Checkpoint, Malformed
from audits.merkle import inclusion_path
from audits.model import ActionType, ActorType, Effect, Phase, Result, event_line
from audits.verify import Verdict, verify

if TYPE_CHECKING:
    from audits.signing import PublicKey

UNSEALED_FOR = timedelta(seconds=60)


def check(engine: Engine, keys: Mapping[str, "PublicKey"], now: datetime, heads: Sequence[Checkpoint] = ()) -> Verdict:
    """Reads every row, as they were at one moment. `heads` are checkpoints that were kept elsewhere."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as db:
        _take_your_time(db)
        try:
            kept = sealing_store.checkpoints(db)
        except Malformed as problem:
            return Verdict(tampered=[str(problem)])
        verdict = verify(sealing_store.entries(db), kept, keys, heads)
        done = sealing_store.progress(db)
        forged = sealing_store.slipped_in(db, done)
        if forged:
            verdict.accuse(f"{forged} was put among rows that were sealed before it")
        for policy in sealing_store.wrong_policies(db):
            verdict.accuse(f"the policy {policy} is not what its id was made from")
        waiting = sealing_store.oldest_unsealed(db, done)
        if waiting and now - waiting > UNSEALED_FOR:
            verdict.incomplete.append(f"rows since {waiting:%Y-%m-%d %H:%M:%S} UTC are not sealed")
    return verdict


def proof(db: Connection, audit_id: UUID) -> dict[str, Any] | None:
    """What a third party needs to check that the event is in the record, as JSON; None when it is not sealed (yet).

    docs/verify_proof.py checks it.
    """
    _take_your_time(db)
    index, event = sealing_store.place(db, audit_id), sealing_store.event(db, audit_id)
    if index is None or event is None:
        return None
    kept = sealing_store.checkpoints(db)
    head = kept[-1]
    path = inclusion_path(sealing_store.leaves(db, head.size), index)
    return {
        "event": event_line(vars(event)).decode(),
        "index": index,
        "path": [sibling.hex() for sibling in path],
        "checkpoint": head.body,
        "signature": base64.b64encode(head.signature).decode(),
    }


def write_export(engine: Engine, folder: Path, by: str, month: str | None = None) -> tuple[int, str]:
    """Writes the sealed rows, all or those of a month ("2026-01"), and tells so on the record: (rows, SHA-256)."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as db:
        _take_your_time(db)
        rows, digest = export.write(folder, sealing_store.entries(db, month), sealing_store.checkpoints(db))
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
