"""Reject: the draft does not go out, and its reason is counted."""

from audits import ActionType
from clients.model import ItemKind
from operations.items import Decision, Question

REJECT = Decision(
    action_id="operations.reject",
    label="Reject…",
    outcome="rejected",
    kinds=frozenset({ItemKind.APPROVAL}),
    command="reject",
    audited_as=ActionType.REJECT,
    first=frozenset(),
    asks=Question(
        "Why?",
        "Kept with the draft, so that the next one is better.",
        ("Off brand", "Wrong facts", "Wrong time", "The client says no", "Another reason"),
    ),
)
