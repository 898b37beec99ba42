"""Once an hour: the record beside itself and beside what the platform says is out. A difference is a person's work."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from audits import AuditEvent, payload_hash, reconcile
from clients import store as clients
from clients import work_items
from clients.model import CalendarItem, CalendarStatus, ItemKind, WorkItem
from operations.wording import place
from storage import clock

# Longer than a permit lives and a report takes; younger differences may still mend themselves.
SETTLED_AFTER = timedelta(minutes=10)
# More than a day back, so that an hour in which nobody looked is looked at later; told once all the same.
LOOKED_BACK = timedelta(hours=25)
_OUT = (CalendarStatus.PUBLISHED, CalendarStatus.VERIFIED)


def compare(engine: Engine) -> int:
    """Opens a work item for each difference; how many there are."""
    with engine.begin() as db:
        until = clock.now(db) - SETTLED_AFTER
        since = until - LOOKED_BACK
        found = [*_within_the_record(db, since, until), *_beside_the_platform(db, since, until)]
        work_items.open_items(db, found)
    return len(found)


def _within_the_record(db: Connection, since: datetime, until: datetime) -> Iterator[WorkItem]:
    for event in reconcile.without_outcome(db, since, until):
        yield from _of_event(db, event, "It was announced and nobody said how it went. Look whether it is out")
    for event in reconcile.without_intent(db, since, until):
        yield from _of_event(db, event, "It was done without being announced: somebody goes round the guard")


def _beside_the_platform(db: Connection, since: datetime, until: datetime) -> Iterator[WorkItem]:
    out = {item.calendar_item_id: item for item in clients.published(db, since, until)}
    told: defaultdict[str, list[AuditEvent]] = defaultdict(list)
    # A little wider: the two are not told at the same moment.
    for event in reconcile.published(db, since - SETTLED_AFTER, until + SETTLED_AFTER):
        if item_id := event.ids.get("calendar_item_id"):
            told[item_id].append(event)
    for item in out.values():
        if item.calendar_item_id not in told:
            where = place(item.platform, item.surface)
            yield _work(db, "unrecorded", item, f"{where} shows it and the record knows of no such publish")
    for item_id, events in told.items():
        posts = {event.proof.get("post_url") for event in events}
        if len(posts) > 1:
            yield from _of_event(db, events[-1], f"The record knows {len(posts)} posts of it: it is out more than once")
        planned = out.get(item_id) or clients.calendar_of(db, item_id)
        if planned and planned.status not in _OUT and since <= (events[0].created_at or until) < until:
            why = f"The record says that it went out and the calendar says {planned.status}"
            yield _work(db, "unseen", planned, why)


def _of_event(db: Connection, event: AuditEvent, why: str) -> Iterator[WorkItem]:
    if event.client_id is None:
        return
    body = {"reason": why, "post_url": event.proof.get("post_url")}
    yield WorkItem(
        item_id=f"unmatched-{event.command_id}",
        kind=ItemKind.UNKNOWN_OUTCOME,
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


def _work(db: Connection, what: str, item: CalendarItem, why: str) -> WorkItem:
    body = {"reason": why, "post_url": item.post_url}
    return WorkItem(
        item_id=f"{what}-{item.calendar_item_id}",
        kind=ItemKind.UNKNOWN_OUTCOME,
        client_id=item.client_id,
        title=item.title,
        severity=2,
        payload_hash=payload_hash(body),
        opened_at=clock.now(db),
        platform=item.platform,
        surface=item.surface,
        lane="publishing",
        calendar_item_id=item.calendar_item_id,
        body=body,
    )
