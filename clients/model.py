"""The values the platform reports. Times are aware UTC, money is USD."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from typing import Any


class CalendarStatus(StrEnum):
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    """Accepted by the platform, not yet seen live."""
    VERIFIED = "verified"
    FAILED = "failed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


class ConnectionStatus(StrEnum):
    OK = "ok"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    CHALLENGE = "challenge"
    """The platform asks a person to log in."""


class ItemKind(StrEnum):
    APPROVAL = "approval"
    ESCALATION = "escalation"
    PUBLISH_FAILURE = "publish_failure"
    VERIFICATION = "verification"
    POLICY_BLOCK = "policy_block"
    CONNECTION = "connection"
    UNKNOWN_OUTCOME = "unknown_outcome"


class ItemState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Aside(StrEnum):
    """Why an open item is out of the way for now."""

    HELD = "held"
    """Until somebody takes it up again."""
    CHECKIN = "checkin"
    """Until the next check-in."""
    UNTIL = "until"
    """Until a time."""
    FOLLOW_UP = "follow_up"
    """Until tomorrow, when it comes first."""


TAGGED, TAKEN_BACK = "tagged for tomorrow", "taken back"
CHANGES_REQUESTED, RETRIED = "sent back for changes", "retried"
"""The outcomes after which the item may ask for a person again: as a newer version, or because it failed once more."""


class Stage(StrEnum):
    """The funnel of spec 5.2: each step of one item, ok or not."""

    ASSET = "asset"
    CALENDAR = "calendar"
    PUBLISH = "publish"
    ENGAGEMENT = "engagement"


@dataclass(frozen=True)
class Client:
    client_id: str
    name: str
    time_zone: str
    budget_usd_per_day: Decimal | None = None


@dataclass(frozen=True)
class CalendarItem:
    calendar_item_id: str
    client_id: str
    platform: str
    surface: str
    title: str
    status: CalendarStatus
    scheduled_at: datetime
    payload_hash: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    """What will be published: `text`, `asset_id`, `asset_url`."""
    version: int = 1
    mode: str = "api"
    """`api` or `browser`: how it is published."""
    blueprint_id: str | None = None
    plan_id: str | None = None
    asset_id: str | None = None
    published_at: datetime | None = None
    verified_at: datetime | None = None
    post_url: str | None = None
    error_reason: str | None = None


@dataclass(frozen=True)
class Connection:
    client_id: str
    platform: str
    mode: str
    status: ConnectionStatus
    token_expires_at: datetime | None = None
    last_refresh_at: datetime | None = None
    last_refresh_ok: bool | None = None
    challenge_since: datetime | None = None


@dataclass(frozen=True)
class Usage:
    """One call to a provider. `retry_of` is the usage_id of the call it repeats."""

    usage_id: str
    client_id: str
    provider: str
    model: str
    kind: str
    task_class: str
    usd: Decimal
    at: datetime
    tokens_in: int = 0
    tokens_out: int = 0
    blueprint_id: str | None = None
    episode_id: str | None = None
    job_id: str | None = None
    retry_of: str | None = None


@dataclass(frozen=True)
class FunnelStep:
    client_id: str
    stage: Stage
    item_id: str
    ok: bool
    at: datetime
    platform: str | None = None


@dataclass(frozen=True)
class WorkItem:
    """Something that needs a person. `severity` 1 is the gravest, 4 the least.

    `body` by kind: approval has `text`, `asset_url`, `scheduled_at`, `risk`; escalation `author`, `excerpt`,
    `suggested_reply`; the failures `reason`, `post_url`. `payload_hash` and `version` are what a decision binds to.
    """

    item_id: str
    kind: ItemKind
    client_id: str
    title: str
    severity: int
    payload_hash: str
    opened_at: datetime
    platform: str | None = None
    surface: str | None = None
    lane: str | None = None
    calendar_item_id: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1
    due_at: datetime | None = None
    state: ItemState = ItemState.OPEN
    outcome: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    """What came of it at the platform: `status`, `post_url`, `error_reason`."""
    owner_id: str | None = None
    owner: str | None = None
    aside: Aside | None = None
    aside_at: datetime | None = None
    aside_until: datetime | None = None
    escalated_at: datetime | None = None
    undo_until: datetime | None = None
    """Of a closed item: so long the platform is told nothing."""
    turn: int = 0
    """Grows with whatever people do to it, as `version` grows with what the platform does."""
    story: Sequence[Mapping[str, Any]] = ()
    """What people did, oldest first: `at` (ISO 8601), `by`, `did`, `words`, `to` (the id of a new owner)."""

    @property
    def tagged_at(self) -> datetime | None:
        """When somebody last tagged it to be looked at first the next day."""
        return max((datetime.fromisoformat(line["at"]) for line in self.story if line["did"] == TAGGED), default=None)

    @property
    def changes_asked(self) -> Mapping[str, Any] | None:
        """The line of the story that last sent it back, unless taken back; what is open then is a new version."""
        told = zip_longest(self.story, self.story[1:], fillvalue={"did": ""})
        asked = [line for line, after in told if line["did"] == CHANGES_REQUESTED and after["did"] != TAKEN_BACK]
        return asked[-1] if asked else None

    def waits(self, now: datetime) -> bool:
        """Whether it asks for a person now: open, and nobody has put it aside."""
        back = self.aside is None or (self.aside_until is not None and self.aside_until <= now)
        return self.state is ItemState.OPEN and back


@dataclass(frozen=True)
class Seen:
    """What the person saw of an item when they pressed: a decision binds to exactly that."""

    item_id: str
    version: int
    payload_hash: str
    turn: int = 0

    @property
    def value(self) -> str:
        return f"{self.item_id}|{self.version}|{self.payload_hash}|{self.turn}"

    @classmethod
    def of(cls, item: WorkItem) -> "Seen":
        return cls(item.item_id, item.version, item.payload_hash, item.turn)

    @classmethod
    def parse(cls, value: str) -> "Seen | None":
        match value.split("|"):
            case [item_id, version, payload_hash, turn] if _counts(version) and _counts(turn):
                return cls(item_id, int(version), payload_hash, int(turn))
        return None


def _counts(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


@dataclass(frozen=True)
class Past:
    """An item as it was before it was told anew."""

    version: int
    payload_hash: str
    title: str
    body: Mapping[str, Any]
    due_at: datetime | None
