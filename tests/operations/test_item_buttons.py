"""The buttons that ask first, those that put an item aside or in somebody's hands, and Undo."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from audits import Result, Scope, switches
from audits import store as audits
from clients import work_items
from clients.model import Aside, ItemKind, ItemState, Seen, WorkItem
from operations import store, wording
from operations.approve import APPROVE
from operations.assign import ASSIGN
from operations.cards import item_blocks
from operations.escalate import ESCALATE
from operations.escalation_cards import escalation_card, thread
from operations.flow import perform
from operations.follow_up import FOLLOW_UP
from operations.hold import HOLD
from operations.items import Decision, ItemButton
from operations.model import Answer, Ask, Done, Invalid, Person, Refused, Role
from operations.reject import REJECT
from operations.release import RELEASE
from operations.reply import EDIT_REPLY, SEND_REPLY
from operations.request_changes import REQUEST_CHANGES
from operations.resolve import RESOLVE
from operations.retry import RETRY
from operations.snooze import SNOOZE
from operations.undo import UNDO
from tests.factories import NOON, click, person
from tests.fakes import set_clock

Opened = Callable[..., WorkItem]
LEAD = person("Carla", Role.LEAD)


def _item(engine: Engine, item_id: str = "item-1") -> WorkItem:
    with engine.begin() as db:
        found = work_items.item(db, item_id)
    assert found is not None
    return found


def _commands(engine: Engine) -> list[Any]:
    with engine.begin() as db:
        return list(db.execute(select(store.command)))


def _press(engine: Engine, one: Any, item: WorkItem, by: Person | None = None, **answers: str) -> Answer | None:
    return perform(
        engine, one, click(Seen.of(item).value, person=by or person(), action_id=one.action_id, answers=answers)
    )


def _sent(engine: Engine) -> None:
    """A sender takes whatever waits."""
    with engine.begin() as db:
        while store.claim_command(db, timedelta(seconds=5)):
            pass


@pytest.mark.parametrize(
    ("one", "kind", "answers", "words", "command"),
    [
        (REQUEST_CHANGES, ItemKind.APPROVAL, {"words": "Use the new logo"}, "Use the new logo", "request_changes"),
        (REJECT, ItemKind.APPROVAL, {"choice": "Off brand"}, "Off brand", "reject"),
        (REJECT, ItemKind.APPROVAL, {"choice": "Off brand", "words": "red"}, "Off brand: red", "reject"),
        (RELEASE, ItemKind.POLICY_BLOCK, {"words": "It is a quote"}, "It is a quote", "release"),
        (SEND_REPLY, ItemKind.ESCALATION, {"words": "On its way!"}, "On its way!", "reply"),
        (EDIT_REPLY, ItemKind.ESCALATION, {"words": "On its way!"}, "On its way!", "reply"),
    ],
)
def test_what_is_asked_first_is_shown_with_the_item_and_told_to_the_platform(
    engine: Engine, opened: Opened, one: Decision, kind: ItemKind, answers: dict[str, str], words: str, command: str
) -> None:
    item = opened(kind=kind, body={"text": "The snow is gone."})
    asked = _press(engine, one, item, LEAD)
    assert isinstance(asked, Ask)
    assert ">The snow is gone." in asked.view["blocks"][0]["text"]["text"]
    assert isinstance(_press(engine, one, item, LEAD, words=""), Invalid)
    assert _item(engine).state is ItemState.OPEN
    assert isinstance(_press(engine, one, item, LEAD, **answers), Done)
    closed = _item(engine)
    assert (closed.state, closed.outcome, closed.closed_by) == (ItemState.CLOSED, one.outcome, "Carla")
    assert closed.story[-1]["words"] == words
    (issued,) = _commands(engine)
    assert (issued.kind, issued.body["reason"]) == (command, words)


def test_only_a_lead_releases_what_a_policy_blocked(engine: Engine, opened: Opened) -> None:
    item = opened(kind=ItemKind.POLICY_BLOCK)
    answer = _press(engine, RELEASE, item, words="It is a quote")
    assert isinstance(answer, Refused)
    assert answer.whisper == "Only leads can do this. Ask one of them."


@pytest.mark.parametrize("one", [APPROVE, RETRY])
def test_what_would_go_out_is_refused_while_publishing_is_stopped(
    engine: Engine, opened: Opened, one: Decision
) -> None:
    (kind,) = one.kinds - {ItemKind.VERIFICATION}
    item = opened(kind=kind)
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ben", reason="wrong brand")
    answer = _press(engine, one, item)
    assert isinstance(answer, Refused)
    assert answer.reason == "stopped"
    assert "stopped here by Ben: wrong brand" in answer.whisper
    assert _item(engine) == item


def test_a_resolution_needs_no_way_out_and_goes_on_while_publishing_is_stopped(engine: Engine, opened: Opened) -> None:
    item = opened(kind=ItemKind.ESCALATION)
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ben", reason="wrong brand")
    assert isinstance(_press(engine, RESOLVE, item), Done)


def test_of_a_changed_draft_the_difference_is_shown(engine: Engine, opened: Opened) -> None:
    seen = opened(body={"text": "The snow is gone, the boots are back."}, due_at=NOON)
    later = NOON + timedelta(hours=1)
    opened(version=2, payload_hash="b" * 64, body={"text": "The snow is back, the boots are *gone*."}, due_at=later)
    answer = _press(engine, APPROVE, seen)
    assert isinstance(answer, Refused)
    assert answer.reason == "changed"
    assert ">The snow is ~gone,~ *back,* the boots are ~back.~ *∗gone∗.*" in answer.whisper
    assert "Time: <!date^" in answer.whisper
    for one in (REQUEST_CHANGES, REJECT):
        again = _press(engine, one, seen)
        assert isinstance(again, Refused)
        assert again.reason == "changed"


# Coming back


def test_what_was_sent_back_asks_again_as_its_next_version(engine: Engine, opened: Opened) -> None:
    item = opened()
    _press(engine, REQUEST_CHANGES, item, words="Use the new logo")
    opened()
    assert _item(engine).state is ItemState.CLOSED
    opened(version=2, payload_hash="b" * 64)
    again = _item(engine)
    assert (again.state, again.outcome, again.closed_by, again.version) == (ItemState.OPEN, None, None, 2)
    assert [line["did"] for line in again.story] == ["sent back for changes"]
    assert "✏️ New version · Ana asked: “Use the new logo”" in wording.body(again, NOON)


def test_what_was_sent_back_and_taken_back_is_no_new_version(engine: Engine, opened: Opened) -> None:
    _press(engine, REQUEST_CHANGES, opened(), words="Use the new logo")
    assert isinstance(_press(engine, UNDO, _item(engine)), Done)
    again = _item(engine)
    assert [line["did"] for line in again.story] == ["sent back for changes", "taken back"]
    assert again.changes_asked is None


def test_what_was_retried_and_failed_once_more_asks_again(engine: Engine, opened: Opened) -> None:
    item = opened(kind=ItemKind.PUBLISH_FAILURE)
    _press(engine, RETRY, item)
    opened(kind=ItemKind.PUBLISH_FAILURE)
    assert _item(engine).state is ItemState.CLOSED
    opened(kind=ItemKind.PUBLISH_FAILURE, opened_at=datetime.now(UTC) + timedelta(minutes=1))
    assert _item(engine).state is ItemState.OPEN


def test_what_was_approved_never_asks_again(engine: Engine, opened: Opened) -> None:
    _press(engine, APPROVE, opened())
    opened(version=2, payload_hash="b" * 64)
    assert _item(engine).state is ItemState.CLOSED


# Aside


def test_a_draft_on_hold_waits_in_nobodys_way_until_it_is_taken_up(engine: Engine, opened: Opened) -> None:
    item = opened()
    assert isinstance(_press(engine, HOLD, item), Ask)
    assert isinstance(_press(engine, HOLD, item, words="x"), Invalid)
    assert isinstance(_press(engine, HOLD, item, words="Waits for legal"), Done)
    held = _item(engine)
    assert (held.state, held.aside, held.waits(NOON)) == (ItemState.OPEN, Aside.HELD, False)
    assert _commands(engine) == []
    assert isinstance(_press(engine, UNDO, held), Done)
    assert _item(engine).waits(NOON)
    again = _press(engine, UNDO, held)
    assert isinstance(again, Refused)
    assert again.whisper.startswith("Ana was faster: taken up again.")


@pytest.mark.parametrize(
    ("zone", "answers", "until"),
    [
        (None, {"until": "tomorrow"}, datetime(2026, 3, 11, 9, tzinfo=UTC)),
        ("Asia/Tokyo", {"until": "tomorrow"}, datetime(2026, 3, 11, 0, tzinfo=UTC)),
        (None, {"until": "time", "at": str(int(NOON.timestamp()) + 3600)}, NOON + timedelta(hours=1)),
        (None, {"until": "checkin"}, None),
    ],
)
def test_a_snoozed_item_comes_back_in_time(
    engine: Engine, opened: Opened, zone: str | None, answers: dict[str, str], until: datetime | None
) -> None:
    set_clock(engine, NOON)
    item = opened()
    assert isinstance(_press(engine, SNOOZE, item), Ask)
    ana = Person("UANA01", "Ana", Role.OPERATOR, zone)
    assert isinstance(_press(engine, SNOOZE, item, ana, **answers), Done)
    snoozed = _item(engine)
    assert snoozed.aside_until == until
    assert not snoozed.waits(NOON)
    with engine.begin() as db:
        woken = work_items.wake(db, ["acme"])
        assert work_items.wake(db) == 0
    assert woken == (1 if until is None else 0)
    assert _item(engine).waits(until or NOON)


def test_a_follow_up_comes_back_at_the_persons_midnight_before_any_check_in(engine: Engine, opened: Opened) -> None:
    set_clock(engine, NOON)
    item = opened(kind=ItemKind.ESCALATION)
    tokyo = Person("UANA01", "Ana", Role.OPERATOR, "Asia/Tokyo")
    assert isinstance(_press(engine, FOLLOW_UP, item, tokyo), Done)
    tagged = _item(engine)
    assert (tagged.aside_until, tagged.waits(NOON)) == (datetime(2026, 3, 10, 15, tzinfo=UTC), False)
    assert "📌 To follow up" in str(item_blocks(tagged, {}, NOON))
    back = item_blocks(tagged, {}, datetime(2026, 3, 10, 15, tzinfo=UTC))
    assert back[0]["text"]["text"].startswith("📌 ")


@pytest.mark.parametrize("at", ["", "soon", "1", str(int(NOON.timestamp()) + 40 * 86400)])
def test_a_time_to_come_back_lies_ahead(engine: Engine, opened: Opened, at: str) -> None:
    set_clock(engine, NOON)
    assert isinstance(_press(engine, SNOOZE, opened(), until="time", at=at), Invalid)


def test_a_suggested_reply_is_sent_as_it_stands_with_one_press(engine: Engine, opened: Opened) -> None:
    item = opened(kind=ItemKind.ESCALATION, body={"excerpt": "Where is it?", "suggested_reply": "On its way!"})
    assert isinstance(_press(engine, SEND_REPLY, item), Done)
    (command,) = _commands(engine)
    assert (command.kind, command.body["text"], command.body["item_id"]) == ("reply", "On its way!", item.item_id)
    assert _item(engine).outcome == "answered"


def test_a_reply_that_is_longer_than_the_card_shows_is_shown_whole_before_it_goes(
    engine: Engine, opened: Opened
) -> None:
    body = {"excerpt": "Where is it?", "suggested_reply": f"{'On its way! ' * 40}Or wherever."}
    asked = _press(engine, SEND_REPLY, opened(kind=ItemKind.ESCALATION, body=body))
    assert isinstance(asked, Ask)
    assert asked.view["blocks"][-1]["element"]["initial_value"] == body["suggested_reply"]
    assert _commands(engine) == []


def test_another_reply_under_the_same_hash_does_not_go_out_for_the_one_that_was_seen(
    engine: Engine, opened: Opened
) -> None:
    seen = opened(kind=ItemKind.ESCALATION, body={"suggested_reply": "On its way!"})
    opened(kind=ItemKind.ESCALATION, body={"suggested_reply": "On its way!"})  # told again: nothing is new
    assert _item(engine).turn == 0
    opened(kind=ItemKind.ESCALATION, body={"suggested_reply": "Go away."})
    answer = _press(engine, SEND_REPLY, seen)
    assert isinstance(answer, Refused)
    assert answer.whisper.startswith("The platform was faster: told it anew.")
    assert _commands(engine) == []
    assert isinstance(_press(engine, SEND_REPLY, _item(engine)), Done)


def test_a_reply_is_edited_from_what_was_suggested_and_nothing_goes_out_while_stopped(
    engine: Engine, opened: Opened
) -> None:
    item = opened(kind=ItemKind.ESCALATION, body={"excerpt": "?", "suggested_reply": "x" * 3000})
    asked = _press(engine, EDIT_REPLY, item)
    assert isinstance(asked, Ask)
    field = asked.view["blocks"][-1]["element"]
    assert len(field["initial_value"]) == field["max_length"] == 2000
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ben", reason="wrong brand")
    refused = _press(engine, SEND_REPLY, item)
    assert isinstance(refused, Refused)
    assert refused.reason == "stopped"


def test_a_check_in_leaves_out_what_was_put_aside_before_it(engine: Engine, opened: Opened) -> None:
    held, here = opened("held"), opened("here")
    _press(engine, HOLD, held, words="Waits for legal")
    asked: dict[str, Any] = {"kinds": [ItemKind.APPROVAL], "closed_since": NOON}
    with engine.begin() as db:
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert [item.item_id for item in work_items.items_of(db, **asked, told_by=later)] == [here.item_id]
        assert len(work_items.items_of(db, **asked)) == 2


# In somebody's hands


def _give(engine: Engine, one: ItemButton, item: WorkItem, to: Person | None, words: str = "") -> Answer | None:
    asked = click(Seen.of(item).value, action_id=one.action_id, answers={"words": words, "who": ""}, named=to)
    return perform(engine, one, asked)


def test_an_item_is_handed_to_somebody_who_may_decide_it(engine: Engine, opened: Opened) -> None:
    item = opened(kind=ItemKind.ESCALATION)
    assert isinstance(_press(engine, ASSIGN, item), Ask)
    for nobody in (None, person("Vic", Role.VIEWER)):
        assert isinstance(_give(engine, ASSIGN, item, nobody), Invalid)
    assert isinstance(_give(engine, ASSIGN, item, person("Ben"), "I am off at noon"), Done)
    given = _item(engine)
    assert (given.owner_id, given.owner, given.escalated_at) == ("UBEN01", "Ben", None)
    assert dict(given.story[-1]) | {"at": ""} == {
        "at": "",
        "by": "Ana",
        "did": "handed to Ben",
        "words": "I am off at noon",
        "to": "UBEN01",
    }
    late = _give(engine, ASSIGN, item, person("Cleo"))
    assert isinstance(late, Refused)
    assert late.whisper.startswith("Ana was faster: handed to Ben.")


def test_an_escalation_says_why_and_comes_first(engine: Engine, opened: Opened) -> None:
    opened("grave", kind=ItemKind.ESCALATION, severity=1)
    item = opened(kind=ItemKind.ESCALATION, severity=4)
    assert isinstance(_press(engine, ESCALATE, item), Ask)
    assert isinstance(_give(engine, ESCALATE, item, LEAD, ""), Invalid)
    assert isinstance(_give(engine, ESCALATE, item, None, "She threatens to sue"), Invalid)
    assert isinstance(_give(engine, ESCALATE, item, LEAD, "She threatens to sue"), Done)
    assert _item(engine).escalated_at is not None
    with engine.begin() as db:
        first, _ = work_items.items_of(db, [ItemKind.ESCALATION], closed_since=NOON)
    assert first.item_id == "item-1"


# Undo


def test_within_the_minute_a_decision_is_taken_back_and_the_platform_never_hears_of_it(
    engine: Engine, opened: Opened
) -> None:
    item = opened()
    _press(engine, APPROVE, item)
    _sent(engine)
    approved = _item(engine)
    assert approved.undo_until is not None
    assert isinstance(_press(engine, UNDO, approved, person("Ben")), Done)
    again = _item(engine)
    assert (again.state, again.outcome, again.undo_until) == (ItemState.OPEN, None, None)
    assert _commands(engine) == []
    assert isinstance(_press(engine, APPROVE, again), Done)
    assert len(_commands(engine)) == 1


def test_what_the_platform_was_told_cannot_be_taken_back(engine: Engine, opened: Opened) -> None:
    set_clock(engine, NOON)
    _press(engine, APPROVE, opened())
    set_clock(engine, NOON + timedelta(seconds=61))
    _sent(engine)
    answer = _press(engine, UNDO, _item(engine))
    assert isinstance(answer, Refused)
    assert answer.whisper == "It is too late to undo this: the platform was told already."
    assert _item(engine).state is ItemState.CLOSED


def test_an_approval_that_waits_to_be_undone_does_not_expire_earlier_for_it(engine: Engine, opened: Opened) -> None:
    _press(engine, APPROVE, opened())
    (command,) = _commands(engine)
    lives = datetime.fromisoformat(command.body["expires_at"]) - datetime.fromisoformat(command.body["issued_at"])
    assert lives == timedelta(minutes=11)
    assert timedelta(seconds=59) < command.next_at - command.issued_at < timedelta(seconds=62)


def test_a_decision_each_way_is_on_record_with_the_item_it_was_about(engine: Engine, opened: Opened) -> None:
    _press(engine, APPROVE, opened())
    _press(engine, UNDO, _item(engine))
    with engine.begin() as db:
        told = audits.last(db, "acme")
    assert [(event.action_type, event.result) for event in told] == [
        ("undo", Result.SUCCESS),
        ("approve", Result.SUCCESS),
    ]
    assert {event.ids["work_item_id"] for event in told} == {"item-1"}
    assert all(isinstance(event.audit_id, UUID) for event in told)


@pytest.mark.parametrize("one", [HOLD, SNOOZE, ASSIGN, ESCALATE, REJECT, REQUEST_CHANGES])
def test_no_dialog_opens_for_what_is_decided_already(engine: Engine, opened: Opened, one: ItemButton) -> None:
    item = opened()
    _press(engine, APPROVE, item, person("Ben"))
    answer = _press(engine, one, item)
    assert isinstance(answer, Refused)
    assert answer.whisper.startswith("Ben was faster: approved at")


def test_words_from_people_and_platforms_call_nobody_wherever_they_are_shown(engine: Engine, opened: Opened) -> None:
    attack = "<!channel> <@U1> <https://evil.test|click> *now*\n&"
    body = dict.fromkeys(("text", "risk", "reason", "author", "excerpt", "suggested_reply"), attack)
    item = opened(kind=ItemKind.ESCALATION, title=attack, body=body | {"history": [{"from": attack, "text": attack}]})
    asked = _press(engine, ASSIGN, item)
    assert isinstance(asked, Ask)
    assert isinstance(_give(engine, ESCALATE, item, person(attack, user_id="UBEN01"), attack), Done)
    escalated = _item(engine)
    said = [asked.view, escalation_card(escalated, attack, "", NOON), *thread(escalated, "", NOON).values()]
    words = str([said, item_blocks(escalated, {"acme": attack}, NOON)])
    assert not {"<!channel>", "<@U1>", "<https://evil", "*now*"} & set(words.split())
    assert "<!channel" not in words
    assert "<https://evil" not in words
