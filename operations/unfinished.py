"""Intents whose holder never came back: told as `unknown` on the record, and to a person, who looks at the platform."""

from sqlalchemy import Connection, Engine

from audits import AuditEvent, Result, payload_hash, switches
from audits import store as audits
from clients import work_items
from clients.model import ItemKind, WorkItem
from storage import clock


def surface(engine: Engine) -> bool:
    """Ends one permit that expired without an outcome; False when there is none."""
    with engine.begin() as db:
        command_id = switches.abandon(db)
        if command_id is None:
            return False
        intent = audits.intent(db, command_id)
        if intent is not None:
            audits.conclude(db, intent, Result.UNKNOWN, {"error": "no outcome before the permit expired"})
            if intent.client_id is not None:
                work_items.open_items(db, [_item(db, intent, intent.client_id)])
    return True


def _item(db: Connection, intent: AuditEvent, client_id: str) -> WorkItem:
    body = {"reason": f"{intent.actor_id} did not come back to say how it went"}
    return WorkItem(
        item_id=f"unknown-{intent.command_id}",
        kind=ItemKind.UNKNOWN_OUTCOME,
        client_id=client_id,
        title=intent.payload_summary,
        severity=2,
        payload_hash=payload_hash(body),
        opened_at=clock.now(db),
        platform=intent.platform,
        surface=intent.surface,
        lane=intent.lane,
        calendar_item_id=intent.ids.get("calendar_item_id"),
        body=body,
    )
