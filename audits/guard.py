"""The guard: no intent, no effect. Permit and intent in one transaction, then the caller acts, then the outcome.

A process that dies in between leaves an intent without an outcome; it never leaves an effect without an intent.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from audits import approvals, store, switches
from audits.approvals import Objection, Why
from audits.model import Effect, Phase, Result

# Longer than any call to a platform may take, so that an expired permit cannot still be acting.
PERMIT_TTL = timedelta(seconds=60)
# What was known of the switches when the permit was asked for; who begins later than this does not know enough.
FRESH = timedelta(seconds=15)
# Counts the time a machine sleeps, where there is such a clock.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Stopped(Exception):
    """A kill switch covers this effect; it was not caused, and the refusal is recorded."""

    def __init__(self, switches: list[str], audit_id: UUID) -> None:
        super().__init__(f"publishing is stopped for {', '.join(switches)}")
        self.switches = switches
        self.audit_id = audit_id


class Stale(Stopped):
    """The permit came too late to be sure that it still holds; asking again is safe."""


class Withheld(Exception):
    """Nobody stopped it, but it may not go out: it was not caused, and the refusal is recorded."""

    def __init__(self, objection: Objection, audit_id: UUID) -> None:
        super().__init__(objection.why)
        self.objection = objection
        self.audit_id = audit_id


class Changed(Withheld):
    """The payload is not what a person approved; a person is asked."""


class Unapproved(Withheld):
    """A person was asked to approve it and has not: it waits, is held, was rejected or sent back for changes."""


class Twice(Withheld):
    """Another attempt at the same is on its way, succeeded, or nobody knows; if that certainly failed, ask again."""


_WITHHELD: Mapping[Why, type[Withheld]] = {
    Why.CHANGED: Changed,
    Why.UNAPPROVED: Unapproved,
    Why.ON_ITS_WAY: Twice,
    Why.OUT: Twice,
}


@dataclass(frozen=True)
class Refusal:
    """Either something is stopped by `switches`, or there is an `objection` to just this."""

    audit_id: UUID
    switches: list[str]
    objection: Objection | None = None

    @property
    def error(self) -> Exception:
        if self.objection is None:
            return Stopped(self.switches, self.audit_id)
        return _WITHHELD[self.objection.why](self.objection, self.audit_id)


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


def ask(db: Connection, effect: Effect) -> Permit | Refusal:
    """A permit with its intent, or a refusal, on the record either way. It holds once the transaction is committed."""
    objection = None
    if stopping := switches.stopped_by(db, effect.scope, effect.once):
        proof: dict[str, Any] = {"switches": stopping}
    elif objection := approvals.objection(db, effect):
        proof = {**objection.proof}
    else:
        return Permit(effect, switches.grant(db, effect, PERMIT_TTL))
    return Refusal(store.record(db, effect, Phase.OUTCOME, Result.BLOCKED, proof), stopping, objection)


@contextmanager
def guard(engine: Engine, effect: Effect) -> Iterator[Permit]:
    """Wraps one side effect; raises `Stopped` or `Withheld` before the body when it may not be caused.

    An exception inside the body is recorded as `unknown` (unless the permit was told how it went) and goes on.
    """
    asked = time.clock_gettime(_CLOCK)
    with engine.begin() as db:
        permit = ask(db, effect)
    if isinstance(permit, Refusal):
        raise permit.error
    if time.clock_gettime(_CLOCK) - asked > FRESH.total_seconds():
        permit.result, permit.proof = Result.BLOCKED, {"error": "the permit came too late"}
        raise Stale(["a moment: the guard answered too late"], _conclude(engine, permit))
    try:
        yield permit
    except BaseException as problem:
        if permit.result is Result.UNKNOWN:
            permit.proof = {"error": type(problem).__name__}
        raise
    finally:
        _conclude(engine, permit)


def _conclude(engine: Engine, permit: Permit) -> UUID:
    told = (permit.effect, Phase.OUTCOME, permit.result, permit.proof)
    # One statement is whole by itself: to begin and end a transaction round it would take two more ways to Postgres.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        permit.outcome_id = store.record(db, *told, along=switches.SETTLE)
    return permit.outcome_id
