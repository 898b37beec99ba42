"""The tables of clicks and of commands to the platform, and all their SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from storage.clock import SQL_NOW
from storage.engine import metadata

_TIME = DateTime(timezone=True)

click = Table(
    "click",
    metadata,
    Column("key", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", _TIME, nullable=False, server_default=SQL_NOW),
)
Index("ix_click_at", click.c.at)

command = Table(
    "command",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("state", Text, nullable=False),  # waiting, accepted, refused
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("next_at", _TIME, nullable=False, server_default=SQL_NOW),
    Column("lease_until", _TIME),
    Column("problem", Text),
    Column("issued_at", _TIME, nullable=False, server_default=SQL_NOW),
    Column("accepted_at", _TIME),
)
Index("ix_command_due", command.c.priority, command.c.issued_at, postgresql_where=command.c.state == "waiting")

resume_request = Table(
    "resume_request",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("requested_by", Text, nullable=False),
    Column("requested_by_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", _TIME, nullable=False, server_default=SQL_NOW),
)


@dataclass(frozen=True)
class Command:
    """One command held by a sender until its lease ends; `attempt` is the fence."""

    command_id: UUID
    kind: str
    body: Mapping[str, Any]
    attempt: int


def remember_click(db: Connection, key: str, user_id: str, action_id: str, value: str) -> bool:
    """False when this very click was seen before."""
    return (
        db.execute(
            insert(click)
            .values(key=key, user_id=user_id, action_id=action_id, value=value[:500], answer="")
            .on_conflict_do_nothing()
            .returning(click.c.key)
        ).first()
        is not None
    )


def answer_click(db: Connection, key: str, answer: str) -> None:
    db.execute(update(click).where(click.c.key == key).values(answer=answer))


def forget_click(db: Connection, key: str) -> None:
    db.execute(click.delete().where(click.c.key == key))


def issued_command(
    command_id: UUID, kind: str, body: Mapping[str, Any], issued_at: datetime, ttl: timedelta | None
) -> Mapping[str, Any]:
    """The whole body of a command. `ttl` None: it never expires."""
    return {
        **body,
        "command_id": str(command_id),
        "kind": kind,
        "issued_at": issued_at.isoformat(),
        "expires_at": (issued_at + ttl).isoformat() if ttl else None,
    }


def put_command(
    db: Connection, command_id: UUID, kind: str, body: Mapping[str, Any], *, priority: int = 5, ttl: timedelta | None
) -> None:
    """Issues a command in the transaction of the decision it follows from."""
    issued: datetime = db.execute(select(SQL_NOW)).scalar_one()
    whole = issued_command(command_id, kind, body, issued, ttl)
    db.execute(
        insert(command)
        .values(command_id=command_id, kind=kind, body=whole, priority=priority, state="waiting")
        .on_conflict_do_nothing()
    )


def newest_order(db: Connection, kind: str, scope_key: str) -> Any | None:
    """row(command_id, state, problem) of the last `stop` or `resume` of this scope."""
    asked = select(command.c.command_id, command.c.state, command.c.problem).where(
        command.c.kind == kind, command.c.body["scope"].astext == scope_key
    )
    return db.execute(asked.order_by(command.c.issued_at.desc()).limit(1)).first()


def claim_command(db: Connection, lease: timedelta, only: UUID | None = None) -> Command | None:
    """Takes the most urgent due command, or `only` this one. Sending twice is safe: the platform knows the id."""
    due = (
        select(command.c.command_id)
        .where(
            command.c.state == "waiting",
            command.c.next_at <= SQL_NOW,
            or_(command.c.lease_until.is_(None), command.c.lease_until < SQL_NOW),
            *((command.c.command_id == only,) if only else ()),
        )
        .order_by(command.c.priority, command.c.issued_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    row = db.execute(
        update(command)
        .where(command.c.command_id == due)
        .values(attempt=command.c.attempt + 1, lease_until=SQL_NOW + lease)
        .returning(command.c.command_id, command.c.kind, command.c.body, command.c.attempt)
    ).first()
    return Command(row.command_id, row.kind, row.body, row.attempt) if row else None


def settle_command(
    db: Connection, held: Command, *, state: str, problem: str | None = None, delay: timedelta | None = None
) -> bool:
    """`delay` is given when it is to be tried again. False when the lease ran out and another sender took over."""
    return (
        db.execute(
            update(command)
            .where(command.c.command_id == held.command_id, command.c.attempt == held.attempt)
            .values(
                state=state,
                problem=problem,
                lease_until=None,
                accepted_at=SQL_NOW if state == "accepted" else None,
                next_at=SQL_NOW + delay if delay else SQL_NOW,
            )
            .returning(command.c.command_id)
        ).first()
        is not None
    )


def request_resume(db: Connection, scope: str, user_id: str, name: str, reason: str) -> None:
    """The first of two people asks; a later request replaces an earlier one."""
    values = {"requested_by": user_id, "requested_by_name": name, "reason": reason, "at": SQL_NOW}
    db.execute(
        insert(resume_request)
        .values(scope=scope, **values)
        .on_conflict_do_update(index_elements=["scope"], set_=values)
    )


def resume_requests(db: Connection) -> dict[str, Any]:
    """Scope → row(requested_by, requested_by_name, reason, at)."""
    return {row.scope: row for row in db.execute(select(resume_request))}


def forget_resume(db: Connection, scope: str) -> None:
    db.execute(resume_request.delete().where(resume_request.c.scope == scope))
