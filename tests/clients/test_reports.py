from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

from clients import store as clients
from clients import work_items
from clients.model import CalendarStatus, ConnectionStatus, ItemKind, ItemState
from tests.factories import HASH, NOON, calendar_item, client, connection, funnel_step, usage, work_item

REPORTS: list[tuple[Callable[..., None], Table, Any]] = [
    (clients.report_clients, clients.client, client()),
    (clients.report_calendar, clients.calendar_item, calendar_item(payload={"text": "Hi", "tags": ["a"]})),
    (clients.report_connections, clients.connection, connection()),
    (clients.report_usage, clients.provider_usage, usage()),
    (clients.report_funnel, clients.funnel_step, funnel_step()),
    (work_items.open_items, work_items.work_item, work_item()),
]


@pytest.mark.parametrize(("report", "table", "value"), REPORTS, ids=[table.name for _, table, _ in REPORTS])
def test_a_fact_told_twice_is_one_row(engine: Engine, report: Callable[..., None], table: Table, value: Any) -> None:
    with engine.begin() as db:
        report(db, [value, value])
        report(db, [value])
        report(db, [])
    with engine.begin() as db:
        assert db.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_what_was_told_last_counts(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen Tea")])
        clients.report_clients(db, [client(name="Acme Peaks", budget_usd_per_day=Decimal(40))])
        clients.report_connections(db, [connection(), connection(status=ConnectionStatus.EXPIRED)])
        assert [found.name for found in clients.all_clients(db)] == ["Acme Peaks", "Zen Tea"]
        assert clients.one_client(db, "acme") == client(name="Acme Peaks", budget_usd_per_day=Decimal(40))
        assert clients.one_client(db, "nobody") is None
        assert clients.connections(db) == [connection(status=ConnectionStatus.EXPIRED)]


def test_values_come_back_as_they_were_told(engine: Engine) -> None:
    told = calendar_item(payload={"text": "Hi", "tags": ["a", {"b": 1}]}, post_url="https://x.test/1", version=3)
    asked = work_item(body={"text": "Hi"}, due_at=NOON, severity=1)
    with engine.begin() as db:
        clients.report_calendar(db, [told])
        work_items.open_items(db, [asked])
    with engine.begin() as db:
        assert clients.calendar_of(db, told.calendar_item_id) == told
        assert work_items.item(db, asked.item_id) == asked
        assert clients.calendar_of(db, "nothing") is None
        assert work_items.item(db, "nothing") is None


def test_an_older_version_that_comes_late_does_not_replace_a_newer_one(engine: Engine) -> None:
    old, new = calendar_item(title="Old", version=1), calendar_item(title="New", version=2)
    with engine.begin() as db:
        clients.report_calendar(db, [new, old])
        work_items.open_items(db, [work_item(title="New", version=2), work_item(title="Old", version=1)])
        assert clients.calendar_of(db, old.calendar_item_id) == new
        found = work_items.item(db, "item-1")
    assert found is not None
    assert (found.title, found.version) == ("New", 2)


def test_the_same_version_may_move_on(engine: Engine) -> None:
    with engine.begin() as db:
        clients.report_calendar(db, [calendar_item(), calendar_item(status=CalendarStatus.PUBLISHED)])
        found = clients.calendar_of(db, "cal-1")
    assert found == calendar_item(status=CalendarStatus.PUBLISHED)


def test_the_calendar_is_what_is_due_from_now_until_then(engine: Engine) -> None:
    at = {"first": NOON, "later": NOON + timedelta(hours=1), "end": NOON + timedelta(hours=6)}
    with engine.begin() as db:
        clients.report_calendar(db, [calendar_item(name, scheduled_at=when) for name, when in reversed(at.items())])
        clients.report_calendar(db, [calendar_item("zen", client_id="zen", scheduled_at=NOON)])
        everyone = clients.calendar(db, NOON, NOON + timedelta(hours=6))
        acmes = clients.calendar(db, NOON, NOON + timedelta(hours=6), client_ids=["acme"])
    assert [item.calendar_item_id for item in everyone] == ["first", "zen", "later"]
    assert [item.calendar_item_id for item in acmes] == ["first", "later"]


def test_the_gravest_comes_first_then_the_nearest_deadline(engine: Engine) -> None:
    soon, late = NOON, NOON + timedelta(hours=1)
    items: dict[str, dict[str, Any]] = {
        "no-deadline": {"severity": 1},
        "late": {"severity": 1, "due_at": late},
        "soon": {"severity": 1, "due_at": soon},
        "light": {"severity": 4, "due_at": soon},
        "other": {"severity": 1, "kind": ItemKind.ESCALATION},
        "zen": {"severity": 1, "client_id": "zen"},
    }
    with engine.begin() as db:
        work_items.open_items(db, [work_item(name, **changes) for name, changes in items.items()])
        found = work_items.items_of(db, {ItemKind.APPROVAL}, closed_since=NOON, client_ids={"acme"})
    assert [item.item_id for item in found] == ["soon", "late", "no-deadline", "light"]


def test_items_closed_before_the_time_are_left_out(engine: Engine) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item("open"), work_item("closed")])
        work_items.close_item(db, "closed", version=1, payload_hash=HASH, outcome="approved", by="Ana")
        closed = work_items.item(db, "closed")
        assert closed is not None
        assert closed.closed_at is not None
        kinds = {ItemKind.APPROVAL}
        since = [item.item_id for item in work_items.items_of(db, kinds, closed_since=closed.closed_at)]
        after = work_items.items_of(db, kinds, closed_since=closed.closed_at + timedelta(seconds=1))
    assert since == ["closed", "open"]
    assert [item.item_id for item in after] == ["open"]


def test_open_items_are_counted_by_client_and_kind(engine: Engine) -> None:
    failure = {"kind": ItemKind.PUBLISH_FAILURE}
    with engine.begin() as db:
        work_items.open_items(db, [work_item("a"), work_item("b"), work_item("c", **failure), work_item("d")])
        work_items.open_items(db, [work_item("e", client_id="zen")])
        work_items.close_item(db, "d", version=1, payload_hash=HASH, outcome="approved", by="Ana")
        assert work_items.open_counts(db) == {
            "acme": {ItemKind.APPROVAL: 2, ItemKind.PUBLISH_FAILURE: 1},
            "zen": {ItemKind.APPROVAL: 1},
        }
        assert work_items.open_counts(db, {"zen"}) == {"zen": {ItemKind.APPROVAL: 1}}


def test_what_came_of_an_item_does_not_open_it_again(engine: Engine) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item()])
        work_items.close_item(db, "item-1", version=1, payload_hash=HASH, outcome="approved", by="Ana")
        work_items.report_result(db, "item-1", {"status": "verified", "post_url": "https://x.test/1"})
        work_items.open_items(db, [work_item(title="Told again", version=2)])
        found = work_items.item(db, "item-1")
    assert found is not None
    assert (found.state, found.outcome, found.closed_by) == (ItemState.CLOSED, "approved", "Ana")
    assert found.title == "Spring is here"
    assert found.result["post_url"] == "https://x.test/1"


def test_an_open_item_takes_the_new_draft_and_keeps_its_age(engine: Engine) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item()])
        newer = work_item(version=2, payload_hash="b" * 64, body={"text": "New"}, opened_at=NOON + timedelta(days=1))
        work_items.open_items(db, [newer])
        assert work_items.item(db, "item-1") == replace(newer, opened_at=NOON)
