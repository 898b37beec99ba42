import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk.signature import SignatureVerifier

from sandbox.slack.local import LocalSlack, running
from tests.sandbox.slack.behind_http import Quiet, Threads, serving
from tests.sandbox.slack.hands import (
    CONFIG,
    SECRET,
    Hands,
    bot_client,
    control,
    eventually,
    journal,
)


def test_an_app_with_another_secret_takes_nothing(slack: LocalSlack) -> None:
    app = App(client=bot_client(slack), signing_secret="something else")
    handler = SlackRequestHandler(app, path="/slack/events")
    with serving(make_server("127.0.0.1", 0, handler, Threads, Quiet)) as url:
        assert control(slack, "request-url", url=url)["error"] == "url_verification_failed"


@dataclass
class Recorded:
    """An endpoint that writes down what comes and answers what it is told to, last answer last."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    seen: list[tuple[dict[str, str], str]] = field(default_factory=list)
    pause: float = 0

    def server(self) -> ThreadingHTTPServer:
        recorded = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                recorded.seen.append((dict(self.headers), body))
                time.sleep(recorded.pause)
                status, headers = recorded.answers.pop(0) if len(recorded.answers) > 1 else recorded.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@contextmanager
def recorded(**answering: Any) -> Iterator[tuple[Recorded, Hands]]:
    """An app that is configured with its address, so nothing is asked first."""
    endpoint = Recorded(**answering)
    with serving(endpoint.server()) as url, running(CONFIG | {"app": CONFIG["app"] | {"request_url": url}}) as slack:
        yield endpoint, Hands(slack, "ana")


def test_every_request_is_signed_for_five_minutes() -> None:
    with recorded() as (endpoint, ana):
        ana.do("command", channel="ops", text="/cost")
    headers, body = endpoint.seen[0]
    signed = {"timestamp": headers["X-Slack-Request-Timestamp"], "signature": headers["X-Slack-Signature"]}
    at = int(signed["timestamp"])

    def valid(body: str, seconds_later: int = 0) -> bool:
        clock = type("At", (), {"now": lambda _self: at + seconds_later})()
        return SignatureVerifier(SECRET, clock).is_valid(body, **signed)

    assert abs(at - time.time()) < 60
    assert (valid(body), valid(body, 299), valid(body, 301), valid(body + "x")) == (True, True, False, False)


def test_an_event_comes_four_times_and_says_which_time_and_why() -> None:
    with recorded(answers=[(500, {})]) as (endpoint, ana):
        ana.do("message", channel="ops", text="anyone?")
        eventually(lambda: len(endpoint.seen) == 4)
        time.sleep(0.3)
    tries = [(headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason")) for headers, _ in endpoint.seen]
    assert tries == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
    assert len({body for _, body in endpoint.seen}) == 1


def test_an_app_can_ask_for_no_more_of_it() -> None:
    with recorded(answers=[(500, {"X-Slack-No-Retry": "1"})]) as (endpoint, ana):
        ana.do("message", channel="ops", text="anyone?")
        eventually(lambda: endpoint.seen)
        time.sleep(0.4)
    assert len(endpoint.seen) == 1


def test_a_slow_answer_is_a_timeout_and_the_event_comes_again() -> None:
    with recorded(pause=0.8) as (endpoint, ana):
        assert ana.do("command", channel="ops", text="/cost") == {"ok": False, "error": "operation_timeout"}
        ana.do("message", channel="ops", text="anyone?")
        eventually(lambda: any(headers.get("X-Slack-Retry-Reason") == "http_timeout" for headers, _ in endpoint.seen))
    commands = [body for _, body in endpoint.seen if body.startswith("token=")]
    assert len(commands) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((307, {"Location": "/slack/events"}), "too_many_redirects"), (None, "connection_failed")],
)
def test_other_failures_have_their_own_reasons(answer: Any, reason: str) -> None:
    endpoint = Recorded(answers=[answer or (200, {})])
    with serving(endpoint.server()) as url:
        gone = url
        if answer is None:
            gone = "http://127.0.0.1:1/slack/events"
        with running(CONFIG | {"app": CONFIG["app"] | {"request_url": gone}}) as slack:
            Hands(slack, "ana").do("message", channel="ops", text="anyone?")
            eventually(lambda: len([e for e in journal(slack, "request") if e["headers"]]) >= 1)
            again = next(entry for entry in journal(slack, "request") if entry["headers"])
    assert again["headers"]["X-Slack-Retry-Reason"] == reason
