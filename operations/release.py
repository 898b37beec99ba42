"""Release: the policy was wrong this once. It goes out against a rule, so a lead decides, with a reason."""

from datetime import timedelta

from audits import ActionType
from clients.model import ItemKind
from operations.items import Decision, Question
from operations.model import Role

RELEASE = Decision(
    action_id="operations.release",
    label="Release…",
    outcome="released",
    kinds=frozenset({ItemKind.POLICY_BLOCK}),
    command="release",
    audited_as=ActionType.RELEASE,
    ttl=timedelta(minutes=10),
    role=Role.LEAD,
    asks=Question("Why is this a false positive?", "Kept on the record; whoever tends the policy reads it."),
    sends=True,
)
