"""A person presses, types and is answered: our listeners on a real Bolt app before a real workspace."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from audits import Scope, switches
from audits import store as audits
from clients import store as clients
from clients import work_items
from clients.model import Aside, ItemKind, ItemState, WorkItem
from messages.blocks import actions, button
from messages.slack import Slack
from operations import batches
from operations import store as operations
from operations.approve import APPROVE
from operations.assign import ASSIGN
from operations.batch import APPROVE_MANY
from operations.cards import MORE, item_blocks
from operations.hold import HOLD
from operations.reject import REJECT
from operations.resume import REQUEST_RESUME
from operations.stop import STOP
from sandbox.slack.local import LocalSlack
from telemetry.metrics import Metrics
from tests.factories import NOON, client, work_item
from tests.sandbox.slack.hands import Hands, control, eventually

pytestmark = pytest.mark.usefixtures("bot")


@pytest.fixture
def draft(engine: Engine) -> WorkItem:
    with engine.begin() as db:
        clients.report_clients(db, [client()])
        work_items.open_items(db, [work_item()])
    return work_item()


@pytest.fixture
def show(slack: Slack) -> Callable[..., tuple[str, str]]:
    """Posts blocks to #ops; the message's ts and the id of the row with its buttons."""

    def post(*blocks: dict[str, Any]) -> tuple[str, str]:
        answer = slack.client.chat_postMessage(channel="ops", text="card", blocks=list(blocks))
        (row,) = (block["block_id"] for block in answer["message"]["blocks"] if block["type"] == "actions")
        return answer["ts"], row

    return post


def _item(engine: Engine) -> WorkItem:
    with engine.begin() as db:
        found = work_items.item(db, "item-1")
    assert found is not None
    return found


def _on(engine: Engine) -> list[Scope]:
    with engine.begin() as db:
        return [switch.scope for switch in switches.switches_on(db)]


def _fill(hands: Hands, **answers: dict[str, Any]) -> Any:
    values = {block: {"answer": value} for block, value in answers.items()}
    return hands.do("view/submit", view_id=hands.stack()[-1]["id"], values=values)


def _typed(text: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": text}


def _shown(view: dict[str, Any]) -> str:
    return "\n".join(block["text"]["text"] for block in view["blocks"] if block["type"] == "section")


def test_a_press_takes_effect_and_is_told_on(
    engine: Engine, draft: WorkItem, show: Callable[..., Any], ana: Hands, changes: list[str]
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    assert ana.click(ts, row, APPROVE.action_id) == {"ok": True}
    eventually(lambda: changes)
    item = _item(engine)
    assert (item.state, item.closed_by) == (ItemState.CLOSED, "Ana Silva")
    with engine.begin() as db:
        (event,) = audits.last(db, "acme")
        (command,) = db.execute(select(operations.command)).all()
    assert event.actor_id == ana.slack.workspace.user("ana").id
    assert (command.kind, command.body["by_name"]) == ("publish", "Ana Silva")


def test_who_comes_second_is_told_so_alone(
    draft: WorkItem, show: Callable[..., Any], ana: Hands, ben: Hands, changes: list[str]
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    ana.click(ts, row, APPROVE.action_id)
    eventually(lambda: changes)
    ben.click(ts, row, APPROVE.action_id)
    eventually(lambda: len(ben.texts()) == 2)
    assert ben.texts()[1].startswith("Ana Silva was faster: approved at")
    assert ana.texts() == ["card"]


def test_in_a_thread_the_answer_is_given_in_the_thread(slack: Slack, draft: WorkItem, ana: Hands, vic: Hands) -> None:
    parent = slack.client.chat_postMessage(channel="ops", text="parent")["ts"]
    reply = slack.client.chat_postMessage(
        channel="ops", text="r", thread_ts=parent, blocks=item_blocks(draft, {}, NOON)
    )
    row = reply["message"]["blocks"][-1]["block_id"]
    container = {"type": "message", "channel": "ops", "ts": reply["ts"], "thread_ts": parent}
    vic.do("action", container=container, block_id=row, action_id=APPROVE.action_id)
    eventually(lambda: len(vic.see("thread", channel="ops", ts=parent)["messages"]) == 3)
    assert vic.see("thread", channel="ops", ts=parent)["messages"][2]["text"].startswith("Only operators can do this")


@pytest.mark.parametrize("name", ["vic", "guest"])
def test_who_may_not_changes_nothing_and_is_on_record_and_counted(
    engine: Engine,
    draft: WorkItem,
    show: Callable[..., Any],
    ana: Hands,
    changes: list[str],
    metrics: Metrics,
    name: str,
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    Hands(ana.slack, name).click(ts, row, APPROVE.action_id)
    eventually(lambda: changes)
    assert _item(engine).state is ItemState.OPEN
    with engine.begin() as db:
        (event,) = db.execute(select(audits.audit_event)).all()
    assert (event.result, event.actor_id) == ("blocked", ana.slack.workspace.user(name).id)
    counted = f'checkin_refused_total{{operation="{APPROVE.action_id}",reason="role"}} 1.0'
    assert counted in metrics.exposition().decode()


def test_a_button_that_nobody_knows_is_acknowledged_and_does_nothing(
    show: Callable[..., Any], ana: Hands, changes: list[str]
) -> None:
    ts, row = show(actions(button("Old", "operations.of_the_past", "1")))
    assert ana.click(ts, row, "operations.of_the_past") == {"ok": True}
    assert changes == []


def test_a_button_that_breaks_says_so_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, show: Callable[..., Any], ana: Hands, changes: list[str]
) -> None:
    monkeypatch.delattr(type(STOP), "run")
    ts, row = show(actions(button("Broken", STOP.action_id, "any")))
    assert ana.click(ts, row, STOP.action_id) == {"ok": True}
    eventually(lambda: len(ana.texts()) == 2)
    assert ana.texts()[1] == "That did not work, and nothing was changed. Try again in a minute."
    assert changes == []


@pytest.mark.usefixtures("draft")
def test_the_stop_dialog_from_its_button_to_what_it_hits_to_the_stop(
    engine: Engine, show: Callable[..., Any], ana: Hands, changes: list[str]
) -> None:
    ts, row = show(actions(STOP.button(Scope(platform="instagram"))))
    ana.click(ts, row, STOP.action_id)
    eventually(ana.stack)
    chosen = {"type": "static_select", "selected_option": {"value": "acme"}}
    assert _fill(ana, client=chosen, reason=_typed("x"))["errors"] == {
        "reason": "Say in a few words why, so that whoever resumes knows."
    }
    assert _fill(ana, client=chosen, reason=_typed("\u200b \u200b\0\u200b"))["errors"]
    assert _fill(ana, client=chosen, reason=_typed("wrong\0 brand")) == {"ok": True}
    (confirm,) = ana.stack()
    assert "This stops *Instagram at Acme Outdoor*" in _shown(confirm)
    assert _on(engine) == []
    assert ana.do("view/submit", view_id=confirm["id"], values={}) == {"ok": True}
    assert ana.stack() == []
    assert _on(engine) == [Scope("acme", "instagram")]


def test_a_refusal_in_a_dialog_is_told_in_the_dialog(engine: Engine, show: Callable[..., Any], ana: Hands) -> None:
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ben", reason="wrong brand")
    ts, row = show(actions(REQUEST_RESUME.button(Scope("acme"))))
    ana.click(ts, row, REQUEST_RESUME.action_id)
    eventually(ana.stack)
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=False, by="Ben", reason="mended")
    assert _fill(ana, reason=_typed("brand is right")) == {"ok": True}
    assert _shown(ana.stack()[-1]) == "Publishing runs here already; there is nothing to resume."


def test_a_dialog_that_breaks_says_so(engine: Engine, show: Callable[..., Any], ana: Hands) -> None:
    with engine.begin() as db:
        switches.set_switch(db, Scope("acme"), stopped=True, by="Ben", reason="wrong brand")
    ts, row = show(actions(REQUEST_RESUME.button(Scope("acme"))))
    ana.click(ts, row, REQUEST_RESUME.action_id)
    eventually(ana.stack)
    with engine.begin() as db:
        operations.resume_request.drop(db)
    with capture_logs() as logged:  # unconfigured, structlog takes a second to draw the trace in colours
        assert _fill(ana, reason=_typed("brand is right")) == {"ok": True}
    assert [entry["event"] for entry in logged] == ["submission_failed"]
    assert _shown(ana.stack()[-1]).startswith("That did not work, and nothing was changed.")


@pytest.mark.usefixtures("draft")
def test_home_shows_the_queue_with_the_same_buttons(engine: Engine, ana: Hands, changes: list[str]) -> None:
    ana.see("home")
    eventually(lambda: ana.see("home", opened="false")["view"])
    view = ana.see("home", opened="false")["view"]
    assert "*1 item waits for a person*" in _shown(view)
    row = view["blocks"][-1]["block_id"]
    container = {"type": "view", "view_id": view["id"]}
    ana.do("action", container=container, block_id=row, action_id=APPROVE.action_id)
    eventually(lambda: changes)
    assert _item(engine).state is ItemState.CLOSED
    eventually(lambda: "Nothing waits." in _shown(ana.see("home", opened="false")["view"]))


@pytest.mark.usefixtures("draft")
def test_a_refusal_in_the_home_tab_is_said_on_top_of_it(workspace: LocalSlack, engine: Engine) -> None:
    vic = Hands(workspace, "vic")
    vic.see("home")
    eventually(lambda: vic.see("home", opened="false")["view"])
    view = vic.see("home", opened="false")["view"]
    container = {"type": "view", "view_id": view["id"]}
    vic.do("action", container=container, block_id=view["blocks"][-1]["block_id"], action_id=APPROVE.action_id)
    eventually(lambda: "Only operators can do this" in _shown(vic.see("home", opened="false")["view"]))
    assert _item(engine).state is ItemState.OPEN


def test_a_long_queue_fits_the_home_tab(engine: Engine, ana: Hands) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item(f"i{n:02}", body={"text": "&" * 3000}) for n in range(40)])
    ana.see("home")
    eventually(lambda: ana.see("home", opened="false")["view"])
    view = ana.see("home", opened="false")["view"]
    assert len(view["blocks"]) <= 100
    assert "… 16 more" in view["blocks"][-1]["elements"][0]["text"]


def test_a_choice_in_the_menu_is_the_button_it_names(
    engine: Engine, draft: WorkItem, show: Callable[..., Any], ana: Hands
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    ana.click(ts, row, MORE, selected_option={"value": HOLD.action_id})
    eventually(ana.stack)
    assert _fill(ana, words=_typed("Waits for legal")) == {"ok": True}
    eventually(lambda: _item(engine).aside is Aside.HELD)


def test_a_person_is_chosen_with_the_role_of_this_moment(
    engine: Engine, draft: WorkItem, show: Callable[..., Any], ana: Hands, user_id: Callable[[str], str]
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    ana.click(ts, row, MORE, selected_option={"value": ASSIGN.action_id})
    eventually(ana.stack)
    chosen = {"type": "users_select", "selected_user": user_id("vic")}
    assert _fill(ana, who=chosen)["errors"]["who"].startswith("Choose somebody who may decide")
    assert _fill(ana, who=chosen | {"selected_user": user_id("ben")}) == {"ok": True}
    assert (_item(engine).owner, _item(engine).owner_id) == ("Ben Ode", user_id("ben"))


def test_a_dialog_that_came_too_late_leaves_a_fresh_button_for_that_person_alone(
    workspace: LocalSlack, draft: WorkItem, show: Callable[..., Any], ana: Hands, ben: Hands
) -> None:
    ts, row = show(*item_blocks(draft, {}, NOON))
    control(workspace, "faults", method="views.open", kind="refused", error="expired_trigger_id", times=1)
    ana.click(ts, row, MORE, selected_option={"value": REJECT.action_id})
    eventually(lambda: len(ana.messages()) == 2)
    whisper = ana.messages()[1]
    assert whisper["text"] == "Slack took too long to open the dialog. Press once more:"
    fresh = whisper["blocks"][1]
    container = {"type": "message", "channel": "ops", "ts": whisper["ts"], "is_ephemeral": True}
    ana.do("action", container=container, block_id=fresh["block_id"], action_id=REJECT.action_id)
    eventually(ana.stack)
    assert _fill(ana, choice={"type": "static_select", "selected_option": {"value": "Wrong time"}}) == {"ok": True}
    assert len(ben.messages()) == 1


def test_boxes_ticked_in_a_dialog_are_what_is_decided(engine: Engine, show: Callable[..., Any], ana: Hands) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item(f"i{n}", title=f"Post {n}") for n in range(3)])
    ts, row = show(actions(button("Approve 3 safe items…", APPROVE_MANY.action_id, "|")))
    ana.click(ts, row, APPROVE_MANY.action_id)
    eventually(ana.stack)
    assert ana.do("view/submit", view_id=ana.stack()[-1]["id"], values={"0": {"answer": _boxes("0", "2")}}) == {
        "ok": True
    }
    assert batches.work(engine, timedelta(0))
    with engine.begin() as db:
        left = work_items.items_of(db, [ItemKind.APPROVAL], closed_since=NOON)
    assert [item.item_id for item in left if item.state is ItemState.OPEN] == ["i1"]


def _boxes(*ticked: str) -> dict[str, Any]:
    return {"type": "checkboxes", "selected_options": [{"value": value} for value in ticked]}
