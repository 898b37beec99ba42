"""What the agency does when a person has decided a work item; one function per kind of order.

Whether the order is genuine, new, in time and about what was seen is judged in `web` before.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection

from audits import payload_hash
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, CalendarStatus
from sandbox.agency import world
from sandbox.agency.publishing import report
from sandbox.agency.rework import reworked
from sandbox.agency.work import ask, ask_to_publish, new_job
from telemetry.metrics import Metrics

# As long as an agent takes over a draft that came back.
_REWORKED_AFTER = timedelta(seconds=6)

Obey = Callable[[Connection, Metrics, CalendarItem, UUID, str], None]


def publish(db: Connection, metrics: Metrics, item: CalendarItem, _order: UUID, _reason: str) -> None:
    ask_to_publish(db, metrics, item, approved=True)


def request_changes(db: Connection, metrics: Metrics, item: CalendarItem, _order: UUID, _reason: str) -> None:
    """The caption is written anew, and asks for approval again as its next version; a risk stays until it is gone."""
    asked = work_items.item(db, world.approval_id(item.calendar_item_id))
    risk = asked.body.get("risk") if asked else None
    text, risk = reworked(item.payload["text"], risk, item.version + 1)
    payload = {**item.payload, "text": text}
    changed = replace(
        item,
        payload=payload,
        payload_hash=payload_hash(payload),
        version=item.version + 1,
        status=CalendarStatus.PLANNED,
    )
    report(db, changed, "revising")
    args = {"calendar_item_id": item.calendar_item_id, "draft": True, "risk": risk}
    key = f"{item.calendar_item_id}:{changed.version}"
    ask(db, metrics, new_job("calendar", key, args, blueprint=str(item.blueprint_id), after=_REWORKED_AFTER))


def cancel(db: Connection, _metrics: Metrics, item: CalendarItem, _order: UUID, reason: str) -> None:
    """It does not go out: a draft that was rejected, or what a policy rightly blocked."""
    report(db, replace(item, status=CalendarStatus.CANCELLED, error_reason=reason or item.error_reason), "cancelled")


def retry(db: Connection, metrics: Metrics, item: CalendarItem, order: UUID, _reason: str) -> None:
    """Publishes again what failed; what is out already is only looked for again."""
    if item.status is not CalendarStatus.PUBLISHED:
        ask_to_publish(db, metrics, item, approved=True)
        return
    args = {"calendar_item_id": item.calendar_item_id, "post_id": str(item.post_url).rpartition("/")[2]}
    ask(db, metrics, new_job("verify", f"{order}", args, blueprint=str(item.blueprint_id), urgent=True))
    report(db, item, "published", post_url=item.post_url)


def release(db: Connection, metrics: Metrics, item: CalendarItem, _order: UUID, _reason: str) -> None:
    """A policy held it back by mistake: it goes out at its time, or at once."""
    free = replace(item, status=CalendarStatus.SCHEDULED, error_reason=None)
    reports.report_calendar(db, [free])
    ask_to_publish(db, metrics, free, approved=True)


OBEY: Mapping[str, Obey] = {
    "publish": publish,
    "request_changes": request_changes,
    "reject": cancel,
    "confirm_block": cancel,
    "retry": retry,
    "release": release,
}
