"""Where the record does not fit with itself, and what it says went out: for the comparison with what others say."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from audits.model import ActionType, AuditEvent, Phase, Result
from audits.store import audit_event, event_of

_EFFECTS = (
    ActionType.PUBLISH,
    ActionType.SCHEDULE,
    ActionType.DM_SEND,
    ActionType.COMMENT_REPLY,
    ActionType.STORY_POST,
    ActionType.HIDE_COMMENT,
)
# Longer than from any intent to its outcome: it keeps the search for the other half within few months' tables.
_APART = timedelta(hours=2)


def without_outcome(db: Connection, since: datetime, until: datetime) -> list[AuditEvent]:
    """Intents of which nobody said how they went."""
    return _alone(db, Phase.INTENT, since, until)


def without_intent(db: Connection, since: datetime, until: datetime) -> list[AuditEvent]:
    """Side effects that ended without having been announced. What a service told afterwards never was."""
    acted = audit_event.c.result.in_([Result.SUCCESS, Result.FAIL, Result.UNKNOWN])
    return _alone(db, Phase.OUTCOME, since, until, acted, audit_event.c.ids["source"].is_(None))


def published(db: Connection, since: datetime, until: datetime) -> list[AuditEvent]:
    """Publishes that succeeded, oldest first."""
    found = (audit_event.c.action_type == ActionType.PUBLISH, audit_event.c.result == Result.SUCCESS)
    return _events(db, Phase.OUTCOME, since, until, *found)


def _alone(
    db: Connection, phase: Phase, since: datetime, until: datetime, *more: ColumnElement[bool]
) -> list[AuditEvent]:
    other = audit_event.alias()
    partner = select(other.c.seq).where(
        other.c.command_id == audit_event.c.command_id,
        other.c.phase != phase,
        other.c.created_at.between(since - _APART, until + _APART),
    )
    return _events(db, phase, since, until, audit_event.c.action_type.in_(_EFFECTS), ~partner.exists(), *more)


def _events(
    db: Connection, phase: Phase, since: datetime, until: datetime, *more: ColumnElement[Any]
) -> list[AuditEvent]:
    then = (audit_event.c.created_at >= since, audit_event.c.created_at < until)
    query = select(audit_event).where(audit_event.c.phase == phase, *then, *more)
    return [event_of(row) for row in db.execute(query.order_by(audit_event.c.seq)).mappings()]
