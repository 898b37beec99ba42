"""One workspace with one installed app: finds people, channels, files and views by what callers know of them."""

import asyncio
import secrets
from typing import Any
from urllib.parse import quote

from sandbox.slack import seed
from sandbox.slack.clock import Clock
from sandbox.slack.config import Config
from sandbox.slack.delivery import Ack, Delivery, Line
from sandbox.slack.errors import SlackError
from sandbox.slack.faults import Faults
from sandbox.slack.feed import Feed
from sandbox.slack.http_mode import HttpMode
from sandbox.slack.journal import Journal
from sandbox.slack.model import (
    Channel,
    File,
    Json,
    ResponseUrl,
    Scheduled,
    Trigger,
    User,
    View,
    slack_id,
)
from sandbox.slack.rate_limits import Limits
from sandbox.slack.socket_mode import SocketMode


class Workspace:
    """Lives in one event loop; everything in it happens there, so nothing needs a lock."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.loop = asyncio.get_running_loop()
        self.clock = Clock(self.loop)
        self.url = ""
        self.stopping = asyncio.Event()
        self.team_id = slack_id("T", config.team.domain)
        self.app = seed.app(config)
        self.users = {user.id: user for user in seed.users(config, self.app)}
        self.usergroups = {group.id: group for group in seed.usergroups(config)}
        self.channels = {channel.id: channel for channel in seed.channels(config, self.app, int(self.clock.now()))}
        self.files: dict[str, File] = {}
        self.scheduled: dict[str, Scheduled] = {}
        self.history_lag = 0.0
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.selections: dict[tuple[str, str], Json] = {}
        self.faults = Faults(config.chaos, config.seed)
        self.limits = Limits(self.clock, config.limits)
        self.journal = Journal(self.clock)
        self.feed = Feed()
        self.sockets = SocketMode(config, self.journal, self.clock, self.app.id)
        line: Line = self.sockets
        if url := config.app.request_url:
            line = HttpMode(url, config.app.signing_secret, config.timings, self.journal)
        self.delivery = Delivery(line, config.timings, self.clock, self.faults)

    def user(self, ref: str) -> User:
        """By id or name. Raises user_not_found."""
        for user in self.users.values():
            if ref in (user.id, user.name):
                return user
        raise SlackError("user_not_found")

    def channel(self, ref: str) -> Channel:
        """By id, name, #name, or a user's id for the conversation with the app. Raises channel_not_found."""
        if ref in self.channels:
            return self.channels[ref]
        for channel in self.channels.values():
            if (channel.is_im and channel.im_user == ref) or (
                not channel.is_im and channel.name == ref.removeprefix("#")
            ):
                return channel
        raise SlackError("channel_not_found")

    def person(self, user_id: str) -> User:
        """By id alone, as the Web API wants it. Raises user_not_found."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def require(self, *scopes: str) -> None:
        """Any one of them will do. Raises missing_scope."""
        if not self.app.scopes.intersection(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(self.app.scopes)))

    def has_arrived(self, message: Json) -> bool:
        """History may lag behind what was posted."""
        return not self.history_lag or float(message["ts"]) <= self.clock.now() - self.history_lag

    def bots_channel(self, ref: str) -> Channel:
        """By id alone: only posting methods know names. Raises channel_not_found."""
        if ref not in self.channels:
            raise SlackError("channel_not_found")
        return self.named_channel(ref)

    def named_channel(self, ref: str) -> Channel:
        """A channel the app may know of: a private one it is not in looks like none at all."""
        channel = self.channel(ref)
        if channel.is_private and self.app.user_id not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def people(self) -> list[User]:
        """Everybody who can open the page."""
        return [user for user in self.users.values() if not (user.is_bot or user.is_deleted)]

    def audience(self, channel: Channel) -> set[str]:
        """Who may read a channel: guests and people of other workspaces only where they are members."""
        if channel.is_private:
            return channel.members
        at_home = (user for user in self.people() if not user.is_restricted and user.team_id == self.team_id)
        return channel.members | {user.id for user in at_home}

    def file_of(self, ref: Json) -> File | None:
        """The file a slack_file object names by id or address."""
        for file in self.files.values():
            if ref.get("id") == file.id or ref.get("url") == self.file_url(file):
                return file
        return None

    def file_url(self, file: File) -> str:
        return f"{self.url}/files/{file.id}/{quote(file.name)}"

    def permalink(self, channel: Channel, message: Json) -> str:
        link = f"{self.url}/archives/{channel.id}/p{message['ts'].replace('.', '')}"
        parent = message.get("thread_ts", message["ts"])
        return link if parent == message["ts"] else f"{link}?thread_ts={parent}&cid={channel.id}"

    def token(self) -> str:
        """An unguessable name for a capability."""
        return secrets.token_hex(16)

    async def interact(self, payload: Json, *, takes_payload: bool = False) -> Ack:
        """Tells the app what a user did; an app without interactivity hears of nothing."""
        if not self.app.is_interactive:
            return Ack(error="app_missing_action_url")
        return await self.delivery.deliver("interactive", payload, takes_payload=takes_payload)

    def emit(self, subscription: str, event: Json) -> None:
        """Sends an event to the app if it subscribed to it. Shape: https://docs.slack.dev/apis/events-api"""
        if subscription not in self.app.events:
            return
        authorization: dict[str, Any] = {
            "enterprise_id": None,
            "team_id": self.team_id,
            "user_id": self.app.user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        self.delivery.emit(
            {
                "token": "local",
                "team_id": self.team_id,
                "api_app_id": self.app.id,
                "event": event,
                "type": "event_callback",
                "event_id": slack_id("Ev", self.token()),
                "event_time": int(self.clock.now()),
                "authorizations": [authorization],
                "is_ext_shared_channel": False,
                "event_context": self.token(),
            }
        )
