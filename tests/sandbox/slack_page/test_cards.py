"""A card in a channel: what one sees of it, and what its controls do."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import CONFIG, journal
from tests.sandbox.slack_page.parts import Opener, actions, button, mrkdwn, options, plain, section

pytestmark = pytest.mark.slow

CONFIRM = {
    "title": plain("Stop Acme?"),
    "text": mrkdwn("*3 posts* will wait."),
    "confirm": plain("Stop now"),
    "deny": plain("Keep running"),
    "style": "danger",
}


def card(client: WebClient, *blocks: dict[str, Any], **rest: Any) -> str:
    ts: str = client.chat_postMessage(channel="#ops", text="Morning check-in", blocks=list(blocks), **rest)["ts"]
    return ts


def row(page: Page, ts: str) -> Any:
    return page.locator(f'[data-ts="{ts}"]')


def clicks(slack: LocalSlack) -> list[dict[str, Any]]:
    sent = [entry["args"]["payload"] for entry in journal(slack, "envelope") if entry["method"] == "interactive"]
    return [payload for payload in sent if payload["type"] == "block_actions"]


def test_a_card_shows_its_blocks_in_order(visit: Opener, client: WebClient) -> None:
    ts = card(
        client,
        {"type": "header", "text": plain(":sunrise: Morning check-in")},
        section("*46* verified", fields=[mrkdwn("*Queue*\n14"), mrkdwn("*Spend*\n$41")]),
        {"type": "divider"},
        actions(
            button("Approve", "approve", style="primary"),
            button("Stop publishing for Acme Corporation", "stop", style="danger"),
        ),
        {"type": "context", "elements": [mrkdwn("v3 · `acme`")]},
    )
    shown = row(visit("ana", channel="ops"), ts)
    expect(shown.locator(".message__author")).to_have_text("checkin")
    expect(shown.locator(".app-badge")).to_have_text("APP")
    expect(shown.locator("h3")).to_have_text("🌅 Morning check-in")
    expect(shown.locator(".fields > div")).to_have_text(["Queue14", "Spend$41"])
    expect(shown.locator(".button")).to_have_text(["Approve", "Stop publishing for Acme Corp…"])
    order = shown.locator(".block").evaluate_all(
        "blocks => blocks.map(block => block.classList[1] || block.classList[0])"
    )
    assert [name.removeprefix("block--") for name in order] == ["header", "section", "divider", "actions", "context"]


def test_pressing_a_button_changes_the_card_in_place(visit: Opener, client: WebClient, app: App) -> None:
    @app.action("approve")
    def approve(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        done = f"Approved by <@{body['user']['id']}>"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=done, blocks=[section(done)])

    ts = card(client, actions(button("Approve", "approve", style="primary")))
    page = visit("ana", channel="ops")
    row(page, ts).get_by_role("button", name="Approve").press("Enter")
    expect(row(page, ts).locator(".message__content")).to_have_text("Approved by @Ana Silva")
    expect(row(page, ts)).to_be_focused()
    expect(page.locator(".message")).to_have_count(1)


@pytest.mark.parametrize("slack", [CONFIG], indirect=True, ids=["impatient"])
def test_a_button_spins_until_its_ack_and_warns_when_there_is_none(visit: Opener, client: WebClient, app: App) -> None:
    @app.action("slow")
    def slow(ack: Ack) -> None:
        time.sleep(1)
        ack()

    ts = card(client, actions(button("Resolve", "slow")))
    shown = row(visit("ana", channel="ops"), ts)
    shown.locator(".button").click()
    expect(shown.locator(".button")).to_have_attribute("aria-busy", "true")
    expect(shown.get_by_role("alert")).to_have_text("The app didn’t respond in time. Try again.")
    expect(shown.locator(".button")).not_to_have_attribute("aria-busy", "true")


def test_a_confirm_dialog_stands_before_the_click(
    visit: Opener, client: WebClient, app: App, slack: LocalSlack
) -> None:
    pressed: list[str] = []

    @app.action("stop")
    def stop(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        pressed.append(body["actions"][0]["value"])

    ts = card(client, actions(button("Stop…", "stop", style="danger", confirm=CONFIRM)))
    page = visit("ana", channel="ops")
    stop_button = row(page, ts).locator(".button")
    stop_button.click()
    expect(page.get_by_role("dialog")).to_contain_text("3 posts will wait.")
    page.get_by_role("button", name="Keep running").click()
    stop_button.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert clicks(slack) == []
    stop_button.click()
    page.get_by_role("button", name="Stop now").click()
    expect(stop_button).not_to_have_attribute("aria-busy", "true")
    assert pressed == ["42"]


def test_menus_and_selects_send_what_was_chosen(visit: Opener, client: WebClient, app: App, slack: LocalSlack) -> None:
    @app.action({"block_id": "item"})
    def any_of_them(ack: Ack) -> None:
        ack()

    ts = card(
        client,
        actions(
            {"type": "overflow", "action_id": "more", "options": options("Open", "Hold")},
            {
                "type": "static_select",
                "action_id": "silence",
                "placeholder": plain("Silence"),
                "options": options("1 hour", "4 hours"),
            },
            {"type": "users_select", "action_id": "assign", "placeholder": plain("Assign")},
            {"type": "checkboxes", "action_id": "checks", "options": options("a", "b")},
            {"type": "datepicker", "action_id": "day"},
        ),
    )
    page = visit("ana", channel="ops")
    shown = row(page, ts)
    shown.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Hold").click()
    shown.locator('[data-action="silence"]').press("Enter")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(shown.locator('[data-action="silence"]')).to_have_text("4 hours")
    shown.locator('[data-action="assign"]').click()
    page.get_by_role("option", name="Ben Ode").click()
    shown.get_by_label("b", exact=True).check()
    shown.locator('[data-action="day"]').fill("2026-11-24")
    shown.locator('[data-action="day"]').blur()
    expect(shown.locator("[aria-busy]")).to_have_count(0)
    sent = {payload["actions"][0]["action_id"]: payload["actions"][0] for payload in clicks(slack)}
    assert sent["more"]["selected_option"]["value"] == "Hold"
    assert sent["silence"]["selected_option"]["value"] == "4 hours"
    assert sent["assign"]["selected_user"] == slack.workspace.user("ben").id
    assert [option["value"] for option in sent["checks"]["selected_options"]] == ["b"]
    assert sent["day"]["selected_date"] == "2026-11-24"


def test_an_attachment_has_its_colour_bar_and_working_buttons(visit: Opener, client: WebClient, app: App) -> None:
    @app.action("ack")
    def acknowledge(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        seen = [{"color": "good", "blocks": [section("Acknowledged")]}]
        client.chat_update(
            channel=body["channel"]["id"], ts=body["container"]["message_ts"], text="P1", attachments=seen
        )

    alert = {
        "color": "#e8590c",
        "blocks": [section(":large_orange_circle: *P1* publishing fails"), actions(button("Acknowledge", "ack"))],
    }
    ts = client.chat_postMessage(channel="#ops", text="P1", attachments=[alert])["ts"]
    page = visit("ana", channel="ops")
    expect(row(page, ts).locator(".attachment__bar")).to_have_css("background-color", "rgb(232, 89, 12)")
    row(page, ts).get_by_role("button", name="Acknowledge").click()
    expect(row(page, ts).locator(".attachment")).to_have_text("Acknowledged")


def test_long_text_folds_unless_it_is_expanded(visit: Opener, client: WebClient) -> None:
    text = "All went well last night. " * 50
    ts = card(client, section(text), section(text, expand=True))
    shown = row(visit("ana", channel="ops"), ts)
    expect(shown.locator(".folded")).to_have_count(1)
    shown.get_by_role("button", name="See more").click()
    expect(shown.locator(".folded")).to_have_count(0)
    expect(shown.get_by_role("button", name="See less")).to_be_visible()


def test_an_uploaded_chart_shows_with_its_title_and_enlarges(
    visit: Opener, client: WebClient, slack: LocalSlack
) -> None:
    # A white pixel: the smallest PNG there is.
    pixel = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c63f80f00010101001bb6ee560000000049454e44ae426082"
    )
    uploaded = client.files_upload_v2(filename="chart.png", content=pixel)["file"]["id"]
    for _ in range(100):
        if client.files_info(file=uploaded)["file"]["mimetype"]:
            break
        time.sleep(0.02)
    image = {
        "type": "image",
        "slack_file": {"id": uploaded},
        "alt_text": "22 at the peak",
        "title": plain("Publishes per hour"),
    }
    ts = card(client, image)
    page = visit("ana", channel="ops")
    picture = row(page, ts).get_by_role("img", name="22 at the peak")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    expect(row(page, ts).locator(".picture__title")).to_have_text("Publishes per hour")
    picture.click()
    expect(page.get_by_role("dialog", name="Publishes per hour")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_denied_choice_goes_back_to_what_it_was(visit: Opener, client: WebClient, slack: LocalSlack) -> None:
    hours = options("1 hour", "4 hours")
    silence = {
        "type": "static_select",
        "action_id": "silence",
        "options": hours,
        "initial_option": hours[0],
        "confirm": CONFIRM,
    }
    boxes = {"type": "checkboxes", "action_id": "checks", "options": options("a"), "confirm": CONFIRM}
    ts = card(client, actions(silence, boxes))
    page = visit("ana", channel="ops")
    row(page, ts).locator(".picker").click()
    page.get_by_role("option", name="4 hours").click()
    page.get_by_role("button", name="Keep running").click()
    expect(row(page, ts).locator(".picker")).to_have_text("1 hour")
    row(page, ts).get_by_label("a", exact=True).click()
    page.get_by_role("button", name="Keep running").click()
    expect(row(page, ts).get_by_label("a", exact=True)).not_to_be_checked()
    assert clicks(slack) == []
