"""The guard over HTTP, for services in other languages: take a permit, act, tell how it went.

Permit and intent are one transaction, as in `audits.guard`; who never tells becomes `unknown` and a person's work.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audits import ActionType, ActorType, AuditEvent, Effect, Result, Scope, switches
from audits import store as audits
from audits.approvals import Why
from audits.guard import FRESH, Refusal, ask
from bot import edge
from bot.edge import REFS, REFUSALS, Count, authorizing, read_body
from bot.resources import Ids, Proof, Refused
from bot.sources import Scope as Allowed
from bot.sources import Source
from clients import ingest as wire
from clients.ingest import Problem, parse_one
from storage import clock
from telemetry.ids import Lane, Platform, Surface

T = TypeVar("T")

log = structlog.get_logger(__name__)


class PermitRequest(wire.Wire):
    """A side effect about to be caused. `command_id` is yours: one per attempt, so that asking again does no harm."""

    command_id: wire.Id
    actor_type: ActorType
    actor_id: wire.Id
    action_type: Literal["publish", "schedule", "dm_send", "comment_reply", "story_post", "hide_comment"]
    platform: Platform | None = None
    surface: Surface | None = None
    lane: Lane | None = None
    payload_hash: wire.Sha256
    payload_summary: wire.Line
    policy_snapshot_id: wire.Id
    ids: Ids = Ids()

    def effect(self, source: str) -> Effect:
        """As the record tells it: everything a source names is marked as that source's."""
        return Effect(
            client_id=self.client_id,
            action_type=ActionType(self.action_type),
            actor_type=self.actor_type,
            actor_id=f"{source}:{self.actor_id}",
            payload={},
            payload_sha256=self.payload_hash,
            summary=self.payload_summary,
            platform=self.platform,
            surface=self.surface,
            lane=self.lane,
            policy={"source": source, "policy_snapshot_id": self.policy_snapshot_id},
            ids=self.ids.model_dump(exclude_none=True) | {"source": source, "reported_as": self.command_id},
            command_id=uuid5(NAMESPACE_URL, f"checkin:permit:{source}:{self.command_id}"),
        )


class OutcomeReport(wire.Part):
    """`fail` only when it certainly did not happen; after a timeout it is `unknown`."""

    result: Literal["success", "fail", "unknown"]
    proof: Proof = Proof()


@dataclass(frozen=True)
class Permit:
    """Leave to act once: begin within `begin_within_seconds` of asking, end before `expires_at`, then tell."""

    permit_id: UUID
    expires_at: datetime
    begin_within_seconds: int = int(FRESH.total_seconds())


@dataclass(frozen=True)
class Told:
    audit_id: UUID


@dataclass(frozen=True)
class NotNow:
    """`switches`: what is stopped; empty when it is something else, which `problems` tell."""

    problems: list[Problem]
    switches: list[str]


@dataclass(frozen=True)
class State:
    """What is stopped. Whoever keeps it must take everything as stopped after `stale_after`."""

    as_of: datetime
    stale_after: datetime
    switches: list[str]


_NOT_NOW: Mapping[int | str, dict[str, Any]] = {
    **REFUSALS,
    409: {
        "model": NotNow,
        "description": "Stopped, not approved, not as approved, under way or out, or used up. Do not act.",
    },
}
_WHY: Mapping[Why | None, Problem] = {
    None: Problem("client_id", "publishing is stopped here", "wait until it is resumed; do not act"),
    Why.CHANGED: Problem("payload_hash", "differs from what was approved", "send the new one for approval; do not act"),
    Why.UNAPPROVED: Problem(
        "ids.calendar_item_id", "a person was asked to approve it and has not", "wait for the approval; do not act"
    ),
    Why.ON_ITS_WAY: Problem("ids.calendar_item_id", "another attempt is on its way", "tell how that one went first"),
    Why.OUT: Problem(
        "ids.calendar_item_id", "is out, or may be", "look for it; if it is not, tell `fail` of the other attempt"
    ),
}
_REQUEST, _OUTCOME = TypeAdapter(PermitRequest), TypeAdapter(OutcomeReport)


def _schema(reader: TypeAdapter[Any]) -> dict[str, Any]:
    return {name: part for name, part in reader.json_schema(ref_template=REFS).items() if name != "$defs"}


def _taking(reader: TypeAdapter[Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _schema(reader)}}}}


PARTS: Mapping[str, Any] = {
    name: part for one in (_REQUEST, _OUTCOME) for name, part in one.json_schema(ref_template=REFS)["$defs"].items()
}
"""What the bodies consist of, for the description."""


def add_permits(http: FastAPI, engine: Engine, sources: Sequence[Source], count: Count) -> None:
    """Adds `POST /permits`, `POST /permits/{permit_id}/outcome` and `GET /switches`."""
    allowed = Depends(authorizing(sources, Allowed.PERMITS))
    the_body = Depends(read_body)

    def answered(source: Source, status: int, value: Any, *, replayed: bool = False) -> JSONResponse:
        count(source.name, "replayed" if replayed else "stored")
        body = TypeAdapter(type(value)).dump_python(value, mode="json")
        return JSONResponse(body, status, {"Idempotent-Replayed": "true"} if replayed else None)

    @http.post(
        "/permits",
        operation_id="take_permit",
        summary="Leave to cause one side effect, and its intent on the record",
        status_code=201,
        response_model=Permit,
        responses={**_NOT_NOW, 200: {"model": Permit, "description": "The permit taken before under this id."}},
        openapi_extra=_taking(_REQUEST),
    )
    def take(source: Annotated[Source, allowed], body: Annotated[bytes, the_body]) -> JSONResponse:
        asked = _parsed(_REQUEST, body)
        if not source.may_write_of(asked.client_id):
            hint = f"add it to the clients of {source.name} in checkin.toml"
            raise Refused(403, Problem("client_id", "not a client of this source", hint))
        answer, replayed = _stored(engine, lambda db: _take(db, asked.effect(source.name)))
        if isinstance(answer, NotNow):
            count(source.name, "busy")
            return JSONResponse(asdict(answer), 409)
        return answered(source, 200 if replayed else 201, answer, replayed=replayed)

    @http.post(
        "/permits/{permit_id}/outcome",
        operation_id="tell_outcome",
        summary="How it went; also late, when it was taken for unknown",
        response_model=Told,
        responses={**_NOT_NOW, 404: {"model": edge.Refusal, "description": "No permit of this source."}},
        openapi_extra=_taking(_OUTCOME),
    )
    def tell(permit_id: str, source: Annotated[Source, allowed], body: Annotated[bytes, the_body]) -> JSONResponse:
        told = _parsed(_OUTCOME, body)
        answer, replayed = _stored(engine, lambda db: _tell(db, permit_id, source, told))
        if isinstance(answer, NotNow):
            count(source.name, "busy")
            return JSONResponse(asdict(answer), 409)
        return answered(source, 200, answer, replayed=replayed)

    @http.get(
        "/switches",
        operation_id="read_switches",
        summary="What is stopped, for a look before something long; only a permit is leave to act",
        response_model=State,
        responses={status: REFUSALS[status] for status in (401, 403, 503)},
    )
    def state(source: Annotated[Source, allowed]) -> JSONResponse:
        def read(db: Connection) -> State:
            now = clock.now(db)
            on = {switch.scope.key for switch in switches.switches_on(db)} | {*switches.stopped_by(db, Scope())}
            return State(now, now + FRESH, sorted(on))

        return answered(source, 200, _stored(engine, read))


def _parsed(reader: TypeAdapter[T], body: bytes) -> T:
    read = parse_one(reader, body, datetime.now(UTC))
    if isinstance(read, tuple):
        raise Refused(422, *read)
    return read


def _stored(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Fails closed: without the store there is neither permit nor state."""
    try:
        with engine.begin() as db:
            return work(db)
    except IntegrityError:
        raise Refused(409, Problem("command_id", "is being asked for right now", "ask again later")) from None
    except SQLAlchemyError:
        log.exception("permit_not_stored", status="error")
        raise Refused(503, Problem("storage", "not answering: do not act", "ask again")) from None


def _take(db: Connection, effect: Effect) -> tuple[Permit | NotNow, bool]:
    intent = audits.intent(db, effect.command_id)
    if intent is not None:
        return _taken(db, effect, intent), True
    answer = ask(db, effect)
    if not isinstance(answer, Refusal):
        return Permit(effect.command_id, switches.expiry(db, effect.command_id) or clock.now(db)), False
    why = answer.objection.why if answer.objection else None
    return NotNow([_WHY[why]], answer.switches), False


def _taken(db: Connection, effect: Effect, intent: AuditEvent) -> Permit | NotNow:
    """The same permit once more, while it holds."""
    same = ("client_id", "action_type", "platform", "surface", "lane", "payload_hash")
    if any(getattr(effect, name) != getattr(intent, name) for name in same):
        raise Refused(422, Problem("command_id", "was used for another side effect", "each attempt takes a new id"))
    expires_at = switches.expiry(db, effect.command_id)
    if expires_at is None:
        return NotNow([Problem("command_id", "this permit is used up", "each attempt takes a new id; do not act")], [])
    return Permit(effect.command_id, expires_at)


def _tell(db: Connection, permit_id: str, source: Source, told: OutcomeReport) -> tuple[Told | NotNow, bool]:
    try:
        command_id = UUID(permit_id)
    except ValueError:
        command_id = None
    intent = audits.intent(db, command_id) if command_id and switches.hold(db, command_id) else None
    if intent is None or intent.ids.get("source") != source.name:
        raise Refused(404, Problem("permit_id", "this source has no such permit", "take it first: POST /v1/permits"))
    # A refusal under this id came before its permit, and is not how it went.
    before = [event for event in audits.outcomes_of(db, intent.command_id) if event.result is not Result.BLOCKED]
    last = before[-1] if before else None
    if last and last.result == told.result:
        return Told(last.audit_id), True
    if last and last.result is not Result.UNKNOWN:
        hint = "the record is append-only; a person has to look"
        return NotNow([Problem("result", f"was told before, as {last.result}", hint)], []), False
    proof = told.proof.model_dump(exclude_none=True)
    audit_id = audits.conclude(db, intent, Result(told.result), proof, along=switches.SETTLE)
    return Told(audit_id), False
