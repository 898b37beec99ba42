"""Settings: `checkin.toml` for what may be read by all, the environment for secrets and addresses.

Everything that is wrong is said at once, each with its field and a hint; nothing starts before all of it is right.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.sources import Scope, Source, hashed
from digests.model import Kind

PREFIX = "CHECKIN_"


class SettingsError(Exception):
    """All that is wrong with the settings, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise ValueError(f"{name!r} is no IANA time zone; hint: write it like Europe/Madrid") from problem
    return name


def _token(prefix: str, where: str) -> Any:
    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(prefix):
            raise ValueError(f"must start with {prefix}; hint: {where}")
        return value

    return AfterValidator(check)


def _url(value: str) -> str:
    if not re.match(r"^https?://[^\s/]+", value):
        raise ValueError("must be an http or https address; hint: http://prometheus:9090")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
Url = Annotated[str, AfterValidator(_url)]
Who = Annotated[str, Field(pattern=r"^[UWS][A-Z0-9]{5,}$")]
"""A Slack user id (U…, W…) or user group id (S…)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SlackSettings(_Strict):
    bot_token: Annotated[SecretStr, _token("xoxb-", "Slack → your app → OAuth & Permissions")]
    app_token: Annotated[SecretStr, _token("xapp-", "Slack → your app → Basic Information → App-Level Tokens")]
    base_url: Url = "https://slack.com/api/"


class PlatformSettings(_Strict):
    commands_url: Url
    secret: Annotated[SecretStr, _token("whsec_", "the secret your platform checks commands with, base64 after whsec_")]


class PrometheusSettings(_Strict):
    url: Url
    headers: dict[str, str] = {}
    params: dict[str, str] = {}


class HttpSettings(_Strict):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class AlertSettings(_Strict):
    token: SecretStr = Field(min_length=16)
    channels: dict[Literal["P0", "P1", "P2", "P3"], str]
    mention: dict[Literal["P0", "P1", "P2", "P3"], Who] = {}

    @field_validator("channels")
    @classmethod
    def _all_tiers(cls, channels: dict[str, str]) -> dict[str, str]:
        missing = sorted({"P0", "P1", "P2", "P3"} - channels.keys())
        if missing:
            raise ValueError(f'no channel for {", ".join(missing)}; hint: P1 = "#alerts"')
        return channels


class PeopleSettings(_Strict):
    leads: list[Who] = []
    operators: list[Who] = []
    viewers: list[Who] = []


class PodSettings(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
    channel: str = Field(min_length=2)
    time_zone: Zone
    checkins: dict[Kind, time] = Field(min_length=1)
    clients: frozenset[str] = frozenset()


class IngestSettings(_Strict):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    clients: frozenset[str] | None = None


class Settings(_Strict):
    database_url: Annotated[
        SecretStr, _token("postgresql+psycopg://", "postgresql+psycopg://USER:PASSWORD@HOST/checkin")
    ]
    slack: SlackSettings
    platform: PlatformSettings
    prometheus: PrometheusSettings
    alerts: AlertSettings
    people: PeopleSettings
    pods: Annotated[list[PodSettings], Field(min_length=1)]
    http: HttpSettings = HttpSettings()
    ingest: list[IngestSettings] = []
    ingest_tokens: SecretStr = Field(default=SecretStr(""), validate_default=True)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("pods")
    @classmethod
    def _names_differ(cls, pods: list[PodSettings], info: ValidationInfo) -> list[PodSettings]:  # noqa: ARG003
        names = [pod.name for pod in pods]
        if len(names) != len(set(names)):
            raise ValueError("two pods have the same name; hint: a name is what a check-in is remembered by")
        return pods

    @field_validator("ingest_tokens")
    @classmethod
    def _one_or_two_each(cls, tokens: SecretStr, info: ValidationInfo) -> SecretStr:
        names = [source.name for source in info.data.get("ingest", [])]
        held = _tokens(tokens)
        values = [token for own in held.values() for token in own]
        wrong = [f"two sources are called {name}" for name in sorted({n for n in names if names.count(n) > 1})]
        wrong += [
            f"{name} has {len(held.get(name, []))} tokens" for name in names if len(held.get(name, [])) not in (1, 2)
        ]
        wrong += [f"{name} is no source of [[ingest]]" for name in held if name not in names]
        if len(values) > len(set(values)) or any(len(token) < 24 for token in values):
            wrong.append("a token is shorter than 24 characters or there twice")
        if wrong:
            raise ValueError(f"{'; '.join(wrong)}; hint: source=token, separated by spaces or newlines, two to rotate")
        return tokens

    def sources(self) -> list[Source]:
        """The services that may write over HTTP."""
        held = _tokens(self.ingest_tokens)
        return [Source(one.name, one.scopes, one.clients, tuple(map(hashed, held[one.name]))) for one in self.ingest]

    def secrets(self) -> list[str]:
        """Every secret value, so that the log can be kept clean of them."""
        held = (self.database_url, self.slack.bot_token, self.slack.app_token, self.platform.secret, self.alerts.token)
        tokens = _tokens(self.ingest_tokens).values()
        return [secret.get_secret_value() for secret in held] + [token for own in tokens for token in own]


def _tokens(told: SecretStr) -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    for pair in told.get_secret_value().split():
        name, _, token = pair.partition("=")
        held.setdefault(name, []).append(token)
    return held


# Variable of the environment → where it belongs. `NAME_FILE` names a file that holds the value.
ENVIRONMENT = {
    "DATABASE_URL": ("database_url",),
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_BASE_URL": ("slack", "base_url"),
    "PLATFORM_URL": ("platform", "commands_url"),
    "PLATFORM_SECRET": ("platform", "secret"),
    "PROMETHEUS_URL": ("prometheus", "url"),
    "ALERTS_TOKEN": ("alerts", "token"),
    "INGEST_TOKENS": ("ingest_tokens",),
    "HTTP_PORT": ("http", "port"),
    "LOG_LEVEL": ("log_level",),
}


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process. Raises SettingsError with every problem found."""
    problems: list[str] = []
    told: dict[str, Any] = {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(f"{path}: there is no such file; hint: copy checkin.toml of the distribution, or use --config")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise SettingsError([f"{path}: not readable as TOML: {problem}"]) from None
    for name, value in _from_environment(environment, problems):
        *outer, last = ENVIRONMENT[name]
        inner = told
        for key in outer:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise SettingsError([f"{key}: must be a table; hint: write [{key}] with its settings below"])
        inner[last] = value
    try:
        settings = Settings.model_validate(told)
    except ValidationError as error:
        problems += [_sentence(dict(problem)) for problem in error.errors()]
        raise SettingsError(problems) from None
    if problems:
        raise SettingsError(problems)
    return settings


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, str]]:
    for name in ENVIRONMENT:
        file = environment.get(f"{PREFIX}{name}_FILE")
        if file:
            try:
                yield name, Path(file).read_text(encoding="utf-8").strip()
            except OSError as problem:
                problems.append(f"{PREFIX}{name}_FILE: cannot read {file}: {problem.strerror}")
        elif environment.get(PREFIX + name):
            yield name, environment[PREFIX + name]


def _sentence(problem: Mapping[str, Any]) -> str:
    path = tuple(problem["loc"])
    field = ".".join(str(part) for part in path)
    variable = next((PREFIX + name for name, place in ENVIRONMENT.items() if place == path), None)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "missing":
        message = "is missing"
    if variable:
        message += f"; hint: set {variable} (or {variable}_FILE)" if "hint" not in message else f" ({variable})"
    elif problem["type"] == "extra_forbidden":
        message = "is not a setting; hint: is it misspelt?"
    elif "hint" not in message:
        message += "; hint: see the comments in checkin.toml"
    return f"{field}: {message}"
