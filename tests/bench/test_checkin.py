from pathlib import Path
from typing import Any

import pytest

from bench import checkin, composing
from bench.checkin import Session
from bench.composing import Figures
from bench.measure import Row
from bench.operator import Worked


def missed(rows: list[Row]) -> set[str]:
    return {row.case for row in rows if not row.ok}


def worked(clients: int = 40, **changes: int) -> list[Row]:
    values: dict[str, Any] = {"clicks": 18, "steps": 4, "ticked": 4, "messages": 1}
    return checkin.rows(clients, Session(3 * clients, {"morning": Worked(**values | changes)}))


def composed(**large: float) -> list[Row]:
    """A small check-in as it should be, and a large one with these figures changed."""
    small = {"queries": [20.0], "posted": [40.0], "slowest": [30.0], "thread": [60.0]}
    return list(composing.rows({50: Figures(**small), 500: Figures(**small | {k: [v] for k, v in large.items()})}))


def test_a_checkin_as_it_should_be_misses_nothing() -> None:
    assert missed(worked()) == missed(composed()) == set()


def test_a_click_too_many_a_message_too_many_and_a_step_left_are_caught() -> None:
    assert missed(worked(clicks=26)) == {"morning, 40 clients, 120 items: clicks"}
    assert missed(worked(300, clicks=60)) == set()
    assert missed(worked(300, clicks=61)) == {"morning, 300 clients, 900 items: clicks"}
    assert missed(worked(messages=3)) == {"morning, 40 clients, 120 items: in the channel"}
    assert missed(worked(ticked=3)) == {"morning, 40 clients, 120 items: ticked"}


def test_a_query_for_each_client_and_a_card_that_waits_long_after_its_sources_are_caught() -> None:
    assert missed(composed(queries=21)) == {"queries, 500 clients"}
    assert missed(composed(posted=46)) == {"card in the outbox, 500 clients"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_queries_of_a_real_checkin_do_not_grow_with_its_clients(server_folder: Path) -> None:
    shown = composing.measured(server_folder, 2, sizes=(3, 60))
    assert shown[3].queries == shown[60].queries
    assert all(len(figures) == 2 and min(figures) > 0 for own in shown.values() for figures in vars(own).values())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_operator_ticks_every_step_of_morning_and_midday_in_a_real_demo() -> None:
    session = checkin.session(30)
    assert session.items == 90
    for one in session.worked.values():
        assert one.ticked == one.steps == 4
        assert one.messages == 1
        assert 0 < one.clicks <= 25
    assert session.worked["morning"].sent_back
