from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from messages.blocks import Message
from messages.slack import Cause, Slack, SlackError
from sandbox.slack.local import LocalSlack
from storage.process import free_port
from telemetry.metrics import Metrics
from tests.sandbox.slack.hands import Hands, button

HOUR = timedelta(hours=1)


@contextmanager
def _answering(reply: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Slack]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            reply(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Slack("xoxb-local", base_url=f"http://127.0.0.1:{server.server_port}/api/", timeout=1)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return reply


def _problem(slack: Slack) -> SlackError:
    with pytest.raises(SlackError) as problem:
        slack.post("C1", Message("hello"), thread_ts=None, key="a")
    return problem.value


def test_what_slack_cannot_tell_apart_is_ambiguous_and_no_other_error_gets_out() -> None:
    for reply in (
        _send(200, b"<html>proxy</html>"),
        _send(502, b"<html>bad gateway</html>"),
        _send(500, b'{"ok": false, "error": "fatal_error"}'),
        _send(200, b'{"ok": tru', Content_Length="4000"),
        lambda request: request.wfile.write(b"nonsense\r\n\r\n"),
        lambda request: request.connection.close(),
    ):
        with _answering(reply) as slack:
            problem = _problem(slack)
        assert (problem.cause, problem.permanent) == (Cause.AMBIGUOUS, False)


def test_slacks_pause_is_read_from_its_header() -> None:
    with _answering(_send(429, b'{"ok": false, "error": "ratelimited"}', Retry_After="30")) as slack:
        problem = _problem(slack)
    assert (problem.cause, problem.retry_after) == (Cause.LIMITED, timedelta(seconds=30))


@pytest.mark.parametrize(
    "url", ["http://nowhere.invalid/api/", f"http://127.0.0.1:{free_port()}/api/"], ids=["no such name", "nobody there"]
)
def test_what_was_never_handed_over_was_certainly_not_sent(url: str) -> None:
    assert _problem(Slack("xoxb-local", base_url=url, timeout=1)).cause is Cause.UNREACHABLE


def test_every_call_is_counted_by_how_it_went(slack: Slack) -> None:
    metrics = Metrics("tests", strict=True)
    slack.metrics = metrics
    slack.post("ops", Message("x"), thread_ts=None, key="a")
    with pytest.raises(SlackError):
        slack.post("ops", Message("x", [{"type": "section"}]), thread_ts=None, key="a")
    for reply in (_send(429, b'{"ok": false, "error": "ratelimited"}'), _send(502, b"<html>bad gateway</html>")):
        with _answering(reply) as strange:
            strange.metrics = metrics
            _problem(strange)
    nobody = Slack("xoxb-local", base_url=f"http://127.0.0.1:{free_port()}/api/", timeout=1)
    nobody.metrics = metrics
    _problem(nobody)

    told = metrics.exposition().decode()
    for outcome in ("ok", "refused", "limited", "ambiguous", "unreachable"):
        assert f'checkin_slack_requests_total{{method="chat.postMessage",outcome="{outcome}"}} 1.0' in told


def test_a_refusal_says_what_is_wrong_with_the_blocks(slack: Slack) -> None:
    with pytest.raises(SlackError, match=r"invalid_blocks.*json-pointer:/blocks/0") as problem:
        slack.post("ops", Message("x", [{"type": "section"}]), thread_ts=None, key="a")
    assert problem.value.permanent


def test_a_message_is_found_by_its_key_however_much_was_said_since(slack: Slack) -> None:
    channel = slack.channel_id("#ops")
    since = datetime.now(UTC)
    sought = slack.post(channel, Message("sought"), thread_ts=None, key="sought")
    for n in range(205):
        slack.post(channel, Message("noise"), thread_ts=None, key=f"noise-{n}")
    assert slack.find(channel, "sought", since=since, thread_ts=None) == [sought[1]]
    assert slack.find(channel, "nothing", since=since, thread_ts=None) == []
    assert slack.find(channel, "sought", since=since + HOUR, thread_ts=None) == []


def test_of_two_messages_with_one_key_the_older_comes_first(slack: Slack) -> None:
    since = datetime.now(UTC)
    parent = slack.post("ops", Message("parent"), thread_ts=None, key="parent")
    both = [slack.post("ops", Message("x"), thread_ts=parent[1], key="twice")[1] for _ in range(2)]
    assert slack.find(parent[0], "twice", since=since, thread_ts=parent[1]) == both


def test_channels_are_known_by_id_and_by_name(slack: Slack) -> None:
    ops = slack.channel_id("#ops")
    assert slack.channel_id("ops") == slack.channel_id(ops) == ops
    with pytest.raises(SlackError, match="no channel named old"):
        slack.channel_id("#old")


def test_a_whisper_is_heard_by_one_person(slack: Slack, workspace: LocalSlack, ana: Hands) -> None:
    slack.whisper(slack.channel_id("ops"), workspace.workspace.user("ana").id, "psst")
    assert ana.texts() == ["psst"]
    assert Hands(workspace, "ben").texts() == []


def test_home_is_published_for_one_person(slack: Slack, workspace: LocalSlack, ana: Hands) -> None:
    slack.publish_home(workspace.workspace.user("ana").id, [button()])
    assert ana.see("home", opened="false")["view"]["blocks"][0]["type"] == "actions"


def test_people_and_groups_are_read_as_slack_has_them(slack: Slack, workspace: LocalSlack) -> None:
    ben = workspace.workspace.user("ben").id
    assert slack.user(ben)["real_name"] == "Ben Ode"
    (group,) = workspace.workspace.usergroups
    assert slack.members(group) == [ben]
    with pytest.raises(SlackError, match="user_not_found"):
        slack.user("UNOBODY")


def test_a_picture_that_never_becomes_ready_is_given_up(slack: Slack, workspace: LocalSlack) -> None:
    with pytest.raises(SlackError, match="did not become ready"):
        slack.upload(b"x", "chart", patience=0)
