import re
from typing import Any

import pytest
from slack_bolt import Ack, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack, running
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import (
    CONFIG,
    OPS,
    PATIENT,
    Hands,
    bolt_app,
    button,
    connected,
    eventually,
    journal,
    modal,
)


def test_a_click_reaches_the_app_and_its_answer_that_user_alone(
    slack: LocalSlack, client: WebClient, ana: Hands, ben: Hands
) -> None:
    app = bolt_app(slack)
    seen: list[dict[str, Any]] = []

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        seen.append(body)
        respond("done")
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        assert ana.click(ts, "item", "approve") == {"ok": True}
    action = seen[0]["actions"][0]
    assert (action["type"], action["value"], action["text"]["text"]) == ("button", "42", "Approve")
    assert seen[0]["message"]["ts"] == ts
    assert seen[0]["container"]["is_ephemeral"] is False
    assert seen[0]["channel"]["name"] == "ops"
    assert "view" not in seen[0]
    assert ana.texts() == ["item", "done"]
    assert ben.texts() == ["item"]


def test_a_click_that_nobody_acknowledges_is_shown_and_never_sent_again(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    assert ana.click(ts, "item", "approve") == {"ok": False, "error": "dispatch_failed"}
    with connected(bolt_app(slack), slack):
        assert ana.click(ts, "item", "approve") == {"ok": False, "error": "operation_timeout"}
    clicks = [entry["status"] for entry in journal(slack, "envelope") if entry["method"] == "interactive"]
    assert clicks == ["dispatch_failed", "sent"]


def test_an_answer_can_replace_and_delete_the_ephemeral_it_came_from(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack) -> None:
        ack(text="spend", blocks=[button("more"), button("hide", block_id="second")])

    @app.action("more")
    def more(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        assert "message" not in body
        respond(text="all of it", blocks=[button("hide")], replace_original=True)
        ack()

    @app.action("hide")
    def hide(ack: Ack, respond: Respond) -> None:
        respond(delete_original=True)
        ack()

    with connected(app, slack):
        ana.do("command", channel="ops", text="/cost")
        ts = ana.messages()[0]["ts"]
        assert ana.click(ts, "item", "more") == {"ok": True}
        assert ana.texts() == ["all of it"]
        assert ana.click(ts, "item", "hide") == {"ok": True}
        assert ana.texts() == []


def test_a_slash_command_answers_in_its_ack(slack: LocalSlack, ana: Hands, ben: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack, command: dict[str, Any]) -> None:
        public = command["text"] == "share"
        ack(text=f"{command['text']} by {command['user_name']}", response_type="in_channel" if public else "ephemeral")

    with connected(app, slack):
        assert ana.do("command", channel="ops", text="/cost today") == {"ok": True}
        assert ben.texts() == []
        assert ana.do("command", channel="ops", text="/cost share") == {"ok": True}
        assert ana.do("command", channel="ops", text="/nothing")["error"] == "unknown_command"
    assert ana.messages()[0]["is_ephemeral"] is True
    assert ana.texts() == ["today by ana", "/cost share", "share by ana"]
    assert ben.texts() == ["/cost share", "share by ana"]


def test_a_select_sends_the_apps_own_option_and_the_state_of_its_neighbours(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    options = [{"text": {"type": "plain_text", "text": name.title()}, "value": name} for name in ("high", "low")]
    pick = {"type": "static_select", "action_id": "pick", "options": options}
    day = {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-23"}
    blocks = [{"type": "actions", "block_id": "filters", "elements": [pick, day]}]
    ts = client.chat_postMessage(channel=OPS, text="filters", blocks=blocks)["ts"]
    app = bolt_app(slack)
    seen: list[dict[str, Any]] = []

    @app.action("pick")
    def picked(ack: Ack, body: dict[str, Any]) -> None:
        seen.append(body)
        ack()

    with connected(app, slack):
        assert ana.click(ts, "filters", "pick", selected_option={"value": "low"}) == {"ok": True}
        assert ana.click(ts, "filters", "pick", selected_option={"value": "no"})["error"] == "option_not_found"
    assert seen[0]["actions"][0]["selected_option"]["text"]["text"] == "Low"
    assert seen[0]["state"]["values"]["filters"]["day"] == {"type": "datepicker", "selected_date": "2026-11-23"}
    assert seen[0]["state"]["values"]["filters"]["pick"]["selected_option"]["value"] == "low"


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_a_form_is_refused_by_the_app_then_corrected_and_closed(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    app = bolt_app(slack)
    accepted: list[dict[str, Any]] = []

    @app.action("approve")
    def ask(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal("why", callback_id="reason", private_metadata="42"))
        ack()

    @app.view("reason")
    def reason(ack: Ack, view: dict[str, Any]) -> None:
        if view["state"]["values"]["why"]["value"]["value"] == "no":
            ack(response_action="errors", errors={"why": "Say more"})
            return
        accepted.append(view)
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        ana.click(ts, "item", "approve")
        assert ana.submit() == {"ok": False, "errors": {"why": "Please complete this required field."}}
        assert ana.submit(why="no") == {"ok": False, "errors": {"why": "Say more"}}
        assert ana.submit(why="it is late") == {"ok": True}
    assert ana.stack() == []
    assert accepted[0]["private_metadata"] == "42"
    assert accepted[0]["callback_id"] == "reason"


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_a_form_may_push_update_and_clear_the_stack(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    answers: dict[str, dict[str, Any]] = {
        "push": {"response_action": "push", "view": modal("b", title="Second", callback_id="form")},
        "update": {"response_action": "update", "view": modal("b", title="Changed", callback_id="form")},
        "clear": {"response_action": "clear"},
        "wrong": {"response_action": "errors", "errors": {"nowhere": "?"}},
    }

    @app.action("approve")
    def ask(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal("a", callback_id="form"))
        ack()

    @app.view("form")
    def form(ack: Ack, view: dict[str, Any]) -> None:
        entered = next(iter(view["state"]["values"].values()))["value"]["value"]
        ack(**answers[entered])

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        ana.click(ts, "item", "approve")
        assert ana.submit(a="wrong")["error"] == "invalid_response_action"
        assert ana.submit(a="push") == {"ok": True}
        first, second = ana.stack()
        assert second["root_view_id"] == second["previous_view_id"] == first["id"]
        assert ana.submit(b="update") == {"ok": True}
        assert [view["title"]["text"] for view in ana.stack()] == ["Reason", "Changed"]
        assert ana.stack()[1]["hash"] != second["hash"]
        assert ana.submit(b="clear") == {"ok": True}
    assert ana.stack() == []


def test_closing_is_told_only_to_an_app_that_asked(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    closed: list[bool] = []

    @app.action("approve")
    def ask(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        quiet = len(closed) > 0
        client.views_open(trigger_id=body["trigger_id"], view=modal("a", callback_id="f", notify_on_close=not quiet))
        ack()

    @app.view_closed("f")
    def heard(ack: Ack, body: dict[str, Any]) -> None:
        closed.append(body["is_cleared"])
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        for clear in (True, False):
            ana.click(ts, "item", "approve")
            assert ana.do("view/close", view_id=ana.stack()[-1]["id"], clear=clear) == {"ok": True}
            assert ana.stack() == []
    assert closed == [True]


def test_a_click_in_a_modal_carries_the_view_and_no_message(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    seen: list[dict[str, Any]] = []
    form = modal("why")
    form["blocks"].append(button("preview", block_id="buttons"))

    @app.action("approve")
    def ask(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    @app.action("preview")
    def preview(ack: Ack, body: dict[str, Any]) -> None:
        seen.append(body)
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        ana.click(ts, "item", "approve")
        view_id = ana.stack()[0]["id"]
        entered = {"why": {"value": {"type": "plain_text_input", "value": "half a"}}}
        container = {"type": "view", "view_id": view_id}
        ana.do("action", container=container, block_id="buttons", action_id="preview", values=entered)
    assert seen[0]["container"] == {"type": "view", "view_id": view_id}
    assert seen[0]["view"]["state"]["values"]["why"]["value"]["value"] == "half a"
    assert not {"message", "channel", "response_url"} & set(seen[0])


def test_a_trigger_opens_one_modal_within_three_seconds(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    triggers: list[str] = []

    @app.action("approve")
    def keep(ack: Ack, body: dict[str, Any]) -> None:
        triggers.append(body["trigger_id"])
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[button()])["ts"]
    with connected(app, slack):
        ana.click(ts, "item", "approve")
        ana.click(ts, "item", "approve")
    client.views_open(trigger_id=triggers[0], view=modal("a"))
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=triggers[0], view=modal("a"))
    slack.workspace.clock.advance(4)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=triggers[1], view=modal("a"))
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        client.views_open(trigger_id="1.2.3", view=modal("a"))


def test_home_tells_the_app_of_each_opening_and_shows_what_it_published(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)
    before: list[bool] = []

    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        before.append("view" in event)
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "divider"}]})

    with connected(app, slack):
        assert ana.see("home") == {"view": None}
        eventually(lambda: ana.see("home", opened="false")["view"])
        assert ana.see("home")["view"]["blocks"][0]["type"] == "divider"
        eventually(lambda: len(before) == 2)
    assert before == [False, True]


ALWAYS = {"type", "team", "user", "api_app_id", "token", "enterprise", "is_enterprise_install", "trigger_id"}
IN_A_MESSAGE = {"container", "channel", "message", "state", "response_url", "actions"}


@pytest.mark.parametrize("slack", [PATIENT], indirect=True, ids=["patient"])
def test_each_place_sends_its_own_fields_and_no_others(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    seen: dict[str, dict[str, Any]] = {}

    @app.action(re.compile(".*"))
    def any_action(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        seen[body["actions"][0]["action_id"]] = body
        if body["actions"][0]["action_id"] == "plain":
            view = modal("why")
            client.views_open(trigger_id=body["trigger_id"], view=view | {"blocks": [*view["blocks"], button("modal")]})
        ack()

    plain = client.chat_postMessage(channel=OPS, text="item", blocks=[button("plain")])["ts"]
    attached = client.chat_postMessage(channel=OPS, text="x", attachments=[{"blocks": [button("attached")]}])["ts"]
    reply = client.chat_postMessage(channel=OPS, text="x", thread_ts=plain, blocks=[button("reply")])["ts"]
    client.chat_postEphemeral(channel=OPS, user=slack_id("U", "ana"), text="x", blocks=[button("private")])
    private = ana.messages()[-1]["ts"]
    client.views_publish(user_id=slack_id("U", "ana"), view={"type": "home", "blocks": [button("home")]})
    with connected(app, slack):
        for ts, name in (plain, "plain"), (attached, "attached"), (reply, "reply"), (private, "private"):
            assert ana.click(ts, "item", name) == {"ok": True}
        for name, view in ("modal", ana.stack()[0]), ("home", ana.see("home", opened="false")["view"]):
            container = {"type": "view", "view_id": view["id"]}
            assert ana.do("action", container=container, block_id="item", action_id=name) == {"ok": True}
    for name in ("plain", "attached", "reply"):
        assert set(seen[name]) == ALWAYS | IN_A_MESSAGE
    assert set(seen["private"]) == ALWAYS | IN_A_MESSAGE - {"message"}
    for name in ("modal", "home"):
        assert set(seen[name]) == ALWAYS | {"container", "view", "state", "hash", "actions"}
    assert seen["attached"]["container"]["type"] == "message_attachment"
    assert seen["attached"]["container"]["attachment_id"] == 1
    assert seen["reply"]["container"]["thread_ts"] == plain
    assert seen["private"]["container"]["is_ephemeral"] is True
    assert "thread_ts" not in seen["attached"]["container"]


def test_what_is_typed_beside_a_button_in_a_message_comes_along(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    app = bolt_app(slack)
    seen: list[dict[str, Any]] = []

    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        seen.append(body["state"]["values"])
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item", blocks=[*modal("why")["blocks"], button()])["ts"]
    typed = {"why": {"value": {"type": "plain_text_input", "value": "late"}}}
    with connected(app, slack):
        ana.click(ts, "item", "approve", values=typed)
    assert seen == [typed]


def test_a_command_is_not_for_threads_and_tells_direct_conversations_apart(
    slack: LocalSlack, client: WebClient, ana: Hands
) -> None:
    app = bolt_app(slack)
    names: list[str] = []

    @app.command("/cost")
    def cost(ack: Ack, command: dict[str, Any]) -> None:
        names.append(command["channel_name"])
        assert "thread_ts" not in command
        ack()

    ts = client.chat_postMessage(channel=OPS, text="item")["ts"]
    with connected(app, slack):
        for channel in ("ops", slack_id("D", "ana"), "leads"):
            assert ana.do("command", channel=channel, text="/cost") == {"ok": True}
        refused = ana.do("command", channel="ops", text="/cost", thread_ts=ts)
    assert names == ["ops", "directmessage", "privategroup"]
    assert refused["error"] == "command_not_supported_in_threads"


def test_names_in_a_command_become_ids_only_where_that_was_asked_for() -> None:
    commands = [{"command": "/raw", "description": "x"}, {"command": "/ids", "description": "x", "should_escape": True}]
    with running(CONFIG | {"app": CONFIG["app"] | {"commands": commands}}) as slack:
        app, texts = bolt_app(slack), []

        @app.command(re.compile("/(raw|ids)"))
        def any_command(ack: Ack, command: dict[str, Any]) -> None:
            texts.append(command["text"])
            ack()

        with connected(app, slack):
            for name in ("/raw", "/ids"):
                Hands(slack, "ana").do("command", channel="ops", text=f"{name} @ben in #ops, @nobody.")
    assert texts == ["@ben in #ops, @nobody.", f"<@{slack_id('U', 'ben')}> in <#{OPS}|ops>, @nobody."]
