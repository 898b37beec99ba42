from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from audits import ActionType, Phase, Result, payload_hash
from audits import store as audits
from tests.factories import NOON, effect


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET result = 'success'",
        "UPDATE audit_event SET payload_summary = payload_summary",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
    ],
)
def test_nothing_that_is_on_record_can_be_changed(engine: Engine, change: str) -> None:
    with engine.begin() as db:
        audits.record(db, effect(), Phase.OUTCOME, Result.FAIL)
    with pytest.raises(ProgrammingError, match="audit_event is append-only"), engine.begin() as db:
        db.execute(text(change))
    with engine.begin() as db:
        assert [event.result for event in audits.last(db, "acme")] == [Result.FAIL]


def test_an_event_tells_everything_about_its_effect(engine: Engine) -> None:
    caused = effect(policy={"approval": "required"}, ids={"job_id": "job-7"})
    with engine.begin() as db:
        audit_id = audits.record(db, caused, Phase.OUTCOME, Result.SUCCESS, {"post_url": "https://x.test/1"})
        (event,) = audits.last(db, "acme")
        policy = db.execute(select(audits.policy_snapshot.c.body)).scalar_one()
    assert (event.audit_id, event.command_id, event.phase) == (audit_id, caused.command_id, Phase.OUTCOME)
    assert (event.action_type, event.actor_id) == (ActionType.PUBLISH, "publisher-1")
    assert event.payload_hash == payload_hash(caused.payload)
    assert event.policy_snapshot_id == payload_hash(caused.policy)
    assert policy == caused.policy
    assert (event.proof, event.ids) == ({"post_url": "https://x.test/1"}, {"job_id": "job-7"})
    assert event.created_at is not None


def test_a_policy_is_kept_once_however_often_it_was_judged_by(engine: Engine) -> None:
    with engine.begin() as db:
        first = audits.save_policy(db, {"a": 1, "b": 2})
        assert audits.save_policy(db, {"b": 2, "a": 1}) == first
        assert audits.save_policy(db, {"a": 2}) != first
        assert db.execute(select(func.count()).select_from(audits.policy_snapshot)).scalar_one() == 2


def test_the_newest_events_of_one_client_come_first(engine: Engine) -> None:
    with engine.begin() as db:
        for hours in (1, 3, 2):
            at = NOON + timedelta(hours=hours)
            audits.record(db, effect(summary=f"at {hours}"), Phase.OUTCOME, Result.SUCCESS, at=at)
        audits.record(db, effect(client_id="zen"), Phase.OUTCOME, Result.SUCCESS)
        assert [event.payload_summary for event in audits.last(db, "acme", limit=2)] == ["at 3", "at 2"]


def test_history_keeps_its_own_times_and_ids(engine: Engine) -> None:
    with engine.begin() as db:
        audits.record(db, effect(command_id=uuid4()), Phase.OUTCOME, Result.UNKNOWN, at=NOON)
        (event,) = audits.last(db, "acme")
        again = {"audit_id": uuid4(), "created_at": NOON - timedelta(days=1)}
        audits.record_history(db, [type(event)(**{**event.__dict__, **again})])
        audits.record_history(db, [])
        assert [found.created_at for found in audits.last(db, "acme")] == [NOON, NOON - timedelta(days=1)]


def test_outcomes_count_what_ended_within_the_time_of_the_kinds_and_clients_asked_for(engine: Engine) -> None:
    with engine.begin() as db:
        for result, at in (
            (Result.SUCCESS, NOON),
            (Result.SUCCESS, NOON + timedelta(minutes=59)),
            (Result.FAIL, NOON),
            (Result.FAIL, NOON + timedelta(hours=1)),
            (Result.FAIL, NOON - timedelta(seconds=1)),
        ):
            audits.record(db, effect(), Phase.OUTCOME, result, at=at)
        audits.record(db, effect(), Phase.INTENT, None, at=NOON)
        audits.record(db, effect(action_type=ActionType.COMMENT_REPLY), Phase.OUTCOME, Result.SUCCESS, at=NOON)
        audits.record(db, effect(client_id="zen"), Phase.OUTCOME, Result.SUCCESS, at=NOON)
        span = (NOON, NOON + timedelta(hours=1))
        found = audits.outcomes(db, *span, [ActionType.PUBLISH], ["acme"])
        replies = audits.outcomes(db, *span, [ActionType.COMMENT_REPLY])
    assert sorted(tuple(row) for row in found) == [
        ("acme", "instagram", "publish", "fail", 1),
        ("acme", "instagram", "publish", "success", 2),
    ]
    assert [tuple(row) for row in replies] == [("acme", "instagram", "comment_reply", "success", 1)]
