"""Talking in the workspace: writing, commands, threads, other people's eyes, a phone's width, the keyboard alone."""

from io import BytesIO
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import CONFIG, Hands, control
from tests.sandbox.slack_page.parts import Opener

pytestmark = pytest.mark.slow

PHONE = (390, 844)


def write(page: Page, text: str, box: str = "Message #ops") -> None:
    page.get_by_role("textbox", name=box).fill(text)
    page.get_by_role("textbox", name=box).press("Enter")


def test_what_one_types_is_sent_escaped_and_with_real_mentions(visit: Opener, slack: LocalSlack) -> None:
    page = visit("ana", channel="ops")
    write(page, "@ben see #ops & 1 < 2 *now* @nobody")
    expect(page.locator(".message__content")).to_have_text("@Ben Ode see #ops & 1 < 2 now @nobody")
    stored = Hands(slack, "ana").messages()[-1]["text"]
    assert stored == f"<@{slack_id('U', 'ben')}> see <#{slack_id('C', 'ops')}> &amp; 1 &lt; 2 *now* @nobody"


def test_a_command_is_suggested_run_and_answered_to_its_user_alone(visit: Opener, app: App) -> None:
    @app.command("/cost")
    def cost(ack: Ack, command: dict[str, str]) -> None:
        ack(f"*$41.20* for {command['text']}")

    ana, ben = visit("ana", channel="ops"), visit("ben", channel="ops")
    box = ana.get_by_role("textbox", name="Message #ops")
    box.fill("/c")
    expect(ana.get_by_role("option")).to_have_text(["/costSpend"])
    box.press("Tab")
    expect(box).to_have_value("/cost ")
    box.press_sequentially("today")
    box.press("Enter")
    answer = ana.locator(".message", has_text="$41.20 for today")
    expect(answer).to_contain_text("Only visible to you")
    ana.reload()
    expect(ana.locator(".intro")).to_be_visible()
    expect(ben.locator(".message")).to_have_count(0)


@pytest.mark.parametrize("slack", [CONFIG], indirect=True, ids=["impatient"])
def test_a_command_that_fails_says_why_in_slacks_words(visit: Opener, app: App) -> None:
    page = visit("ana", channel="ops")
    notice = page.locator(".composer__notice")
    write(page, "/cost today")
    expect(notice).to_contain_text("/cost failed with the error “")
    write(page, "/coffee")
    expect(notice).to_have_text("/coffee is not a valid command.")


def test_replies_live_in_the_thread_and_are_counted_under_their_parent(visit: Opener, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#ops", text="Check-in")["ts"]
    page = visit("ana", channel="ops")
    page.locator(".message").hover()
    page.get_by_role("button", name="Reply in thread").click()
    write(page, "/cost", "Reply…")
    expect(page.locator(".thread .composer__notice")).to_have_text("/cost is not supported in threads. Sorry!")
    write(page, "On it", "Reply…")
    client.chat_postMessage(channel="#ops", thread_ts=ts, text="Done")
    expect(page.locator(".thread .message__content")).to_have_text(["Check-in", "On it", "Done"])
    expect(page.locator(".main .message")).to_have_count(1)
    expect(page.locator(".replies__count")).to_have_text("2 replies")
    page.get_by_role("textbox", name="Reply…").press("Escape")
    expect(page.locator(".thread .message")).to_have_count(0)


def test_switching_user_changes_whose_eyes_one_looks_through(visit: Opener, client: WebClient) -> None:
    ben = slack_id("U", "ben")
    client.chat_postEphemeral(channel="#ops", user=slack_id("U", "ana"), text="for Ana's eyes")
    client.chat_postMessage(channel="#ops", text=f"<@{ben}> please look")
    page = visit("ana", channel="ops")
    expect(page.locator(".message")).to_have_count(2)
    page.get_by_role("button", name="You are Ana Silva. Switch user").click()
    expect(page.get_by_role("menuitem", name="Ana Silva")).to_contain_text("Operator · Europe/Lisbon")
    page.get_by_role("menuitem", name="Ben Ode").click()
    expect(page.get_by_role("button", name="You are Ben Ode. Switch user")).to_be_visible()
    expect(page.locator(".message")).to_have_count(1)
    expect(page.locator(".mention--me")).to_have_text("@Ben Ode")
    expect(page.locator(".room", has_text="secret")).to_be_visible()
    expect(page.locator(".room", has_text="leads")).to_have_count(0)
    assert "user=ben" in page.url


def test_unread_channels_are_bold_and_mentions_counted_until_they_are_read(visit: Opener, client: WebClient) -> None:
    page = visit("ana", channel="leads")
    client.chat_postMessage(channel="#ops", text=f"<@{slack_id('U', 'ana')}> look at &lt;this&gt;")
    ops = page.locator(".room", has_text="ops")
    expect(ops.locator(".badge")).to_contain_text("1")
    expect(page.locator(".notice")).to_contain_text("checkin in #ops@Ana Silva look at <this>")
    ops.click()
    expect(page.locator(".room--unread")).to_have_count(0)
    page.locator(".room", has_text="leads").click()
    expect(ops.locator(".badge")).to_have_count(0)


def test_a_phone_shows_one_column_with_a_way_back(visit: Opener, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#ops", text="Check-in")["ts"]
    client.chat_postMessage(channel="#ops", thread_ts=ts, text="Detail")
    page = visit("ana", size=PHONE)
    expect(page.locator("#main")).to_be_hidden()
    page.locator(".room", has_text="ops").click()
    expect(page.locator("#sidebar")).to_be_hidden()
    page.locator(".replies").click()
    expect(page.locator("#main")).to_be_hidden()
    expect(page.locator(".thread .message")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_role("button", name="Back to channel").click()
    page.get_by_role("button", name="Back to channels").click()
    expect(page.locator("#sidebar")).to_be_visible()


def test_the_keyboard_alone_gets_from_channel_to_channel(visit: Opener) -> None:
    page = visit("ana", channel="ops")
    page.locator('.room[aria-current="page"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="elsewhere", level=2)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("lea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message #leads")).to_be_focused()


def test_a_permalink_opens_at_its_message(visit: Opener, client: WebClient, slack: LocalSlack) -> None:
    first = client.chat_postMessage(channel="#ops", text="the first")["ts"]
    for number in range(40):
        client.chat_postMessage(channel="#ops", text=f"later {number}")
    page = visit("ana", channel="leads")
    page.goto(f"{slack.url}/page/permalink/{slack_id('C', 'ops')}/p{first.replace('.', '')}?user=ana")
    expect(page.locator(".message--found .message__content")).to_have_text("the first")
    expect(page.locator(".message--found")).to_be_in_viewport()


def test_the_newest_message_is_read_out_from_its_text(visit: Opener, client: WebClient) -> None:
    page = visit("ana", channel="ops")
    expect(page.locator(".intro")).to_be_visible()
    client.chat_postMessage(channel="#ops", text="46 verified, *3 need you*", blocks=[{"type": "divider"}])
    expect(page.locator("#spoken")).to_have_text("checkin: 46 verified, 3 need you")


def test_following_a_link_to_a_message_keeps_the_user(visit: Opener, client: WebClient, slack: LocalSlack) -> None:
    ops = slack_id("C", "ops")
    first = client.chat_postMessage(channel="#ops", text="the first")["ts"]
    link = client.chat_getPermalink(channel=ops, message_ts=first)["permalink"]
    client.chat_postMessage(channel="#leads", text=f"See <{link}|the first>")
    page = visit("ana", channel="leads")
    page.get_by_role("link", name="the first").click()
    expect(page.locator(".message--found .message__content")).to_have_text("the first")
    expect(page.get_by_role("button", name="You are Ana Silva. Switch user")).to_be_visible()


def test_an_address_without_a_name_opens_as_the_first_person(visit: Opener, slack: LocalSlack) -> None:
    page = visit("ben")
    page.goto(slack.url)
    expect(page.get_by_role("button", name="You are Ana Silva. Switch user")).to_be_visible()


def test_an_unknown_name_says_so(visit: Opener, slack: LocalSlack) -> None:
    page = visit("ana")
    page.goto(f"{slack.url}/?user=nobody")
    expect(page.locator("#main")).to_contain_text("user_not_found")


def test_a_reply_that_also_went_to_the_channel_says_so_in_both_places(visit: Opener, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#ops", text="Check-in")["ts"]
    client.chat_postMessage(channel="#ops", text="Done for all", thread_ts=ts, reply_broadcast=True)
    page = visit("ana", channel="ops")
    shown = page.locator(".main .message", has_text="Done for all")
    expect(shown).to_contain_text("replied to a thread: Check-in")
    shown.get_by_role("button", name="Check-in").click()
    expect(page.locator(".thread .message").last).to_contain_text("Also sent to the channel")


def test_the_keyboard_walks_the_messages_into_a_thread_and_back(visit: Opener, client: WebClient) -> None:
    for text in ("first", "second", "third"):
        client.chat_postMessage(channel="#ops", text=text)
    page = visit("ana", channel="ops")
    expect(page.locator(".message")).to_have_count(3)
    box = page.get_by_role("textbox", name="Message #ops")
    expect(box).to_be_focused()
    box.press("ArrowUp")
    expect(page.locator(".message", has_text="third")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(page.locator(".message", has_text="second")).to_be_focused()
    page.keyboard.press("t")
    expect(page.locator(".thread .message__content")).to_have_text("second")
    expect(page.get_by_role("textbox", name="Reply…")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".thread .message")).to_have_count(0)
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="elsewhere", level=2)).to_be_visible()
    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@pytest.mark.parametrize(
    ("scheme", "first", "shown"), [("light", "Dark", "rgb(26, 29, 33)"), ("dark", "Light", "rgb(255, 255, 255)")]
)
def test_colours_go_from_the_systems_to_the_other_ones_and_are_remembered(
    visit: Opener, scheme: Literal["light", "dark"], first: str, shown: str
) -> None:
    page = visit("ana", channel="ops")
    page.emulate_media(color_scheme=scheme)
    colours = page.get_by_title("Colours")
    colours.click()
    expect(page.locator(".notice").last).to_have_text(f"Colours{first}")
    page.reload()
    expect(page.locator(".main")).to_have_css("background-color", shown)
    for name in (scheme.capitalize(), "As the system"):
        colours.click()
        expect(page.locator(".notice").last).to_have_text(f"Colours{name}")


def test_what_arrives_is_followed_pictures_too_unless_one_reads_above(visit: Opener, client: WebClient) -> None:
    for n in range(30):
        client.chat_postMessage(channel="#ops", text=f"Line {n}\nand more")
    page = visit("ana", channel="ops")
    pane = page.locator("#main .timeline")
    below = "node => Math.round(node.scrollHeight - node.scrollTop - node.clientHeight)"
    tall = BytesIO()
    Image.new("L", (400, 300)).save(tall, "png")
    file_id = client.files_upload_v2(filename="tall.png", content=tall.getvalue())["file"]["id"]
    while not client.files_info(file=file_id)["file"]["mimetype"]:
        page.wait_for_timeout(50)
    picture = {"type": "image", "slack_file": {"id": file_id}, "alt_text": "A tall one"}
    for number in (1, 2):
        client.chat_postMessage(channel="#ops", text="An answer", blocks=[picture])
        expect(page.get_by_alt_text("A tall one")).to_have_count(number)
        expect(page.get_by_alt_text("A tall one").last).to_be_in_viewport()
        page.wait_for_timeout(200)
        assert pane.evaluate(below) == 0
    pane.hover()
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(200)
    client.chat_postMessage(channel="#ops", text="While she reads")
    expect(page.get_by_text("While she reads", exact=True)).to_be_attached()
    assert pane.evaluate(below) > 300


def test_a_page_whose_workspace_is_gone_says_so(visit: Opener, slack: LocalSlack) -> None:
    page = visit("ana", channel="ops")
    sign = page.get_by_text("Not connected")
    expect(sign).to_be_hidden()
    control(slack, "shutdown")
    expect(sign).to_be_visible()
