"""Request changes: the draft goes back with words, and its new version asks again."""

from audits import ActionType
from clients.model import CHANGES_REQUESTED, ItemKind
from operations.items import Decision, Question

REQUEST_CHANGES = Decision(
    action_id="operations.request_changes",
    label="Request changes…",
    outcome=CHANGES_REQUESTED,
    kinds=frozenset({ItemKind.APPROVAL}),
    command="request_changes",
    audited_as=ActionType.REQUEST_CHANGES,
    asks=Question("What should change?", "Whoever reworks the draft reads this."),
)
