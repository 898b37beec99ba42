"""What was done and what may be done: the append-only record, the guard round every side effect, the kill switches.

Which button was pressed, and who may press it, is left to `operations/`.
"""

from audits.guard import Changed, Permit, Stale, Stopped, Twice, Unapproved, Withheld, guard
from audits.model import ActionType, ActorType, AuditEvent, Effect, Phase, Result, Scope, payload_hash

__all__ = [
    "ActionType",
    "ActorType",
    "AuditEvent",
    "Changed",
    "Effect",
    "Permit",
    "Phase",
    "Result",
    "Scope",
    "Stale",
    "Stopped",
    "Twice",
    "Unapproved",
    "Withheld",
    "guard",
    "payload_hash",
]
