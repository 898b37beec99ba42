"""The app's own manifest, read as Slack reads it: what the app is called, hears, offers and may do.

https://docs.slack.dev/reference/app-manifest"""

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

# https://docs.slack.dev/reference/events: an event without its scope is never sent, so Slack refuses the manifest.
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
}


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def words(longest: int, shortest: int = 0) -> Any:
    return StringConstraints(min_length=shortest, max_length=longest)


class Display(Part):
    name: Annotated[str, words(35, 1)]
    description: Annotated[str, words(140)] = ""
    long_description: Annotated[str, words(4000, 175)] | None = None
    background_color: Annotated[str, StringConstraints(pattern=r"^#([0-9a-fA-F]{3}){1,2}$")] | None = None


class Home(Part):
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = False
    messages_tab_read_only_enabled: bool = True


class BotUser(Part):
    display_name: Annotated[str, words(80, 1)]
    always_online: bool = False


class Command(Part):
    """`url` is needed only where Socket Mode is off."""

    command: Annotated[str, words(32, 2), StringConstraints(pattern=r"^/\S+$")]
    description: Annotated[str, words(2000, 1)]
    usage_hint: Annotated[str, words(1000)] = ""
    should_escape: bool = False
    url: str = ""


class Features(Part):
    app_home: Home = Home()
    bot_user: BotUser | None = None
    slash_commands: Annotated[tuple[Command, ...], Field(max_length=50)] = ()


class Scopes(Part):
    bot: Annotated[tuple[str, ...], Field(max_length=255)] = ()
    user: Annotated[tuple[str, ...], Field(max_length=255)] = ()


class OAuth(Part):
    scopes: Scopes = Scopes()


class Subscriptions(Part):
    request_url: str = ""
    bot_events: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class Interactivity(Part):
    is_enabled: bool = False
    request_url: str = ""


class Settings(Part):
    event_subscriptions: Subscriptions = Subscriptions()
    interactivity: Interactivity = Interactivity()
    org_deploy_enabled: bool = False
    socket_mode_enabled: bool = False
    token_rotation_enabled: bool = False


class Metadata(Part):
    major_version: int = 1
    minor_version: int = 0


class Manifest(Part):
    metadata: Metadata = Field(default=Metadata(), alias="_metadata")
    display_information: Display
    features: Features = Features()
    oauth_config: OAuth = OAuth()
    settings: Settings = Settings()

    @model_validator(mode="after")
    def scopes_cover_what_is_offered(self) -> "Manifest":
        scopes = set(self.oauth_config.scopes.bot)
        wanted = {EVENT_SCOPES.get(event, "") for event in self.settings.event_subscriptions.bot_events}
        if self.features.slash_commands:
            wanted.add("commands")
        if missing := wanted - scopes - {""}:
            raise ValueError(f"missing bot scopes: {', '.join(sorted(missing))}")
        return self


def _read(given: Any) -> Any:
    return yaml.safe_load(Path(given).read_text()) if isinstance(given, str | Path) else given


AnyManifest = Annotated[Manifest, BeforeValidator(_read)]
"""A manifest as it is, or the path of a YAML or JSON file that holds one."""
