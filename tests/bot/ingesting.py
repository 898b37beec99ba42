"""The ingest behind a real server, and rows as a service in another language would write them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine, func, select, table

from bot.ingest import build_ingest
from bot.sources import Scope, Source, hashed
from telemetry.metrics import Metrics
from tests.processes import eventually

TOKENS = {"studio": "studio-token-0123456789abcdef", "acme-only": "acme-token-0123456789abcdef"}
SECOND_TOKEN = "studio-token-of-the-next-quarter"
SOURCES = (
    Source("studio", frozenset(Scope), None, (hashed(TOKENS["studio"]), hashed(SECOND_TOKEN))),
    Source("acme-only", frozenset({Scope.USAGE, Scope.RESULTS}), frozenset({"acme"}), (hashed(TOKENS["acme-only"]),)),
)
TABLES = (
    "client calendar_item connection provider_usage funnel_step work_item audit_event ingest_request policy_snapshot"
)
HASH = "a" * 64


def _time(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def rows() -> dict[str, dict[str, Any]]:
    """One good row of each resource, of the client acme; the result is that of the work item."""
    return {
        "clients": {"client_id": "acme", "name": "Acme Outdoor", "time_zone": "Europe/Madrid"},
        "calendar-items": {
            "calendar_item_id": "acme-cal-1",
            "client_id": "acme",
            "platform": "instagram",
            "surface": "reels",
            "title": "Spring is here",
            "status": "scheduled",
            "scheduled_at": _time(120),
            "payload_hash": HASH,
            "payload": {"text": "The snow is gone.", "asset_url": "https://assets.example.com/1.jpg"},
        },
        "connections": {
            "client_id": "acme",
            "platform": "instagram",
            "status": "expiring",
            "token_expires_at": _time(999),
        },
        "usage": {
            "usage_id": "acme-use-1",
            "client_id": "acme",
            "provider": "openai",
            "model": "gpt-5",
            "kind": "llm",
            "task_class": "caption",
            "usd": 0.25,
            "at": _time(-1),
        },
        "funnel-steps": {
            "client_id": "acme",
            "stage": "asset",
            "item_id": "acme-asset-1",
            "ok": True,
            "at": _time(-1),
        },
        "work-items": {
            "item_id": "acme-item-1",
            "kind": "approval",
            "client_id": "acme",
            "title": "Spring is here",
            "severity": 3,
            "payload_hash": HASH,
            "opened_at": _time(-2),
            "body": {"text": "The snow is gone.", "scheduled_at": _time(120)},
        },
        "results": {"item_id": "acme-item-1", "client_id": "acme", "at": _time(-1), "status": "published"},
        "audits": {
            "audit_id": "a-1",
            "client_id": "acme",
            "actor_type": "agent",
            "actor_id": "publisher-7",
            "action_type": "publish",
            "platform": "instagram",
            "payload_hash": HASH,
            "payload_summary": "reel: Spring is here",
            "policy_snapshot_id": "policy-3",
            "result": "success",
            "proof": {"post_url": "https://instagram.example.com/p/1"},
            "at": _time(-1),
        },
    }


class Ingest:
    """Speaks to the ingest as a service would, and looks into the store as a judge would."""

    def __init__(self, engine: Engine, url: str, metrics: Metrics) -> None:
        self.engine = engine
        self.url = url
        self.metrics = metrics
        self.client = httpx.Client(base_url=url)

    def post(
        self, path: str, body: Any, *, key: str | None = None, token: str = TOKENS["studio"], **headers: str
    ) -> httpx.Response:
        """`body`: bytes as they are, else written as JSON; one row becomes a batch of one."""
        content = body if isinstance(body, bytes) else json.dumps(body if isinstance(body, list) else [body]).encode()
        told = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            told["idempotency-key"] = key
        return self.client.post(f"/v1/{path}", content=content, headers=told)

    def stored(self) -> dict[str, int]:
        """Table → rows, without those that are empty."""
        queries = {name: select(func.count()).select_from(table(name)) for name in TABLES.split()}
        with self.engine.connect() as db:
            counts = {name: db.execute(query).scalar_one() for name, query in queries.items()}
        return {name: n for name, n in counts.items() if n}

    def counted(self) -> dict[tuple[str, str], float]:
        """(source, outcome) → requests, as Prometheus reads it."""
        lines = self.metrics.exposition().decode().splitlines()
        mine = [line.split('"') for line in lines if line.startswith("checkin_webhooks_total{")]
        return {(parts[3], parts[1]): float(parts[4].split()[-1]) for parts in mine}


@contextmanager
def served(engine: Engine) -> Iterator[Ingest]:
    metrics = Metrics("checkin", strict=True)
    whole = FastAPI(openapi_url=None)
    whole.mount("/v1", build_ingest(engine, SOURCES, metrics))
    server = uvicorn.Server(uvicorn.Config(whole, port=0, log_config=None, access_log=False))
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    ingest = Ingest(engine, f"http://127.0.0.1:{port}", metrics)
    try:
        yield ingest
    finally:
        ingest.client.close()
        server.should_exit = True
        serving.join(10)
