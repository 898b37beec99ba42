"""The records of a workspace and their ids. Rules about them live elsewhere."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.clock import Timer

Json = dict[str, Any]


def slack_id(prefix: str, name: str) -> str:
    """A stable id, so that configurations and tests can name people and channels before the server runs."""
    digest = hashlib.sha1(name.encode(), usedforsecurity=False).digest()
    return prefix + base64.b32encode(digest).decode()[:9]


@dataclass(frozen=True)
class User:
    id: str
    name: str
    real_name: str
    team_id: str
    tz: str = "UTC"
    title: str = ""
    email: str = ""
    color: str = "4a154b"
    is_restricted: bool = False
    is_deleted: bool = False
    is_bot: bool = False


@dataclass(frozen=True)
class Usergroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True)
class App:
    id: str
    bot_id: str
    user_id: str
    name: str
    bot_token: str
    app_token: str
    commands: tuple[Json, ...]
    events: frozenset[str]
    scopes: frozenset[str]
    has_home: bool
    is_interactive: bool


@dataclass
class Ephemeral:
    """`shown`: an open page has drawn it; the next one will not find it any more."""

    user: str
    message: Json
    shown: bool = False


@dataclass
class Channel:
    """`messages` are in Slack's own shape by ts, oldest first; metadata stays inside until it is asked for."""

    id: str
    name: str
    created: int
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    is_mpim: bool = False
    im_user: str | None = None
    is_open: bool = False
    members: set[str] = field(default_factory=set)
    messages: dict[str, Json] = field(default_factory=dict)
    ephemerals: dict[str, Ephemeral] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    last_ts: str = "0"

    @property
    def is_im(self) -> bool:
        return self.im_user is not None

    def next_ts(self, now: float) -> str:
        """Unique and rising within the channel: clients use it as the message's key."""
        micros = max(int(now * 1_000_000), int(self.last_ts.replace(".", "")) + 1)
        self.last_ts = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
        return self.last_ts

    def timeline(self) -> list[Json]:
        """What the channel shows: replies are hidden unless they were broadcast."""
        return [message for message in self.messages.values() if not is_reply(message)]

    def thread(self, ts: str) -> list[Json]:
        """The parent and its replies, oldest first."""
        return [message for message in self.messages.values() if message["ts"] == ts or message.get("thread_ts") == ts]


def is_reply(message: Json) -> bool:
    """Hidden from the channel's own timeline."""
    in_thread = message.get("thread_ts", message["ts"]) != message["ts"]
    return in_thread and message.get("subtype") != "thread_broadcast"


@dataclass(frozen=True)
class Scheduled:
    id: str
    channel: str
    post_at: int
    text: str
    timer: Timer


@dataclass
class File:
    id: str
    name: str
    size: int
    user: str
    created: float
    title: str = ""
    alt_txt: str = ""
    content: bytes | None = None
    mimetype: str = ""
    completed: bool = False
    deleted: bool = False
    shares: dict[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return bool(self.mimetype) and not self.deleted


@dataclass
class View:
    """One rendering of a modal or Home: `body` is what the app sent, normalised; `values` what the user entered."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Json = field(default_factory=dict)


@dataclass
class Trigger:
    """The right to open one modal, for three seconds after the user did something."""

    user: str
    expires: float
    used: bool = False


@dataclass
class ResponseUrl:
    """The right to answer one interaction: five times within half an hour."""

    user: str
    channel: str
    expires: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0
