"""Acknowledge: a person says they are on it. The card says so at its next refresh."""

from sqlalchemy import Connection

from alerts import store
from alerts.model import Incident
from audits import ActionType
from messages.blocks import Element, button, date, escape
from operations.model import Answer, Click, Done, Refused, Role, Subject


class Acknowledge:
    action_id = "alerts.acknowledge"
    role = Role.OPERATOR
    audited_as = ActionType.ACKNOWLEDGE

    def button(self, incident: Incident) -> Element:
        return button("Acknowledge", self.action_id, incident.incident_id, style="primary")

    def run(self, db: Connection, click: Click) -> Answer:
        known = store.one_incident(db, click.value)
        if known is None:
            return Refused("unknown_incident", "This alert is not known any more.")
        subject = Subject(platform=known.group.common_labels.get("platform"))
        acked = store.acknowledge(db, known.incident_id, click.person.name)
        if acked is None:
            return Refused("already_acknowledged", _too_late(store.one_incident(db, click.value) or known), subject)
        return Done(f"acknowledged {known.group.leading.labels.get('alertname', 'alert')}", subject)


ACKNOWLEDGE = Acknowledge()


def _too_late(incident: Incident) -> str:
    if incident.acked_by and incident.acked_at:
        return f"{escape(incident.acked_by)} is on it since {date(incident.acked_at, '{time_secs}')}."
    return "It is over already; nothing to acknowledge."
