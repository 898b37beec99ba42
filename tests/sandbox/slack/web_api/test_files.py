from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack.hands import OPS, Hands, eventually

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def image(file_id: str) -> list[dict[str, Any]]:
    return [{"type": "image", "alt_text": "Failures by hour", "slack_file": {"id": file_id}}]


def uploaded(client: WebClient, name: str = "chart.png") -> str:
    """The three steps, with no channel: the file stays the app's own."""
    step = client.files_getUploadURLExternal(filename=name, length=len(PICTURE))
    assert requests.post(step["upload_url"], data=PICTURE, timeout=10).text == f"OK - {len(PICTURE)}"
    client.files_completeUploadExternal(files=[{"id": step["file_id"], "title": "Chart"}])
    file_id: str = step["file_id"]
    return file_id


def is_ready(client: WebClient, file_id: str) -> bool:
    return bool(client.files_info(file=file_id)["file"]["mimetype"])


def test_a_picture_may_be_shown_once_slack_has_scanned_it(client: WebClient, ana: Hands) -> None:
    file_id = uploaded(client)
    with pytest.raises(SlackApiError) as early:
        client.chat_postMessage(channel=OPS, text="chart", blocks=image(file_id))
    assert early.value.response["errors"] == ["invalid slack file [json-pointer:/blocks/0/slack_file]"]
    eventually(lambda: is_ready(client, file_id))
    client.chat_postMessage(channel=OPS, text="chart", blocks=image(file_id))
    shown = ana.messages()[0]["blocks"][0]
    assert requests.get(shown["image_url"], timeout=10).content == PICTURE
    assert requests.get(shown["image_url"], timeout=10).headers["Content-Type"] == "image/png"


def test_only_pictures_that_exist_may_be_shown(client: WebClient) -> None:
    text_id = uploaded(client, "notes.txt")
    eventually(lambda: is_ready(client, text_id))
    for wrong in (text_id, "F0000000000", "not an id"):
        with pytest.raises(SlackApiError, match="invalid_blocks"):
            client.chat_postMessage(channel=OPS, text="chart", blocks=image(wrong))


def test_the_sdks_upload_shares_the_file_with_its_comment(client: WebClient, ana: Hands) -> None:
    channel = client.conversations_info(channel=OPS)["channel"]["id"]
    client.files_upload_v2(channel=channel, filename="chart.png", content=PICTURE, initial_comment="today")
    eventually(ana.messages)
    (message,) = ana.messages()
    assert (message["text"], message["files"][0]["name"]) == ("today", "chart.png")


def test_a_message_is_given_other_files(client: WebClient, ana: Hands) -> None:
    ts = client.chat_postMessage(channel=OPS, text="chart")["ts"]
    client.chat_update(channel=OPS, ts=ts, text="chart", file_ids=[uploaded(client)])
    assert [file["name"] for file in ana.messages()[0]["files"]] == ["chart.png"]
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.chat_update(channel=OPS, ts=ts, text="chart", file_ids=["F0000000000"])


def test_an_upload_must_have_the_length_it_announced(client: WebClient) -> None:
    step = client.files_getUploadURLExternal(filename="chart.png", length=5)
    assert requests.post(step["upload_url"], data=PICTURE, timeout=10).status_code == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        client.files_completeUploadExternal(files=[{"id": step["file_id"]}])
    with pytest.raises(SlackApiError, match="missing_argument"):
        client.api_call("files.getUploadURLExternal", params={"filename": "empty.png", "length": 0})


def test_a_deleted_file_is_gone(client: WebClient) -> None:
    file_id = uploaded(client)
    client.files_delete(file=file_id)
    with pytest.raises(SlackApiError, match="file_deleted"):
        client.files_info(file=file_id)
