"""What a workspace starts with: people, channels and the one installed app, parsed once from JSON."""

from typing import Any, Literal

from pydantic import Field, TypeAdapter, model_validator

from sandbox.slack.manifest import AnyManifest, Command, Manifest, Part

# What an app without a manifest may do: everything but what changes the rules of posting, which has to be asked for.
EVERY_SCOPE = frozenset(
    {
        *(f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim") for right in ("read", "history")),
        *("app_mentions:read", "bookmarks:write", "channels:join", "channels:manage", "chat:write", "commands"),
        *(
            "files:read",
            "files:write",
            "groups:write",
            "im:write",
            "links.embed:write",
            "mpim:write",
            "pins:write",
            "reactions:read",
        ),
        *("reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email"),
    }
)


class TeamConfig(Part):
    name: str = "Local"
    domain: str = "local"


class UserConfig(Part):
    """`team` is the domain of another workspace, for somebody invited over Slack Connect."""

    name: str
    real_name: str = ""
    tz: str = "UTC"
    title: str = ""
    email: str = ""
    is_restricted: bool = False
    is_deleted: bool = False
    team: str = ""
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


class AppConfig(Part):
    """A manifest says all about an app; without one, its name, commands and events stand here.

    With `request_url` everything is delivered there over HTTP, signed; without, over Socket Mode."""

    name: str
    bot_token: str
    app_token: str
    signing_secret: str = ""
    manifest: Manifest | None = None
    commands: tuple[Command, ...] = ()
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    request_url: str = ""

    @model_validator(mode="before")
    @classmethod
    def the_manifest_says_it_all(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("manifest"):
            return given
        if double := {"name", "commands", "events"} & given.keys():
            raise ValueError(f"the manifest says it already: {', '.join(sorted(double))}")
        manifest = TypeAdapter(AnyManifest).validate_python(given["manifest"])
        return given | {
            "manifest": manifest,
            "name": manifest.display_information.name,
            "commands": manifest.features.slash_commands,
            "events": manifest.settings.event_subscriptions.bot_events,
        }


class Timings(Part):
    """Seconds. The defaults are Slack's own; tests shorten them."""

    ack: float = 3
    event_retries: tuple[float, ...] = (1, 60, 300)
    file_ready: float = 0.5


class Config(Part):
    """`strict` refuses what no page documents; `chaos` is the share of calls and envelopes that meet a bad day."""

    team: TeamConfig = TeamConfig()
    users: tuple[UserConfig, ...] = Field(min_length=1)
    usergroups: tuple[UsergroupConfig, ...] = ()
    channels: tuple[ChannelConfig, ...] = ()
    app: AppConfig
    strict: bool = True
    chaos: float = Field(default=0, ge=0, le=1)
    seed: int = 0
    limits: bool = True
    largest_page: int = Field(default=1000, ge=1)
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
