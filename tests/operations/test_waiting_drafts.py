"""What the guard lets out of a draft that a person is asked about, as people decide on it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from audits import Effect, Phase, Result, Unapproved, guard
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, Seen, WorkItem
from operations import unfinished
from operations.approve import APPROVE
from operations.flow import perform
from operations.hold import HOLD
from operations.model import Done
from operations.reject import REJECT
from operations.request_changes import REQUEST_CHANGES
from operations.undo import UNDO
from tests.factories import calendar_item, click, effect
from tests.fakes import turn_clock

Opened = Callable[..., WorkItem]


def _publish(**changes: Any) -> Effect:
    return effect(**{"ids": {"calendar_item_id": "cal-1"}, "payload_sha256": "a" * 64} | changes)


def _goes_out(engine: Engine, caused: Effect) -> bool:
    try:
        with guard(engine, caused) as permit:
            permit.failed(error="rejected")  # so that it may be tried again
    except Unapproved:
        return False
    return True


def _press(engine: Engine, one: Any, item_id: str = "item-1", **answers: str) -> None:
    with engine.begin() as db:
        item = work_items.item(db, item_id)
    assert item is not None
    pressed = click(Seen.of(item).value, action_id=one.action_id, answers=answers, undo=timedelta(0))
    assert isinstance(perform(engine, one, pressed), Done)


@pytest.mark.parametrize("name", ["publish", "schedule", "story_post"])
def test_a_draft_that_waits_goes_out_under_no_name_and_the_record_says_why(
    engine: Engine, opened: Opened, name: str
) -> None:
    opened()
    caused = _publish(action_type=name)
    with pytest.raises(Unapproved, match="was asked to approve it and has not") as refused, guard(engine, caused):
        pytest.fail("it went out")
    with engine.begin() as db:
        (event,) = audits.last(db, "acme")
    assert (event.audit_id, event.phase, event.result) == (refused.value.audit_id, Phase.OUTCOME, Result.BLOCKED)
    assert event.proof == {"error": "a person was asked to approve it and has not"}
    assert not unfinished.surface_changed(engine)  # a person is asked already
    _press(engine, APPROVE)
    assert _goes_out(engine, _publish(action_type=name))


@pytest.mark.parametrize(
    ("item", "other"),
    [
        ({"calendar_item_id": "cal-2"}, {}),
        ({"calendar_item_id": None}, {}),
        ({"kind": ItemKind.PUBLISH_FAILURE}, {}),
        ({}, {"action_type": "comment_reply"}),
        ({}, {"ids": {"calendar_item_id": "cal-2"}}),
    ],
)
def test_what_nobody_has_to_approve_goes_out(
    engine: Engine, opened: Opened, item: dict[str, Any], other: dict[str, Any]
) -> None:
    opened(**item)
    assert _goes_out(engine, _publish(**other))


@pytest.mark.parametrize(
    ("decided", "answers"),
    [
        (REJECT, {"choice": "Off brand"}),
        (HOLD, {"words": "The client is away"}),
        (REQUEST_CHANGES, {"words": "Use the new logo"}),
    ],
)
def test_a_draft_that_was_decided_otherwise_does_not_go_out(
    engine: Engine, opened: Opened, decided: Any, answers: dict[str, str]
) -> None:
    opened()
    _press(engine, decided, **answers)
    assert not _goes_out(engine, _publish())


def test_a_draft_on_hold_goes_out_once_it_is_taken_up_and_approved(engine: Engine, opened: Opened) -> None:
    opened()
    _press(engine, HOLD, words="The client is away")
    _press(engine, UNDO)
    assert not _goes_out(engine, _publish())
    _press(engine, APPROVE)
    assert _goes_out(engine, _publish())


def test_an_approval_that_is_taken_back_counts_no_more(engine: Engine, opened: Opened) -> None:
    opened()
    _press(engine, APPROVE)
    _press(engine, UNDO)
    assert not _goes_out(engine, _publish())


def test_what_can_still_be_taken_back_does_not_go_out(engine: Engine, opened: Opened) -> None:
    pressed = click(Seen.of(opened()).value, undo=timedelta(seconds=60))
    assert isinstance(perform(engine, APPROVE, pressed), Done)
    assert not _goes_out(engine, _publish())
    turn_clock(engine, timedelta(seconds=61))
    assert _goes_out(engine, _publish())


@pytest.mark.parametrize("new_id", ["item-1", "item-2"])
def test_what_was_sent_back_waits_as_its_next_version_too(engine: Engine, opened: Opened, new_id: str) -> None:
    first = opened()
    _press(engine, REQUEST_CHANGES, words="Use the new logo")
    opened(new_id, payload_hash="b" * 64, version=2, opened_at=first.opened_at + timedelta(hours=1))
    for told in ("a" * 64, "b" * 64):
        assert not _goes_out(engine, _publish(payload_sha256=told))
    _press(engine, APPROVE, new_id)
    assert _goes_out(engine, _publish(payload_sha256="b" * 64))


def test_who_was_approved_and_is_asked_about_anew_waits_anew(engine: Engine, opened: Opened) -> None:
    opened()
    _press(engine, APPROVE)
    opened("item-2", payload_hash="b" * 64, version=2)
    assert not _goes_out(engine, _publish())


def test_telling_an_approved_draft_again_takes_nothing_away(engine: Engine, opened: Opened) -> None:
    opened()
    _press(engine, APPROVE)
    opened()
    with engine.begin() as db:
        work_items.report_result(db, "item-1", {"status": "queued"})
    assert _goes_out(engine, _publish())


def test_the_platform_cannot_approve_by_closing_the_question(engine: Engine, opened: Opened) -> None:
    item = opened()
    with engine.begin() as db:
        assert work_items.close_item(
            db, item.item_id, version=item.version, payload_hash=item.payload_hash, outcome="approved", by="its service"
        )
    assert not _goes_out(engine, _publish())


def test_a_question_about_another_clients_item_holds_nothing_back(engine: Engine, opened: Opened) -> None:
    with engine.begin() as db:
        clients.report_calendar(db, [calendar_item("cal-1", client_id="zen")])
    opened()
    assert _goes_out(engine, _publish(client_id="zen"))


def test_who_approves_another_clients_draft_does_not_approve_the_item_it_names(engine: Engine, opened: Opened) -> None:
    with engine.begin() as db:
        clients.report_calendar(db, [calendar_item("cal-1")])
    opened(payload_hash="b" * 64)
    opened("item-2", client_id="zen")
    _press(engine, APPROVE, "item-2")
    assert not _goes_out(engine, _publish())
