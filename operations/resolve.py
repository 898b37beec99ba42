"""Resolve: a person has dealt with it; the platform need not wait any longer."""

from audits import ActionType
from clients.model import ItemKind
from operations.items import Decision

RESOLVE = Decision(
    action_id="operations.resolve",
    label="Resolve",
    outcome="resolved",
    kinds=frozenset(ItemKind) - {ItemKind.APPROVAL, ItemKind.POLICY_BLOCK},
    command="resolve",
    audited_as=ActionType.RESOLVE,
)
