"""Looking behind the page: source, how a message reads aloud, whom it calls, the wire between app and workspace."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import Hands
from tests.sandbox.slack_page.parts import Opener, actions, button, drawn, section

pytestmark = pytest.mark.slow

ANA, BEN = slack_id("U", "ana"), slack_id("U", "ben")


def choose(page: Page, what: str) -> Locator:
    """Opens the last message's menu and chooses from it; the dialog that comes."""
    page.locator(".message").last.hover()
    page.get_by_role("button", name="More message actions").last.click()
    page.get_by_role("menuitem", name=what).click()
    return page.get_by_role("dialog")


def test_a_message_shows_and_copies_its_source_as_slack_keeps_it(
    visit: Opener, client: WebClient, slack: LocalSlack
) -> None:
    client.chat_postMessage(channel="#ops", text="46 verified", blocks=[section("*46* <b>verified</b>")])
    page = visit("ana", channel="ops")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog = choose(page, "View source (JSON)")
    expect(dialog).to_contain_text('"text": "46 verified"')
    dialog.get_by_role("button", name="Copy").click()
    expect(page.locator(".notice")).to_have_text("Copied")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    copied.pop("notifies", None)
    stored = Hands(slack, "ana").messages()[-1]
    stored.pop("notifies", None)
    assert copied == stored
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_a_message_is_heard_by_its_text_and_a_missing_text_is_warned_of(visit: Opener, client: WebClient) -> None:
    client.chat_postMessage(channel="#ops", text="46 verified, *3 need you*", blocks=[section("Only for the eye")])
    page = visit("ana", channel="ops")
    dialog = choose(page, "How it reads aloud")
    expect(dialog.locator(".aloud__card")).to_have_text("Ccheckin in #ops46 verified, 3 need you")
    expect(dialog.locator(".aloud__words")).to_have_text("checkin. 46 verified, 3 need you")
    expect(dialog).not_to_contain_text("Only for the eye")
    page.keyboard.press("Escape")
    client.api_call("chat.postMessage", json={"channel": "#ops", "blocks": [section("Only for the eye")]})
    expect(page.locator(".message")).to_have_count(2)
    expect(choose(page, "How it reads aloud")).to_contain_text("there is nothing to read")


@pytest.mark.parametrize(
    ("users", "broadcast", "words"),
    [
        ([], None, ""),
        ([ANA], None, "Notifies 1 person: Ana Silva"),
        ([ANA, BEN], None, "Notifies 2 people: Ana Silva, Ben Ode"),
        ([ANA] * 7, "here", "Notifies 7 people: Ana Silva, Ana Silva, Ana Silva, Ana Silva, Ana Silva and 2 more"),
    ],
)
def test_the_people_who_are_called_are_counted_and_named(
    still: Page, users: list[str], broadcast: str | None, words: str
) -> None:
    message = {"notifies": {"users": users, "broadcast": broadcast}}
    html = drawn(still, "calls", "callChip", message) if users else ""
    assert words in html
    alarm = drawn(still, "calls", "callAlarm", message)
    assert (f"@{broadcast}" in alarm) == bool(broadcast)


def test_the_inspector_lists_the_wire_live_and_newest_first(visit: Opener, client: WebClient, app: App) -> None:
    @app.action("approve")
    def approve(ack: Ack) -> None:
        ack()

    client.chat_postMessage(channel="#ops", text="A draft", blocks=[actions(button("Approve", "approve"))])
    page = visit("ana", channel="ops")
    page.keyboard.press("Alt+w")
    wire = page.get_by_role("region", name="Wire inspector")
    rows = wire.get_by_role("option")
    expect(rows.first).to_be_visible()
    page.locator(".message").get_by_role("button", name="Approve").click()
    expect(rows.nth(1)).to_contain_text("interactive · block_actions · approve")
    expect(rows.first).to_contain_text("ack of interactive · block_actions · approve")
    rows.first.click()
    wire.get_by_role("button", name="Its envelope").click()
    detail = wire.locator(".wire__detail")
    expect(detail.get_by_role("heading", level=3)).to_have_text("interactive · block_actions · approve")
    expect(detail).to_contain_text('"action_id": "approve"')
    expect(detail).to_contain_text("ms later")
    wire.get_by_role("searchbox").fill("chat.postmessage")
    expect(wire.locator(".wire__row .wire__subject").first).to_have_text("chat.postMessage")
    wire.get_by_role("searchbox").press("Escape")
    expect(wire.locator("*")).to_have_count(0)


def test_the_inspector_finds_what_failed(visit: Opener, client: WebClient) -> None:
    client.auth_test()
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel="#nowhere", text="lost")
    page = visit("ana", channel="ops")
    page.get_by_role("button", name="Wire inspector (Alt W)").first.click()
    wire = page.get_by_role("region", name="Wire inspector")
    wire.get_by_label("Errors only").check()
    rows = wire.get_by_role("option")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("channel_not_found")
    rows.press("Enter")
    sections: Any = wire.locator(".wire__part")
    expect(sections.nth(0)).to_contain_text('"text": "lost"')
    expect(sections.nth(1)).to_contain_text('"error": "channel_not_found"')
    wire.get_by_role("button", name="Acks").click()
    expect(wire.locator(".wire__list")).to_have_text("Nothing has crossed the wire.")
