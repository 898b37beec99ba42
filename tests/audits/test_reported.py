from dataclasses import replace
from uuid import UUID

from sqlalchemy import Engine

from audits import ActionType, ActorType, AuditEvent, Phase, Result, store

HASH = "a" * 64


def _event(number: int = 1) -> AuditEvent:
    return AuditEvent(
        audit_id=UUID(int=number),
        command_id=UUID(int=number),
        phase=Phase.OUTCOME,
        client_id="acme",
        actor_type=ActorType.AGENT,
        actor_id="studio:publisher-7",
        action_type=ActionType.PUBLISH,
        platform="x",
        surface=None,
        lane=None,
        payload_hash=HASH,
        payload_summary="Spring is here",
        policy_snapshot_id="studio:policy-3",
        result=Result.SUCCESS,
        proof={"post_url": "https://x.test/1"},
        ids={"source": "studio"},
    )


def test_what_is_told_twice_is_recorded_once_and_at_our_time(engine: Engine) -> None:
    with engine.begin() as db:
        assert store.record_reported(db, [_event(2), _event(1)]) == []
        assert store.record_reported(db, [_event(1), _event(3)]) == []
        found = store.last(db, "acme")
    assert sorted(event.audit_id.int for event in found) == [1, 2, 3]
    assert all(event.created_at is not None for event in found)


def test_what_is_told_otherwise_later_is_named_and_not_recorded(engine: Engine) -> None:
    changed = replace(_event(1), result=Result.FAIL)
    with engine.begin() as db:
        store.record_reported(db, [_event(1)])
        assert store.record_reported(db, [_event(2), changed]) == [1]
        assert {event.result for event in store.last(db, "acme")} == {Result.SUCCESS}
