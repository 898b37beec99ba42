"""What may go out: as a person approved it, by its hash, and not twice. The table of approvals and all its SQL."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Connection, DateTime, Index, Table, Text, Uuid, select, update
from sqlalchemy.dialects.postgresql import insert

from audits.model import ActionType, Effect
from storage.clock import SQL_NOW
from storage.engine import metadata, plain_cursor

# The hash is empty from when a person is asked, which the database writes down itself (see its migration), until that
# person approves. What has no row nobody had to approve.
approval = Table(
    "approval",
    metadata,
    Column("calendar_item_id", Text, primary_key=True),
    Column("payload_hash", Text),
    Column("by", Text),
    Column("at", DateTime(timezone=True), nullable=False, server_default=SQL_NOW),
    Column("refused", Uuid),  # the last command that wanted to send something else, until a person was told
)
Index("ix_approval_refused", approval.c.refused, postgresql_where=approval.c.refused.is_not(None))

# Under whichever name it goes out; a reply under the post is another payload.
_GOES_OUT = {ActionType.PUBLISH, ActionType.SCHEDULE, ActionType.STORY_POST}
_FOUND = """
SELECT a.calendar_item_id, CASE WHEN a.at <= checkin_now() THEN a.payload_hash END, p.command_id,
  p.settled_at IS NULL AND p.expires_at > checkin_now()
FROM (SELECT) AS nothing LEFT JOIN approval a ON a.calendar_item_id = %s LEFT JOIN permit p ON p.once = %s
"""


class Why(StrEnum):
    """Why something does not go out, as the record tells it."""

    UNAPPROVED = "a person was asked to approve it and has not"
    CHANGED = "the payload differs from the approved one"
    ON_ITS_WAY = "another attempt at it is on its way"
    OUT = "another attempt at it succeeded, or nobody knows that it did not"


@dataclass(frozen=True)
class Objection:
    why: Why
    command_id: UUID | None = None
    """Of the other attempt."""

    @property
    def proof(self) -> dict[str, str]:
        return {"error": self.why} | ({"command_id": str(self.command_id)} if self.command_id else {})


@dataclass(frozen=True)
class Mismatch:
    """A command that wanted to send other than what was approved; it did not."""

    command_id: UUID
    by: str
    """Who had approved."""


def approve(db: Connection, calendar_item_id: str, payload_hash: str, by: str, undo: timedelta = timedelta(0)) -> None:
    """This is what may go out for the calendar item, once `undo` is over: what is out cannot be taken back."""
    values = {"payload_hash": payload_hash, "by": by, "at": SQL_NOW + undo, "refused": None}
    db.execute(
        insert(approval)
        .values(calendar_item_id=calendar_item_id, **values)
        .on_conflict_do_update(index_elements=["calendar_item_id"], set_=values)
    )


def objection(db: Connection, effect: Effect) -> Objection | None:
    """Why this may not go out; what nobody had to approve, and nobody has sent, may. Asked within the turnstile."""
    item_id = effect.ids.get("calendar_item_id")
    if effect.action_type not in _GOES_OUT or item_id is None:
        return None
    with plain_cursor(db) as cursor:
        asked, approved, other, flying = cursor.execute(_FOUND, [item_id, effect.once]).fetchone() or [None] * 4
    if other not in (None, effect.command_id):
        return Objection(Why.ON_ITS_WAY if flying else Why.OUT, other)
    if asked is None or approved == effect.payload_hash:
        return None
    if approved is None:
        return Objection(Why.UNAPPROVED)
    mine = approval.c.calendar_item_id == item_id
    db.execute(update(approval).where(mine).values(refused=effect.command_id))
    return Objection(Why.CHANGED)


def mismatch(db: Connection) -> Mismatch | None:
    """Takes one that no person was told of; another process at the same moment gets another."""
    row = db.execute(
        select(approval)
        .where(approval.c.refused.is_not(None))
        .order_by(approval.c.calendar_item_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    db.execute(update(approval).where(approval.c.calendar_item_id == row.calendar_item_id).values(refused=None))
    return Mismatch(row.refused, row.by)
