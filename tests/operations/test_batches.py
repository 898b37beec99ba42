"""Many items with one press: the dialog, the second person, and what is told of each item."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audits import Scope, switches
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, ItemState, Seen, WorkItem
from messages import store as messages
from messages import tables
from messages.blocks import Message, section
from operations import batches, store
from operations.approve import APPROVE
from operations.batch import APPROVE_MANY, CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY, Batch
from operations.batch import batches as batches_of
from operations.batch_cards import CONFIRM_BATCH
from operations.flow import perform
from operations.hold import HOLD
from operations.model import Answer, Ask, Done, Invalid, Person, Refused, Role
from operations.request_changes import REQUEST_CHANGES
from storage import clock
from tests.factories import click, client, person, work_item

PARENT = "checkin:main/morning/2026-03-10"
UNDO = timedelta(0)
ANA, BEN = person("Ana"), person("Ben")


@pytest.fixture
def drafts(engine: Engine) -> Callable[..., list[WorkItem]]:
    """So many drafts, dealt out to so many clients, and a check-in's card to tell of them."""

    def opened(count: int, of: int = 3, **changes: Any) -> list[WorkItem]:
        items = [
            work_item(f"item-{n:03}", client_id=f"c{n % of:03}", title=f"Post {n}", calendar_item_id=None, **changes)
            for n in range(count)
        ]
        with engine.begin() as db:
            clients.report_clients(db, [client(f"c{n:03}", f"Client {n:03}") for n in range(of)])
            work_items.open_items(db, items)
            messages.put(db, PARENT, "#ops", Message("Check-in", [section("Check-in")]), priority=2)
        return items

    return opened


def _press(engine: Engine, one: Any, value: str, by: Person = ANA, **more: Any) -> Answer | None:
    return perform(engine, one, click(value, person=by, action_id=one.action_id, **more))


def _opened(engine: Engine, many: Batch = APPROVE_MANY, by: Person = ANA) -> dict[str, Any]:
    asked = _press(engine, many, f"|{PARENT}", by)
    assert isinstance(asked, Ask)
    return dict(asked.view)


def _boxes(view: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (block for block in view["blocks"] if block["type"] == "input")


def _ticked(view: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        option["value"] for block in _boxes(view) for option in block["element"].get("initial_options", ())
    )


def _submitted(
    engine: Engine, view: dict[str, Any], ticked: frozenset[str] | None = None, **more: Any
) -> Answer | None:
    chosen = _ticked(view) if ticked is None else ticked
    return _press(engine, APPROVE_MANY, view["private_metadata"], ticked=chosen, **more)


def _states(engine: Engine) -> dict[str, str]:
    with engine.begin() as db:
        return dict(db.execute(select(work_items.work_item.c.item_id, work_items.work_item.c.state)).all())


def _card(engine: Engine, view: dict[str, Any]) -> str:
    with engine.begin() as db:
        asked = select(tables.card).where(tables.card.c.key == view["private_metadata"])
        row = db.execute(asked).one()
    assert (row.channel, row.thread_key) == ("#ops", PARENT)
    text: str = row.wanted["blocks"][0]["text"]["text"]
    return text


def _work_off(engine: Engine) -> None:
    assert batches.work(engine, UNDO)
    while batches.work(engine, UNDO):
        pass


@contextmanager
def _dies_after(presses: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    left = [presses]

    def performing(*given: Any) -> Answer | None:
        if not left[0]:
            raise RuntimeError("killed")
        left[0] -= 1
        return perform(*given)

    with monkeypatch.context() as patched:
        patched.setattr(batches, "perform", performing)
        with pytest.raises(RuntimeError, match="killed"):
            yield


def test_the_dialog_groups_by_client_and_ticks_what_is_safe(engine: Engine, drafts: Callable[..., Any]) -> None:
    risky, *_ = drafts(7)
    with engine.begin() as db:
        work_items.open_items(db, [work_item("item-000", client_id="c000", body={"risk": "a health claim"})])
    view = _opened(engine)
    assert view["blocks"][0]["text"]["text"] == "*6* safe items are ticked, of *3* clients."
    assert [block["label"]["text"] for block in _boxes(view)] == ["Client 000", "Client 001", "Client 002"]
    first = next(_boxes(view))["element"]
    assert [option["text"]["text"][:2] for option in first["options"]] == ["⚠️", "In", "In"]
    assert first["options"][0]["description"]["text"] == "a health claim"
    assert len(first["initial_options"]) == 2
    assert risky.client_id == "c000"


def test_a_new_version_after_changes_were_asked_for_is_never_safe_whatever_the_platform_says(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    sent_back, *_ = drafts(3)
    pressed = click(Seen.of(sent_back).value, action_id=REQUEST_CHANGES.action_id, answers={"words": "Name the study"})
    assert isinstance(perform(engine, REQUEST_CHANGES, pressed), Done)
    with engine.begin() as db:
        work_items.open_items(db, [replace(sent_back, version=2, payload_hash="b" * 64, body={"text": "Safe, I say."})])
    view = _opened(engine)
    assert view["blocks"][0]["text"]["text"].startswith("*2* safe items")
    first = next(_boxes(view))["element"]
    assert first["options"][0]["description"]["text"] == "a new version, after changes were asked for"
    assert "initial_options" not in first


def test_each_item_ticked_is_decided_by_itself_and_the_result_is_told_once(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    drafts(12)
    view = _opened(engine)
    perform(engine, APPROVE, click(Seen.of(work_item("item-003", client_id="c000")).value, person=BEN))
    with engine.begin() as db:
        work_items.open_items(db, [work_item("item-001", client_id="c001", title="Post <1>", version=2)])
        switches.set_switch(db, Scope("c002"), stopped=True, by="Ben", reason="wrong brand")
    assert isinstance(_submitted(engine, view), Done)
    assert _card(engine, view) == "⏳ *Ana*: approve 12 items…"
    _work_off(engine)
    told = _card(engine, view)
    assert told.startswith("*Ana*: approve 12 items · ✅ *6* approved · skipped *1*: decided meanwhile (“Post 3”)")
    assert "skipped *1*: changed since (“Post &lt;1&gt;”)" in told
    assert "refused *4*: publishing is stopped (“Post 2”, “Post 5”, “Post 8”, “Post 11”)" in told
    assert list(_states(engine).values()).count("closed") == 7
    with engine.begin() as db:
        events = db.execute(select(audits.audit_event.c.action_type, audits.audit_event.c.result)).all()
    assert events.count(("approve", "success")) == 7
    assert events.count(("approve", "blocked")) == 6
    assert events.count(("batch", "success")) == 1


def test_more_than_twenty_need_a_second_person(engine: Engine, drafts: Callable[..., Any]) -> None:
    drafts(21)
    view = _opened(engine)
    answer = _submitted(engine, view)
    assert isinstance(answer, Done)
    assert answer.whisper == "21 items wait for a second person, who is asked in the check-in's thread."
    assert not batches.work(engine, UNDO)
    assert _card(engine, view).startswith(
        "*Ana* wants to *approve 21 items*: Client 000 7, Client 001 7, Client 002 7."
    )
    batch_id = view["private_metadata"].removeprefix("batch:")
    alone = _press(engine, CONFIRM_BATCH, batch_id)
    assert isinstance(alone, Refused)
    assert alone.reason == "same_person"
    assert isinstance(_press(engine, CONFIRM_BATCH, batch_id, person("Vic", Role.VIEWER)), Refused)
    assert isinstance(_press(engine, CONFIRM_BATCH, batch_id, BEN), Done)
    late = _press(engine, CONFIRM_BATCH, batch_id, person("Cleo"))
    assert isinstance(late, Refused)
    assert late.reason == "not_asked"
    _work_off(engine)
    assert _card(engine, view) == "*Ana* and *Ben*: approve 21 items · ✅ *21* approved"
    assert set(_states(engine).values()) == {"closed"}


@pytest.mark.slow
def test_three_hundred_clients_are_done_in_three_presses(engine: Engine, drafts: Callable[..., Any]) -> None:
    drafts(900, of=300)
    with engine.begin() as db:
        work_items.open_items(db, [work_item("risky", client_id="c000", body={"risk": "a health claim"})])
    view = _opened(engine)
    assert len(view["blocks"]) <= 100
    assert sum(len(block["element"]["options"]) for block in _boxes(view)) == 300
    assert "Left for a look, which comes next: 1 with a risk." in str(view["blocks"])
    _submitted(engine, view)
    _press(engine, CONFIRM_BATCH, view["private_metadata"].removeprefix("batch:"), BEN)
    _work_off(engine)
    assert [item for item, state in _states(engine).items() if state == "open"] == ["risky"]
    assert "and 288 more clients" not in _card(engine, view)


def test_a_batch_that_a_crash_cut_short_is_finished_and_not_repeated(
    engine: Engine, drafts: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts(10)
    view = _opened(engine)
    _submitted(engine, view)
    with _dies_after(4, monkeypatch):
        batches.work(engine, UNDO)
    assert list(_states(engine).values()).count("closed") == 4
    _work_off(engine)
    assert _card(engine, view) == "*Ana*: approve 10 items · ✅ *10* approved"
    with engine.begin() as db:
        assert len(db.execute(select(store.command)).all()) == 10


def test_only_who_opened_the_dialog_sends_it_once_and_with_something_ticked(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    drafts(3)
    view = _opened(engine)
    assert isinstance(_submitted(engine, view, frozenset()), Invalid)
    assert isinstance(_submitted(engine, view, frozenset({"99"})), Invalid)
    assert isinstance(_press(engine, APPROVE_MANY, view["private_metadata"], BEN, ticked=_ticked(view)), Refused)
    assert isinstance(_submitted(engine, view), Done)
    again = _submitted(engine, view)
    assert isinstance(again, Refused)
    assert again.reason == "batch_over"


def test_a_check_ins_button_decides_only_what_the_check_in_is_about(engine: Engine, drafts: Callable[..., Any]) -> None:
    old = drafts(2)
    with engine.begin() as db:
        posted_at = clock.now(db)
        work_items.open_items(db, [work_item("late", title="Came later")])
    button = APPROVE_MANY.button("", old, PARENT, posted_at)
    assert button is not None
    asked = _press(engine, APPROVE_MANY, button["value"])
    assert isinstance(asked, Ask)
    assert "Came later" not in str(asked.view)
    everything = _press(engine, APPROVE_MANY, f"|{PARENT}|soon")
    assert isinstance(everything, Ask)
    assert "Came later" in str(everything.view)


def test_the_dialog_leaves_out_what_is_aside_and_refuses_when_nothing_is_safe(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    (draft,) = drafts(1)
    assert isinstance(_press(engine, APPROVE_MANY, "|"), Ask)
    perform(engine, HOLD, click(Seen.of(draft).value, answers={"words": "Waits for legal"}))
    refused = _press(engine, APPROVE_MANY, "|")
    assert isinstance(refused, Refused)
    assert refused.reason == "nothing_safe"


def _next(answer: Answer | None) -> dict[str, Any]:
    assert isinstance(answer, Done)
    assert answer.then is not None
    return dict(answer.then.view)


def test_what_has_a_risk_is_read_page_by_page_and_all_but_the_ticked_are_decided(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    drafts(2)
    risks = [
        work_item(f"risky-{n:02}", client_id="c001", body={"text": f"Cures in {n} days", "risk": "a health claim"})
        for n in range(25)
    ]
    with engine.begin() as db:
        work_items.open_items(db, risks)
    first = _next(_submitted(engine, _opened(engine)))
    assert "5 more come after these." in str(first["blocks"])
    read = [block["text"]["text"] for block in first["blocks"] if block["type"] == "section"][1:]
    assert len(read) == 20
    assert all("a health claim" in text and f">Cures in {n} days" in text for n, text in enumerate(read))
    assert _ticked(first) == frozenset()
    last = _next(_submitted(engine, first, frozenset({"3"})))
    assert isinstance(_submitted(engine, last), Done)
    _work_off(engine)
    assert [item for item, state in _states(engine).items() if state == "open"] == ["risky-03"]
    with engine.begin() as db:
        orders = db.execute(select(audits.audit_event.c.payload_summary).filter_by(action_type="batch")).scalars()
    assert list(orders) == [f"ordered to approve {count} items" for count in (2, 19, 5)]


def test_a_page_leaves_out_what_was_ticked_before_or_changed_meanwhile(
    engine: Engine, drafts: Callable[..., Any]
) -> None:
    drafts(1)
    risky = [work_item(f"risky-{n}", client_id="c001", body={"risk": "a price"}) for n in range(3)]
    with engine.begin() as db:
        work_items.open_items(db, risky)
    view = _opened(engine)
    boxes = [option for block in _boxes(view) for option in block["element"]["options"]]
    (ticked,) = [box["value"] for box in boxes if box["description"]["text"] == "a price"][:1]
    with engine.begin() as db:
        work_items.open_items(db, [work_item("risky-2", client_id="c001", version=2, body={"risk": "a price"})])
    page = _next(_submitted(engine, view, _ticked(view) | {ticked}))
    assert len(list(_boxes(page))) == 1
    left = _submitted(engine, page, frozenset({"0"}))
    assert isinstance(left, Done)
    assert left.then is None
    _work_off(engine)
    assert [item for item, state in _states(engine).items() if state == "open"] == ["risky-1", "risky-2"]


def test_blocks_are_confirmed_after_each_was_read(engine: Engine, drafts: Callable[..., Any]) -> None:
    drafts(3, kind=ItemKind.POLICY_BLOCK, body={"text": "Lose 5 kg", "reason": "health_claim"})
    page = _opened(engine, CONFIRM_BLOCK_MANY)
    assert str(page["blocks"]).count("Why: health claim") == 3
    assert isinstance(_press(engine, CONFIRM_BLOCK_MANY, page["private_metadata"]), Done)
    _work_off(engine)
    with engine.begin() as db:
        assert [item.outcome for item in work_items.items_with(db, ["item-000", "item-002"])] == ["block confirmed"] * 2


def test_a_pod_decides_for_its_own_clients_only(engine: Engine, drafts: Callable[..., Any]) -> None:
    drafts(6)
    approve, *_ = batches_of({"east": frozenset({"c001"})})
    asked = _press(engine, approve, "east|")
    assert isinstance(asked, Ask)
    assert [block["label"]["text"] for block in _boxes(dict(asked.view))] == ["Client 001"]
    unknown = _press(engine, approve, "west|")
    assert isinstance(unknown, Refused)
    assert unknown.reason == "unknown_pod"


def test_who_waits_for_an_answer_is_not_let_go_unseen() -> None:
    def items(kind: ItemKind, **changes: Any) -> list[WorkItem]:
        return [work_item(str(n), kind=kind, **changes) for n in range(3)]

    reply = {"body": {"excerpt": "Where is it?", "suggested_reply": "On its way!"}}
    conversations = SEND_REPLY_MANY.button("main", items(ItemKind.ESCALATION, **reply))
    assert conversations is not None
    assert conversations["text"]["text"] == "Send 3 replies after a look…"
    assert SEND_REPLY_MANY.button("main", items(ItemKind.ESCALATION)) is None, (
        "what is to be written is written by itself"
    )
    assert RESOLVE_MANY.button("main", items(ItemKind.ESCALATION)) is None
    assert RESOLVE_MANY.button("main", items(ItemKind.PUBLISH_FAILURE)) is None
    assert SEND_REPLY_MANY.button("main", items(ItemKind.ESCALATION, owner="Ben", **reply)) is None
    assert RESOLVE_MANY.button("main", items(ItemKind.CONNECTION)[:1]) is None
    seen_live = RESOLVE_MANY.button("main", items(ItemKind.VERIFICATION))
    again = RETRY_MANY.button("main", items(ItemKind.PUBLISH_FAILURE))
    assert seen_live is not None
    assert again is not None
    assert seen_live["text"]["text"] == "Resolve 3 safe items…"
    assert again["text"]["text"] == "Retry 3 safe items…"
    assert RETRY_MANY.button("main", items(ItemKind.PUBLISH_FAILURE, owner="Ben")) is None


def test_a_batch_pressed_in_a_thread_is_told_in_that_thread(engine: Engine, drafts: Callable[..., Any]) -> None:
    drafts(3)
    with engine.begin() as db:
        held = messages.claim(db, timedelta(seconds=5), timedelta(0))
        assert held is not None
        messages.shown(db, held, "C1", "17.1", timedelta(0))
    asked = _press(engine, APPROVE_MANY, "|", thread=("C1", "17.1"))
    assert isinstance(asked, Ask)
    view = dict(asked.view)
    _submitted(engine, view)
    assert _card(engine, view) == "⏳ *Ana*: approve 3 items…"
    assert ItemState.OPEN in _states(engine).values()
