"""The gap: when no replica was running, and what happened meanwhile, for the check-in that comes late because of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digests import happened, store
from digests.model import Pod, Slot
from messages.blocks import date

LATE_AFTER = timedelta(minutes=10)
_BEATS = timedelta(minutes=2)
"""Every replica shows a sign of life every few seconds; after so long without any nobody was there."""
_NAMED = 3


@dataclass(frozen=True)
class Gap:
    since: datetime
    until: datetime


def beat(db: Connection, now: datetime) -> None:
    """A sign of life. The first one after a gap writes the gap down, for whichever replica posts the late check-in."""
    store.beat(db, now, _BEATS)


def running(db: Connection, now: datetime) -> bool:
    """Whether a replica has shown a sign of life of late."""
    last = store.last_beat(db)
    return last is not None and now - last < _BEATS


def explain(db: Connection, slot: Slot, pod: Pod, now: datetime) -> str:
    """Why the check-in comes late, what happened meanwhile, and which before it did not come; empty when all is well.

    mrkdwn, a line for each.
    """
    lines = []
    if now - slot.due_at >= LATE_AFTER:
        told = store.gap(db)
        gap = Gap(*told) if told and told[0] <= slot.due_at <= told[1] else None
        lines.append(f"⏰ Posted {round((now - slot.due_at) / timedelta(minutes=1))} min late: {_reason(gap)}.")
        lines.append(_meanwhile(db, gap.since if gap else slot.due_at, now, pod))
    if skipped := store.skipped_since_last(db, slot):
        named = ", ".join(f"{one.checkin} of {one.local_date.day} {one.local_date:%B}" for one in skipped[-_NAMED:])
        more = f" and {len(skipped) - _NAMED} before" if len(skipped) > _NAMED else ""
        lines.append(f"Not posted, because its time had long passed: {named}{more}.")
    return "\n".join(lines)


def _reason(gap: Gap | None) -> str:
    if gap is None:
        return "the bot was not running when it was due"
    day = "{date_short_pretty}, {time}"
    return f"the bot was not running from {date(gap.since, day)} to {date(gap.until, day)}"


def _meanwhile(db: Connection, since: datetime, until: datetime, pod: Pod) -> str:
    told = happened.counted(db, since, until, pod.client_ids)
    counts = (
        (told.alerts, "alert", "alerts"),
        (told.failed, "post failed", "posts failed"),
        (told.stops, "stop", "stops"),
        (told.published, "post went out", "posts went out"),
    )
    words = ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)
    return f"Meanwhile: {words or 'no alert, no failed post, no stop'}."
