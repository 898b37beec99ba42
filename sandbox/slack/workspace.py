"""One workspace with one installed app: finds people, channels, files and views by what callers know of them."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sandbox.slack.config import Config
from sandbox.slack.errors import SlackError
from sandbox.slack.feed import Feed
from sandbox.slack.journal import Journal
from sandbox.slack.model import (
    App,
    Channel,
    Clock,
    File,
    Json,
    ResponseUrl,
    Trigger,
    User,
    Usergroup,
    View,
    slack_id,
)
from sandbox.slack.rate_limits import Limits
from sandbox.slack.socket_mode import SocketMode


class Workspace:
    """Lives in one event loop; everything in it happens there, so nothing needs a lock."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock()
        self.url = ""
        self.stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.team_id = slack_id("T", config.team.domain)
        self.app = _app(config)
        self.users = {user.id: user for user in _users(config, self.app)}
        self.usergroups = {group.id: group for group in _usergroups(config)}
        self.channels = {channel.id: channel for channel in self._channels()}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.selections: dict[tuple[str, str], Json] = {}
        self.limits = Limits(self.clock, config.limits)
        self.journal = Journal(self.clock)
        self.feed = Feed()
        self.sockets = SocketMode(config.timings, self.journal, self.app.id)

    def _channels(self) -> list[Channel]:
        created = int(self.clock.now())
        people = {slack_id("U", user.name) for user in self.config.users}
        channels = []
        for each in self.config.channels:
            members = people if each.members == "all" else {slack_id("U", name) for name in each.members}
            bot = {self.app.user_id} if each.name in self.config.app.channels else set()
            channels.append(
                Channel(
                    slack_id("C", each.name),
                    each.name,
                    created,
                    topic=each.topic,
                    is_private=each.is_private,
                    is_archived=each.is_archived,
                    members=members | bot,
                )
            )
        for user in self.config.users:
            user_id = slack_id("U", user.name)
            direct = Channel(slack_id("D", user.name), "directmessage", created, is_private=True, im_user=user_id)
            direct.members = {user_id, self.app.user_id}
            channels.append(direct)
        return channels

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

    def bots_channel(self, ref: str) -> Channel:
        """A channel the app may know of: a private one it is not in looks like none at all."""
        channel = self.channel(ref)
        if channel.is_private and self.app.user_id not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def people(self) -> list[User]:
        return [user for user in self.users.values() if not user.is_bot]

    def audience(self, channel: Channel) -> set[str]:
        """Who may read a channel: guests only where they are members."""
        if channel.is_private:
            return channel.members
        return channel.members | {user.id for user in self.people() if not user.is_restricted}

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

    def later(self, seconds: float, effect: Callable[[], None]) -> None:
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, effect)
        else:
            effect()

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
        self.sockets.emit(
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


def _app(config: Config) -> App:
    app = config.app
    return App(
        id=slack_id("A", app.name),
        bot_id=slack_id("B", app.name),
        user_id=slack_id("U", app.name),
        name=app.name,
        bot_token=app.bot_token,
        app_token=app.app_token,
        commands=tuple(command.model_dump() for command in app.commands),
        events=frozenset(app.events),
    )


def _users(config: Config, app: App) -> list[User]:
    people = [
        User(
            slack_id("U", each.name),
            each.name,
            each.real_name or each.name,
            each.tz,
            each.title,
            each.color,
            each.is_restricted,
        )
        for each in config.users
    ]
    return [*people, User(app.user_id, app.name, app.name, is_bot=True)]


def _usergroups(config: Config) -> list[Usergroup]:
    return [
        Usergroup(slack_id("S", each.handle), each.handle, each.name, tuple(slack_id("U", name) for name in each.users))
        for each in config.usergroups
    ]
