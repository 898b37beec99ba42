"""What a check-in costs: clicks, and the time from the first to the last."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clients import work_items
from clients.model import Aside, ItemKind, Seen
from digests import effort, flow, store
from digests.confirm import CONFIRM
from digests.effort import Effort, measured
from digests.flow import Digests
from digests.model import Pod, Slot
from messages import tables as messages
from messages.blocks import texts
from operations.approve import APPROVE
from operations.flow import perform
from operations.model import Operation
from operations.reject import REJECT
from operations.resolve import RESOLVE
from telemetry import catalog
from telemetry.metrics import Metrics
from tests.digests.conftest import BEFORE_NINE
from tests.factories import click, work_item
from tests.fakes import set_clock

MINUTE = timedelta(minutes=1)
A, B = work_item("a"), work_item("b", title="Summer")
E = work_item("e", kind=ItemKind.ESCALATION)


@pytest.fixture
def slot(digests: Digests, pod: Pod) -> Slot:
    """Posted with two drafts and a thread."""
    with digests.engine.begin() as db:
        work_items.open_items(db, [A, B, E])
    posted = flow.post_now(digests, "morning", pod)
    assert posted is not None
    return posted


def _press(digests: Digests, minutes: int, operation: Operation, value: str, **changes: Any) -> None:
    set_clock(digests.engine, BEFORE_NINE + minutes * MINUTE)
    perform(digests.engine, operation, click(value, action_id=operation.action_id, **changes))


def _measured(digests: Digests, slot: Slot) -> Effort:
    with digests.engine.begin() as db:
        return measured(store.effort(db, slot))


def _words(digests: Digests, slot: Slot) -> str:
    with digests.engine.begin() as db:
        wanted = db.execute(select(messages.card.c.wanted).where(messages.card.c.key == slot.card_key)).scalar_one()
    return "\n".join(texts(wanted["blocks"]))


def test_before_the_first_click_nothing_is_told(digests: Digests, slot: Slot) -> None:
    flow.refresh(digests)
    assert _measured(digests, slot) == Effort()
    assert "click" not in _words(digests, slot)


def test_clicks_are_counted_and_timed_from_the_first_to_the_last(digests: Digests, slot: Slot) -> None:
    _press(digests, 3, APPROVE, Seen.of(A).value)
    _press(digests, 10, CONFIRM, f"{slot.key}|connections")
    found = _measured(digests, slot)
    assert (found.clicks, found.items) == (2, 1)
    assert found.took // MINUTE in (6, 7)
    flow.refresh(digests)
    assert "2 of 5 done · 7 min · since" in _words(digests, slot)


def test_a_dialog_costs_two_clicks_and_its_press_decides_nothing(digests: Digests, slot: Slot) -> None:
    _press(digests, 1, REJECT, Seen.of(A).value)
    assert _measured(digests, slot) == Effort(1, 0, _measured(digests, slot).first_at, _measured(digests, slot).last_at)
    _press(digests, 2, REJECT, Seen.of(A).value, answers={"words": "not our tone"})
    assert (_measured(digests, slot).clicks, _measured(digests, slot).items) == (2, 1)


def test_what_is_put_aside_is_dealt_with_too(digests: Digests, slot: Slot) -> None:
    with digests.engine.begin() as db:
        work_items.put_aside(db, Seen.of(E), Aside.HELD, "Ana", "")
    assert _measured(digests, slot).items == 1


def test_presses_elsewhere_and_what_came_later_are_not_this_check_ins(digests: Digests, slot: Slot) -> None:
    later = work_item("later")
    with digests.engine.begin() as db:
        work_items.open_items(db, [later])
    _press(digests, 1, APPROVE, Seen.of(later).value)
    _press(digests, 2, CONFIRM, "other/morning/2026-03-10|connections")
    assert _measured(digests, slot) == Effort()


def test_when_all_is_done_the_last_line_says_what_it_took_and_stays(digests: Digests, slot: Slot) -> None:
    for minutes, item in enumerate((A, B)):
        _press(digests, 1 + minutes, APPROVE, Seen.of(item).value)
    _press(digests, 3, RESOLVE, Seen.of(E).value)
    for minutes, section in enumerate(("connections", "next_hours")):
        _press(digests, 4 + 2 * minutes, CONFIRM, f"{slot.key}|{section}")
    flow.refresh(digests)
    assert _words(digests, slot).endswith("🏁 *Done in 6 min by Ana*: 2 approved, 1 resolved")
    _press(digests, 60, APPROVE, Seen.of(A).value)
    flow.refresh(digests)
    assert _words(digests, slot).endswith("🏁 *Done in 6 min by Ana*: 2 approved, 1 resolved")


def test_the_metrics_tell_the_newest_check_in_of_each_kind(digests: Digests, pod: Pod, slot: Slot) -> None:
    _press(digests, 1, APPROVE, Seen.of(A).value)
    _press(digests, 3, APPROVE, Seen.of(B).value)
    metrics = Metrics("test", strict=True)
    effort.refresh(digests.engine, [pod], metrics)
    told = metrics.exposition().decode()
    labels = '{checkin="morning",pod="main"}'
    assert f"{catalog.CHECKIN_CLICKS.name}{labels} 2.0" in told
    assert f"{catalog.CHECKIN_ITEMS_DONE.name}{labels} 2.0" in told
    posted_at = told.partition(f"{catalog.CHECKIN_DIGEST_LAST_SUCCESS_TIMESTAMP_SECONDS.name}{labels} ")[2].split()[0]
    assert slot.posted_at
    assert float(posted_at) == pytest.approx(slot.posted_at.timestamp())
    seconds = told.partition(f"{catalog.CHECKIN_WORK_SECONDS.name}{labels} ")[2].split()[0]
    assert 100 < float(seconds) < 140
    assert slot.key == "main/morning/2026-03-10"
