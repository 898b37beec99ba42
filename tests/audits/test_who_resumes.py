"""Who may stop and who may end a stop, as Postgres holds it: every role, and every way there is."""

from collections.abc import Callable

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from audits import Scope, Stopped, guard, switches
from audits.protect import Part
from tests.audits.conftest import Install
from tests.factories import effect

AsRole = Callable[[str], Engine]

_WAYS_TO_END = [
    "UPDATE kill_switch SET stopped = false WHERE scope = 'client:acme'",
    "UPDATE kill_switch SET stopped = false, epoch = epoch + 1, set_by = 'Ana' WHERE scope = 'client:acme'",
    "UPDATE kill_switch SET client_id = 'zen' WHERE scope = 'client:acme'",
    "UPDATE kill_switch SET scope = 'client:zen', client_id = 'zen' WHERE scope = 'client:acme'",
    "DELETE FROM kill_switch WHERE scope = 'client:acme'",
    "TRUNCATE kill_switch",
    "DROP TRIGGER kill_switch_stays ON kill_switch",
    "ALTER TABLE kill_switch DISABLE TRIGGER ALL",
]
_TAKEN_BEFOREHAND = """
INSERT INTO kill_switch (scope, client_id, stopped, set_by, reason) VALUES ('client:acme', 'nobody', false, 'me', '')
"""


def _turn(engine: Engine, *, stopped: bool) -> bool:
    """Whether this role may; nothing is left of it."""
    with engine.connect() as db:
        try:
            switches.set_switch(db, Scope("acme"), stopped=stopped, by="Ana", reason="wrong brand")
        except ProgrammingError:
            return False
        finally:
            db.rollback()
        return True


@pytest.fixture
def stopped(as_role: AsRole) -> None:
    """A service has stopped the client."""
    with as_role(Part.SERVICE).begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="the agency", reason="wrong brand")


@pytest.mark.parametrize("who", ["owner", *Part, "stranger", "superuser"])
def test_each_role_stops_and_only_the_bots_and_its_masters_resume(as_role: AsRole, who: str) -> None:
    assert _turn(as_role(who), stopped=True) is (who in {"owner", "superuser", Part.APP, Part.SERVICE})
    with as_role(Part.SERVICE).begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="the agency", reason="wrong brand")
    assert _turn(as_role(who), stopped=False) is (who in {"owner", "superuser", Part.APP})


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("way", _WAYS_TO_END)
def test_a_service_ends_no_stop_in_any_way(install: Install, as_role: AsRole, way: str) -> None:
    with install.login(Part.SERVICE) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute(way.encode())
    with pytest.raises(Stopped), guard(as_role(Part.SERVICE), effect()):
        pytest.fail("it acted where publishing is stopped")


def test_a_switch_covers_what_its_name_says_whoever_makes_it(install: Install, as_role: AsRole) -> None:
    with as_role("owner").begin() as db:
        db.execute(text("DELETE FROM kill_switch WHERE scope <> 'everything'"))
    with install.login(Part.SERVICE) as db, pytest.raises(psycopg.errors.CheckViolation):
        db.execute(_TAKEN_BEFOREHAND.encode())


@pytest.mark.parametrize(
    "scope", [Scope("a/platform:x"), Scope("100%", "x"), Scope(platform="x", lane="publishing"), Scope(lane="%2F")]
)
def test_a_switch_of_any_name_can_be_made(engine: Engine, scope: Scope) -> None:
    with engine.begin() as db:
        assert switches.set_switch(db, scope, stopped=True, by="Ana", reason="wrong brand") == 1
