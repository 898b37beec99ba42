"""Nothing an app sends may make the workspace fall over: Slack refuses, it does not break."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from slack_sdk import WebClient

from sandbox.slack.local import LocalSlack
from sandbox.slack.modals import new_trigger
from sandbox.slack.model import slack_id
from sandbox.slack.web_api.registry import METHODS
from tests.sandbox.slack.hands import OPS, Hands

ANA = slack_id("U", "ana")
BOT = {"Authorization": "Bearer xoxb-local"}
JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
ARGUMENTS = b'{"channel": "ops", "text": "\xc3\xa9"}'


def post(slack: LocalSlack, body: bytes, content_type: str, **headers: str) -> Any:
    sent = BOT | {"Content-Type": content_type} | {name.replace("_", "-"): text for name, text in headers.items()}
    answer = requests.post(f"{slack.api_url}chat.postMessage", headers=sent, data=body, timeout=10)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b'{"channel"', JSON, "invalid_json"),
        (b'{"channel": "ops", "text": NaN}', JSON, "invalid_json"),
        (b'{"channel": "ops", "text": "\\ud800"}', JSON, "invalid_json"),
        (b'{"channel": "ops", "text": "\xff"}', JSON, "invalid_json"),
        (b"[" * 65 + b"]" * 65, JSON, "invalid_json"),
        (b"[" * 90_000, JSON, "invalid_json"),
        (b"[]", JSON, "json_not_object"),
        (ARGUMENTS, "application/json; charset=klingon", "invalid_charset"),
        (ARGUMENTS.decode().encode("utf-16"), "application/json; charset=utf-16", "invalid_charset"),
        (b"channel=ops", f"{FORM}; charset=klingon", "invalid_charset"),
        (b"<channel/>", "application/xml", "invalid_post_type"),
        (b"--x", "multipart/mixed; boundary=x", "invalid_post_type"),
        (b"--x", "multipart/form-data", "invalid_form_data"),
        (b"ops", "multipart/form-data; boundary=x", "invalid_form_data"),
        (b"--x\r\n\r\nops\r\n--x--\r\n", "multipart/form-data; boundary=x", "invalid_form_data"),
    ],
)
def test_a_body_that_says_nothing_is_refused_by_name(
    slack: LocalSlack, body: bytes, content_type: str, error: str
) -> None:
    assert post(slack, body, content_type)["error"] == error


def test_bytes_without_a_type_are_refused(slack: LocalSlack) -> None:
    request = requests.Request("POST", f"{slack.api_url}auth.test", headers=BOT, data=b"a=b").prepare()
    with requests.Session() as session:
        assert session.send(request, timeout=10).json()["error"] == "missing_post_type"


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "text"),
    [
        (ARGUMENTS.decode().encode("iso-8859-1"), "application/json; charset=iso-8859-1", {}, "é"),
        (gzip.compress(ARGUMENTS), JSON, {"Content_Encoding": "gzip"}, "é"),
        (b"channel=ops&text=%C3%A9", FORM, {}, "é"),
        (b"channel=ops&text=\xc3\xa9", f"{FORM}; charset=UTF-8", {}, "é"),
        (b"channel=ops&text=%ff", FORM, {}, "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_either_charset_may_be_used(
    slack: LocalSlack, body: bytes, content_type: str, headers: dict[str, str], text: str
) -> None:
    assert post(slack, body, content_type, **headers)["message"]["text"] == text


@pytest.mark.parametrize("token", [{"a": 1}, ["xoxb-local"], 7])
def test_a_token_is_a_text(slack: LocalSlack, token: Any) -> None:
    answer = requests.post(f"{slack.api_url}auth.test", json={"token": token}, timeout=10)
    assert answer.json()["error"] == "invalid_auth"


def test_what_is_kept_can_be_written_again(slack: LocalSlack, client: WebClient) -> None:
    # A deep or lonely value that got in would poison every later answer of the history and the journal.
    for payload in ('{"n": ' + "9" * 30 + "}", '{"a": ' * 70 + "1" + "}" * 70, '{"a": "\\ud800"}'):
        metadata = '{"event_type": "x", "event_payload": ' + payload + "}"
        requests.post(
            f"{slack.api_url}chat.postMessage",
            headers=BOT,
            data={"channel": OPS, "text": "x", "metadata": metadata},
            timeout=10,
        )
    kept = client.conversations_history(channel=OPS, include_all_metadata=True)["messages"]
    assert [message["metadata"]["event_payload"] for message in kept] == [{"n": 1e30}]
    assert requests.get(f"{slack.url}/control/journal", timeout=10).json()["entries"]


HOSTILE: tuple[Any, ...] = (
    "", "\x00", "🙂" * 3000, -1, 10**30, 1.5, "NaN", "²", True, [None], [[]], {"a": 1}, [{"type": []}],
    {"type": ["modal"]}, {"type": "modal", "blocks": {}}, "[", '["x"', '[1, {}]', '"x"', "[" * 5000, [{"id": {}}],
    [{"color": {}, "text": "x"}], {"event_type": [], "event_payload": []}, "../../x", OPS, ANA,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_no_value_of_any_argument_breaks_a_method(slack: LocalSlack, client: WebClient, name: str) -> None:
    ts = client.chat_postMessage(channel=OPS, text="x")["ts"]
    right = {
        "channel": OPS, "channel_id": OPS, "user": ANA, "users": ANA, "user_id": ANA, "text": "x", "ts": ts,
        "message_ts": ts, "timestamp": ts, "name": "tada", "length": 5, "filename": "a.txt", "title": "T",
        "type": "link", "link": "https://example.com", "post_at": int(slack.workspace.clock.now()) + 600,
    }  # fmt: skip
    method = METHODS[name]
    headers = {"Authorization": f"Bearer {'xapp' if method.caller == 'app' else 'xoxb'}-local"}
    broken = []
    with requests.Session() as session:
        for argument in sorted(method.takes):
            for value in HOSTILE:
                given = {key: part for key, part in right.items() if key in method.takes} | {argument: value}
                if "trigger_id" in method.takes and argument != "trigger_id":
                    given["trigger_id"] = new_trigger(slack.workspace, ANA)
                as_json = {"data": json.dumps(given), "headers": headers | {"Content-Type": JSON}}
                texts = {key: part if isinstance(part, str) else json.dumps(part) for key, part in given.items()}
                for request in (as_json, {"data": texts, "headers": headers}):
                    answer = session.post(f"{slack.api_url}{name}", timeout=10, **request)
                    if answer.status_code != 200 or "ok" not in answer.json():
                        broken.append((argument, value, answer.status_code))
    assert broken == []


def test_a_crowd_of_callers_gets_each_its_own_answer(slack: LocalSlack, client: WebClient, ana: Hands) -> None:
    def say(number: int) -> tuple[str, str]:
        message = client.chat_postMessage(channel=OPS, text=str(number))["message"]
        return message["ts"], message["text"]

    with ThreadPoolExecutor(16) as crowd:
        said = dict(crowd.map(say, range(200)))
    assert sorted(map(int, said.values())) == list(range(200))
    assert [said[message["ts"]] for message in ana.messages()] == [message["text"] for message in ana.messages()]
