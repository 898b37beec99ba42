from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, text

from clients import ingest_store, work_items
from clients import store as clients
from clients.ingest_store import KEPT, Busy, Stored
from clients.model import ItemState
from tests.factories import HASH, NOON, calendar_item, funnel_step, usage, work_item


def test_what_was_answered_is_found_under_its_key_and_source(engine: Engine) -> None:
    with engine.begin() as db:
        assert ingest_store.begin(db, "studio", "k") is None
        ingest_store.remember(db, "studio", "k", HASH, {"stored": 2})
    with engine.begin() as db:
        assert ingest_store.begin(db, "studio", "k") == Stored(HASH, {"stored": 2})
        assert ingest_store.begin(db, "other", "k") is None


def test_a_key_is_held_until_the_transaction_ends_however_it_ends(engine: Engine) -> None:
    with engine.connect() as first, engine.begin() as second:
        assert ingest_store.begin(first, "studio", "k") is None
        assert isinstance(ingest_store.begin(second, "studio", "k"), Busy)
        assert ingest_store.begin(second, "studio", "another") is None
        first.rollback()
        assert ingest_store.begin(second, "studio", "k") is None


def test_keys_are_forgotten_after_their_time(engine: Engine) -> None:
    with engine.begin() as db:
        ingest_store.remember(db, "studio", "old", HASH, {})
        ingest_store.remember(db, "studio", "new", HASH, {})
        age = {"age": KEPT + timedelta(minutes=1)}
        db.execute(text("UPDATE ingest_request SET at = at - :age WHERE key = 'old'"), age)
        assert ingest_store.forget(db) == 1
        assert ingest_store.begin(db, "studio", "old") is None
        assert ingest_store.begin(db, "studio", "new") is not None


def test_what_is_one_clients_never_becomes_anothers(engine: Engine) -> None:
    reports: list[tuple[Any, Any]] = [
        (clients.report_calendar, calendar_item),
        (clients.report_usage, usage),
        (clients.report_funnel, funnel_step),
        (work_items.open_items, work_item),
    ]
    for report, made in reports:
        own, foreign = made("one"), made("one", client_id="zen")
        with engine.begin() as db:
            report(db, [own, made("two")])
            report(db, [made("three"), foreign])
            assert clients.kept(db, [made("three"), foreign]).strangers == [1]
            assert clients.kept(db, [own]).strangers == []


def test_what_was_overtaken_is_told(engine: Engine) -> None:
    old, new = work_item("a", version=1), work_item("a", version=2)
    with engine.begin() as db:
        work_items.open_items(db, [new, work_item("b"), work_item("c")])
        work_items.close_item(db, "b", version=1, payload_hash=HASH, outcome="approved", by="Ana")
        assert clients.kept(db, [old, work_item("b"), work_item("c"), new]).overtaken == [0, 1]
        clients.report_calendar(db, [calendar_item(version=3)])
        assert clients.kept(db, [calendar_item(version=2), calendar_item(version=3)]).overtaken == [0]


def test_a_result_that_comes_late_replaces_no_later_one(engine: Engine) -> None:
    at = [(NOON + timedelta(milliseconds=step)).isoformat() for step in (0, 500, 1000)]
    with engine.begin() as db:
        work_items.open_items(db, [work_item()])
        assert work_items.report_result(db, "item-1", {"status": "queued"})
        assert work_items.report_result(db, "item-1", {"status": "published", "at": at[1]})
        assert not work_items.report_result(db, "item-1", {"status": "publishing", "at": at[0]})
        assert work_items.report_result(db, "item-1", {"status": "verified", "at": at[2]})
        found = work_items.item(db, "item-1")
    assert found is not None
    assert found.result["status"] == "verified"
    assert found.state is ItemState.OPEN
