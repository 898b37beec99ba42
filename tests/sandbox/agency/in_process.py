"""The agency in the test's own process: its apps served over real HTTP, its jobs done one at a time by the test."""

import base64
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from standardwebhooks import Webhook

from audits.approvals import approve
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, WorkItem
from sandbox.agency import browser, gateway, history, labels, platforms, queue, runner, storage, web
from sandbox.agency.day import Day
from sandbox.agency.hands import PlainHttp
from sandbox.agency.work import Shop
from storage import clock
from telemetry.metrics import Metrics

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes !!!").decode()


_SERVED = ("platforms", "storage", "browser", "web", "gateway")


def signed(kind: str, *, secret: str = SECRET, **fields: Any) -> dict[str, Any]:
    """Content and headers of a command as the bot sends it."""
    now = datetime.now(UTC)
    body = {
        "command_id": str(uuid4()),
        "kind": kind,
        "by": "U0ANA",
        "by_name": "Ana",
        "issued_at": now.isoformat(),
        "expires_at": (now + timedelta(minutes=5)).isoformat(),
        **fields,
    }
    content = json.dumps(body)
    headers = {
        "webhook-id": body["command_id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(body["command_id"], now, content),
        "content-type": "application/json",
    }
    return {"content": content, "headers": headers}


def approving(item: WorkItem) -> dict[str, Any]:
    """The fields of the command that publishes this item."""
    return {
        "item_id": item.item_id,
        "calendar_item_id": item.calendar_item_id,
        "client_id": item.client_id,
        "platform": item.platform,
        "payload_hash": item.payload_hash,
        "version": item.version,
    }


def approved(engine: Engine, fields: Mapping[str, Any]) -> None:
    """A person approves the item of these fields."""
    with engine.begin() as db:
        approve(db, fields["calendar_item_id"], fields["payload_hash"], "Ana")


@dataclass(frozen=True)
class Agency:
    engine: Engine
    shop: Shop
    http: Mapping[str, httpx.Client]
    metrics: Mapping[str, Metrics]
    day: Day

    @property
    def web(self) -> httpx.Client:
        return self.http["web"]

    @property
    def platforms(self) -> httpx.Client:
        return self.http["platforms"]

    def command(self, kind: str, **fields: Any) -> httpx.Response:
        """As the bot orders: what is to be published was approved before."""
        if kind == "publish":
            approved(self.engine, fields)
        return self.web.post("/commands", **signed(kind, **fields))

    def work(self, kinds: tuple[str, ...] = ("publish", "verify")) -> list[str]:
        """Does every eligible job of these kinds; the kinds that were done, in order."""
        done = []
        for pool in labels.POOLS:
            while (job := self._next(pool)) is not None:
                if job.kind in kinds:
                    runner.do(self.shop, job)
                    done.append(job.kind)
        return done

    def _next(self, pool: str) -> queue.Job | None:
        with self.engine.begin() as db:
            return queue.claim(db, pool)

    def wait_for_jobs(self) -> None:
        """Whatever waits in the queue becomes eligible now."""
        with self.engine.begin() as db:
            for note in ("stopped", "scheduled", "not seen yet"):
                queue.wake(db, note)
            db.execute(queue.job.update().where(queue.job.c.kind == "verify").values(eligible_at=clock.SQL_NOW))

    def item(self, item_id: str) -> WorkItem:
        with self.engine.begin() as db:
            item = work_items.item(db, item_id)
        assert item is not None
        return item

    def calendar_item(self, calendar_item_id: str | None) -> CalendarItem:
        with self.engine.begin() as db:
            item = reports.calendar_of(db, calendar_item_id or "")
        assert item is not None
        return item

    def approvals(self) -> list[WorkItem]:
        """By deadline, soonest first."""
        items = [self.item(item.item_id) for item in self.day.work if item.kind == "approval"]
        return sorted(items, key=lambda item: str(item.due_at))

    def count(self, name: str, *, process: str = "runner", **wanted: str) -> float:
        """The sum of a metric of a process over its series with these labels."""
        exposition = self.metrics[process].exposition().decode()
        lines = [line for line in exposition.splitlines() if line.startswith(f"{name}{{")]
        marks = [f'{label}="{value}"' for label, value in wanted.items()]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(mark in line for mark in marks))


@contextmanager
def served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running(engine: Engine, files: Path) -> Iterator[Agency]:
    """The agency at the end of its day of history; nothing goes on by itself. Its browser reads plain HTML."""
    queue.make_tables(engine)
    with ExitStack() as stack:
        listeners = {name: stack.enter_context(socket.create_server(("127.0.0.1", 0))) for name in _SERVED}
        http = {
            name: stack.enter_context(
                httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10)
            )
            for name, listener in listeners.items()
        }
        urls = {name: str(client.base_url).rstrip("/") for name, client in http.items()}
        day = history.tell(datetime.now(UTC), "Europe/Berlin", 1, web_url=urls["web"], platforms_url=urls["platforms"])
        with engine.begin() as db:
            day.store(db)
        metrics = {name: Metrics(name, strict=True) for name in ("storage", "browser", "web", "gateway", "runner")}
        for name, own in metrics.items():
            labels.start_at_zero(own, name)
        browsing = browser.Runner(urls["platforms"], http["storage"], metrics["browser"], PlainHttp)
        stack.callback(browsing.close)
        apps = {
            "platforms": platforms.build(engine, Metrics("platforms", strict=True), Random(1)),
            "storage": storage.build(metrics["storage"], files),
            "browser": browser.build(browsing),
            "web": web.build(engine, metrics["web"], http, secret=SECRET),
            "gateway": gateway.build(http["platforms"], http["browser"], metrics["gateway"]),
        }
        for name, app in apps.items():
            stack.enter_context(served(app, listeners[name]))
        shop = Shop(
            engine=engine,
            metrics=metrics["runner"],
            gateway=http["gateway"],
            web=http["web"],
            outside=http["platforms"],
            models=http["platforms"],
            storage=http["storage"],
            rng=Random(1),
        )
        yield Agency(engine, shop, http, metrics, day)
