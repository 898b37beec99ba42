import json
from typing import Any

import pytest
import requests
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import OPS, Hands, journal


def channel(hands: Hands, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in hands.see("state")["channels"] if each["name"] == name)
    return found


def test_a_user_sees_the_public_channels_and_only_their_own_private_ones(ana: Hands, ben: Hands) -> None:
    assert [each["name"] for each in ana.see("state")["channels"]] == [
        "ops",
        "elsewhere",
        "leads",
        "old",
        "directmessage",
    ]
    assert "secret" in [each["name"] for each in ben.see("state")["channels"]]
    assert ben.see("messages", channel="leads")["error"] == "channel_not_found"
    assert ben.do("message", channel="elsewhere", text="hi")["error"] == "not_in_channel"


def test_another_site_in_the_same_browser_presses_nothing(slack: LocalSlack, ana: Hands) -> None:
    body = json.dumps({"user": "ana", "channel": "ops", "text": "approve"})
    for mode in ("no-cors", "navigate"):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Content-Type": "text/plain"}
        assert requests.post(f"{slack.url}/page/message", body, headers=headers, timeout=10).status_code == 403
    assert ana.texts() == []
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert requests.get(slack.url, headers=followed, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:{port}", "127.0.0.1.evil.test", "192.0.2.1", "[::2]", "[", ""]
)
def test_a_name_that_leads_here_from_elsewhere_is_no_name_of_this_machine(
    slack: LocalSlack, ana: Hands, host: str
) -> None:
    port = slack.url.rpartition(":")[2]
    headers = {"Host": host.format(port=port)}
    answer = requests.post(f"{slack.url}/page/message", json={"user": "ana"}, headers=headers, timeout=10)
    assert (answer.status_code, answer.text) == (421, f"The local Slack answers this machine only: {slack.url}\n")
    assert requests.get(f"{slack.url}/api/auth.test", headers=headers, timeout=10).status_code == 421
    assert ana.texts() == []


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "slack.localhost:{port}", "127.0.0.2:{port}", "[::1]:{port}"]
)
def test_every_name_of_this_machine_opens_the_page(slack: LocalSlack, host: str) -> None:
    headers = {"Host": host.format(port=slack.url.rpartition(":")[2])}
    assert requests.get(slack.url, headers=headers, timeout=10).status_code == 200


def test_unread_counts_what_others_said_until_it_is_read(client: WebClient, ana: Hands) -> None:
    client.chat_postMessage(channel=OPS, text="news")
    assert (channel(ana, "ops")["unread"], channel(ana, "ops")["mentions"]) == (1, 0)
    ana.do("read", channel="ops")
    assert channel(ana, "ops")["unread"] == 0


def test_only_real_calls_count_as_mentions(client: WebClient, ana: Hands, ben: Hands) -> None:
    group, person = slack_id("S", "oncall"), slack_id("U", "ana")
    for text in (f"<@{person}>", "<!here>", f"<!subteam^{group}>", "&lt;!channel&gt;", "@here", f"<@{person}X>"):
        client.chat_postMessage(channel=OPS, text=text)
    quoted = {"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}
    client.chat_postMessage(channel=OPS, text="quoted", blocks=[quoted])
    call = {"type": "rich_text_section", "elements": [{"type": "user", "user_id": person}]}
    client.chat_postMessage(channel=OPS, text="rich", blocks=[{"type": "rich_text", "elements": [call]}])
    assert channel(ana, "ops")["mentions"] == 3
    assert channel(ben, "ops")["mentions"] == 2


def test_the_stream_hints_at_what_changed(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    with requests.get(f"{slack.url}/page/events", params={"user": "ana"}, stream=True, timeout=10) as stream:
        lines = (line for line in stream.iter_lines(chunk_size=1) if line)
        assert next(lines) == b": open"
        ts = client.chat_postMessage(channel=OPS, text="news")["ts"]
        client.chat_postMessage(channel=OPS, text="more", thread_ts=ts)
        client.chat_update(channel=OPS, ts=ts, text="newer")
        client.chat_postEphemeral(channel=OPS, user=slack_id("U", "ben"), text="not for ana")
        client.chat_delete(channel=OPS, ts=ts)
        events = [json.loads(next(lines).removeprefix(b"data: ")) for _ in range(6)]
    kinds = ["message", "thread", "message_changed", "thread", "message_deleted", "thread"]
    assert [event["type"] for event in events] == kinds
    assert {event["channel"] for event in events} == {slack_id("C", "ops")}
    assert events[0]["ts"] == events[1]["thread_ts"] == ts


def test_the_stored_messages_show_their_metadata(slack: LocalSlack, client: WebClient) -> None:
    metadata = {"event_type": "digest", "event_payload": {"key": "a"}}
    client.chat_postMessage(channel=OPS, text="digest", metadata=metadata)
    stored = requests.get(f"{slack.url}/control/channels/ops/messages", timeout=10).json()["messages"]
    assert stored[-1]["metadata"] == metadata


def test_the_journal_goes_on_from_where_one_left_off(slack: LocalSlack, client: WebClient) -> None:
    client.auth_test()
    last = journal(slack, "api")[-1]["n"]
    client.users_list()
    entries = requests.get(f"{slack.url}/control/journal", params={"since": last}, timeout=10).json()["entries"]
    assert [entry["method"] for entry in entries] == ["users.list"]
