"""A click parsed once, what may come of it, and what a button is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
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
    ticked: frozenset[str] = frozenset()
    """Of a submitted modal: the values of all ticked boxes."""
    named: Person | None = None
    """Of a submitted modal: the person chosen in it, with the role read at this press."""
    thread: tuple[str, str] | None = None
    """(channel id, ts) of the message at the top of the thread it was pressed in."""
    undo: timedelta = timedelta(seconds=60)
    """For so long the platform is told nothing of it."""


@dataclass(frozen=True)
class Subject:
    """What a click was about, for the record."""

    client_id: str | None = None
    platform: str | None = None
    surface: str | None = None
    lane: str | None = None
    calendar_item_id: str | None = None
    work_item_id: str | None = None


@dataclass(frozen=True)
class Done:
    """It took effect. `whisper` is said to the person alone; None when the card says it all."""

    summary: str
    subject: Subject = Subject()
    whisper: str | None = None
    then: "Ask | None" = None
    """Of a submitted modal: what takes its place."""


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
