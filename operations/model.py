"""A click parsed once, what may come of it, and what a button is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Protocol

from sqlalchemy import Connection

from audits import ActionType


class Role(IntEnum):
    NONE = 0
    VIEWER = 1
    OPERATOR = 2
    LEAD = 3


@dataclass(frozen=True)
class Person:
    """Who acts: the id is Slack's and trusted, the name is for people, the role was read at this press."""

    user_id: str
    name: str
    role: Role
    time_zone: str | None = None
    """IANA name, when Slack knows a valid one."""


@dataclass(frozen=True)
class Click:
    """One press of a button, or one submitted modal. `key` is the same when Slack delivers it again."""

    key: str
    person: Person
    action_id: str
    value: str
    trigger_id: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    """Of a submitted modal: block_id → what was typed or chosen. `value` is then its private_metadata."""


@dataclass(frozen=True)
class Subject:
    """What a click was about, for the record."""

    client_id: str | None = None
    platform: str | None = None
    surface: str | None = None
    lane: str | None = None
    calendar_item_id: str | None = None


@dataclass(frozen=True)
class Done:
    """It took effect. `whisper` is said to the person alone; None when the card says it all."""

    summary: str
    subject: Subject = Subject()
    whisper: str | None = None


@dataclass(frozen=True)
class Refused:
    """Nothing was done. `reason` is a short code for the record, `whisper` tells the person what happened."""

    reason: str
    whisper: str
    subject: Subject = Subject()


@dataclass(frozen=True)
class Invalid:
    """A modal's answer needs mending: block_id → what is wrong."""

    errors: Mapping[str, str]


@dataclass(frozen=True)
class Ask:
    """The press opens a modal first; nothing was done yet."""

    view: Mapping[str, Any]


Answer = Done | Refused | Invalid | Ask


class Operation(Protocol):
    """What every button file offers. `action_id` is also the callback_id of its modal."""

    @property
    def action_id(self) -> str: ...

    @property
    def role(self) -> Role:
        """The least role that may press."""
        ...

    @property
    def audited_as(self) -> ActionType: ...

    def run(self, db: Connection, click: Click) -> Answer:
        """Acts within the caller's transaction; raises nothing for what can be expected."""
        ...


@dataclass(frozen=True)
class Seen:
    """What the person saw of an item when they pressed: a decision binds to exactly that."""

    item_id: str
    version: int
    payload_hash: str

    @property
    def value(self) -> str:
        return f"{self.item_id}|{self.version}|{self.payload_hash}"

    @classmethod
    def parse(cls, value: str) -> "Seen | None":
        match value.split("|"):
            case [item_id, version, payload_hash] if version.isascii() and version.isdigit() and len(version) < 10:
                return cls(item_id, int(version), payload_hash)
        return None
