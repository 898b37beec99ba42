"""The table of work items, and all its SQL: what needs a person, and what people made of it.

Reports are idempotent: the same item told twice is one row, and a later version replaces an earlier one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Row,
    Table,
    Text,
    and_,
    cast,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import Connection as Db
from sqlalchemy.dialects.postgresql import JSONB, insert

from clients.model import (
    CHANGES_REQUESTED,
    RETRIED,
    TAGGED,
    TAKEN_BACK,
    Aside,
    ItemKind,
    ItemState,
    Past,
    Seen,
    WorkItem,
)
from clients.rows import load, replace
from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

work_item = Table(
    "work_item",
    metadata,
    Column("item_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("opened_at", _TIME, nullable=False),
    Column("platform", Text),
    Column("surface", Text),
    Column("lane", Text),
    Column("calendar_item_id", Text),
    Column("body", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_at", _TIME),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("closed_by", Text),
    Column("closed_at", _TIME),
    Column("result", JSONB, nullable=False),
    Column("first_told_at", _TIME, nullable=False, server_default=SQL_NOW),
    Column("owner_id", Text),
    Column("owner", Text),
    Column("aside", Text),
    Column("aside_at", _TIME),
    Column("aside_until", _TIME),
    Column("escalated_at", _TIME),
    Column("undo_until", _TIME),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("story", JSONB, nullable=False, server_default="[]"),
)
Index("ix_work_item_open", work_item.c.severity, work_item.c.due_at, postgresql_where=work_item.c.state == "open")
Index("ix_work_item_closed_at", work_item.c.closed_at)

work_item_past = Table(
    "work_item_past",
    metadata,
    Column("item_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload_hash", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("due_at", _TIME),
    PrimaryKeyConstraint("item_id", "version", "payload_hash"),
)

_OPEN = work_item.c.state == ItemState.OPEN
_HERE: dict[str, Any] = {"aside": None, "aside_at": None, "aside_until": None}
_UNDECIDED: dict[str, Any] = {
    "state": ItemState.OPEN,
    "outcome": None,
    "closed_by": None,
    "closed_at": None,
    "undo_until": None,
}
_PEOPLES = {*_HERE, *_UNDECIDED, "owner_id", "owner", "escalated_at", "turn", "story"}
"""What a new report of the item leaves as it is."""


# What the platform tells


def open_items(db: Db, items: Collection[WorkItem]) -> None:
    """Asks for a person. An item that is open takes the new content; one that was closed stays closed.

    Only what was sent back for changes or retried opens again, changed or failed once more.
    """
    told = {item.item_id: item for item in items}
    changed = tuple_(work_item.c.item_id, work_item.c.payload_hash).not_in(
        [(item.item_id, item.payload_hash) for item in told.values()]
    )
    before = select(*(work_item.c[column.name] for column in work_item_past.columns))
    db.execute(
        insert(work_item_past)
        .from_select(list(work_item_past.columns), before.where(work_item.c.item_id.in_(list(told)), changed))
        .on_conflict_do_nothing()
    )
    # Other words under the hash that was shown are not what was seen: what is pressed on the old card must not count.
    as_shown = tuple_(work_item.c.item_id, work_item.c.version, work_item.c.payload_hash).in_(
        [(item.item_id, item.version, item.payload_hash) for item in told.values()]
    )
    for row in db.execute(select(work_item.c.item_id, work_item.c.body).where(as_shown, _OPEN)).all():
        if row.body != told[row.item_id].body:
            _change(db, work_item.c.item_id == row.item_id, _OPEN)
    on_its_way = work_item.c.outcome.in_((CHANGES_REQUESTED, RETRIED))
    for row in db.execute(select(work_item).where(work_item.c.item_id.in_(list(told)), on_its_way)).all():
        item = told[row.item_id]
        if item.version > row.version or item.opened_at > row.closed_at:
            again = update(work_item).where(work_item.c.item_id == row.item_id, work_item.c.turn == row.turn)
            db.execute(again.values(opened_at=item.opened_at, result={}, turn=row.turn + 1, **_UNDECIDED))
    kept = {"opened_at", "result", "first_told_at", *_PEOPLES}
    replace(db, work_item, items, kept=kept, only=work_item.c.state == ItemState.OPEN)


def report_result(db: Db, item_id: str, result: Mapping[str, Any]) -> bool:
    """What came of a decided item at the platform; False when a later result is there, by `at` (ISO 8601, UTC)."""
    told_at = work_item.c.result["at"].astext
    change = update(work_item).where(work_item.c.item_id == item_id)
    if "at" in result:
        change = change.where(func.coalesce(told_at, "").collate("C") <= result["at"])
    return db.execute(change.values(result=dict(result))).rowcount > 0


def close_item(db: Db, item_id: str, *, version: int, payload_hash: str, outcome: str, by: str) -> WorkItem | None:
    """The platform closes the item if it is open and still this version; None when something was faster."""
    as_told = (work_item.c.version == version, work_item.c.payload_hash == payload_hash)
    return _change(db, work_item.c.item_id == item_id, *as_told, _OPEN, **_closed(outcome, by))


# What people do: each only if the item is open and still as it was seen; None when somebody or something was faster


def decide(db: Db, seen: Seen, outcome: str, by: str, words: str, undo: timedelta) -> WorkItem | None:
    """Closes it; for `undo` it can be opened again."""
    values = _closed(outcome, by) | {"undo_until": SQL_NOW + undo}
    return _change(db, *_as(seen), **values, **_told(by, outcome, words))


def put_aside(db: Db, seen: Seen, why: Aside, by: str, words: str, until: datetime | None = None) -> WorkItem | None:
    did = {Aside.HELD: "put on hold", Aside.FOLLOW_UP: TAGGED}.get(why, "snoozed")
    return _change(db, *_as(seen), aside=why, aside_at=SQL_NOW, aside_until=until, **_told(by, did, words))


def take_up(db: Db, seen: Seen, by: str) -> WorkItem | None:
    """Back among what waits, if it was put aside."""
    aside = work_item.c.aside.is_not(None)
    return _change(db, *_as(seen), aside, **_HERE, **_told(by, "taken up again"))


def hand_to(
    db: Db, seen: Seen, owner_id: str, owner: str, by: str, words: str, *, escalate: bool = False
) -> WorkItem | None:
    """Gives it an owner; an escalated one is among the gravest, with a thread of its own."""
    did = f"{'escalated' if escalate else 'handed'} to {owner}"
    graver = {"escalated_at": SQL_NOW} if escalate else {}
    told = _told(by, did, words, owner_id)
    return _change(db, *_as(seen), owner_id=owner_id, owner=owner, **graver, **_HERE, **told)


def escalate_due(db: Db, since: datetime, until: datetime) -> int:
    """Conversations whose deadline lies between, and that nobody has taken up, are escalated by themselves."""
    near = and_(work_item.c.kind == ItemKind.ESCALATION, work_item.c.due_at.between(since, until))
    waits = and_(_OPEN, work_item.c.aside.is_(None), work_item.c.escalated_at.is_(None))
    told = _told("Checkin", "escalated it: the deadline is near")
    # Not a turn: what a person saw and pressed meanwhile still counts.
    return db.execute(update(work_item).where(near, waits).values(escalated_at=SQL_NOW, **told)).rowcount


def reopen(db: Db, seen: Seen, by: str) -> WorkItem | None:
    """Opens a closed item again, whose command was withdrawn."""
    return _change(db, *_as(seen, ItemState.CLOSED), **_UNDECIDED, **_told(by, TAKEN_BACK))


def wake(db: Db, client_ids: Collection[str] | None = None) -> int:
    """The next check-in is here: what was snoozed until then waits again; returns how many."""
    snoozed = update(work_item).where(work_item.c.aside == Aside.CHECKIN, work_item.c.state == ItemState.OPEN)
    if client_ids is not None:
        snoozed = snoozed.where(work_item.c.client_id.in_(list(client_ids)))
    return db.execute(snoozed.values(turn=work_item.c.turn + 1, **_HERE)).rowcount


# What others ask


def item(db: Db, item_id: str) -> WorkItem | None:
    row = db.execute(select(work_item).where(work_item.c.item_id == item_id)).first()
    return _item(row) if row else None


def items_with(db: Db, item_ids: Collection[str]) -> list[WorkItem]:
    """Those of these ids that are known, in no order."""
    return [_item(row) for row in db.execute(select(work_item).where(work_item.c.item_id.in_(item_ids)))]


def owners_of_items(db: Db, item_ids: Collection[str]) -> dict[str, str]:
    """Whose items these are; one that was never opened is left out."""
    rows = db.execute(select(work_item.c.item_id, work_item.c.client_id).where(work_item.c.item_id.in_(item_ids)))
    return {row.item_id: row.client_id for row in rows}


def items_of(
    db: Db,
    kinds: Collection[ItemKind],
    *,
    closed_since: datetime,
    client_ids: Collection[str] | None = None,
    told_by: datetime | None = None,
) -> list[WorkItem]:
    """All open items of these kinds, and those closed since; gravest first, then by deadline.

    With `told_by` only those that we had heard of by then and that were not put aside then.
    """
    query = select(work_item).where(
        work_item.c.kind.in_(list(kinds)),
        or_(work_item.c.state == ItemState.OPEN, work_item.c.closed_at >= closed_since),
    )
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    if told_by is not None:
        query = query.where(work_item.c.first_told_at <= told_by, not_(_aside_at(told_by)))
    query = query.order_by(
        work_item.c.escalated_at.is_(None), work_item.c.severity, work_item.c.due_at.nulls_last(), work_item.c.item_id
    )
    return [_item(row) for row in db.execute(query)]


def escalated(db: Db, *, closed_since: datetime) -> list[WorkItem]:
    """Everything that was escalated and is open, or was closed since."""
    query = select(work_item).where(
        work_item.c.escalated_at.is_not(None), or_(_OPEN, work_item.c.closed_at >= closed_since)
    )
    return [_item(row) for row in db.execute(query.order_by(work_item.c.escalated_at))]


def sent_back(db: Db, since: datetime, client_ids: Collection[str]) -> list[WorkItem]:
    """Drafts that were sent back for changes since, and whose new version has not come; the oldest request first."""
    waits = and_(work_item.c.outcome == CHANGES_REQUESTED, work_item.c.closed_at >= since)
    dropped = func.coalesce(work_item.c.result["status"].astext == "cancelled", False)
    query = select(work_item).where(waits, not_(dropped), work_item.c.client_id.in_(list(client_ids)))
    return [_item(row) for row in db.execute(query.order_by(work_item.c.closed_at))]


def open_since(
    db: Db, kinds: Collection[ItemKind], told_after: datetime, client_ids: Collection[str] | None = None
) -> int:
    """How many open items of these kinds we first heard of after that."""
    query = select(func.count()).where(
        work_item.c.kind.in_(list(kinds)),
        work_item.c.state == ItemState.OPEN,
        work_item.c.first_told_at > told_after,
    )
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    return db.execute(query).scalar_one()


def due_before(
    db: Db, kind: ItemKind, until: datetime, client_ids: Collection[str] | None = None, *, apart: Collection[str] = ()
) -> tuple[int, datetime | None]:
    """How many items of this kind wait and are due before then, and when the first is; `apart` are not meant, by id."""
    query = select(func.count(), func.min(work_item.c.due_at)).where(
        work_item.c.kind == kind,
        _OPEN,
        not_(_aside_at(SQL_NOW)),
        work_item.c.due_at < until,
        work_item.c.item_id.not_in(apart),
    )
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    count, first = db.execute(query).one()
    return count, first


def open_counts(db: Db, client_ids: Collection[str] | None = None) -> dict[str, dict[ItemKind, int]]:
    """How many open items of each kind a client has; a client with none is left out."""
    query = select(work_item.c.client_id, work_item.c.kind, func.count()).where(work_item.c.state == ItemState.OPEN)
    if client_ids is not None:
        query = query.where(work_item.c.client_id.in_(list(client_ids)))
    counts: dict[str, dict[ItemKind, int]] = {}
    for client_id, kind, n in db.execute(query.group_by(work_item.c.client_id, work_item.c.kind)):
        counts.setdefault(client_id, {})[ItemKind(kind)] = n
    return counts


def _item(row: Row[Any]) -> WorkItem:
    aside, story = Aside(row.aside) if row.aside else None, tuple(row.story)
    return load(WorkItem, row, kind=ItemKind(row.kind), state=ItemState(row.state), aside=aside, story=story)


def past(db: Db, seen: Seen) -> Past | None:
    """What the person saw, if it was told anew since."""
    version = select(work_item_past).filter_by(
        item_id=seen.item_id, version=seen.version, payload_hash=seen.payload_hash
    )
    row = db.execute(version).first()
    return Past(row.version, row.payload_hash, row.title, row.body, row.due_at) if row else None


def _aside_at(moment: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    back = func.coalesce(work_item.c.aside_until <= moment, False)
    return and_(_OPEN, work_item.c.aside.is_not(None), work_item.c.aside_at <= moment, not_(back))


def _as(seen: Seen, state: ItemState = ItemState.OPEN) -> tuple[ColumnElement[bool], ...]:
    return (
        work_item.c.item_id == seen.item_id,
        work_item.c.state == state,
        work_item.c.version == seen.version,
        work_item.c.payload_hash == seen.payload_hash,
        work_item.c.turn == seen.turn,
    )


def _closed(outcome: str, by: str) -> dict[str, Any]:
    return _HERE | {"state": ItemState.CLOSED, "outcome": outcome, "closed_by": by, "closed_at": SQL_NOW}


def _told(by: str, did: str, words: str = "", to: str = "") -> dict[str, Any]:
    """One more line of the story; `to` is the id of the person it was handed to."""
    line = func.jsonb_build_object(
        *("at", SQL_NOW, "by", cast(by, Text), "did", cast(did, Text), "words", cast(words, Text), "to", cast(to, Text))
    )
    return {"story": work_item.c.story.op("||")(func.jsonb_build_array(line))}


def _change(db: Db, *conditions: ColumnElement[bool], **values: Any) -> WorkItem | None:
    changed = update(work_item).where(*conditions).values(turn=work_item.c.turn + 1, **values)
    row = db.execute(changed.returning(work_item)).first()
    return _item(row) if row else None
