"""Follow up tomorrow: not today, but first thing then. One press, for a late check-in is short."""

from datetime import time

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import Aside, ItemKind
from operations.items import as_it_is, subject, too_late
from operations.model import Answer, Click, Done, Refused, Role
from operations.snooze import tomorrow
from storage import clock


class FollowUp:
    action_id = "operations.follow_up"
    label = "Follow up tomorrow"
    role = Role.OPERATOR
    kinds = frozenset(ItemKind) - {ItemKind.APPROVAL}  # a draft has its own time
    first: frozenset[ItemKind] = frozenset()
    style = None
    audited_as = ActionType.FOLLOW_UP

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        # From midnight on, so that the day's first check-in has it, however early that is.
        until = tomorrow(clock.now(db), click.person, time(0))
        if not work_items.put_aside(db, seen, Aside.FOLLOW_UP, click.person.name, "", until):
            return too_late(db, seen)
        return Done(f"to follow up: {item.title}", subject(item))


FOLLOW_UP = FollowUp()
