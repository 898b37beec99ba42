from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine

from clients import work_items
from clients.model import ItemState
from tests.factories import HASH, work_item

RACES = 200


def _close(engine: Engine, by: str, item_id: str = "item-1", **seen: Any) -> bool:
    with engine.begin() as db:
        wanted: dict[str, Any] = {"version": 1, "payload_hash": HASH} | seen
        return work_items.close_item(db, item_id, outcome="approved", by=by, **wanted) is not None


@pytest.fixture
def draft(engine: Engine) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item()])


@pytest.mark.usefixtures("draft")
def test_closing_tells_who_what_and_when(engine: Engine) -> None:
    with engine.begin() as db:
        closed = work_items.close_item(db, "item-1", version=1, payload_hash=HASH, outcome="approved", by="Ana")
        assert closed == work_items.item(db, "item-1")
    assert closed is not None
    assert (closed.state, closed.outcome, closed.closed_by) == (ItemState.CLOSED, "approved", "Ana")
    assert closed.closed_at is not None


@pytest.mark.usefixtures("draft")
@pytest.mark.parametrize("seen", [{"version": 2}, {"version": 0}, {"payload_hash": "b" * 64}, {"item_id": "item-2"}])
def test_what_is_not_what_was_seen_is_not_closed(engine: Engine, seen: dict[str, Any]) -> None:
    assert not _close(engine, "Ana", **seen)
    assert _close(engine, "Ana")


@pytest.mark.usefixtures("draft")
def test_a_closed_item_is_not_closed_again(engine: Engine) -> None:
    assert _close(engine, "Ana")
    assert not _close(engine, "Ben")
    with engine.begin() as db:
        item = work_items.item(db, "item-1")
    assert item is not None
    assert item.closed_by == "Ana"


def test_of_two_people_at_once_one_wins(engine: Engine) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item(f"race-{n}") for n in range(RACES)])
    start = Barrier(2)

    def race(by: str) -> list[bool]:
        won = []
        for n in range(RACES):
            start.wait(10)
            won.append(_close(engine, by, f"race-{n}"))
        return won

    with ThreadPoolExecutor(2) as people:
        ana, ben = people.map(race, ("Ana", "Ben"))
    assert [one + other for one, other in zip(ana, ben, strict=True)] == [1] * RACES
    with engine.begin() as db:
        winners = [item.closed_by for n in range(RACES) if (item := work_items.item(db, f"race-{n}"))]
    assert winners == ["Ana" if won else "Ben" for won in ana]
