"""An escalation's card and thread, from the press to the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from syrupy.assertion import SnapshotAssertion

from clients import work_items
from clients.model import ItemKind, Seen, WorkItem
from messages import tables as messages
from operations import escalations
from operations.assign import ASSIGN
from operations.escalate import ESCALATE
from operations.escalation_cards import escalation_card, thread
from operations.flow import perform
from operations.model import Done, Person, Role
from operations.resolve import RESOLVE
from tests.factories import NOON, click, person, work_item
from tests.fakes import set_clock

Opened = Callable[..., WorkItem]
LEADS = "<@ULEAD01>"
CARLA = person("Carla", Role.LEAD)
BODY = {
    "author": "@marta",
    "excerpt": "Where is my order?",
    "history": [{"from": "@marta", "text": "Hello <!here>", "at": NOON.isoformat()}],
    "suggested_reply": "On its way!",
}


@pytest.fixture
def complaint(engine: Engine, opened: Opened) -> WorkItem:
    set_clock(engine, NOON)
    return opened(kind=ItemKind.ESCALATION, body=BODY, due_at=NOON + timedelta(hours=1))


def _press(engine: Engine, one: Any, to: Person | None = None, words: str = "She threatens to sue") -> None:
    with engine.begin() as db:
        item = work_items.item(db, "item-1")
    assert item is not None
    pressed = click(Seen.of(item).value, action_id=one.action_id, answers={"words": words}, named=to)
    assert isinstance(perform(engine, one, pressed), Done)


def _said(engine: Engine) -> dict[str, str]:
    escalations.refresh(engine, lambda _client: "#ops", LEADS)
    with engine.begin() as db:
        rows = db.execute(select(messages.card).order_by(messages.card.c.key)).all()
    assert {row.channel for row in rows} <= {"#ops"}
    assert {row.thread_key for row in rows} <= {None, "escalation:item-1"}
    return {row.key.removeprefix("escalation:item-1").lstrip(":"): str(row.wanted["blocks"]) for row in rows}


@pytest.mark.usefixtures("complaint")
def test_what_was_not_escalated_has_no_card(engine: Engine) -> None:
    assert _said(engine) == {}


@pytest.mark.usefixtures("complaint")
def test_an_escalation_is_one_card_that_calls_its_owner_and_the_story_is_in_its_thread(engine: Engine) -> None:
    _press(engine, ESCALATE, CARLA)
    said = _said(engine)
    assert set(said) == {"", "history", "story:0"}
    assert "<@UCARLA01> · answer due" in said[""]
    assert "Ana: She threatens to sue" in said[""]
    assert "Where is my order?" in said[""]
    assert "On its way!" in said[""]
    assert "Hello &lt;!here&gt;" in said["history"]
    assert "escalated to Carla: She threatens to sue" in said["story:0"]
    assert "<@" not in said["story:0"]
    assert _said(engine) == said


@pytest.mark.usefixtures("complaint")
def test_a_hand_off_calls_the_next_with_the_reason(engine: Engine) -> None:
    _press(engine, ESCALATE, CARLA)
    _press(engine, ASSIGN, person("Ben"), "I am off at noon")
    said = _said(engine)
    assert "<@UBEN01> · answer due" in said[""]
    assert "handed to Ben <@UBEN01>: I am off at noon" in said["story:1"]


@pytest.mark.usefixtures("complaint")
def test_the_owner_is_reminded_and_then_the_leads_are_called_each_once(engine: Engine) -> None:
    _press(engine, ESCALATE, CARLA)
    assert "reminder" not in _said(engine)
    set_clock(engine, NOON + timedelta(minutes=46))
    reminded = _said(engine)["reminder"]
    assert "⏰ <@UCARLA01> the answer is due" in reminded
    set_clock(engine, NOON + timedelta(minutes=61))
    said = _said(engine)
    assert said["reminder"] == reminded
    assert f"🔺 {LEADS} nobody answered by" in said["overdue"]
    set_clock(engine, NOON + timedelta(minutes=90))
    assert _said(engine) == said


@pytest.mark.usefixtures("complaint")
def test_a_closed_escalation_says_how_it_ended_and_how_long_it_took(engine: Engine) -> None:
    _press(engine, ESCALATE, CARLA)
    set_clock(engine, NOON + timedelta(minutes=20))
    _press(engine, RESOLVE)
    said = _said(engine)
    assert "✅ Resolved by Ana" in said[""]
    assert "20 min after it was escalated" in said[""]
    assert "Ana · resolved" in said["story:1"]
    assert "overdue" not in said


def test_a_conversation_that_nobody_took_is_escalated_before_its_deadline(engine: Engine, complaint: WorkItem) -> None:
    set_clock(engine, NOON + timedelta(minutes=46))
    said = _said(engine)
    assert f"{LEADS} · nobody has taken it yet · answer due" in said[""]
    assert "Checkin · escalated it: the deadline is near" in said["story:0"]
    pressed = click(Seen.of(complaint).value, action_id=RESOLVE.action_id)
    assert isinstance(perform(engine, RESOLVE, pressed), Done)


def test_what_is_long_late_or_of_another_kind_is_not_escalated_by_itself(engine: Engine, opened: Opened) -> None:
    set_clock(engine, NOON)
    opened("late", kind=ItemKind.ESCALATION, due_at=NOON - timedelta(hours=1))
    opened("failed", kind=ItemKind.PUBLISH_FAILURE, due_at=NOON + timedelta(minutes=5))
    opened("draft", due_at=NOON + timedelta(minutes=5))
    assert _said(engine) == {}


def test_the_card_as_it_is_shown(snapshot: SnapshotAssertion) -> None:
    due = NOON + timedelta(hours=1)
    item = work_item(
        kind=ItemKind.ESCALATION, body=BODY, due_at=due, escalated_at=NOON, owner_id="UCARLA01", owner="Carla"
    )
    assert escalation_card(item, "Acme Outdoor", LEADS, NOON) == snapshot
    assert escalation_card(work_item(kind=ItemKind.ESCALATION, escalated_at=NOON), "Acme <!here>", "", NOON).text == (
        "Escalated: Acme &lt;!here&gt;: Spring is here"
    )
    assert thread(item, LEADS, NOON).keys() == {"history"}
