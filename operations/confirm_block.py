"""Confirm block: the policy was right, what it held back stays where it is."""

from audits import ActionType
from clients.model import ItemKind
from operations.items import Decision

CONFIRM_BLOCK = Decision(
    action_id="operations.confirm_block",
    label="Confirm block",
    outcome="block confirmed",
    kinds=frozenset({ItemKind.POLICY_BLOCK}),
    command="confirm_block",
    audited_as=ActionType.CONFIRM_BLOCK,
)
