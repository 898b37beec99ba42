"""The pictures of cards: kept until Slack has them, and what Slack calls them then."""

import hashlib
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from messages.tables import card, picture
from storage.clock import SQL_NOW


def put_picture(db: Connection, key: str, card_key: str, png: bytes, alt_text: str) -> None:
    """Gives the card `card_key` the picture that its image block `key` waits for."""
    digest = hashlib.sha256(png).hexdigest()
    changed = db.execute(
        insert(picture)
        .values(key=key, card_key=card_key, content_hash=digest, png=png, alt_text=alt_text)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"png": png, "content_hash": digest, "alt_text": alt_text, "file_id": None, "problem": None},
            where=picture.c.content_hash != digest,
        )
        .returning(picture.c.key)
    )
    if changed.first():
        due_again = {"revision": card.c.revision + 1, "wanted_at": SQL_NOW}
        db.execute(update(card).where(card.c.key == card_key).values(due_again))


def to_upload(db: Connection, card_key: str) -> list[Any]:
    """Rows of (key, png, alt_text, content_hash) that Slack does not have yet."""
    return list(
        db.execute(
            select(picture.c.key, picture.c.png, picture.c.alt_text, picture.c.content_hash).where(
                picture.c.card_key == card_key, picture.c.file_id.is_(None), picture.c.problem.is_(None)
            )
        )
    )


def uploaded(db: Connection, key: str, content_hash: str, *, file_id: str | None, problem: str | None = None) -> None:
    db.execute(
        update(picture)
        .where(picture.c.key == key, picture.c.content_hash == content_hash)
        .values(file_id=file_id, problem=problem)
    )


def drop(db: Connection, card_key: str, problem: str) -> bool:
    """Leaves out the card's pictures that Slack had and will not show; False when there are none."""
    dropped = db.execute(
        update(picture)
        .where(picture.c.card_key == card_key, picture.c.file_id.is_not(None))
        .values(file_id=None, problem=problem)
    )
    return dropped.rowcount > 0


def file_ids(db: Connection, card_key: str) -> dict[str, str]:
    """Picture key → Slack file id, for those that are uploaded."""
    rows = db.execute(
        select(picture.c.key, picture.c.file_id).where(picture.c.card_key == card_key, picture.c.file_id.is_not(None))
    )
    return {row.key: row.file_id for row in rows}
