"""Hold: the draft waits, in nobody's way, until somebody takes it up again."""

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import Aside, ItemKind
from operations.items import Question, as_it_is, dialog, subject, too_late
from operations.model import Answer, Click, Done, Invalid, Refused, Role

_WHY = Question("What is it waiting for?", "Shown wherever the draft is.")


class Hold:
    action_id = "operations.hold"
    label = "Hold…"
    role = Role.OPERATOR
    kinds = frozenset({ItemKind.APPROVAL})
    first: frozenset[ItemKind] = frozenset()
    style = None
    audited_as = ActionType.HOLD

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        if not click.answers:
            return dialog(db, self, item, *_WHY.inputs(item))
        words = _WHY.words(click.answers)
        if isinstance(words, Invalid):
            return words
        if not work_items.put_aside(db, seen, Aside.HELD, click.person.name, words):
            return too_late(db, seen)
        return Done(f"put on hold: {item.title}", subject(item))


HOLD = Hold()
