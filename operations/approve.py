"""Approve: the draft goes out as it was seen, at its time."""

from datetime import timedelta

from audits import ActionType
from clients.model import ItemKind
from operations.items import Decision

APPROVE = Decision(
    action_id="operations.approve",
    label="Approve",
    outcome="approved",
    kinds=frozenset({ItemKind.APPROVAL}),
    command="publish",
    audited_as=ActionType.APPROVE,
    # An approval that could not be told to the platform for so long needs a new look.
    ttl=timedelta(minutes=10),
    style="primary",
    sends=True,
)
