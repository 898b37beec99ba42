"""The outbox: a row per card with what it should show and what it shows. A later wish replaces an earlier one.

A card is written in the transaction of the state it tells of, so it can neither be lost nor tell of what never was.
Edits that come faster than Slack takes them fold into one, because only the newest revision is sent.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from messages.blocks import Message
from messages.tables import card, picture, slack_gate
from storage.clock import SQL_NOW


@dataclass(frozen=True)
class Claim:
    """One card to be sent, held until the lease ends. `attempt` is the fence: a stale holder changes nothing."""

    key: str
    channel: str
    thread_key: str | None
    thread_ts: str | None
    wanted: Mapping[str, Any]
    revision: int
    channel_id: str | None
    ts: str | None
    attempt: int
    first_attempt_at: datetime
    doubt: bool
    """An earlier holder may have posted it without our learning of it."""
    note: str
    """Why it stands where it does, for those who would look for it elsewhere; mostly empty."""


@dataclass(frozen=True)
class Posted:
    """A card in Slack that may stand there twice."""

    key: str
    channel_id: str
    ts: str
    thread_ts: str | None
    first_attempt_at: datetime


def put(
    db: Connection, key: str, channel: str, message: Message, *, priority: int = 5, thread_key: str | None = None
) -> None:
    """Wishes that the card `key` shows `message`; nothing happens when it does already.

    `channel` is a name or an id and counts only the first time; priority 0 goes first.
    """
    put_all(db, {key: message}, channel, priority=priority, thread_key=thread_key)


def put_all(
    db: Connection, cards: Mapping[str, Message], channel: str, *, priority: int, thread_key: str | None
) -> None:
    """`put` for many cards by their keys, in one go however many they are."""
    rows = []
    for key, message in cards.items():
        wanted = {"text": message.text, "blocks": message.blocks}
        digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
        own = {"channel": channel, "thread_key": thread_key, "priority": priority}
        rows.append({"key": key, "wanted": wanted, "wanted_hash": digest} | own)
    if not rows:
        return
    statement = insert(card)
    new = statement.excluded
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["key"],
            set_={
                "wanted": new.wanted,
                "wanted_hash": new.wanted_hash,
                "priority": new.priority,
                "revision": card.c.revision + 1,
                # What already waits keeps its place in the queue.
                "wanted_at": case((card.c.revision > card.c.shown, card.c.wanted_at), else_=SQL_NOW),
                "next_at": func.least(card.c.next_at, SQL_NOW),
            },
            where=card.c.wanted_hash != new.wanted_hash,
        ),
        rows,
    )


def claim(db: Connection, lease: timedelta, grace: timedelta) -> Claim | None:
    """Takes the most urgent card that is due; None when there is none.

    A card whose post may have reached Slack without our learning of it waits `grace` beyond its lease, so that the
    message is in the history by the time the next holder looks for it there.
    """
    parent = card.alias("parent")
    channel = func.coalesce(parent.c.channel, card.c.channel)  # a reply goes where the message above it went
    open_gate = ~(
        select(slack_gate.c.channel)
        .where(slack_gate.c.opens_at > SQL_NOW, slack_gate.c.channel.in_([channel, "*"]))
        .exists()
    )
    wait = case((card.c.doubt, grace), else_=timedelta(0))
    due = (
        select(card.c.key, card.c.doubt, parent.c.ts.label("thread_ts"), channel.label("place"))
        .outerjoin(parent, parent.c.key == card.c.thread_key)
        .where(
            card.c.revision > card.c.shown,
            card.c.next_at <= SQL_NOW,
            or_(card.c.lease_until.is_(None), card.c.lease_until + wait < SQL_NOW),
            or_(card.c.thread_key.is_(None), parent.c.ts.is_not(None)),
            open_gate,
        )
        .order_by(card.c.priority, card.c.wanted_at, card.c.key)
        .limit(1)
        .with_for_update(skip_locked=True, of=card)
        .cte("due")
    )
    row = db.execute(
        update(card)
        .where(card.c.key == due.c.key)
        .values(
            attempt=card.c.attempt + 1,
            doubt=card.c.ts.is_(None),
            lease_until=SQL_NOW + lease,
            first_attempt_at=func.coalesce(card.c.first_attempt_at, SQL_NOW),
        )
        .returning(card, due.c.thread_ts, due.c.place, due.c.doubt.label("doubted"))
    ).first()
    if row is None:
        return None
    return Claim(
        key=row.key,
        channel=row.place,
        thread_key=row.thread_key,
        thread_ts=row.thread_ts,
        wanted=row.wanted,
        revision=row.revision,
        channel_id=row.channel_id,
        ts=row.ts,
        attempt=row.attempt,
        first_attempt_at=row.first_attempt_at,
        doubt=row.doubted,
        note=row.note,
    )


def _held(claimed: Claim) -> Any:
    return and_(card.c.key == claimed.key, card.c.attempt == claimed.attempt)


def shown(db: Connection, claimed: Claim, channel_id: str, ts: str, grace: timedelta) -> timedelta | None:
    """The message stands in Slack as revision `claimed.revision`; a picture still to come leaves it due once more.

    How long it had been wanted, or None if the lease was lost meanwhile. What was in doubt when it was posted is looked
    for once more after `grace`. So is what was sent by one who held it no more: another may have sent it too, before or
    with newer words, so that it is shown anew.
    """
    picture_waits = (
        select(picture.c.key)
        .where(picture.c.card_key == claimed.key, picture.c.file_id.is_(None), picture.c.problem.is_(None))
        .exists()
    )
    late = SQL_NOW + grace
    waited: timedelta | None = db.execute(
        update(card)
        .where(_held(claimed))
        .values(
            shown=case((picture_waits, claimed.revision - 1), else_=claimed.revision),
            doubt=False,
            channel_id=channel_id,
            ts=ts,
            posted_at=func.coalesce(card.c.posted_at, SQL_NOW),
            lease_until=None,
            problem=None,
            next_at=SQL_NOW,
            **({"sweep_at": late} if claimed.doubt else {}),
        )
        .returning(SQL_NOW - card.c.wanted_at)
    ).scalar()
    if waited is None:
        db.execute(update(card).where(card.c.key == claimed.key).values(revision=card.c.revision + 1, sweep_at=late))
    return waited


def look_again(db: Connection, claimed: Claim, after: timedelta) -> None:
    """What was sent may come to Slack yet, when we have given it up: it is looked for `after` that."""
    db.execute(update(card).where(card.c.key == claimed.key).values(sweep_at=SQL_NOW + after))


def to_sweep(db: Connection, again: timedelta) -> Posted | None:
    """A card that may stand in Slack twice, to be looked for now; None when there is none. `again` if that fails."""
    due = (
        select(card.c.key)
        .where(card.c.sweep_at <= SQL_NOW, card.c.ts.is_not(None))
        .order_by(card.c.sweep_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    above = card.alias("above")
    thread_ts = select(above.c.ts).where(above.c.key == card.c.thread_key).scalar_subquery()
    row = db.execute(
        update(card)
        .where(card.c.key == due)
        .values(sweep_at=SQL_NOW + again)
        .returning(card, thread_ts.label("thread_ts"))
    ).first()
    return Posted(row.key, row.channel_id, row.ts, row.thread_ts, row.first_attempt_at) if row else None


def swept(db: Connection, posted: Posted, last: timedelta, *, anew: bool) -> None:
    """It stands there once, or was deleted; it is looked for anew when it has stood for `last`.

    With `anew` it shows its newest words again.
    """
    then = card.c.posted_at + last
    same = and_(card.c.key == posted.key, card.c.ts == posted.ts)
    later = case((then > SQL_NOW, then), else_=None)
    db.execute(update(card).where(same).values(sweep_at=later, revision=card.c.revision + int(anew)))


def postponed(db: Connection, claimed: Claim, problem: str, delay: timedelta) -> None:
    """It certainly was not sent; it is tried again after `delay`."""
    _let_go(db, claimed, problem=problem, next_at=SQL_NOW + delay)


def refused(db: Connection, claimed: Claim, problem: str) -> None:
    """Slack will never take this revision; a later one is tried again."""
    _let_go(db, claimed, problem=problem, shown=claimed.revision)


def _let_go(db: Connection, claimed: Claim, **values: Any) -> None:
    """This attempt sent nothing, so the card is in doubt only if it was before."""
    db.execute(update(card).where(_held(claimed)).values(lease_until=None, doubt=claimed.doubt, **values))


def anew(db: Connection, claimed: Claim, note: str, *, channel: str | None = None) -> list[tuple[str, str]]:
    """Says the card anew, in `channel` if given, because it cannot stand or be answered where it does.

    A thread stays together: a reply that cannot be given takes the message above it and all the other replies along.
    Gives (channel id, ts) of the replies that are left behind.
    """
    alone = claimed.thread_key is None or (claimed.ts and not channel)
    top = claimed.key if alone else claimed.thread_key
    # First the top, by all who find out at the same time.
    db.execute(select(card.c.key).where(card.c.key == top).with_for_update())
    still = select(card.c.key).where(_held(claimed)).exists()
    thread = or_(card.c.key == top, card.c.thread_key == top)
    rows = db.execute(select(card.c.key, card.c.channel_id, card.c.ts).where(thread, still)).all()
    db.execute(
        update(card)
        .where(card.c.key.in_([row.key for row in rows]))
        .values(
            revision=card.c.revision + 1,
            attempt=card.c.attempt + 1,  # who holds one of them just now changes nothing
            channel=channel or card.c.channel,
            channel_id=None,
            ts=None,
            doubt=False,
            lease_until=None,
            first_attempt_at=None,
            sweep_at=None,
            next_at=SQL_NOW,
            note=case((card.c.key == top, note), else_=""),
        )
    )
    return [(row.channel_id, row.ts) for row in rows if row.ts and row.key not in (claimed.key, top)]


def close_gate(db: Connection, channel: str, delay: timedelta) -> None:
    """Nothing is sent to `channel` ("*": to Slack) for `delay`."""
    db.execute(
        insert(slack_gate)
        .values(channel=channel, opens_at=SQL_NOW + delay)
        .on_conflict_do_update(
            index_elements=["channel"], set_={"opens_at": func.greatest(slack_gate.c.opens_at, SQL_NOW + delay)}
        )
    )


def address(db: Connection, key: str) -> tuple[str, str] | None:
    """(channel id, ts) of a posted card."""
    row = db.execute(select(card.c.channel_id, card.c.ts).where(card.c.key == key, card.c.ts.is_not(None))).first()
    return (row.channel_id, row.ts) if row else None


def known(db: Connection, keys: Collection[str]) -> set[str]:
    """Those of these keys that are cards."""
    return set(db.execute(select(card.c.key).where(card.c.key.in_(keys))).scalars())


def card_at(db: Connection, channel_id: str, ts: str) -> str | None:
    """The key of the card that stands there."""
    found: str | None = db.execute(select(card.c.key).where(card.c.channel_id == channel_id, card.c.ts == ts)).scalar()
    return found


def channel_of(db: Connection, key: str) -> str | None:
    """Where a card was put, as its writer named the channel."""
    found: str | None = db.execute(select(card.c.channel).where(card.c.key == key)).scalar()
    return found
