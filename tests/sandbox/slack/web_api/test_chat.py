from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.local import LocalSlack
from sandbox.slack.model import slack_id
from tests.sandbox.slack.hands import LEADS, OPS, Hands, button

METADATA = {"event_type": "digest", "event_payload": {"key": "2026-11-23"}}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hi*"}}


def stored(client: WebClient, ts: str) -> dict[str, Any]:
    history = client.conversations_history(channel=OPS, latest=ts, inclusive=True, limit=1, include_all_metadata=True)
    found: dict[str, Any] = history["messages"][0]
    return found


def test_every_message_has_its_own_later_ts(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=OPS, text=str(number))["ts"] for number in range(20)]
    assert stamps == sorted(set(stamps))
    assert all(len(ts.partition(".")[2]) == 6 for ts in stamps)


def test_a_posted_message_comes_back_as_slack_keeps_it(client: WebClient) -> None:
    answer = client.chat_postMessage(channel="#ops", text="see https://example.com/a now", blocks=[SECTION])
    message = answer["message"]
    assert answer["channel"] == slack_id("C", "ops")
    assert message["text"] == "see <https://example.com/a> now"
    assert message["blocks"][0]["block_id"]
    assert message["blocks"][0]["text"]["verbatim"] is False
    assert message["bot_profile"]["id"] == message["bot_id"] == slack_id("B", "checkin")


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("nowhere", "channel_not_found"),
        ("secret", "channel_not_found"),
        ("elsewhere", "not_in_channel"),
        ("old", "is_archived"),
    ],
)
def test_where_the_app_may_not_speak(client: WebClient, channel: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        client.chat_postMessage(channel=channel, text="hello")


def test_a_user_as_channel_is_the_conversation_with_the_app(client: WebClient, ana: Hands, ben: Hands) -> None:
    answer = client.chat_postMessage(channel=slack_id("U", "ana"), text="only you")
    assert answer["channel"] == slack_id("D", "ana")
    assert ana.texts(slack_id("D", "ana")) == ["only you"]
    assert ben.see("messages", channel=slack_id("D", "ana"))["error"] == "channel_not_found"


def test_nothing_to_say_is_refused_and_too_much_is_cut(client: WebClient) -> None:
    with pytest.raises(SlackApiError, match="no_text"):
        client.api_call("chat.postMessage", json={"channel": "ops", "text": ""})
    assert len(client.chat_postMessage(channel=OPS, text="x" * 50_000)["message"]["text"]) == 40_000


def test_replies_live_under_their_parent_and_count(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="parent")["ts"]
    client.chat_postMessage(channel=OPS, text="first", thread_ts=ts)
    reply_ts = ana.do("message", channel="ops", text="second", thread_ts=ts)["ts"]
    client.chat_postMessage(channel=OPS, text="third", thread_ts=ts, reply_broadcast=True)
    parent = ana.messages()[0]
    assert (parent["reply_count"], parent["latest_reply"] > reply_ts, parent["thread_ts"]) == (3, True, ts)
    assert parent["reply_users"] == [slack_id("U", "checkin"), slack_id("U", "ana")]
    assert ana.texts() == ["parent", "third"]
    replies = client.conversations_replies(channel=OPS, ts=ts)["messages"]
    assert [message["text"] for message in replies] == ["parent", "first", "second", "third"]
    with pytest.raises(SlackApiError, match="cannot_reply_to_message"):
        client.chat_postMessage(channel=OPS, text="deeper", thread_ts=reply_ts)


def test_metadata_is_shown_only_to_who_asks(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="digest", metadata=METADATA)["ts"]
    assert "metadata" not in client.conversations_history(channel=OPS)["messages"][0]
    assert stored(client, ts)["metadata"] == METADATA


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"text": "new"}, {"text": "new", "metadata": METADATA}),
        ({"blocks": [SECTION]}, {"text": "old", "blocks": 1, "metadata": METADATA}),
        ({"text": "new", "blocks": []}, {"text": "new", "metadata": METADATA}),
        ({"text": "new", "blocks": [SECTION, SECTION]}, {"text": "new", "blocks": 2, "metadata": METADATA}),
        ({"metadata": {}}, {"text": "old", "blocks": 1}),
    ],
    ids=["text drops blocks", "blocks keep text", "empty blocks go", "both", "empty metadata goes"],
)
def test_an_update_merges_as_documented(client: WebClient, change: dict[str, Any], kept: dict[str, Any]) -> None:
    ts = client.chat_postMessage(channel=OPS, text="old", blocks=[SECTION], metadata=METADATA)["ts"]
    client.api_call("chat.update", json={"channel": OPS, "ts": ts, **change})
    message = stored(client, ts)
    found = {name: message[name] for name in ("text", "metadata") if name in message}
    assert found | ({"blocks": len(message["blocks"])} if "blocks" in message else {}) == kept


def test_only_plain_messages_are_labelled_as_edited(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="old")["ts"]
    client.chat_update(channel=OPS, ts=ts, text="new")
    assert "edited" in stored(client, ts)
    rich = client.chat_postMessage(channel=OPS, text="old", blocks=[SECTION])["ts"]
    client.chat_update(channel=OPS, ts=rich, text="new", blocks=[SECTION])
    assert "edited" not in stored(client, rich)


def test_the_app_changes_only_its_own_messages(client: WebClient, ana: Hands) -> None:
    ts = ana.do("message", channel="ops", text="mine")["ts"]
    with pytest.raises(SlackApiError, match="cant_update_message"):
        client.chat_update(channel=OPS, ts=ts, text="yours")
    with pytest.raises(SlackApiError, match="cant_delete_message"):
        client.chat_delete(channel=OPS, ts=ts)
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel=OPS, ts="1.000000", text="nobody's")
    with pytest.raises(SlackApiError, match="msg_too_long"):
        client.chat_update(channel=OPS, ts=client.chat_postMessage(channel=OPS, text="a")["ts"], text="x" * 4001)


def test_a_deleted_parent_leaves_a_tombstone_over_its_replies(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="parent", blocks=[SECTION])["ts"]
    reply = client.chat_postMessage(channel=OPS, text="reply", thread_ts=ts)["ts"]
    client.chat_delete(channel=OPS, ts=ts)
    assert (ana.messages()[0]["subtype"], ana.messages()[0]["reply_count"]) == ("tombstone", 1)
    client.chat_delete(channel=OPS, ts=reply)
    assert "reply_count" not in ana.messages()[0]


def test_an_ephemeral_is_seen_by_one_and_is_in_no_history(client: WebClient, ana: Hands, ben: Hands) -> None:
    client.chat_postEphemeral(channel=OPS, user=slack_id("U", "ana"), text="psst")
    assert ana.texts() == ["psst"]
    assert ben.texts() == []
    assert client.conversations_history(channel=OPS)["messages"] == []
    with pytest.raises(SlackApiError, match="user_not_in_channel"):
        client.chat_postEphemeral(channel=LEADS, user=slack_id("U", "ben"), text="psst")


def test_an_ephemeral_cannot_be_updated_or_deleted(client: WebClient) -> None:
    ts = client.chat_postEphemeral(channel=OPS, user=slack_id("U", "ana"), text="psst")["message_ts"]
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel=OPS, ts=ts, text="louder")
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_delete(channel=OPS, ts=ts)


def test_in_an_archived_channel_nothing_changes_any_more(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="old")["ts"]
    slack.workspace.channels[OPS].is_archived = True
    with pytest.raises(SlackApiError, match="is_inactive"):
        client.chat_update(channel=OPS, ts=ts, text="new")
    with pytest.raises(SlackApiError, match="is_archived"):
        client.reactions_add(channel=OPS, timestamp=ts, name="tada")


def test_a_channel_sees_an_old_reply_when_it_is_broadcast_and_nothing_else_is_changed(
    client: WebClient, ana: Hands
) -> None:
    ts = client.chat_postMessage(channel=OPS, text="parent")["ts"]
    reply = client.chat_postMessage(channel=OPS, text="reply", thread_ts=ts)["ts"]
    with pytest.raises(SlackApiError, match="no_dual_broadcast_content_update"):
        client.chat_update(channel=OPS, ts=reply, text="louder", reply_broadcast=True)
    with pytest.raises(SlackApiError, match="cant_broadcast_message"):
        client.api_call("chat.update", json={"channel": OPS, "ts": ts, "reply_broadcast": True})
    assert ana.texts() == ["parent"]
    client.api_call("chat.update", json={"channel": OPS, "ts": reply, "reply_broadcast": True})
    assert ana.texts() == ["parent", "reply"]


def test_a_permalink_opens_the_page_at_the_message(slack: LocalSlack, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=OPS, text="here")["ts"]
    link = client.chat_getPermalink(channel=OPS, message_ts=ts)["permalink"]
    assert link == f"{slack.url}/archives/{slack_id('C', 'ops')}/p{ts.replace('.', '')}"
    redirect = requests.get(link, allow_redirects=False, timeout=10)
    assert redirect.headers["Location"].endswith(f"/?channel={slack_id('C', 'ops')}&at={ts}")


def test_bad_blocks_are_refused_with_a_pointer(client: WebClient) -> None:
    many = [button(f"a{number}", block_id="same") for number in range(2)]
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=OPS, text="x", blocks=many)
    assert refused.value.response["error"] == "invalid_blocks"
    (message,) = refused.value.response["response_metadata"]["messages"]
    assert message == "[ERROR] `block_id` same already exists [json-pointer:/blocks/1/block_id]"


def test_too_much_text_over_all_blocks_is_refused(client: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2500}} for _ in range(5)]
    ts = client.chat_postMessage(channel=OPS, text="x")["ts"]
    for call, place in (
        (client.chat_postMessage, {}),
        (client.chat_update, {"ts": ts}),
        (client.chat_postEphemeral, {"user": slack_id("U", "ana")}),
    ):
        with pytest.raises(SlackApiError, match="msg_blocks_too_long"):
            call(channel=OPS, text="x", blocks=blocks, **place)


def test_an_attachment_may_hold_blocks_and_a_colour(client: WebClient) -> None:
    answer = client.chat_postMessage(channel=OPS, text="alert", attachments=[{"color": "danger", "blocks": [SECTION]}])
    assert answer["message"]["attachments"][0]["blocks"][0]["block_id"]
    with pytest.raises(SlackApiError, match="invalid_attachments"):
        client.chat_postMessage(channel=OPS, text="x", attachments=[{"blocks": [{"type": "nothing"}]}])


def test_only_posting_methods_know_channels_by_name(client: WebClient) -> None:
    ts = client.chat_postMessage(channel="#ops", text="x")["ts"]
    client.chat_postEphemeral(channel="ops", user=slack_id("U", "ana"), text="x")
    for channel in "ops", "#ops", slack_id("U", "ana"):
        with pytest.raises(SlackApiError, match="channel_not_found"):
            client.chat_update(channel=channel, ts=ts, text="y")
        with pytest.raises(SlackApiError, match="channel_not_found"):
            client.conversations_history(channel=channel)


def test_pictures_are_kept_by_name_and_links_without_the_full_stop(client: WebClient) -> None:
    text = "✅ done ⚠️, see https://example.com/a. (Or http://example.com/b?c=1)"
    kept = ":white_check_mark: done :warning:, see <https://example.com/a>. (Or <http://example.com/b?c=1>)"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "✅ https://example.com"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
    ]
    message = client.chat_postMessage(channel=OPS, text=text, blocks=blocks)["message"]
    assert message["text"] == kept
    header, free, verbatim = (block["text"] for block in message["blocks"])
    assert (header["text"], header["emoji"]) == (":white_check_mark: https://example.com", True)
    assert free["text"] == kept
    assert verbatim["text"] == text.replace("✅", ":white_check_mark:").replace("⚠️", ":warning:")


def test_json_without_a_charset_is_taken_with_a_warning(slack: LocalSlack) -> None:
    headers = {"Authorization": "Bearer xoxb-local"}
    answer = requests.post(f"{slack.api_url}auth.test", json={}, headers=headers, timeout=10).json()
    assert (answer["ok"], answer["warning"]) == (True, "missing_charset")
    assert answer["response_metadata"]["warnings"] == ["missing_charset"]
    form = requests.post(f"{slack.api_url}auth.test", data={}, headers=headers, timeout=10).json()
    assert "warning" not in form


def test_standard_markdown_is_an_alternative_to_text(client: WebClient) -> None:
    message = client.chat_postMessage(channel=OPS, markdown_text="**bold**")["message"]
    assert message["blocks"][0]["type"] == "markdown"
    with pytest.raises(SlackApiError, match="markdown_text_conflict"):
        client.chat_postMessage(channel=OPS, markdown_text="**bold**", text="bold")
    with pytest.raises(SlackApiError, match="msg_too_long"):
        client.chat_postMessage(channel=OPS, markdown_text="x" * 12_001)


def test_slacks_own_check_of_blocks_needs_no_token(slack: LocalSlack) -> None:
    def check(**given: Any) -> Any:
        return requests.post(f"{slack.api_url}blocks.validate", json=given, timeout=10).json()

    assert check(blocks=[SECTION])["ok"]
    assert check(view={"type": "home", "blocks": [SECTION]})["ok"]
    assert check(message={"blocks": [SECTION]})["ok"]
    refused = check(blocks=[{"type": "section", "text": {"type": "mrkdwn"}}])
    assert refused["error"] == "invalid_blocks"
    assert refused["errors"] == [
        {"pointer": "/0/text", "code": "missing_field", "message": "missing required field: text"}
    ]
    assert check(blocks=[SECTION], message={})["error"] == "invalid_arguments"
