"""Two people press at the same moment: one of them wins, the other is told, and both are on record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement, cycle, islice
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from audits import Result
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import ItemState, Seen
from operations import store
from operations.approve import APPROVE
from operations.assign import ASSIGN
from operations.flow import perform
from operations.hold import HOLD
from operations.model import Answer, Done, Refused
from operations.reject import REJECT
from operations.request_changes import REQUEST_CHANGES
from operations.snooze import SNOOZE
from tests.factories import click, client, person, work_item

ANSWERS = {"choice": "Off brand", "words": "Too red", "until": "checkin"}
BUTTONS: tuple[Any, ...] = (APPROVE, REJECT, REQUEST_CHANGES, HOLD, SNOOZE, ASSIGN)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_of_two_thousand_races_each_has_one_winner_one_who_is_told_and_two_records(engine: Engine) -> None:
    assert _raced(engine, 2000, perform) == 0


@pytest.mark.slow
def test_the_harness_catches_a_decision_without_compare_and_set(engine: Engine) -> None:
    def naive(engine: Engine, one: Any, pressed: Any) -> Answer | None:
        with engine.begin() as db:
            seen = Seen.parse(pressed.value)
            item = work_items.item(db, seen.item_id) if seen else None
        if item is None or item.state is ItemState.CLOSED:
            return Refused("already_closed", "")
        with engine.begin() as db:
            now = work_items.item(db, item.item_id)
            assert now is not None
            work_items.decide(db, Seen.of(now), "approved", pressed.person.name, "", pressed.undo)
        return Done("approved")

    assert _raced(engine, 100, naive, records=False) > 0


def _raced(engine: Engine, races: int, press: Callable[..., Answer | None], *, records: bool = True) -> int:
    """How many of the races had no winner, two, or a loser who was told nothing."""
    items = [work_item(f"item-{n}", calendar_item_id=None) for n in range(races)]
    with engine.begin() as db:
        clients.report_clients(db, [client()])
        work_items.open_items(db, items)
    pairs = list(islice(cycle(combinations_with_replacement(BUTTONS, 2)), races))
    start = Barrier(2)

    def presses(side: int) -> list[Answer | None]:
        by = person(("Ana", "Ben")[side])
        answers = []
        for item, pair in zip(items, pairs, strict=True):
            one = pair[side]
            pressed = click(Seen.of(item).value, person=by, action_id=one.action_id, answers=ANSWERS, named=by)
            start.wait(30)
            answers.append(press(engine, one, pressed))
        return answers

    with ThreadPoolExecutor(2) as two:
        ana, ben = two.map(presses, range(2))
    wrong = 0
    for pair in zip(ana, ben, strict=True):
        told = [answer for answer in pair if isinstance(answer, Refused)]
        won = [answer for answer in pair if isinstance(answer, Done)]
        wrong += not (len(won) == len(told) == 1 and (told[0].whisper or not records))
    if records:
        _each_is_on_record(engine, races)
    return wrong


def _each_is_on_record(engine: Engine, races: int) -> None:
    with engine.begin() as db:
        by_result: dict[str, int] = dict(
            db.execute(select(audits.audit_event.c.result, func.count()).group_by(audits.audit_event.c.result)).all()
        )
        commands = db.execute(select(func.count()).select_from(store.command)).scalar_one()
        closed = select(func.count()).where(work_items.work_item.c.state == ItemState.CLOSED)
        assert commands == db.execute(closed).scalar_one()
    assert by_result == {Result.SUCCESS: races, Result.BLOCKED: races}
