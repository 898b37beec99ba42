"""Modals and the Home tab: filling in, being refused, trying again."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_bolt import Ack, App
from slack_sdk import WebClient

from tests.sandbox.slack.hands import eventually
from tests.sandbox.slack_page.parts import Opener, actions, button, field, options, plain, section

pytestmark = pytest.mark.slow

REASON = field("reason", {"type": "plain_text_input", "action_id": "value", "multiline": True})
KIND = field("kind", {"type": "radio_buttons", "action_id": "value", "options": options("Wording", "Picture")})
EDITORS = field(
    "editors", {"type": "multi_users_select", "action_id": "value", "placeholder": plain("Anyone")}, optional=True
)
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "title": plain("Request changes"),
    "submit": plain("Send"),
    "close": plain("Cancel"),
    "notify_on_close": True,
}


@pytest.fixture
def opening(app: App, client: WebClient) -> App:
    """A card in #ops whose button opens the form."""

    @app.action("changes")
    def changes(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        client.views_open(
            trigger_id=body["trigger_id"],
            view={**FORM, "blocks": [REASON, KIND, EDITORS, actions(button("Add a hint", "hint"))]},
        )

    client.chat_postMessage(channel="#ops", text="A draft", blocks=[actions(button("Request changes…", "changes"))])
    return app


def open_form(page: Page) -> Any:
    page.get_by_role("button", name="Request changes…").click()
    dialog = page.get_by_role("dialog", name="Request changes")
    expect(dialog).to_be_visible()
    return dialog


def test_a_form_is_refused_by_the_page_then_by_the_app_then_sent(visit: Opener, opening: App) -> None:
    sent: list[dict[str, Any]] = []

    @opening.view("form")
    def submitted(ack: Ack, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        sent.append(values)
        if len(values["reason"]["value"]["value"]) < 10:
            ack(response_action="errors", errors={"reason": "Say a little more."})
        else:
            ack()

    page = visit("ana", channel="ops")
    dialog = open_form(page)
    send = dialog.get_by_role("button", name="Send")
    send.click()
    expect(dialog.locator(".input__error")).to_have_text(["Please complete this required field."] * 2)
    assert sent == []
    dialog.get_by_label("reason").fill("short")
    dialog.get_by_label("Picture").check()
    dialog.locator(".picker").click()
    page.get_by_role("option", name="Ben Ode").click()
    page.keyboard.press("Escape")
    send.click()
    expect(dialog.locator(".input__error")).to_have_text("Say a little more.")
    expect(dialog.get_by_label("reason")).to_have_value("short")
    dialog.get_by_label("reason").fill("Please name the discount.")
    send.click()
    expect(dialog).to_have_count(0)
    last = sent[-1]
    assert last["reason"]["value"]["value"] == "Please name the discount."
    assert last["kind"]["value"]["selected_option"]["value"] == "Picture"
    assert len(last["editors"]["value"]["selected_users"]) == 1


def test_an_update_keeps_what_was_typed(visit: Opener, opening: App, client: WebClient) -> None:
    @opening.action("hint")
    def hint(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        client.views_update(view_id=body["view"]["id"], view={**FORM, "blocks": [section("Be kind."), REASON, KIND]})

    page = visit("ana", channel="ops")
    dialog = open_form(page)
    dialog.get_by_label("reason").fill("half a sentence")
    dialog.get_by_label("Wording").check()
    dialog.get_by_role("button", name="Add a hint").click()
    expect(dialog).to_contain_text("Be kind.")
    expect(dialog.get_by_label("reason")).to_have_value("half a sentence")
    expect(dialog.get_by_label("Wording")).to_be_checked()


@pytest.mark.parametrize("way", ["Escape", "Cancel", "Close all"])
def test_every_way_out_closes_the_modal(visit: Opener, opening: App, way: str) -> None:
    @opening.view_closed("form")
    def closed(ack: Ack) -> None:
        ack()

    page = visit("ana", channel="ops")
    dialog = open_form(page)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name=way, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_form_has_the_keyboard_for_itself(visit: Opener, opening: App) -> None:
    page = visit("ana", channel="ops")
    dialog = open_form(page)
    expect(dialog.get_by_label("reason")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.type("leads")
    expect(dialog.get_by_label("reason")).to_have_value("leads")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_role("heading", name="ops", level=2, include_hidden=True)).to_be_visible()


def test_home_is_published_when_it_is_opened_and_its_buttons_work(visit: Opener, app: App, client: WebClient) -> None:
    opened: list[str] = []

    def publish(user: str, text: str) -> None:
        client.views_publish(
            user_id=user, view={"type": "home", "blocks": [section(text, accessory=button("Done", "done"))]}
        )

    @app.event("app_home_opened")
    def home(event: dict[str, Any]) -> None:
        opened.append(event["tab"])
        if event["tab"] == "home":
            publish(event["user"], "*3 items* wait for you")

    @app.action("done")
    def done(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        publish(body["user"]["id"], "All clear")

    page = visit("ana", view="home")
    expect(page.locator(".home")).to_contain_text("3 items wait for you")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".home")).to_contain_text("All clear")
    assert opened == ["home"], "looking again is not opening again"
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_role("textbox", name="Message checkin")).to_be_visible()
    eventually(lambda: opened == ["home", "messages"])
