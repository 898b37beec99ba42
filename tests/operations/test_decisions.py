"""Approve and Resolve, from the press to the record and the command."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audits import ActionType, ActorType, AuditEvent, Result
from audits import store as audits
from clients import work_items
from clients.ingest import Closing
from clients.model import ItemKind, ItemState, Seen, WorkItem
from operations import store
from operations.approve import APPROVE
from operations.confirm_block import CONFIRM_BLOCK
from operations.flow import perform
from operations.items import Decision
from operations.model import Done, Invalid, Refused, Role
from operations.resolve import RESOLVE
from operations.retry import RETRY
from tests.factories import click, effect, person, work_item

Opened = Callable[..., WorkItem]


def _seen(item: WorkItem) -> str:
    return Seen.of(item).value


def _record(engine: Engine, client_id: str = "acme") -> list[AuditEvent]:
    with engine.begin() as db:
        return audits.last(db, client_id, limit=100)


def _commands(engine: Engine) -> list[Any]:
    with engine.begin() as db:
        return list(db.execute(select(store.command)))


def _item(engine: Engine, item_id: str = "item-1") -> WorkItem:
    with engine.begin() as db:
        found = work_items.item(db, item_id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("decision", "kind", "outcome", "command"),
    [
        (APPROVE, ItemKind.APPROVAL, "approved", "publish"),
        (RESOLVE, ItemKind.ESCALATION, "resolved", "resolve"),
        (RETRY, ItemKind.PUBLISH_FAILURE, "retried", "retry"),
        (CONFIRM_BLOCK, ItemKind.POLICY_BLOCK, "block confirmed", "confirm_block"),
    ],
    ids=lambda value: getattr(value, "label", None),
)
def test_a_decision_closes_the_item_is_on_record_and_commands_the_platform(
    engine: Engine, opened: Opened, decision: Decision, kind: ItemKind, outcome: str, command: str
) -> None:
    item = opened(kind=kind)
    pressed = click(decision.button(item)["value"], action_id=decision.action_id)
    answer = perform(engine, decision, pressed)
    assert isinstance(answer, Done)

    closed = _item(engine)
    assert (closed.state, closed.outcome, closed.closed_by) == (ItemState.CLOSED, outcome, "Ana")

    (event,) = _record(engine)
    assert (event.action_type, event.actor_type, event.actor_id) == (
        decision.audited_as,
        ActorType.OPERATOR,
        pressed.person.user_id,
    )
    assert (event.result, event.proof) == (Result.SUCCESS, {"click": pressed.key})
    assert (event.seen_version, event.seen_hash) == (item.version, item.payload_hash)
    assert event.payload_summary == f"{outcome}: {item.title}"
    assert (event.platform, event.surface, event.lane) == ("instagram", "reels", "publishing")
    assert event.ids == {"calendar_item_id": "cal-1", "work_item_id": "item-1"}

    (issued,) = _commands(engine)
    told = {"item_id": "item-1", "calendar_item_id": "cal-1", "client_id": "acme", "platform": "instagram"}
    bound = {"payload_hash": item.payload_hash, "version": 1, "by": pressed.person.user_id, "by_name": "Ana"}
    assert (issued.kind, issued.state) == (command, "waiting")
    assert issued.body.items() >= (told | bound | {"kind": command, "command_id": str(issued.command_id)}).items()


def test_an_approval_that_cannot_be_told_in_time_expires_and_a_resolution_does_not(
    engine: Engine, opened: Opened
) -> None:
    perform(engine, APPROVE, click(_seen(opened("a"))))
    perform(engine, RESOLVE, click(_seen(opened("b", kind=ItemKind.ESCALATION))))
    expiry = {command.kind: command.body["expires_at"] for command in _commands(engine)}
    assert expiry["resolve"] is None
    assert expiry["publish"] is not None


@pytest.mark.parametrize("role", [Role.NONE, Role.VIEWER])
def test_who_may_not_is_told_so_and_the_refusal_is_on_record(engine: Engine, opened: Opened, role: Role) -> None:
    pressed = click(_seen(opened()), person=person("Vic", role))
    answer = perform(engine, APPROVE, pressed)
    assert isinstance(answer, Refused)
    assert answer.whisper.startswith("Only operators can do this")
    assert ("you have no role" in answer.whisper) is (role is Role.NONE)
    assert _item(engine).state is ItemState.OPEN
    assert _commands(engine) == []
    with engine.begin() as db:
        (event,) = db.execute(select(audits.audit_event)).all()
    assert (event.result, event.actor_id, event.payload_summary) == ("blocked", pressed.person.user_id, "refused: role")


@pytest.mark.parametrize(
    "value", ["", "item-1", "item-1|x|y|0", "item-1|-1|y|0", "item-1|1|y|²", "nothing|1|" + "a" * 64 + "|0"]
)
def test_an_item_nobody_knows_is_refused(engine: Engine, opened: Opened, value: str) -> None:
    opened()
    answer = perform(engine, APPROVE, click(value))
    assert isinstance(answer, Refused)
    assert answer.reason == "unknown_item"
    assert _item(engine).state is ItemState.OPEN


def test_a_button_decides_only_what_it_is_for(engine: Engine, opened: Opened) -> None:
    draft = opened("draft")
    thread = opened("thread", kind=ItemKind.ESCALATION)
    for decision, item in ((RESOLVE, draft), (APPROVE, thread)):
        answer = perform(engine, decision, click(_seen(item)))
        assert isinstance(answer, Refused)
        assert answer.reason == "unknown_item"


def test_who_comes_after_the_platform_is_told_its_words_as_words(engine: Engine, opened: Opened) -> None:
    item = opened()
    told = Closing(version=item.version, payload_hash=item.payload_hash, outcome="gone <!channel>")
    with engine.begin() as db:
        assert work_items.close_item(db, item.item_id, by="studio", **told.model_dump())
    answer = perform(engine, APPROVE, click(_seen(item)))
    assert isinstance(answer, Refused)
    assert answer.whisper.startswith("studio was faster: gone &lt;!channel&gt; at")


def test_who_comes_second_is_told_who_was_faster(engine: Engine, opened: Opened) -> None:
    value = _seen(opened())
    perform(engine, APPROVE, click(value, person=person("Ben")))
    answer = perform(engine, APPROVE, click(value))
    assert isinstance(answer, Refused)
    assert answer.reason == "already_closed"
    assert answer.whisper.startswith("Ben was faster: approved at <!date^")
    assert answer.whisper.endswith("Nothing was done twice.")
    assert [event.result for event in _record(engine)] == [Result.BLOCKED, Result.SUCCESS]
    assert len(_commands(engine)) == 1


@pytest.mark.parametrize("change", [{"version": 2}, {"payload_hash": "b" * 64}])
def test_a_draft_that_was_changed_after_it_was_seen_is_not_approved(
    engine: Engine, opened: Opened, change: dict[str, Any]
) -> None:
    seen = _seen(opened())
    opened(**change)
    answer = perform(engine, APPROVE, click(seen))
    assert isinstance(answer, Refused)
    assert answer.reason == "changed"
    assert _commands(engine) == []
    assert isinstance(perform(engine, APPROVE, click(_seen(_item(engine)))), Done)


def test_a_press_that_slack_delivers_again_acts_once(engine: Engine, opened: Opened) -> None:
    pressed = click(_seen(opened()))
    assert isinstance(perform(engine, APPROVE, pressed), Done)
    assert perform(engine, APPROVE, pressed) is None
    assert len(_record(engine)) == 1


def test_a_press_that_slack_delivers_twice_at_once_acts_once(engine: Engine, opened: Opened) -> None:
    presses = [click(_seen(opened(f"item-{n}"))) for n in range(30)]
    start = Barrier(2)

    def deliver(_: int) -> list[bool]:
        acted = []
        for pressed in presses:
            start.wait(10)
            acted.append(perform(engine, APPROVE, pressed) is not None)
        return acted

    with ThreadPoolExecutor(2) as replicas:
        one, other = replicas.map(deliver, range(2))
    assert [a + b for a, b in zip(one, other, strict=True)] == [1] * len(presses)
    assert len(_record(engine)) == len(_commands(engine)) == len(presses)


def test_a_button_that_breaks_leaves_no_trace_and_may_be_pressed_again(engine: Engine, opened: Opened) -> None:
    class Broken(Decision):
        def run(self, *_: Any) -> Any:
            raise RuntimeError

    pressed = click(_seen(opened()))
    with pytest.raises(RuntimeError):
        perform(engine, Broken(**APPROVE.__dict__), pressed)
    assert isinstance(perform(engine, APPROVE, pressed), Done)


def test_an_answer_that_needs_mending_may_come_again_with_the_same_key(engine: Engine, opened: Opened) -> None:
    class Picky(Decision):
        def run(self, *_: Any) -> Any:
            return Invalid({"reason": "Say more."})

    pressed = click(_seen(opened()))
    assert isinstance(perform(engine, Picky(**APPROVE.__dict__), pressed), Invalid)
    assert _record(engine) == []
    assert isinstance(perform(engine, APPROVE, pressed), Done)


def test_what_was_seen_survives_the_way_to_slack_and_back() -> None:
    seen = Seen("item-1", 12, "a" * 64)
    assert Seen.parse(seen.value) == seen
    assert replace(seen, version=13) != seen


def test_the_record_keeps_what_the_button_carried(engine: Engine, opened: Opened) -> None:
    item = opened()
    perform(engine, APPROVE, click(_seen(item)))
    (event,) = _record(engine)
    carried = {"action": "operations.approve", "value": _seen(work_item()), "answers": {}}
    with engine.begin() as db:
        audit_id = audits.record(db, effect(payload=carried), event.phase, event.result)
        same = next(found for found in audits.last(db, "acme") if found.audit_id == audit_id)
    assert event.payload_hash == same.payload_hash
    assert event.action_type is ActionType.APPROVE
