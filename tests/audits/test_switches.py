from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine

from audits import Scope, Stopped, guard, switches
from tests.factories import NOON, effect

ACME = Scope("acme")


def _turn(engine: Engine, scope: Scope = ACME, *, stopped: bool = True, by: str = "Ana") -> bool:
    with engine.begin() as db:
        return switches.set_switch(db, scope, stopped=stopped, by=by, reason="because") is not None


def _waits(future: Future[Any]) -> bool:
    with suppress(TimeoutError):
        future.result(timeout=0.3)
    return not future.done()


def test_a_switch_that_stands_so_already_is_not_turned(engine: Engine) -> None:
    assert _turn(engine)
    assert not _turn(engine, by="Ben")
    with engine.begin() as db:
        (switch,) = switches.switches_on(db)
    assert (switch.scope, switch.set_by, switch.reason, switch.epoch) == (ACME, "Ana", "because", 1)


def test_every_turn_starts_an_epoch(engine: Engine) -> None:
    for stopped in (True, False, True, False):
        assert _turn(engine, stopped=stopped)
    with engine.begin() as db:
        assert switches.switches_on(db) == []
        ended = switches.stops_ended(db, NOON)
    assert [(stop.scope, stop.epoch, stop.set_by, turn.by) for stop, turn in ended] == [
        (ACME, 1, "Ana", "Ana"),
        (ACME, 3, "Ana", "Ana"),
    ]


def test_a_stop_that_lasts_has_not_ended(engine: Engine) -> None:
    _turn(engine)
    with engine.begin() as db:
        assert switches.stops_ended(db, NOON) == []


def test_the_newest_switch_comes_first(engine: Engine) -> None:
    for scope in (Scope(), ACME, Scope(platform="x")):
        _turn(engine, scope)
    with engine.begin() as db:
        assert [switch.scope for switch in switches.switches_on(db)] == [Scope(platform="x"), ACME, Scope()]


@pytest.mark.parametrize("scope", [Scope(), ACME, Scope("acme", "instagram")])
def test_a_stop_waits_for_the_permit_that_is_being_granted(engine: Engine, scope: Scope) -> None:
    with ThreadPoolExecutor(1) as other:
        with engine.begin() as db:
            assert switches.stopped_by(db, effect().scope) == []
            stop = other.submit(_turn, engine, scope)
            assert _waits(stop)
        assert stop.result(timeout=5)


@pytest.mark.parametrize("scope", [Scope(), ACME, Scope("acme", "instagram")])
def test_a_permit_waits_for_the_stop_that_is_being_set(engine: Engine, scope: Scope) -> None:
    def ask() -> bool:
        with guard(engine, effect()):
            return True

    with ThreadPoolExecutor(1) as other:
        with engine.begin() as db:
            switches.set_switch(db, scope, stopped=True, by="Ana", reason="because")
            permit = other.submit(ask)
            assert _waits(permit)
        with pytest.raises(Stopped):
            permit.result(timeout=5)


def test_permits_do_not_wait_for_each_other(engine: Engine) -> None:
    with engine.begin() as one, engine.begin() as other:
        assert switches.stopped_by(one, effect().scope) == []
        assert switches.stopped_by(other, effect().scope) == []


def test_a_stop_and_a_permit_never_wait_for_each_other_in_a_circle(engine: Engine) -> None:
    _turn(engine)  # from now on the client has a row of its own
    _turn(engine, stopped=False)

    def ask() -> list[str]:
        with engine.begin() as db:
            return switches.stopped_by(db, effect().scope)

    with ThreadPoolExecutor(1) as other:
        with engine.begin() as db:
            switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="because")
            asking = other.submit(ask)
            assert _waits(asking)
            switches.set_switch(db, ACME, stopped=True, by="Ana", reason="because")
        assert asking.result(timeout=5) == [ACME.key]
