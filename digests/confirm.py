"""Looks right: a person has looked at what no item of a step stands for."""

from sqlalchemy import Connection

from audits import ActionType
from digests import store
from digests.checkins import CHECKINS
from messages.blocks import Element, button, escape
from operations.model import Answer, Click, Done, Refused, Role


class Confirm:
    action_id = "digests.confirm"
    role = Role.OPERATOR
    audited_as = ActionType.CONFIRM

    def button(self, slot_key: str, section: str) -> Element:
        return button("Looks right", self.action_id, f"{slot_key}|{section}")

    def run(self, db: Connection, click: Click) -> Answer:
        slot_key, _, section = click.value.partition("|")
        if section not in {step.name for checkin in CHECKINS.values() for step in checkin.steps}:
            return Refused("unknown_step", "This step is not known any more. Open the newest check-in.")
        if not store.is_known(db, slot_key):
            return Refused("unknown_checkin", "This check-in is not known any more. Open the newest one.")
        if not store.tick(db, slot_key, section, click.person.name):
            by = store.ticks(db, slot_key)[section].by
            return Refused("already_confirmed", f"{escape(by)} has confirmed this already.")
        return Done(f"confirmed {section} of {slot_key}")


CONFIRM = Confirm()
