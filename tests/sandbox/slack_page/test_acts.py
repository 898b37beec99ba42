"""What the page and the server do together beside clicking: calls, reactions, suggestions, files, louder replies."""

from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.slack.model import slack_id
from tests.sandbox.slack_page.parts import Opener, actions, button, field, options, plain

ANA, BEN = slack_id("U", "ana"), slack_id("U", "ben")


def opened_form(app: App, client: WebClient, **element: Any) -> list[dict[str, Any]]:
    """A button in #ops that opens a form of one field; what is sent is collected."""
    sent: list[dict[str, Any]] = []

    @app.action("open")
    def open_form(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        words = {name: plain(name.capitalize()) for name in ("title", "submit")}
        view = {
            "type": "modal",
            "callback_id": "form",
            **words,
            "blocks": [field("what", {**element, "action_id": "x"})],
        }
        client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("form")
    def submitted(ack: Ack, view: dict[str, Any]) -> None:
        ack()
        sent.append(view["state"]["values"]["what"]["x"])

    client.chat_postMessage(channel="#ops", text="A card", blocks=[actions(button("Open", "open"))])
    return sent


def test_a_call_to_everyone_is_said_loudly_and_a_name_on_hover(visit: Opener, client: WebClient) -> None:
    client.chat_postMessage(channel="#ops", text=f"Look, <@{BEN}>")
    client.chat_postMessage(channel="#ops", text="<!channel> out of somebody else's text")
    page = visit("ana", channel="ops")
    quiet, loud = page.locator(".message").all()
    expect(loud.locator(".alarm")).to_have_text("@channel notifies 3 people")
    expect(quiet.locator(".alarm")).to_have_count(0)
    quiet.hover()
    expect(quiet.locator(".calls")).to_have_text("Notifies 1 person: Ben Ode")


def test_a_reaction_is_added_counted_and_taken_back(visit: Opener, client: WebClient) -> None:
    client.chat_postMessage(channel="#ops", text="Done")
    ana, ben = visit("ana", channel="ops"), visit("ben", channel="ops")
    ana.locator(".message").hover()
    ana.get_by_role("button", name="Add reaction").click()
    ana.get_by_placeholder("Search all emoji").fill("tada")
    ana.get_by_role("option", name=":tada:").first.click()
    pill = ben.locator(".reaction")
    expect(pill).to_have_text("🎉1")
    expect(pill).to_have_attribute("aria-pressed", "false")
    pill.click()
    expect(ana.locator(".reaction")).to_have_text("🎉2")
    ana.locator(".reaction").click()
    expect(ben.locator(".reaction")).to_have_text("🎉1")
    ben.locator(".reaction").click()
    expect(ana.locator(".reaction")).to_have_count(0)


def test_an_external_select_offers_what_the_app_finds(visit: Opener, client: WebClient, app: App) -> None:
    sent = opened_form(app, client, type="external_select", min_query_length=0)

    @app.options("x")
    def cities(ack: Ack, payload: dict[str, Any]) -> None:
        found = [name for name in ("Lisbon", "Lima", "Oslo") if payload["value"].lower() in name.lower()]
        ack(options=options(*found))

    page = visit("ana", channel="ops")
    page.get_by_role("button", name="Open").click()
    dialog = page.get_by_role("dialog")
    dialog.locator(".picker").click()
    expect(page.get_by_role("option")).to_have_count(3)
    page.get_by_placeholder("Type to search").fill("li")
    expect(page.get_by_role("option")).to_have_count(2)
    page.get_by_role("option", name="Lima").click()
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_have_count(0)
    assert [entered["selected_option"]["value"] for entered in sent] == ["Lima"]


def test_a_file_is_put_into_a_form(visit: Opener, client: WebClient, app: App, tmp_path: Path) -> None:
    sent = opened_form(app, client, type="file_input", max_files=1)
    (tmp_path / "proof.txt").write_text("seen")
    page = visit("ana", channel="ops")
    page.get_by_role("button", name="Open").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(tmp_path / "proof.txt")
    expect(dialog.locator(".file")).to_contain_text("proof.txt")
    dialog.get_by_role("button", name="Submit").click()
    expect(dialog).to_have_count(0)
    assert [[file["name"] for file in entered["files"]] for entered in sent] == [["proof.txt"]]


def test_a_reply_is_sent_to_the_channel_too(visit: Opener, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#ops", text="A draft")["ts"]
    page = visit("ana", channel="ops", thread=ts)
    page.get_by_label("Also send to").check()
    composer = page.locator(".thread textarea, aside textarea").last
    composer.fill("Loud and clear")
    composer.press("Enter")
    expect(page.locator(".message", has_text="Loud and clear").first).to_be_visible()
    shown = client.conversations_history(channel=slack_id("C", "ops"))["messages"]
    assert [message["text"] for message in shown] == ["Loud and clear", "A draft"]
