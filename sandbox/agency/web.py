"""The agency's web app: takes wishes for posts and the bot's signed commands, and shows pictures.

It does no work itself: it puts jobs in the queue and answers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from sqlalchemy import Connection, Engine
from standardwebhooks import Webhook, WebhookVerificationError

from audits import Scope, switches
from clients import store as reports
from clients import work_items
from clients.model import CalendarItem, WorkItem
from sandbox.agency import filing, queue, seed, service, store
from sandbox.agency.blueprints import QUICK
from sandbox.agency.control import add_incidents
from sandbox.agency.orders import OBEY
from sandbox.agency.picture import picture
from sandbox.agency.settings import Settings
from sandbox.agency.work import ask, new_job
from storage import clock
from telemetry import ids, logs
from telemetry.ids import Platform
from telemetry.metrics import Metrics

NAME = "web"

_log = logs.get(__name__)


class Wish(BaseModel):
    """A post that a client wants: now, at a time, or as a draft that asks for approval."""

    client_id: str
    platform: Platform
    scheduled_at: AwareDatetime | None = None
    draft: bool = False
    text: str | None = Field(None, min_length=1, max_length=5000)


class Command(BaseModel):
    """What the bot orders. `payload_hash` and `version` are what the person saw who gave the order."""

    command_id: UUID
    kind: Literal[
        "publish",
        "request_changes",
        "reject",
        "confirm_block",
        "retry",
        "release",
        "resolve",
        "reply",
        "stop",
        "resume",
    ]
    item_id: str | None = None
    calendar_item_id: str | None = None
    client_id: str | None = None
    platform: str | None = None
    lane: str | None = None
    epoch: int | None = None
    """Of a switch's turn; None: it could not be recorded, so it is for us to turn it."""
    payload_hash: str | None = None
    version: int | None = None
    by: str
    by_name: str
    reason: str | None = None
    text: str | None = Field(None, min_length=1, max_length=5000)
    """Of a reply."""
    issued_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    """None: it never expires."""


async def _body(request: Request) -> bytes:
    """The bytes as they came: a signature covers them, not what they mean."""
    return await request.body()


def _add_plans(app: FastAPI, engine: Engine, metrics: Metrics) -> None:
    @app.post("/plans", status_code=202)
    def plan(wish: Wish) -> dict[str, str]:
        if (wish.client_id, wish.platform) not in seed.PAIRS:
            raise HTTPException(422, f"{wish.client_id} does not post on {wish.platform}")
        args: dict[str, Any] = {"client_id": wish.client_id, "platform": wish.platform, "draft": wish.draft}
        if wish.text:
            args["text"] = wish.text
        if wish.scheduled_at:
            args["scheduled_at"] = wish.scheduled_at.isoformat()
        with ids.bound(client_id=wish.client_id, platform=wish.platform), engine.begin() as db:
            ask(db, metrics, new_job("plan", uuid4().hex, args, blueprint=QUICK))
        return {"status": "accepted"}


def _add_assets(app: FastAPI, engine: Engine, metrics: Metrics, storage: httpx.Client) -> None:
    @app.get("/assets/{asset_id}.png")
    def asset(asset_id: str) -> Response:
        """The file of an asset, under an address that stays; one of the history is made when it is first looked at."""
        with engine.connect() as db:
            found = store.one_asset(db, asset_id)
        if found is None:
            raise HTTPException(404, f"no asset {asset_id}")
        png = _filed(storage, found) or _made(engine, metrics, storage, found)
        return Response(png, media_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


def _filed(storage: httpx.Client, asset: store.Asset) -> bytes | None:
    if asset.file is None:
        return None
    try:
        return storage.get(f"/files/{asset.file}", headers=service.outgoing()).raise_for_status().content
    except httpx.HTTPError:
        return None


def _made(engine: Engine, metrics: Metrics, storage: httpx.Client, asset: store.Asset) -> bytes:
    account = seed.ACCOUNTS[asset.client_id]
    png = picture(asset.title, account.name, account.colour)
    filed = filing.file(storage, metrics, png)
    if filed is not None:
        with engine.begin() as db:
            store.keep_asset(db, replace(asset, file=filed.name))
    return png


def _add_commands(app: FastAPI, engine: Engine, metrics: Metrics, secret: str) -> None:
    webhook = Webhook(secret)

    @app.post("/commands")
    def command(request: Request, body: Annotated[bytes, Depends(_body)]) -> JSONResponse:
        """202 once and for each repetition; 401, 409, 410 or 422 with {"error"} when it is not obeyed."""
        try:
            webhook.verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return _refusal(401, "bad signature")
        try:
            order = Command.model_validate_json(body)
        except ValidationError as problem:
            fields = ", ".join(".".join(map(str, error["loc"])) for error in problem.errors()[:5])
            return _refusal(422, f"malformed: {fields}")
        if str(order.command_id) != request.headers["webhook-id"]:
            return _refusal(422, "webhook-id is not the command_id")
        with engine.begin() as db:
            return _receive(db, metrics, order)


def _refusal(code: int, error: str) -> JSONResponse:
    _log.warning("command.refused", status="blocked", error_code=str(code), error_message=error)
    return JSONResponse({"error": error}, code)


def _receive(db: Connection, metrics: Metrics, order: Command) -> JSONResponse:
    """Obeys an order once. A repetition is answered like the first, whatever has changed since."""
    if not store.accepted(db, order.command_id):
        if order.expires_at and order.expires_at <= clock.now(db):
            return _refusal(410, "expired")
        item = _unchanged(db, order) if order.kind in OBEY else None
        if order.kind in OBEY and item is None:
            return _refusal(409, "changed")
        if order.kind in ("resolve", "reply") and order.item_id is None:
            return _refusal(422, f"malformed: {order.kind} needs item_id")
        if order.kind == "reply" and order.text is None:
            return _refusal(422, "malformed: reply needs text")
        if order.kind == "reply" and not _as_seen(work_items.item(db, str(order.item_id)), order):
            return _refusal(409, "changed")
        if store.accept(db, order.command_id, order.model_dump(mode="json")):
            _obey(db, metrics, order, item)
    return JSONResponse({"status": "accepted"}, 202)


def _as_seen(asked: WorkItem | None, order: Command) -> bool:
    return asked is not None and (asked.payload_hash, asked.version) == (order.payload_hash, order.version)


def _unchanged(db: Connection, order: Command) -> CalendarItem | None:
    """The calendar item the order is about; None if it, or the work item, is not what the person saw."""
    asked = work_items.item(db, order.item_id) if order.item_id else None
    if order.item_id and not _as_seen(asked, order):
        return None
    calendar_item_id = order.calendar_item_id or (asked.calendar_item_id if asked else None)
    item = reports.calendar_of(db, calendar_item_id) if calendar_item_id else None
    if item is None or (item.payload_hash, item.version) != (order.payload_hash, order.version):
        return None
    return item


def _obey(db: Connection, metrics: Metrics, order: Command, item: CalendarItem | None) -> None:
    with ids.bound(client_id=order.client_id, platform=order.platform):
        if item is not None:
            OBEY[order.kind](db, metrics, item, order.command_id, order.reason or "")
        elif order.kind == "resolve":
            args = {"item_id": order.item_id}
            ask(db, metrics, new_job("resolve", str(order.item_id), args, blueprint=QUICK, urgent=True))
        elif order.kind == "reply":
            until = order.expires_at.isoformat() if order.expires_at else None
            args = {"item_id": order.item_id, "text": order.text, "by": order.by, "until": until}
            ask(db, metrics, new_job("answer", str(order.command_id), args, blueprint=QUICK, urgent=True))
        elif order.kind == "resume":
            queue.wake(db, "stopped")
        elif order.kind == "stop" and order.epoch is None:  # of one that is recorded the guard knows already
            scope = Scope(order.client_id, order.platform, order.lane)
            switches.set_switch(db, scope, stopped=True, by=order.by_name, reason=order.reason or "")
        _log.info("command.accepted", status="ok", kind=order.kind, by=order.by, item_id=order.item_id)


def build(engine: Engine, metrics: Metrics, outside: Mapping[str, httpx.Client], *, secret: str) -> FastAPI:
    """The app; `outside` has the ways to `platforms` and `storage`, `secret` (`whsec_…`) is shared with the bot."""
    app = service.application(metrics)
    _add_plans(app, engine, metrics)
    _add_assets(app, engine, metrics, outside["storage"])
    _add_commands(app, engine, metrics, secret)
    add_incidents(app, engine, metrics, outside)
    return app


def run(settings: Settings) -> None:
    metrics = service.set_up(NAME, settings)
    engine = service.open_database(NAME, settings)
    outside = {"platforms": service.client(settings.platforms_url), "storage": service.client(settings.storage_url)}
    app = build(engine, metrics, outside, secret=settings.commands_secret)
    service.serve(app, NAME, settings.port)
