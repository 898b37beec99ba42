"""What a workspace starts with: people, channels and the one installed app, parsed once from JSON."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TeamConfig(Part):
    name: str = "Local"
    domain: str = "local"


class UserConfig(Part):
    name: str
    real_name: str = ""
    tz: str = "UTC"
    title: str = ""
    is_restricted: bool = False
    color: str = "4a154b"


class UsergroupConfig(Part):
    handle: str
    name: str
    users: tuple[str, ...] = ()


class ChannelConfig(Part):
    name: str
    topic: str = ""
    is_private: bool = False
    is_archived: bool = False
    members: tuple[str, ...] | Literal["all"] = "all"


class CommandConfig(Part):
    command: str
    description: str = ""
    usage_hint: str = ""


class AppConfig(Part):
    name: str
    bot_token: str
    app_token: str
    signing_secret: str = ""
    commands: tuple[CommandConfig, ...] = ()
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class Timings(Part):
    """Seconds. The defaults are Slack's own; tests shorten them."""

    ack: float = 3
    event_retries: tuple[float, ...] = (1, 60, 300)
    file_ready: float = 0.5


class Config(Part):
    team: TeamConfig = TeamConfig()
    users: tuple[UserConfig, ...] = Field(min_length=1)
    usergroups: tuple[UsergroupConfig, ...] = ()
    channels: tuple[ChannelConfig, ...] = ()
    app: AppConfig
    limits: bool = False
    timings: Timings = Timings()

    @model_validator(mode="after")
    def names_are_known(self) -> "Config":
        users = {user.name for user in self.users}
        named = {name for group in self.usergroups for name in group.users}
        named |= {name for channel in self.channels if channel.members != "all" for name in channel.members}
        if unknown := named - users:
            raise ValueError(f"unknown users: {', '.join(sorted(unknown))}")
        if lost := set(self.app.channels) - {channel.name for channel in self.channels}:
            raise ValueError(f"the app is in unknown channels: {', '.join(sorted(lost))}")
        return self
