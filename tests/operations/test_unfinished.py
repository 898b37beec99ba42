from datetime import timedelta

import pytest
from sqlalchemy import Engine

from audits import Changed, Phase, Result, Scope, guard, payload_hash, switches
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, Seen
from operations import unfinished
from operations.approve import APPROVE
from operations.flow import perform
from operations.model import Done
from tests.factories import NOON, click, client, effect, work_item
from tests.fakes import turn_clock


@pytest.fixture(autouse=True)
def _clients(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client()])


def _die_in_between(engine: Engine) -> object:
    """What a SIGKILL leaves: the guard was entered and never left. Whoever lets go of the answer leaves it."""
    held = guard(engine, effect(ids={"calendar_item_id": "cal-7"}))
    held.__enter__()
    return held


def test_an_intent_without_an_outcome_becomes_unknown_and_a_persons_work(engine: Engine) -> None:
    held = _die_in_between(engine)
    assert not unfinished.surface(engine)
    turn_clock(engine, timedelta(seconds=61))
    assert unfinished.surface(engine)
    assert not unfinished.surface(engine)
    with engine.begin() as db:
        outcome, intent = audits.last(db, "acme")
        (item,) = work_items.items_of(db, [ItemKind.UNKNOWN_OUTCOME], closed_since=NOON)
        assert switches.in_flight(db, Scope()) == []
    assert (intent.phase, outcome.phase, outcome.result) == (Phase.INTENT, Phase.OUTCOME, Result.UNKNOWN)
    assert outcome.command_id == intent.command_id
    assert outcome.payload_hash == intent.payload_hash
    assert held
    assert (item.calendar_item_id, item.title, item.platform) == ("cal-7", "reel: Spring is here", "instagram")


def test_who_comes_back_late_still_says_how_it_went(engine: Engine) -> None:
    late = guard(engine, effect())
    permit = late.__enter__()
    turn_clock(engine, timedelta(seconds=61))
    unfinished.surface(engine)
    permit.succeeded(post_url="https://x.test/1")
    late.__exit__(None, None, None)
    with engine.begin() as db:
        results = [event.result for event in audits.last(db, "acme")]
    assert results == [Result.SUCCESS, Result.UNKNOWN, None]


def test_a_payload_that_nobody_approved_becomes_a_persons_work_once(engine: Engine) -> None:
    draft = work_item(payload_hash=payload_hash({"text": "Summer is here"}), calendar_item_id="cal-7")
    with engine.begin() as db:
        work_items.open_items(db, [draft])
    assert isinstance(perform(engine, APPROVE, click(Seen.of(draft).value, undo=timedelta(0))), Done)
    assert not unfinished.surface_changed(engine)
    for _ in range(2):
        with pytest.raises(Changed), guard(engine, effect(ids={"calendar_item_id": "cal-7"})):
            pytest.fail("it went out")
    assert unfinished.surface_changed(engine)
    assert not unfinished.surface_changed(engine)
    with engine.begin() as db:
        (item,) = work_items.items_of(db, [ItemKind.POLICY_BLOCK], closed_since=NOON)
    assert (item.calendar_item_id, item.title, item.client_id) == ("cal-7", "reel: Spring is here", "acme")
    assert item.body["reason"].startswith("It is not what Ana approved, so it was held back.")
