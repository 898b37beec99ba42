import sys
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from audits import Changed, Effect, Phase, Result, Scope, Stale, Stopped, guard, payload_hash, switches
from audits import store as audits
from audits.approvals import approve
from tests.factories import effect
from tests.fakes import turn_clock


def _told(engine: Engine) -> list[tuple[Phase, Result | None]]:
    with engine.begin() as db:
        return [(event.phase, event.result) for event in reversed(audits.last(db, "acme"))]


def _flying(engine: Engine, scope: Scope) -> int:
    with engine.begin() as db:
        return len(switches.in_flight(db, scope))


def _stop(engine: Engine, scope: Scope) -> None:
    with engine.begin() as db:
        assert switches.set_switch(db, scope, stopped=True, by="Ana", reason="wrong brand")


def test_what_succeeds_leaves_an_intent_and_an_outcome_with_proof(engine: Engine) -> None:
    caused = effect()
    with guard(engine, caused) as permit:
        assert _told(engine) == [(Phase.INTENT, None)]
        permit.succeeded(post_url="https://x.test/1")
    assert _told(engine) == [(Phase.INTENT, None), (Phase.OUTCOME, Result.SUCCESS)]
    with engine.begin() as db:
        outcome, intent = audits.last(db, "acme")
    assert outcome.proof == {"post_url": "https://x.test/1"}
    assert outcome.command_id == intent.command_id == caused.command_id
    assert (intent.audit_id, outcome.audit_id) == (permit.intent_id, permit.outcome_id)


def test_what_certainly_failed_is_a_fail(engine: Engine) -> None:
    with guard(engine, effect()) as permit:
        permit.failed(reason="rejected")
    assert _told(engine)[-1] == (Phase.OUTCOME, Result.FAIL)


def test_what_nobody_told_is_unknown(engine: Engine) -> None:
    with guard(engine, effect()):
        pass
    assert _told(engine)[-1] == (Phase.OUTCOME, Result.UNKNOWN)


@pytest.mark.parametrize("problem", [TimeoutError, KeyboardInterrupt])
def test_an_exception_is_unknown_and_goes_on(engine: Engine, problem: type[BaseException]) -> None:
    with pytest.raises(problem), guard(engine, effect()):
        raise problem("secret words")
    with engine.begin() as db:
        outcome = audits.last(db, "acme")[0]
    assert (outcome.result, outcome.proof) == (Result.UNKNOWN, {"error": problem.__name__})
    assert _flying(engine, Scope()) == 0


def test_an_exception_after_a_certain_failure_leaves_it_a_failure(engine: Engine) -> None:
    def act(caused: Effect) -> None:
        with guard(engine, caused) as permit:
            permit.failed(reason="rejected")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        act(effect())
    assert _told(engine)[-1] == (Phase.OUTCOME, Result.FAIL)


@pytest.mark.parametrize(
    "scope", [Scope(), Scope("acme"), Scope(platform="instagram"), Scope("acme", "instagram"), Scope(lane="publishing")]
)
def test_what_is_stopped_never_happens_and_the_refusal_is_on_record(engine: Engine, scope: Scope) -> None:
    _stop(engine, scope)
    happened = False
    with pytest.raises(Stopped) as stopped, guard(engine, effect()):
        happened = True
    assert not happened
    assert stopped.value.switches == [scope.key]
    with engine.begin() as db:
        (event,) = audits.last(db, "acme")
    assert (event.phase, event.result) == (Phase.OUTCOME, Result.BLOCKED)
    assert event.proof == {"switches": [scope.key]}
    assert event.audit_id == stopped.value.audit_id
    assert _flying(engine, Scope()) == 0


@pytest.mark.parametrize(
    ("untold", "scope"),
    [
        ("platform", Scope(platform="instagram")),
        ("lane", Scope("acme", lane="publishing")),
        ("client_id", Scope("acme", "instagram")),
    ],
)
def test_what_does_not_tell_where_it_goes_does_not_get_round_a_stop(engine: Engine, untold: str, scope: Scope) -> None:
    with guard(engine, effect(**{untold: None})):
        assert _flying(engine, scope) == 1
    _stop(engine, scope)
    with pytest.raises(Stopped) as stopped, guard(engine, effect(**{untold: None})):
        pytest.fail("it acted where publishing is stopped")
    assert stopped.value.switches == [scope.key]


@pytest.mark.parametrize("scope", [Scope("zen"), Scope(platform="x"), Scope("acme", "x"), Scope(lane="engagement")])
def test_a_stop_elsewhere_does_not_hold_it_up(engine: Engine, scope: Scope) -> None:
    _stop(engine, scope)
    with guard(engine, effect()) as permit:
        permit.succeeded()
    assert _told(engine)[-1] == (Phase.OUTCOME, Result.SUCCESS)


def test_what_was_resumed_runs_again(engine: Engine) -> None:
    _stop(engine, Scope("acme"))
    with engine.begin() as db:
        assert switches.set_switch(db, Scope("acme"), stopped=False, by="Ben", reason="mended")
    with guard(engine, effect()) as permit:
        permit.succeeded()


def test_one_command_acts_once(engine: Engine) -> None:
    caused = effect()
    with guard(engine, caused) as permit:
        permit.succeeded()
    with pytest.raises(IntegrityError, match="pk_permit"), guard(engine, caused):
        pytest.fail("it acted twice")
    assert len(_told(engine)) == 2


def test_a_guard_that_cannot_know_keeps_the_gate_shut(engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(text("DELETE FROM kill_switch"))
    with pytest.raises(Stopped), guard(engine, effect()):
        pytest.fail("it acted without knowing whether it may")


def test_only_open_permits_within_the_scope_are_in_flight(engine: Engine) -> None:
    with guard(engine, effect()), guard(engine, effect(platform="x")), guard(engine, effect(client_id="zen")):
        assert _flying(engine, Scope()) == 3
        assert _flying(engine, Scope("acme")) == 2
        assert _flying(engine, Scope(platform="instagram")) == 2
        assert _flying(engine, Scope("acme", "instagram")) == 1
        assert _flying(engine, Scope(lane="publishing")) == 3
        assert _flying(engine, Scope("nobody")) == 0
    assert _flying(engine, Scope()) == 0


def test_a_permit_whose_holder_died_is_not_in_flight_for_ever(engine: Engine) -> None:
    with engine.begin() as db:
        switches.grant(db, effect(), timedelta(seconds=60))
    assert _flying(engine, Scope()) == 1
    turn_clock(engine, timedelta(seconds=61))
    assert _flying(engine, Scope()) == 0


# What was approved


def _approve(engine: Engine, payload: dict[str, str]) -> None:
    with engine.begin() as db:
        approve(db, "cal-7", payload_hash(payload), "Ana")


OF_CAL_7 = {"calendar_item_id": "cal-7"}


def test_what_was_approved_goes_out(engine: Engine) -> None:
    _approve(engine, {"text": "Spring is here"})
    with guard(engine, effect(ids=OF_CAL_7)) as permit:
        permit.succeeded()
    assert _told(engine)[-1] == (Phase.OUTCOME, Result.SUCCESS)


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "Spring is here!"},
        {"text": "Spring is here", "image": "x"},
        {},
        {"text": None},
        {"Text": "Spring is here"},
    ],
)
def test_what_differs_from_the_approved_never_goes_out_and_is_on_record(
    engine: Engine, payload: dict[str, str | None]
) -> None:
    _approve(engine, {"text": "Spring is here"})
    with pytest.raises(Changed) as changed, guard(engine, effect(ids=OF_CAL_7, payload=payload)):
        pytest.fail("it went out")
    with engine.begin() as db:
        (event,) = audits.last(db, "acme")
    assert (event.audit_id, event.phase, event.result) == (changed.value.audit_id, Phase.OUTCOME, Result.BLOCKED)
    assert event.payload_hash == payload_hash(payload)
    assert _flying(engine, Scope()) == 0


@pytest.mark.parametrize(
    "other", [{"ids": {"calendar_item_id": "cal-8"}}, {"ids": {}}, {"action_type": "comment_reply"}]
)
def test_an_approval_is_about_one_publish_alone(engine: Engine, other: dict[str, Any]) -> None:
    _approve(engine, {"text": "Summer is here"})
    with guard(engine, effect(**{"ids": OF_CAL_7} | other)) as permit:
        permit.succeeded()
    assert permit.outcome_id is not None


def test_a_new_approval_takes_the_place_of_the_old(engine: Engine) -> None:
    _approve(engine, {"text": "Spring is here"})
    _approve(engine, {"text": "Summer is here"})
    with pytest.raises(Changed), guard(engine, effect(ids=OF_CAL_7)):
        pytest.fail("it went out")
    with guard(engine, effect(ids=OF_CAL_7, payload={"text": "Summer is here"})) as permit:
        permit.succeeded()


def test_a_hash_told_in_place_of_the_payload_counts_alike(engine: Engine) -> None:
    _approve(engine, {"text": "Spring is here"})
    with pytest.raises(Changed), guard(engine, effect(ids=OF_CAL_7, payload_sha256="f" * 64)):
        pytest.fail("it went out")
    with guard(
        engine, effect(ids=OF_CAL_7, payload={}, payload_sha256=payload_hash({"text": "Spring is here"}))
    ) as permit:
        permit.succeeded()


# What is not known well enough


def test_who_begins_long_after_asking_does_not_begin(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["audits.guard"], "FRESH", timedelta(0))
    with pytest.raises(Stale) as stale, guard(engine, effect()):
        pytest.fail("it acted on what it knew long ago")
    assert _told(engine) == [(Phase.INTENT, None), (Phase.OUTCOME, Result.BLOCKED)]
    assert stale.value.audit_id
    assert _flying(engine, Scope()) == 0
