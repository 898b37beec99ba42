"""What a service in another language may write on the wire: strict and bounded, then the frozen values of `model.py`.

HTTP, tokens and scopes are left to `bot/ingest.py`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_serializer,
)

from clients import model as facts
from telemetry import redact
from telemetry.ids import Lane, Platform, Surface

MOST_ROWS = 500
MOST_PROBLEMS = 10
_LIKE = "write it like 2026-03-10T12:00:00Z"
_SKEW = timedelta(minutes=5)  # clocks of other machines may be ahead by this much
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _written_out(value: object) -> object:
    # pydantic also takes seconds since 1970, and a number is more often a mistake than a time
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError(f"is no time; hint: {_LIKE}")
    return value


def _in_utc(at: datetime) -> datetime:
    if not _EARLIEST <= at < _LATEST:
        raise ValueError("must lie between 2000 and 2100; hint: is the unit right?")
    return at.astimezone(UTC)


def _not_to_come(at: datetime, info: ValidationInfo) -> datetime:
    if at > (info.context or {})["now"] + _SKEW:
        raise ValueError("lies in the future; hint: send the time at which it happened; is your clock right?")
    return at


_zones = cache(available_timezones)  # reads a folder


def _zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is no IANA time zone; hint: write it like Europe/Madrid")
    return name


# No control characters but tab and newlines: Postgres holds no NUL, and logs and Slack want none of the others.
_CLEAN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
ClientId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")]
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Text = Annotated[str, Field(max_length=8000, pattern=_CLEAN)]
Url = Annotated[str, Field(max_length=2000, pattern=r"^https?://[^\s\x00-\x20\x7f]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_written_out), AfterValidator(_in_utc)]
Past = Annotated[Time, AfterValidator(_not_to_come)]
Usd = Annotated[Decimal, Field(ge=0, lt=1_000_000), AfterValidator(lambda usd: round(usd, 6))]


class Wire(BaseModel):
    """One row; what is not described is refused, and nothing is turned from one type into another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    becomes: ClassVar[type[Any]]
    """The frozen value with the same fields."""
    client_id: ClientId

    def value(self) -> Any:
        return self.becomes(**self.model_dump(exclude_none=True))


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Client(Wire):
    becomes = facts.Client

    name: Line
    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)]
    budget_usd_per_day: Annotated[Usd, AfterValidator(lambda usd: round(usd, 4))] | None = None


class Payload(Part):
    """What will be published."""

    text: Text | None = None
    asset_id: Id | None = None
    asset_url: Url | None = None


class CalendarItem(Wire):
    becomes = facts.CalendarItem

    calendar_item_id: Id
    platform: Platform
    surface: Surface
    title: Line
    status: facts.CalendarStatus
    scheduled_at: Time
    payload_hash: Sha256
    payload: Payload = Payload()
    version: Version = 1
    mode: Literal["api", "browser"] = "api"
    blueprint_id: Id | None = None
    plan_id: Id | None = None
    asset_id: Id | None = None
    published_at: Past | None = None
    verified_at: Past | None = None
    post_url: Url | None = None
    error_reason: Line | None = None


class Connection(Wire):
    becomes = facts.Connection

    platform: Platform
    mode: Literal["api", "browser"] = "api"
    status: facts.ConnectionStatus
    token_expires_at: Time | None = None
    last_refresh_at: Past | None = None
    last_refresh_ok: bool | None = None
    challenge_since: Past | None = None


class Usage(Wire):
    becomes = facts.Usage

    usage_id: Id
    provider: Id
    model: Id
    kind: Literal["llm", "image", "video"]
    task_class: Id
    usd: Usd
    at: Past
    tokens_in: Count = 0
    tokens_out: Count = 0
    blueprint_id: Id | None = None
    episode_id: Id | None = None
    job_id: Id | None = None
    retry_of: Id | None = None


class FunnelStep(Wire):
    becomes = facts.FunnelStep

    stage: facts.Stage
    item_id: Id
    ok: bool
    at: Past
    platform: Platform | None = None


class Body(Part):
    """What the person reads. Approval: text, asset_url, scheduled_at, risk; escalation: author, excerpt,
    suggested_reply; the failures: reason, post_url."""

    text: Text | None = None
    asset_url: Url | None = None
    scheduled_at: Time | None = None
    risk: Line | None = None
    author: Line | None = None
    excerpt: Text | None = None
    suggested_reply: Text | None = None
    reason: Line | None = None
    post_url: Url | None = None


class WorkItem(Wire):
    becomes = facts.WorkItem

    item_id: Id
    kind: facts.ItemKind
    title: Line
    severity: Annotated[int, Field(ge=1, le=4)]
    payload_hash: Sha256
    opened_at: Past
    platform: Platform | None = None
    surface: Surface | None = None
    lane: Lane | None = None
    calendar_item_id: Id | None = None
    body: Body = Body()
    version: Version = 1
    due_at: Time | None = None

    @field_serializer("body")
    def _as_json(self, body: Body) -> dict[str, Any]:
        return body.model_dump(mode="json", exclude_none=True)


class Closing(Part):
    """Closes the item without a person, if it is still open and still what is named here."""

    version: Version
    payload_hash: Sha256
    outcome: Line


class ItemResult(Wire):
    """What came of a work item at the platform."""

    item_id: Id
    at: Past
    status: Literal[
        "queued", "publishing", "published", "verified", "failed", "stopped", "handled", "answered", "unknown"
    ]
    post_url: Url | None = None
    error_reason: Line | None = None
    closes: Closing | None = None

    @property
    def result(self) -> dict[str, str]:
        told = self.model_dump(include={"status", "post_url", "error_reason"}, exclude_none=True)
        return told | {"at": self.at.isoformat()}


@dataclass(frozen=True)
class Problem:
    """Something a sender has to mend; `index` is the row's, None when it is not about a row."""

    field: str
    error: str
    hint: str
    index: int | None = None


_Row = TypeVar("_Row", bound=Wire)
_Read = TypeVar("_Read")


def batch_of(row: type[_Row]) -> TypeAdapter[list[_Row]]:
    """The reader of a request's body: 1 to 500 rows."""
    return TypeAdapter(Annotated[list[row], Field(min_length=1, max_length=MOST_ROWS)])  # type: ignore[valid-type,arg-type]


def parse(batch: TypeAdapter[list[_Row]], body: bytes, now: datetime) -> list[_Row] | tuple[Problem, ...]:
    """The rows of a body, or the first problems with it. No exception whatever the body holds."""
    return parse_one(batch, body, now)


def parse_one(reader: TypeAdapter[_Read], body: bytes, now: datetime) -> _Read | tuple[Problem, ...]:
    """The same of a body that is one object."""
    try:
        read = reader.validate_json(body, context={"now": now})
        json.loads(body, object_pairs_hook=_once)
    except ValidationError as error:
        return tuple(map(_problem, error.errors(include_url=False, include_input=False)[:MOST_PROBLEMS]))
    except _Twice:
        return (Problem("body", "an object has the same key twice", "send each field once"),)
    return read


class _Twice(Exception):
    pass


def _once(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    # of two readers of such a text one believes the first value and one the second
    if len({key for key, _ in pairs}) < len(pairs):
        raise _Twice
    return {}


_HINTS = {
    "extra_forbidden": "there is no such field; is it misspelt?",
    "missing": "add it",
    "json_invalid": "send valid JSON in UTF-8, numbers finite, at most 200 levels deep",
    "list_type": "send an array of rows, also for one",
    "too_long": f"send at most {MOST_ROWS} rows at once",
    "too_short": "send at least one row",
    "timezone_aware": _LIKE,
    "datetime_parsing": _LIKE,
    "datetime_from_date_parsing": _LIKE,
}


def _problem(told: Mapping[str, Any]) -> Problem:
    path = told["loc"]
    index = path[0] if path and isinstance(path[0], int) else None
    path = path if index is None else path[1:]
    field = ".".join(str(part) for part in path) or ("body" if index is None else "row")
    error, _, hint = str(told["msg"]).removeprefix("Value error, ").partition("; hint: ")
    # A field's name is the sender's own text, and may be a secret that slipped into the wrong place.
    masked = redact.text(field)[:100]
    return Problem(masked, error[:300], hint or _HINTS.get(told["type"], "see /v1/openapi.json"), index)
