"""The guard: no intent, no effect. Permit and intent in one transaction, then the caller acts, then the outcome.

A process that dies in between leaves an intent without an outcome; it never leaves an effect without an intent.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from audits import store, switches
from audits.model import Effect, Phase, Result
from storage import clock

# Longer than any call to a platform may take, so that an expired permit cannot still be acting.
PERMIT_TTL = timedelta(seconds=60)


class Stopped(Exception):
    """A kill switch covers this effect; it was not caused, and the refusal is recorded."""

    def __init__(self, switches: list[str], audit_id: UUID) -> None:
        super().__init__(f"publishing is stopped for {', '.join(switches)}")
        self.switches = switches
        self.audit_id = audit_id


@dataclass
class Permit:
    """Leave to act once. Tell it how it went; what is not told becomes `unknown`."""

    effect: Effect
    intent_id: UUID
    result: Result = Result.UNKNOWN
    proof: Mapping[str, Any] = field(default_factory=dict)
    outcome_id: UUID | None = None

    def succeeded(self, **proof: Any) -> None:
        """`proof`: post_url, screenshot_ref, … whatever lets a third party see that it happened."""
        self.result, self.proof = Result.SUCCESS, proof

    def failed(self, **proof: Any) -> None:
        """Only when it certainly did not happen; a timeout is not a failure, it is unknown."""
        self.result, self.proof = Result.FAIL, proof


@contextmanager
def guard(engine: Engine, effect: Effect) -> Iterator[Permit]:
    """Wraps one side effect; raises `Stopped` before the body when a kill switch covers it.

    An exception inside the body is recorded as `unknown` (unless the permit was told how it went) and goes on.
    """
    with engine.begin() as db:
        stopping = switches.stopped_by(db, effect.scope)
        if stopping:
            audit_id = store.record(db, effect, Phase.OUTCOME, Result.BLOCKED, {"switches": stopping})
        else:
            switches.grant(db, effect, clock.now(db) + PERMIT_TTL)
            audit_id = store.record(db, effect, Phase.INTENT, None)
    if stopping:
        raise Stopped(stopping, audit_id)

    permit = Permit(effect, audit_id)
    try:
        yield permit
    except BaseException as problem:
        if permit.result is Result.UNKNOWN:
            permit.proof = {"error": type(problem).__name__}
        raise
    finally:
        with engine.begin() as db:
            permit.outcome_id = store.record(db, effect, Phase.OUTCOME, permit.result, permit.proof)
            switches.settle(db, effect.command_id)
