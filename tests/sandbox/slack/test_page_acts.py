from typing import Any

import pytest
import requests
from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack, running
from sandbox.slack.modals import new_trigger
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import (
    LEADS,
    OPS,
    Hands,
    bolt_app,
    bot_client,
    connected,
    eventually,
    journal,
    with_manifest,
)

ANA, BEN = slack_id("U", "ana"), slack_id("U", "ben")
LISBON = {"text": {"type": "plain_text", "text": "Lisbon"}, "value": "lis"}


def external(action_id: str = "city") -> dict[str, Any]:
    select = {"type": "external_select", "action_id": action_id, "min_query_length": 0}
    return {"type": "input", "block_id": "where", "label": {"type": "plain_text", "text": "Where"}, "element": select}


def form(*blocks: dict[str, Any]) -> dict[str, Any]:
    words = {name: {"type": "plain_text", "text": name} for name in ("title", "submit")}
    return {"type": "modal", "callback_id": "form", **words, "blocks": list(blocks)}


def test_each_message_says_whom_it_calls(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text=f"<@{BEN}> and <!here>")["ts"]
    client.chat_postMessage(channel=OPS, text=f"<@{BEN}>", thread_ts=ts)
    everybody = sorted(slack_id("U", name) for name in ("ana", "ben", "guest"))
    (message,) = ana.messages()
    assert sorted(message["notifies"]["users"]) == everybody
    assert message["notifies"]["broadcast"] == "here"
    reply = ana.see("thread", channel="ops", ts=ts)["messages"][1]
    assert reply["notifies"] == {"users": [BEN], "broadcast": None}
    assert "notifies" not in client.conversations_history(channel=OPS)["messages"][0]


def test_a_channel_says_who_is_in_it_and_how_far_one_has_read(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=LEADS, text="news")["ts"]
    ana.do("read", channel="leads")
    (leads,) = [each for each in ana.see("state")["channels"] if each["name"] == "leads"]
    assert leads["last_read"] == ts
    assert leads["members"] == sorted([ANA, slack_id("U", "checkin")])


def test_a_person_reacts_once_and_takes_it_back(client: WebClient, ana: Hands, ben: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="done")["ts"]
    mark = {"channel": "ops", "ts": ts, "name": "tada"}
    assert ana.do("reaction", **mark)["ok"]
    assert ben.do("reaction", **mark)["ok"]
    assert ana.do("reaction", **mark)["error"] == "already_reacted"
    assert ana.messages()[0]["reactions"] == [{"name": "tada", "users": [ANA, BEN], "count": 2}]
    assert ana.do("reaction", **mark, remove=True)["ok"]
    assert ana.do("reaction", **mark, remove=True)["error"] == "no_reaction"
    assert ben.do("reaction", **mark, remove=True)["ok"]
    assert ana.messages()[0]["reactions"] == []
    assert ana.do("reaction", **mark | {"ts": "1.000001"})["error"] == "message_not_found"


def test_the_app_hears_of_reactions_it_subscribed_to() -> None:
    granted = with_manifest(scopes=["chat:write", "reactions:read"], events=["reaction_added"])
    with running(granted) as slack:
        ts = bot_client(slack).chat_postMessage(channel=OPS, text="done")["ts"]
        ana = Hands(slack, "ana")
        ana.do("reaction", channel="ops", ts=ts, name="eyes")
        ana.do("reaction", channel="ops", ts=ts, name="eyes", remove=True)
        eventually(lambda: journal(slack, "envelope"))
        events = {entry["args"]["payload"]["event"]["type"]: entry for entry in journal(slack, "envelope")}
        assert set(events) == {"reaction_added"}
        event = events["reaction_added"]["args"]["payload"]["event"]
        assert event["item"] == {"type": "message", "channel": OPS, "ts": ts}
        assert (event["user"], event["reaction"], event["item_user"]) == (ANA, "eyes", slack_id("U", "checkin"))


def test_an_external_select_asks_the_app_for_what_was_typed(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    asked: list[dict[str, Any]] = []

    @app.options("city")
    def cities(ack: Ack, payload: dict[str, Any]) -> None:
        asked.append(payload)
        ack(options=[LISBON] if payload["value"] == "li" else [])

    view = client.views_open(trigger_id=new_trigger(slack.workspace, ANA), view=form(external()))["view"]
    select = external()["element"]
    card = {"type": "actions", "block_id": "where", "elements": [select]}
    ts = client.chat_postMessage(channel=OPS, text="card", blocks=[card])["ts"]
    place = {"block_id": "where", "action_id": "city"}
    with connected(app, slack):
        in_view = ana.do("suggestions", container={"type": "view", "view_id": view["id"]}, value="li", **place)
        in_message = {"type": "message", "channel": "ops", "ts": ts}
        in_card = ana.do("suggestions", container=in_message, value="x", **place)
    assert in_view == {"ok": True, "options": [LISBON]}
    assert in_card == {"ok": True, "options": []}
    assert ("view" in asked[0], "message" in asked[0]) == (True, False)
    assert ("view" in asked[1], asked[1]["container"]["message_ts"]) == (False, ts)


def test_options_that_slack_would_not_show_are_a_complaint(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.options("city")
    def cities(ack: Ack) -> None:
        ack(options=[LISBON | {"value": ""}])

    view = client.views_open(trigger_id=new_trigger(slack.workspace, ANA), view=form(external()))["view"]
    with connected(app, slack):
        container = {"type": "view", "view_id": view["id"]}
        answer = ana.do("suggestions", container=container, block_id="where", action_id="city", value="")
    assert answer["error"] == "invalid_options"
    complaints = requests.get(f"{slack.url}/control/complaints", timeout=10).json()["complaints"]
    assert [each["status"] for each in complaints] == ["invalid_options"]


def test_a_file_put_into_a_form_reaches_the_app_with_it(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    got: list[dict[str, Any]] = []

    @app.view("form")
    def sent(ack: Ack, view: dict[str, Any]) -> None:
        got.append(view["state"]["values"]["proof"]["file"])
        ack()

    field = {"type": "input", "block_id": "proof", "label": {"type": "plain_text", "text": "Proof"}}
    view = form(field | {"element": {"type": "file_input", "action_id": "file"}})
    view_id = client.views_open(trigger_id=new_trigger(slack.workspace, ANA), view=view)["view"]["id"]
    upload = {"data": {"user": "ana"}, "files": {"file": ("proof.txt", b"seen")}}
    file = requests.post(f"{slack.url}/page/upload", timeout=10, **upload).json()["file"]  # type: ignore[arg-type]
    with connected(app, slack):
        entered = {"proof": {"file": {"type": "file_input", "files": [file]}}}
        assert ana.do("view/submit", view_id=view_id, values=entered)["ok"]
    assert [each["name"] for each in got[0]["files"]] == ["proof.txt"]
    assert client.files_info(file=file["id"])["file"]["user"] == ANA
    assert ana.do("upload", file="text")["error"] == "invalid_arguments"


def test_the_pressed_side_of_a_feedback_pair_is_told(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    app = bolt_app(slack)
    told: list[str] = []

    @app.action("opinion")
    def opinion(ack: Ack, action: dict[str, Any]) -> None:
        told.append(action["value"])
        ack()

    sides = {
        f"{side}_button": {"text": {"type": "plain_text", "text": side}, "value": side}
        for side in ("positive", "negative")
    }
    pair = {"type": "feedback_buttons", "action_id": "opinion", **sides}
    card = {"type": "context_actions", "block_id": "item", "elements": [pair]}
    ts = client.chat_postMessage(channel=OPS, text="card", blocks=[card])["ts"]
    with connected(app, slack):
        assert ana.click(ts, "item", "opinion", value="negative")["ok"]
        assert ana.click(ts, "item", "opinion", value="neutral")["error"] == "option_not_found"
    assert told == ["negative"]


def test_a_reply_may_be_sent_to_the_channel_too(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="parent")["ts"]
    ana.do("message", channel="ops", text="hidden", thread_ts=ts)
    ana.do("message", channel="ops", text="loud", thread_ts=ts, reply_broadcast=True)
    assert ana.texts() == ["parent", "loud"]


def test_the_journal_gives_the_newest_when_only_so_many_are_wanted(slack: LocalSlack, client: WebClient) -> None:
    for _ in range(3):
        client.auth_test()
    everything = journal(slack, "api")
    url = f"{slack.url}/control/journal"
    assert requests.get(url, params={"last": 2}, timeout=10).json()["entries"] == everything[-2:]
    assert requests.get(url, params={"last": "²"}, timeout=10).status_code == 400


def test_an_answer_in_the_ack_that_slack_would_refuse_is_a_complaint(slack: LocalSlack, ana: Hands) -> None:
    app = bolt_app(slack)

    @app.command("/cost")
    def cost(ack: Ack) -> None:
        ack(blocks=[{"type": "marquee"}])

    with connected(app, slack):
        assert ana.do("command", channel="ops", text="/cost")["error"] == "invalid_blocks"
    complaints = requests.get(f"{slack.url}/control/complaints", timeout=10).json()["complaints"]
    assert [each["status"] for each in complaints] == ["invalid_blocks"]


@pytest.mark.parametrize(
    "path", ["message", "command", "action", "suggestions", "upload", "reaction", "view/submit", "view/close", "read"]
)
@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"user": []}', b'{"user": "ana", "container": [1], "values": [1]}',
     b'{"user": "ana", "channel": "ops", "container": {"channel": "ops", "ts": []}, "values": {"a": 7}}'],
)  # fmt: skip
def test_the_page_is_refused_what_makes_no_sense(slack: LocalSlack, path: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{slack.url}/page/{path}", data=body, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["ok"] is (path == "read" and b'"ops"' in body)


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("clock", {}),
        ("clock", {"advance": "soon"}),
        ("clock", {"advance": "inf"}),
        ("lag", {"seconds": []}),
        ("faults", {}),
        ("faults", {"method": "auth.test", "kind": "slow", "times": 0}),
        ("faults", {"method": "auth.test", "kind": "slow", "seconds": "nan"}),
        ("disconnect", {"reason": "boredom"}),
        ("disconnect", []),
        ("request-url", {"url": "not an address"}),
    ],
)
def test_a_tests_own_mistake_is_told_and_nothing_happens(slack: LocalSlack, what: str, body: Any) -> None:
    answer = requests.post(f"{slack.url}/control/{what}", json=body, timeout=10)
    assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert bot_client(slack).auth_test()["ok"]


def test_a_mark_may_be_set_by_the_app_and_a_person_alike(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="done")["ts"]
    ana.do("reaction", channel="ops", ts=ts, name="tada")
    client.reactions_add(channel=OPS, timestamp=ts, name="tada")
    with pytest.raises(SlackApiError, match="already_reacted"):
        client.reactions_add(channel=OPS, timestamp=ts, name="tada")
    assert ana.messages()[0]["reactions"][0]["users"] == [ANA, slack_id("U", "checkin")]
