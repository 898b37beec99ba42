"""The values of the record: an effect someone wants to cause, and the events that tell of it (spec 8.1)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4, uuid5


class ActorType(StrEnum):
    AGENT = "agent"
    OPERATOR = "operator"
    SYSTEM = "system"


class ActionType(StrEnum):
    # the spec's
    PUBLISH = "publish"
    SCHEDULE = "schedule"
    DM_SEND = "dm_send"
    COMMENT_REPLY = "comment_reply"
    STORY_POST = "story_post"
    HIDE_COMMENT = "hide_comment"
    # what operators do
    APPROVE = "approve"
    RESOLVE = "resolve"
    REPLY = "reply"
    ACKNOWLEDGE = "acknowledge"
    STOP = "stop"
    RESUME = "resume"
    CONFIRM = "confirm"
    READ = "read"
    REQUEST_CHANGES = "request_changes"
    HOLD = "hold"
    REJECT = "reject"
    RETRY = "retry"
    ESCALATE = "escalate"
    RELEASE = "release"
    CONFIRM_BLOCK = "confirm_block"
    SNOOZE = "snooze"
    FOLLOW_UP = "follow_up"
    ASSIGN = "assign"
    UNDO = "undo"
    BATCH = "batch"
    # what is done with the record itself
    EXPORT = "export"
    RETIRE = "retire"


# A calendar item is scheduled anew, answered and hidden as often as need be, but it is one post at its place.
_ONCE = {ActionType.PUBLISH, ActionType.STORY_POST}


class Phase(StrEnum):
    INTENT = "intent"
    OUTCOME = "outcome"


class Result(StrEnum):
    SUCCESS = "success"
    FAIL = "fail"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    """Ours: the effect may or may not have happened. The spec's three results cannot say so."""


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """The one way a value of JSON is written where it is hashed: sorted keys, no spaces, UTF-8."""
    return _encoder.encode(value).encode()


def payload_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256 (hex) over the canonical form of `payload`."""
    return hashlib.sha256(canonical(payload)).hexdigest()


def event_id(command_id: UUID, phase: Phase, result: Result | None) -> UUID:
    """The audit id: telling the same of a command again is the same event, however often it is tried."""
    return uuid5(command_id, f"{phase}:{result}")


@dataclass(frozen=True)
class Scope:
    """What a kill switch covers; None means any. `Scope()` is everything."""

    client_id: str | None = None
    platform: str | None = None
    lane: str | None = None

    @property
    def key(self) -> str:
        """`everything`, `client:acme`, `client:acme/platform:x`, … : the switch's primary key."""
        parts = {"client": self.client_id, "platform": self.platform, "lane": self.lane}
        return "/".join(f"{name}:{_quoted(value)}" for name, value in parts.items() if value) or "everything"

    @classmethod
    def of(cls, key: str) -> "Scope":
        """The scope of a key that we wrote ourselves."""
        scope = cls.parse(key)
        if scope is None:
            raise ValueError(f"not a scope: {key!r}")
        return scope

    @classmethod
    def parse(cls, key: object) -> "Scope | None":
        """The scope of a key; None for what is none."""
        if not isinstance(key, str):
            return None
        pairs = [] if key == "everything" else [part.partition(":") for part in key.split("/")]
        parts = {name: unquote(value) for name, _, value in pairs}
        scope = cls(parts.get("client"), parts.get("platform"), parts.get("lane"))
        return scope if scope.key == key else None

    def touches(self, other: "Scope") -> bool:
        """Whether there can be a side effect that lies within both."""
        pairs = ((self.client_id, other.client_id), (self.platform, other.platform), (self.lane, other.lane))
        return all(one == two or None in (one, two) for one, two in pairs)

    def covering(self) -> list[str]:
        """The keys of all switches that cover a side effect of this client, platform and lane."""
        options = [(value, None) if value else (None,) for value in (self.client_id, self.platform, self.lane)]
        return [Scope(c, p, lane).key for c in options[0] for p in options[1] for lane in options[2]]


def _quoted(value: str) -> str:
    """Keeps a client called `a/platform:x` from sharing a switch with platform x of client a."""
    return value.replace("%", "%25").replace("/", "%2F")


@dataclass(frozen=True)
class Effect:
    """A side effect about to be caused. `payload` is what will be sent, `policy` the rules it was judged by."""

    client_id: str | None
    action_type: ActionType
    actor_type: ActorType
    actor_id: str
    payload: Mapping[str, Any]
    summary: str
    platform: str | None = None
    surface: str | None = None
    lane: str | None = None
    policy: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    seen_version: int | None = None
    seen_hash: str | None = None
    """What was on the screen of the person who decided: the version of the item, and the hash of its payload."""
    command_id: UUID = field(default_factory=uuid4)
    payload_sha256: str | None = None
    """Hex, of a payload that stays with the service that sends it."""

    @property
    def scope(self) -> Scope:
        return Scope(self.client_id, self.platform, self.lane)

    @property
    def once(self) -> str | None:
        """What it is one of: of all that are told alike one may happen. None for what may happen again."""
        item_id = self.ids.get("calendar_item_id")
        if self.action_type not in _ONCE or item_id is None:
            return None
        return canonical([self.client_id, self.action_type, item_id, self.platform, self.surface]).decode()

    @property
    def payload_hash(self) -> str:
        return self.payload_sha256 or payload_hash(self.payload)


@dataclass(frozen=True)
class AuditEvent:
    """One row of the record. Intent and outcome of one effect share `command_id`."""

    audit_id: UUID
    command_id: UUID
    phase: Phase
    client_id: str | None
    actor_type: ActorType
    actor_id: str
    action_type: ActionType
    platform: str | None
    surface: str | None
    lane: str | None
    payload_hash: str
    payload_summary: str
    policy_snapshot_id: str
    result: Result | None
    proof: Mapping[str, Any]
    ids: Mapping[str, str]
    created_at: datetime | None = None
    seen_version: int | None = None
    seen_hash: str | None = None


def event_line(event: Mapping[str, Any]) -> bytes:
    """The exact bytes of an event that are hashed, sealed and exported, from its fields by name.

    Canonical JSON, times in UTC, nothing empty: a field that a later version adds is empty in older events, and so
    leaves their bytes alone.
    """
    told = {name: value for name, value in event.items() if value is not None}
    told["audit_id"], told["command_id"] = str(event["audit_id"]), str(event["command_id"])
    told["created_at"] = event["created_at"].astimezone(UTC).isoformat(timespec="microseconds")
    return canonical(told)
