"""Check-ins are looked at every two seconds: what has changed shows at once, and where nothing has, little is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from audits import Scope, switches
from clients import store as clients
from clients import work_items
from clients.model import Aside, Seen
from digests import flow, store
from digests.flow import Digests
from digests.model import Pod
from messages import tables as messages
from operations.approve import APPROVE
from operations.flow import perform
from tests.digests.conftest import BEFORE_NINE
from tests.factories import click, client, person, work_item
from tests.fakes import set_clock

SLOT = "main/morning/2026-03-10"
MINUTE = timedelta(minutes=1)
DRAFT = work_item("a", due_at=BEFORE_NINE + 5 * MINUTE)


@contextmanager
def _asked(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", see)
    yield statements
    event.remove(engine, "before_cursor_execute", see)


def _revisions(engine: Engine) -> int:
    with engine.begin() as db:
        return sum(db.execute(select(messages.card.c.revision)).scalars())


@pytest.fixture
def calm(digests: Digests, pod: Pod) -> Digests:
    """Posted with one draft that goes out in five minutes, and up to date."""
    with digests.engine.begin() as db:
        work_items.open_items(db, [DRAFT])
    flow.post_now(digests, "morning", pod)
    flow.refresh(digests)
    return digests


def test_where_nothing_changed_one_question_tells(calm: Digests) -> None:
    with _asked(calm.engine) as statements:
        flow.refresh(calm)
    assert len([each for each in statements if "work_item" in each]) == 1
    assert len(statements) <= 3


def _decide(engine: Engine) -> None:
    with engine.begin() as db:
        assert work_items.decide(db, Seen.of(DRAFT), "approved", "Ana", "", timedelta(0))


def _result(engine: Engine) -> None:
    with engine.begin() as db:
        assert work_items.report_result(db, "a", {"status": "verified"})


def _tick(engine: Engine) -> None:
    with engine.begin() as db:
        assert store.tick(db, SLOT, "connections", "Ana")


def _stop(engine: Engine) -> None:
    with engine.begin() as db:
        switches.set_switch(db, Scope("zen"), stopped=True, by="Ana", reason="wrong brand")


def _press(engine: Engine) -> None:
    set_clock(engine, BEFORE_NINE + 3 * MINUTE)
    perform(engine, APPROVE, click(APPROVE.button(DRAFT)["value"], person=person("Ana")))


@pytest.mark.parametrize("change", [_decide, _tick, _stop, _press])
def test_what_a_person_did_shows_at_once(calm: Digests, change: Callable[[Engine], None]) -> None:
    before = _revisions(calm.engine)
    change(calm.engine)
    flow.refresh(calm)
    assert _revisions(calm.engine) > before


def test_what_the_platform_made_of_it_shows_at_once(calm: Digests) -> None:
    _decide(calm.engine)
    flow.refresh(calm)
    before = _revisions(calm.engine)
    _result(calm.engine)
    flow.refresh(calm)
    assert _revisions(calm.engine) > before


@pytest.mark.parametrize("which", ["its deadline", "the minute of undo", "the end of a snooze"])
def test_a_time_that_passes_shows_at_once(calm: Digests, which: str) -> None:
    at = BEFORE_NINE + 5 * MINUTE
    set_clock(calm.engine, at - timedelta(seconds=20))
    with calm.engine.begin() as db:
        if which == "the minute of undo":
            assert work_items.decide(db, Seen.of(DRAFT), "approved", "Ana", "", timedelta(seconds=20))
        if which == "the end of a snooze":
            assert work_items.put_aside(db, Seen.of(DRAFT), Aside.UNTIL, "Ana", "", at)
    flow.refresh(calm)
    before = _revisions(calm.engine)
    set_clock(calm.engine, at + timedelta(seconds=5))
    flow.refresh(calm)
    assert _revisions(calm.engine) > before


def test_the_rest_is_looked_at_every_half_minute(calm: Digests) -> None:
    with calm.engine.begin() as db:
        clients.report_clients(db, [client(name="Acme Indoor")])
    before = _revisions(calm.engine)
    set_clock(calm.engine, BEFORE_NINE + timedelta(seconds=31))
    flow.refresh(calm)
    assert _revisions(calm.engine) > before


def test_a_source_that_did_not_answer_is_asked_again_at_once(calm: Digests, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(work_items, "items_of", silent)
    _tick(calm.engine)
    flow.refresh(calm)
    before = _revisions(calm.engine)
    monkeypatch.undo()
    flow.refresh(calm)
    assert _revisions(calm.engine) > before
