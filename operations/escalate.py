"""Escalate: somebody with more say has it from now on, called by name in a thread of its own."""

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import ItemKind
from operations.assign import acting, whom, why
from operations.items import as_it_is, dialog, subject, too_late
from operations.model import Answer, Click, Done, Invalid, Refused, Role


class Escalate:
    action_id = "operations.escalate"
    label = "Escalate…"
    role = Role.OPERATOR
    kinds = frozenset(ItemKind)
    first = frozenset({ItemKind.ESCALATION})
    style = None
    audited_as = ActionType.ESCALATE

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        if not click.answers:
            return dialog(db, self, item, whom("Who should have it?", None), why(optional=False))
        owner = acting(click.named)
        if isinstance(owner, Invalid):
            return owner
        words = click.answers.get("words", "")
        if len(words) < 3:
            return Invalid({"words": "Say in a few words why: it is what they will read first."})
        if not work_items.hand_to(db, seen, owner.user_id, owner.name, click.person.name, words, escalate=True):
            return too_late(db, seen)
        return Done(f"escalated to {owner.name}: {item.title}", subject(item))


ESCALATE = Escalate()
