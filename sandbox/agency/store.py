"""The agency's own tables (schema `agency`) and all their SQL: what the web app, the platforms and incidents remember.

The job queue has its own file. What the bot reads is written through `clients.store` and `audits`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    delete,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from storage.clock import SQL_NOW

metadata = MetaData(schema="agency")
TIME = DateTime(timezone=True)

command = Table(
    "command",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("received_at", TIME, nullable=False, server_default=SQL_NOW),
)

asset = Table(
    "asset",
    metadata,
    Column("asset_id", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("file", Text),
)

# What the platforms hold. `key` is the idempotency key under which it was sent.
post = Table(
    "post",
    metadata,
    Column("platform", Text, nullable=False),
    Column("post_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("posted_at", TIME, nullable=False, server_default=SQL_NOW),
    Column("key", Text, nullable=False, unique=True),
    Column("replies", JSONB, nullable=False, server_default=text("'[]'")),
    PrimaryKeyConstraint("platform", "post_id"),
)

# What was written to people who wrote; `key` is the idempotency key under which it was sent.
message = Table(
    "message",
    metadata,
    Column("key", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", TIME, nullable=False, server_default=SQL_NOW),
)

incident = Table(
    "incident",
    metadata,
    Column("name", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("since", TIME, nullable=False, server_default=SQL_NOW),
)


@dataclass(frozen=True)
class Asset:
    """`file` is its name in asset storage, once it was made."""

    asset_id: str
    client_id: str
    title: str
    file: str | None = None


@dataclass(frozen=True)
class LivePost:
    """A post as the platform shows it."""

    platform: str
    post_id: str
    client_id: str
    surface: str
    text: str
    image_url: str
    posted_at: datetime
    key: str
    replies: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Sent:
    """A message of ours in a conversation on a platform."""

    key: str
    platform: str
    client_id: str
    thread: str
    text: str


@dataclass(frozen=True)
class Incident:
    """`target` is whom it hits: a platform, a client, a provider, or `*`."""

    name: str
    target: str
    since: datetime


def accept(db: Connection, command_id: UUID, body: Mapping[str, Any]) -> bool:
    """Remembers a command; False when it was accepted before."""
    row = db.execute(
        insert(command)
        .values(command_id=command_id, body=dict(body))
        .on_conflict_do_nothing()
        .returning(command.c.command_id)
    ).first()
    return row is not None


def accepted(db: Connection, command_id: UUID) -> bool:
    return db.execute(select(command.c.command_id).where(command.c.command_id == command_id)).first() is not None


def keep_assets(db: Connection, assets: Iterable[Asset]) -> None:
    rows = [asdict(each) for each in assets]
    if rows:
        db.execute(insert(asset).on_conflict_do_nothing(), rows)


def keep_asset(db: Connection, made: Asset) -> None:
    """Remembers an asset and where its file is."""
    changed = {"file": made.file, "title": made.title}
    db.execute(insert(asset).values(asdict(made)).on_conflict_do_update(index_elements=["asset_id"], set_=changed))


def one_asset(db: Connection, asset_id: str) -> Asset | None:
    row = db.execute(select(asset).where(asset.c.asset_id == asset_id)).first()
    return Asset(*row) if row else None


def put_posts(db: Connection, posts: Iterable[LivePost]) -> None:
    """Shows posts; the same key twice is one post."""
    rows = [asdict(each) | {"replies": list(each.replies)} for each in posts]
    if rows:
        db.execute(insert(post).on_conflict_do_nothing(), rows)


def post_of_key(db: Connection, key: str) -> LivePost | None:
    return _live_post(db.execute(select(post).where(post.c.key == key)).first())


def one_post(db: Connection, platform: str, client_id: str, post_id: str) -> LivePost | None:
    query = select(post).where(post.c.platform == platform, post.c.client_id == client_id, post.c.post_id == post_id)
    return _live_post(db.execute(query).first())


def _live_post(row: Any) -> LivePost | None:
    if row is None:
        return None
    values = {field.name: row._mapping[field.name] for field in fields(LivePost)}
    return LivePost(**values | {"replies": tuple(row.replies)})


def add_reply(db: Connection, platform: str, post_id: str, reply: Mapping[str, str]) -> bool:
    """False when there is no such post."""
    found = db.execute(
        update(post)
        .where(post.c.platform == platform, post.c.post_id == post_id)
        .values(replies=post.c.replies.concat([dict(reply)]))
    )
    return found.rowcount == 1


def put_message(db: Connection, sent: Sent) -> None:
    """The same key twice is one message."""
    db.execute(insert(message).values(asdict(sent)).on_conflict_do_nothing())


def messages_in(db: Connection, platform: str, client_id: str, thread: str) -> list[str]:
    """The texts of ours in a conversation, oldest first."""
    where = (message.c.platform == platform, message.c.client_id == client_id, message.c.thread == thread)
    return list(db.execute(select(message.c.text).where(*where).order_by(message.c.sent_at)).scalars())


def begin_incident(db: Connection, name: str, target: str) -> Incident:
    """Begins an incident; one that lasts keeps its beginning and its target."""
    db.execute(insert(incident).values(name=name, target=target).on_conflict_do_nothing())
    return Incident(*db.execute(select(incident).where(incident.c.name == name)).one())


def end_incident(db: Connection, name: str) -> Incident | None:
    """The incident that ended; None when it had not begun."""
    row = db.execute(delete(incident).where(incident.c.name == name).returning(incident)).first()
    return Incident(*row) if row else None


def incidents_on(db: Connection) -> list[Incident]:
    return [Incident(*row) for row in db.execute(select(incident).order_by(incident.c.name))]
