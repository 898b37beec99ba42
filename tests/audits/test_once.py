"""A calendar item goes out once at its place: who asks second is refused until the first certainly failed."""

import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from audits import AuditEvent, Effect, Phase, Result, Scope, Stopped, Twice, guard, switches
from audits import store as audits
from tests.factories import effect
from tests.fakes import turn_clock

CALLERS = 16
OF_CAL_7 = {"calendar_item_id": "cal-7"}


def _publish(**changes: Any) -> Effect:
    return effect(**{"ids": OF_CAL_7} | changes)


def _may(engine: Engine, caused: Effect) -> bool:
    try:
        with guard(engine, caused) as permit:
            permit.succeeded(post_url="https://x.test/1")
    except Twice:
        return False
    return True


def _refusal(engine: Engine, told: Twice) -> AuditEvent:
    with engine.begin() as db:
        (event,) = [event for event in audits.last(db, "acme") if event.audit_id == told.audit_id]
    assert (event.phase, event.result) == (Phase.OUTCOME, Result.BLOCKED)
    return event


def test_what_is_on_its_way_is_not_sent_by_another(engine: Engine) -> None:
    with guard(engine, first := _publish()) as permit:
        with pytest.raises(Twice, match="on its way") as told, guard(engine, _publish(payload={"text": "Other words"})):
            pytest.fail("it went out twice")
        permit.failed(error="rejected")
    assert _refusal(engine, told.value).proof == {
        "error": "another attempt at it is on its way",
        "command_id": str(first.command_id),
    }
    assert _may(engine, _publish())


def test_what_succeeded_is_not_sent_again(engine: Engine) -> None:
    with guard(engine, first := _publish()) as permit:
        permit.succeeded()
    with pytest.raises(Twice, match="succeeded, or nobody knows") as told, guard(engine, _publish()):
        pytest.fail("it went out twice")
    assert _refusal(engine, told.value).proof["command_id"] == str(first.command_id)


def test_what_may_be_out_is_not_sent_again_until_somebody_knows_that_it_is_not(engine: Engine) -> None:
    with guard(engine, first := _publish()):
        pass
    assert not _may(engine, _publish())
    with engine.begin() as db:
        intent = audits.intent(db, first.command_id)
        assert intent is not None
        audits.conclude(db, intent, Result.FAIL, {}, along=switches.SETTLE)
    assert _may(engine, _publish())


def test_whose_holder_died_may_be_out(engine: Engine) -> None:
    with engine.begin() as db:
        switches.grant(db, _publish(), timedelta(seconds=60))
    turn_clock(engine, timedelta(seconds=61))
    with pytest.raises(Twice, match="nobody knows"), guard(engine, _publish()):
        pytest.fail("it went out twice")
    with engine.begin() as db:
        assert switches.abandon(db)
    assert not _may(engine, _publish())


def test_what_was_refused_or_came_too_late_may_be_tried_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ana", reason="wrong brand")
    with pytest.raises(Stopped), guard(engine, _publish()):
        pytest.fail("it acted where publishing is stopped")
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=False, by="Ben", reason="mended")
    with monkeypatch.context() as late:
        late.setattr(sys.modules["audits.guard"], "FRESH", timedelta(0))
        with pytest.raises(Stopped), guard(engine, _publish()):
            pytest.fail("it acted on what it knew long ago")
    assert _may(engine, _publish())


@pytest.mark.parametrize(
    "other",
    [
        {"surface": "stories"},
        {"platform": "facebook"},
        {"action_type": "story_post"},
        {"action_type": "schedule"},
        {"action_type": "comment_reply"},
        {"ids": {"calendar_item_id": "cal-8"}},
        {"ids": {}},
    ],
)
def test_another_place_item_or_thing_is_not_the_same(engine: Engine, other: dict[str, Any]) -> None:
    assert _may(engine, _publish())
    assert _may(engine, _publish(**other))


@pytest.mark.parametrize("name", ["schedule", "comment_reply", "hide_comment", "dm_send"])
def test_what_may_be_done_again_is_done_again(engine: Engine, name: str) -> None:
    for _ in range(2):
        assert _may(engine, _publish(action_type=name))


@pytest.mark.parametrize("told", [Result.SUCCESS, Result.UNKNOWN])
def test_of_many_that_race_one_gets_the_permit_and_all_others_are_on_record(engine: Engine, told: Result) -> None:
    together, answered = threading.Barrier(CALLERS, timeout=20), threading.Barrier(CALLERS, timeout=20)

    def race(item_id: str) -> bool:
        together.wait()
        try:
            with guard(engine, _publish(ids={"calendar_item_id": item_id})) as permit:
                answered.wait()
                permit.result = told
        except Twice:
            answered.wait()
            return False
        return True

    with ThreadPoolExecutor(CALLERS) as pool:
        for number in range(10):
            assert sum(pool.map(race, [f"cal-{number}"] * CALLERS)) == 1
    with engine.connect() as db:
        results = db.execute(text("SELECT result FROM audit_event WHERE phase = 'outcome'")).scalars().all()
    assert Counter(results) == {told: 10, Result.BLOCKED: 10 * (CALLERS - 1)}
