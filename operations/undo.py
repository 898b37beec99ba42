"""Undo: takes a decision back before the platform is told; takes up again what was put aside."""

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import ItemKind, ItemState, Seen, WorkItem
from messages.blocks import Element, button
from operations.item_store import withdraw
from operations.items import as_seen, command_id, subject, too_late
from operations.model import Answer, Click, Done, Refused, Role


class Undo:
    action_id = "operations.undo"
    role = Role.OPERATOR
    audited_as = ActionType.UNDO

    def button(self, item: WorkItem) -> Element:
        label = "Undo" if item.state is ItemState.CLOSED else "Take up again"
        return button(label, self.action_id, Seen.of(item).value)

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_seen(db, click, frozenset(ItemKind))
        if isinstance(found, Refused):
            return found
        seen, item = found
        if item.state is ItemState.OPEN:
            if not work_items.take_up(db, seen, click.person.name):
                return too_late(db, seen)
            return Done(f"taken up again: {item.title}", subject(item))
        # The command is the truth: once a sender has it, nothing of ours calls it back.
        if seen != Seen.of(item) or not withdraw(db, command_id(item)):
            told = "It is too late to undo this: the platform was told already."
            return Refused("too_late", told, subject(item))
        if not work_items.reopen(db, seen, click.person.name):
            raise RuntimeError(f"{item.item_id} changed while its row was locked")
        return Done(f"taken back ({item.outcome}): {item.title}", subject(item))


UNDO = Undo()
