"""What the guard leaves to a person: intents whose holder never came back, and payloads that nobody had approved."""

from sqlalchemy import Connection, Engine

from audits import AuditEvent, Result, payload_hash, switches
from audits import store as audits
from audits.approvals import mismatch
from clients import work_items
from clients.model import ItemKind, WorkItem
from storage import clock


def surface(engine: Engine) -> bool:
    """Ends one permit that expired without an outcome as `unknown`; False when there is none."""
    with engine.begin() as db:
        command_id = switches.abandon(db)
        if command_id is None:
            return False
        intent = audits.intent(db, command_id)
        if intent is not None:
            audits.conclude(db, intent, Result.UNKNOWN, {"error": "no outcome before the permit expired"})
            why = f"{intent.actor_id} did not come back to say how it went"
            _open(db, intent, f"unknown-{command_id}", ItemKind.UNKNOWN_OUTCOME, why)
    return True


def surface_changed(engine: Engine) -> bool:
    """Asks a person about one payload that was held back because it is not the approved one; False: there is none."""
    with engine.begin() as db:
        held = mismatch(db)
        if held is None:
            return False
        for refusal in audits.outcomes_of(db, held.command_id):
            item_id = f"changed-{refusal.ids['calendar_item_id']}-{refusal.payload_hash[:12]}"
            why = f"It is not what {held.by} approved, so it was held back. Send the new one for approval"
            _open(db, refusal, item_id, ItemKind.POLICY_BLOCK, why)
    return True


def _open(db: Connection, event: AuditEvent, item_id: str, kind: ItemKind, why: str) -> None:
    if event.client_id is None:
        return
    body = {"reason": why}
    item = WorkItem(
        item_id=item_id,
        kind=kind,
        client_id=event.client_id,
        title=event.payload_summary,
        severity=2,
        payload_hash=payload_hash(body),
        opened_at=clock.now(db),
        platform=event.platform,
        surface=event.surface,
        lane=event.lane,
        calendar_item_id=event.ids.get("calendar_item_id"),
        body=body,
    )
    work_items.open_items(db, [item])
