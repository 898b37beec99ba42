"""Snooze: not now. It comes back with the next check-in, tomorrow morning, or at a time."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import Aside, ItemKind
from messages.blocks import Element, option, plain
from operations.items import as_it_is, dialog, selection, subject, too_late
from operations.model import Answer, Click, Done, Invalid, Person, Refused, Role
from storage import clock

_MORNING = time(9)
_LONGEST = timedelta(days=30)
_MOMENT = re.compile("[0-9]{1,11}")  # seconds since 1970: more of them are no year


class Snooze:
    action_id = "operations.snooze"
    label = "Snooze…"
    role = Role.OPERATOR
    kinds = frozenset(ItemKind)
    first: frozenset[ItemKind] = frozenset()
    style = None
    audited_as = ActionType.SNOOZE

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        now = clock.now(db)
        if not click.answers:
            return dialog(db, self, item, *_when(now))
        until = _until(click.answers, click.person, now)
        if isinstance(until, Invalid):
            return until
        why = Aside.UNTIL if until else Aside.CHECKIN
        if not work_items.put_aside(db, seen, why, click.person.name, "", until):
            return too_late(db, seen)
        return Done(f"snoozed: {item.title}", subject(item))


SNOOZE = Snooze()


def tomorrow(now: datetime, person: Person, at: time) -> datetime:
    """That time of the person's next day, in UTC."""
    zone = ZoneInfo(person.time_zone or "UTC")
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, at, zone).astimezone(UTC)


def _when(now: datetime) -> list[Element]:
    choices = [
        option("The next check-in", "checkin"),
        option("Tomorrow at nine", "tomorrow"),
        option("The time below", "time"),
    ]
    picked = int((now + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0).timestamp())
    at: Element = {
        "type": "input",
        "block_id": "at",
        "label": plain("Time"),
        "optional": True,
        "element": {"type": "datetimepicker", "action_id": "answer", "initial_date_time": picked},
    }
    return [selection("until", "Comes back with", choices), at]


def _until(answers: Mapping[str, str], person: Person, now: datetime) -> datetime | Invalid | None:
    """None: the next check-in."""
    match answers.get("until"):
        case "tomorrow":
            return tomorrow(now, person, _MORNING)
        case "time":
            at = answers.get("at", "")
            moment = datetime.fromtimestamp(int(at), UTC) if _MOMENT.fullmatch(at) else now
            if not now < moment < now + _LONGEST:
                return Invalid({"at": "Pick a time within the next 30 days."})
            return moment
    return None
