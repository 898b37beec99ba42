import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy.exc import DataError, OperationalError

from alerts.model import AlertGroup
from bot.http import MOST_BYTES, build_http
from telemetry.metrics import Metrics
from tests.factories import alert, webhook
from tests.processes import eventually

TOKEN = "a-token-of-alertmanager"


class Edge:
    """The HTTP edge with what it took, and what its store and its line to Slack do."""

    def __init__(self) -> None:
        self.taken: list[AlertGroup] = []
        self.store: Callable[[AlertGroup], None] = self.taken.append
        self.connected = True
        self.http = build_http(
            TOKEN, lambda group: self.store(group), lambda: self.connected, Metrics("checkin", strict=True)
        )
        self.client = httpx.Client()

    def post(self, body: Any, token: str = f"Bearer {TOKEN}") -> tuple[int, dict[str, Any]]:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.client.post("/v1/alerts", content=content, headers={"authorization": token})
        return answer.status_code, answer.json()

    def counted(self) -> dict[str, float]:
        """Outcome → webhooks, as Prometheus reads it."""
        lines = self.client.get("/metrics").text.splitlines()
        mine = (line.rsplit(" ", 1) for line in lines if line.startswith("checkin_webhooks_total{"))
        return {labels.partition('outcome="')[2].partition('"')[0]: float(value) for labels, value in mine}


@pytest.fixture
def edge() -> Iterator[Edge]:
    """Behind a real server, as the bot runs it."""
    edge = Edge()
    server = uvicorn.Server(uvicorn.Config(edge.http, port=0, log_config=None, access_log=False))
    serving = threading.Thread(target=server.run)
    serving.start()
    eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as edge.client:
        yield edge
    server.should_exit = True
    serving.join()


def test_a_webhook_is_stored_before_it_is_answered(edge: Edge) -> None:
    assert edge.post(webhook()) == (200, {"ok": True})
    assert [group.tier for group in edge.taken] == ["P1"]
    assert edge.counted() == {"stored": 1}


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", TOKEN, f"bearer {TOKEN}x", "Bearer \u00e9"])
def test_without_the_token_nothing_is_read(edge: Edge, token: str) -> None:
    answer = edge.client.post("/v1/alerts", content=b"{}", headers={b"authorization": token.encode()})
    assert (answer.status_code, answer.json()["field"]) == (401, "authorization")
    assert TOKEN not in answer.text
    assert edge.counted() == {"unauthorized": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"not json", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 100_000, "body"),
        ([], "body"),
        (webhook(version="3"), "version"),
        (webhook(alert(startsAt="yesterday")), "alerts.0.startsAt"),
        ({}, "version"),
    ],
    ids=["empty", "no json", "no text", "deep", "a list", "old", "a bad time", "nothing in it"],
)
def test_what_is_malformed_is_refused_by_its_field_and_counted(edge: Edge, body: Any, field: str) -> None:
    status, told = edge.post(body)
    assert (status, told["ok"], told["field"]) == (422, False, field)
    assert "hint: this takes Alertmanager's webhook of version 4" in told["error"]
    assert edge.taken == []
    assert edge.counted() == {"malformed": 1}


def test_what_is_too_large_is_not_read_to_its_end(edge: Edge) -> None:
    status, told = edge.post(b" " * (MOST_BYTES + 1))
    assert (status, told["field"]) == (413, "body")
    assert edge.counted() == {"malformed": 1}


def test_while_the_store_is_down_alertmanager_is_asked_to_come_again(edge: Edge) -> None:
    def down(_: AlertGroup) -> None:
        raise OperationalError("INSERT …", {}, Exception("connection refused: secret-host"))

    edge.store = down
    status, told = edge.post(webhook())
    assert (status, told["field"]) == (503, "storage")
    assert "secret-host" not in json.dumps(told)
    edge.store = edge.taken.append
    assert edge.post(webhook())[0] == 200
    assert edge.counted() == {"not_stored": 1, "stored": 1}


def test_what_the_store_can_never_hold_is_not_asked_for_again(edge: Edge) -> None:
    def cannot(_: AlertGroup) -> None:
        raise DataError("INSERT …", {}, Exception("unsupported Unicode escape sequence"))

    edge.store = cannot
    status, told = edge.post(webhook())
    assert (status, told["field"]) == (422, "body")
    assert edge.counted() == {"malformed": 1}


def test_it_lives_as_long_as_it_answers_and_is_ready_while_slack_hears_it(edge: Edge) -> None:
    assert edge.client.get("/healthz").status_code == 200
    assert edge.client.get("/readyz").status_code == 200
    edge.connected = False
    assert edge.client.get("/healthz").status_code == 200
    assert edge.client.get("/readyz").json() == {"ok": False, "field": "slack", "error": "not connected"}


def test_metrics_are_prometheus_text(edge: Edge) -> None:
    answer = edge.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/redoc"])
def test_there_is_nothing_else(edge: Edge, path: str) -> None:
    assert edge.client.get(path).status_code == 404
