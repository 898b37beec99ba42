"""The HTTP ingest: services in other languages write what they know of clients, work and side effects.

Who may write is told by `bot/sources.py`, what by `bot/resources.py`. Every input is hostile until it is parsed; a
request is stored whole or not at all, and once however often it is sent under its key.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from bot.edge import REFS, REFUSALS, Count, Key, authorizing, read_body, refusal
from bot.permits import PARTS, add_permits
from bot.resources import RESOURCES, Refused, Resource
from bot.sources import Source
from clients import ingest_store
from clients.ingest import Problem, Wire, batch_of, parse
from telemetry import catalog, logs
from telemetry.metrics import Metrics

log = logs.get(__name__)


@dataclass(frozen=True)
class Stored:
    """`overtaken`: indexes of rows of which something newer was there already; they changed nothing."""

    stored: int
    overtaken: Sequence[int] = field(default=())


_OUTCOMES = {401: "unauthorized", 403: "forbidden", 409: "busy", 503: "not_stored"}


def build_ingest(engine: Engine, sources: Sequence[Source], metrics: Metrics) -> FastAPI:
    """An application to be mounted at /v1; it describes itself at /v1/openapi.json."""
    http = FastAPI(title="Checkin ingest", version="1", docs_url=None, redoc_url=None)

    def count(source: str, outcome: str) -> None:
        metrics.add(catalog.CHECKIN_WEBHOOKS_TOTAL, 1, source=source, outcome=outcome)

    @http.exception_handler(Refused)
    def refuse(request: Request, refused: Refused) -> JSONResponse:
        source = getattr(request.state, "source", "unknown")
        count(source, _OUTCOMES.get(refused.status, "malformed"))
        if refused.status != 401:  # of which anybody can cause as many as he likes
            first = asdict(refused.problems[0])
            log.warning("ingest_refused", source=source, code=refused.status, path=request.url.path, **first)
        return refusal(refused.status, refused.problems)

    @http.exception_handler(RequestValidationError)
    def refuse_header(request: Request, error: RequestValidationError) -> JSONResponse:  # noqa: ARG001 - FastAPI's
        told = error.errors()[0]
        hint = "1 to 200 visible ASCII characters, a UUID for example"
        return refusal(422, [Problem(str(told["loc"][-1]), told["msg"], hint)])

    @http.exception_handler(HTTPException)
    def refuse_path(request: Request, error: HTTPException) -> JSONResponse:  # noqa: ARG001 - FastAPI's
        return refusal(error.status_code, [Problem("path", str(error.detail), "see /v1/openapi.json")])

    for resource in RESOURCES:
        _add(http, resource, engine, sources, count)
    add_permits(http, engine, sources, count)
    _describe(http)
    return http


def forget(engine: Engine) -> None:
    """Lets go of keys that nobody would send again."""
    with engine.begin() as db:
        ingest_store.forget(db)


def _add(http: FastAPI, resource: Resource, engine: Engine, sources: Sequence[Source], count: Count) -> None:
    batch = batch_of(resource.row)

    authorized = authorizing(sources, resource.scope)

    def report(
        source: Annotated[Source, Depends(authorized)],
        body: Annotated[bytes, Depends(read_body)],
        idempotency_key: Key = None,
    ) -> JSONResponse:
        rows = parse(batch, body, datetime.now(UTC))
        if isinstance(rows, tuple):
            raise Refused(422, *rows)
        strange = [index for index, row in enumerate(rows) if not source.may_write_of(row.client_id)]
        if strange:
            hint = f"add it to the clients of {source.name} in checkin.toml"
            raise Refused(403, *(Problem("client_id", "not a client of this source", hint, i) for i in strange))
        try:
            answer, replayed = _store(engine, resource, source.name, idempotency_key, body, rows)
        except SQLAlchemyError:
            log.exception("ingest_not_stored", source=source.name, status="error")
            raise Refused(503, Problem("storage", "not stored", "send it again, with the same key")) from None
        count(source.name, "replayed" if replayed else "stored")
        return JSONResponse(answer, headers={"Idempotent-Replayed": "true"} if replayed else None)

    schema = batch.json_schema(ref_template=REFS)
    schema.pop("$defs")
    http.post(
        f"/{resource.scope}",
        operation_id=f"report_{resource.scope}",
        summary=resource.summary,
        response_model=Stored,
        responses=REFUSALS,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}},
    )(report)


def _store(
    engine: Engine, resource: Resource, source: str, key: str | None, body: bytes, rows: Sequence[Wire]
) -> tuple[Any, bool]:
    """The answer, and whether it is that of an earlier request under this key."""
    # The same body at another path is another request.
    body_sha256 = hashlib.sha256(f"{resource.scope}\n".encode() + body).hexdigest()
    with engine.begin() as db:
        if key:
            earlier = ingest_store.begin(db, source, key)
            if isinstance(earlier, ingest_store.Busy):
                raise Refused(409, Problem("idempotency-key", "is being stored right now", "send it again later"))
            if earlier and earlier.body_sha256 != body_sha256:
                hint = "a new request takes a new key"
                raise Refused(422, Problem("idempotency-key", "was used for another request", hint))
            if earlier:
                return earlier.response, True
        overtaken = resource.store(db, source, rows)
        answer = asdict(Stored(len(rows) - len(overtaken), list(overtaken)))
        if key:
            ingest_store.remember(db, source, key, body_sha256, answer)
    return answer, False


def _describe(http: FastAPI) -> None:
    """Adds what the bodies consist of: FastAPI does not know them, because it does not read them."""
    document = http.openapi()
    for resource in RESOURCES:
        parts = batch_of(resource.row).json_schema(ref_template=REFS)["$defs"]
        document["components"]["schemas"] |= parts
    document["components"]["schemas"] |= PARTS
