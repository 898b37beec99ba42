"""Retry: the platform tries again what it gave up; never what may be out already, or it would be there twice."""

from datetime import timedelta

from audits import ActionType
from clients.model import RETRIED, ItemKind
from operations.items import Decision

RETRY = Decision(
    action_id="operations.retry",
    label="Retry",
    outcome=RETRIED,
    kinds=frozenset({ItemKind.PUBLISH_FAILURE, ItemKind.VERIFICATION}),
    command="retry",
    audited_as=ActionType.RETRY,
    ttl=timedelta(minutes=10),
    style="primary",
    sends=True,
)
