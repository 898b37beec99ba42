"""Assign: one person has it from now on. The reason of a hand-off is shown with it."""

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import ItemKind
from messages.blocks import Element, plain
from operations.items import as_it_is, dialog, subject, too_late
from operations.model import Answer, Click, Done, Invalid, Person, Refused, Role


class Assign:
    action_id = "operations.assign"
    label = "Assign…"
    role = Role.OPERATOR
    kinds = frozenset(ItemKind)
    first: frozenset[ItemKind] = frozenset()
    style = None
    audited_as = ActionType.ASSIGN

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        if not click.answers:
            return dialog(db, self, item, whom("Who has it from now on?", click.person.user_id), why(optional=True))
        owner = acting(click.named)
        if isinstance(owner, Invalid):
            return owner
        words = click.answers.get("words", "")
        if not work_items.hand_to(db, seen, owner.user_id, owner.name, click.person.name, words):
            return too_late(db, seen)
        return Done(f"assigned to {owner.name}: {item.title}", subject(item))


ASSIGN = Assign()


def acting(person: Person | None) -> Person | Invalid:
    """Whoever is given an item must be able to decide it."""
    if person is None or person.role < Role.OPERATOR:
        return Invalid({"who": "Choose somebody who may decide: an operator or a lead."})
    return person


def whom(label: str, first: str | None) -> Element:
    element: Element = {"type": "users_select", "action_id": "answer"}
    if first:
        element["initial_user"] = first
    return {"type": "input", "block_id": "who", "label": plain(label), "element": element}


def why(*, optional: bool) -> Element:
    return {
        "type": "input",
        "block_id": "words",
        "label": plain("Why?"),
        "optional": optional,
        "element": {"type": "plain_text_input", "action_id": "answer", "max_length": 300},
    }
