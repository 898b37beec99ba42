"""Settings: `checkin.toml` for what may be read by all, the environment for secrets and addresses.

Everything that is wrong is said at once, each with its field and a hint; nothing starts before all of it is right.
A command that uses less asks for less. What a value must look like is left to `bot.fields`.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from audits.signing import PublicKey, Signer
from bot.fields import (
    Channel,
    Clock,
    DatabaseUrl,
    SigningKey,
    SigningSecret,
    VerifyingKey,
    Who,
    Zone,
    matching,
    token,
    url,
)
from bot.sources import Scope, Source, hashed
from digests.model import OWNER, SUMMARY, Kind, Pod
from messages.blocks import mention

PREFIX = "CHECKIN_"
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)


class SettingsError(Exception):
    """All that is wrong with the settings, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


_NAME = "must be small letters, digits and hyphens; hint: main, or europe-2"
_TIERS: tuple[str, ...] = ("P0", "P1", "P2", "P3")
# What the entry of a table is, where its name is not one of those that there are.
_ENTRIES = {"checkins": "check-in", "channels": "tier", "mention": "tier"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PostingSettings(BaseModel):
    """Enough to post; what it takes to listen is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    bot_token: Annotated[SecretStr, token("xoxb-", "Slack → your app → OAuth & Permissions")]
    base_url: Annotated[str, url("https://slack.com/api/")] = "https://slack.com/api/"
    fallback_channel: Channel | None = None


class SlackSettings(PostingSettings):
    model_config = ConfigDict(extra="forbid")

    app_token: Annotated[SecretStr, token("xapp-", "Slack → your app → Basic Information → App-Level Tokens")]


class PlatformSettings(_Strict):
    commands_url: Annotated[str, url("https://platform.example/commands")]
    secret: SigningSecret
    undo_seconds: int = Field(default=60, ge=0, le=600)


class PrometheusSettings(_Strict):
    url: Annotated[str, url("http://prometheus:9090")]
    headers: dict[str, str] = {}
    params: dict[str, str] = {}


class HttpSettings(_Strict):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class TelemetrySettings(_Strict):
    """Where the bot's own spans and metrics go besides the log and /metrics; nowhere, unless told."""

    otlp_url: Annotated[str, url("http://otel-collector:4318")] | None = None
    trace_ratio: float = Field(default=0.15, ge=0, le=1)


class AlertSettings(_Strict):
    token: SecretStr = Field(min_length=16)
    channels: dict[Literal["P0", "P1", "P2", "P3"], Channel]
    mention: dict[Literal["P0", "P1", "P2", "P3"], Who] = {}


class PeopleSettings(_Strict):
    leads: list[Who] = []
    operators: list[Who] = []
    viewers: list[Who] = []


class PodSettings(_Strict):
    name: Annotated[str, matching(r"^[a-z0-9][a-z0-9-]{0,30}$", _NAME)]
    channel: Channel
    time_zone: Zone
    checkins: dict[Kind, Clock] = Field(min_length=1)
    clients: frozenset[str] = frozenset()
    working_days: Annotated[list[Day], Field(min_length=1)] = list(DAYS)
    holidays: frozenset[date] = frozenset()
    on: list[Who] = []

    def pod(self) -> Pod:
        return Pod(
            self.name,
            self.channel,
            self.time_zone,
            dict(self.checkins.items()),
            self.clients,
            frozenset(map(DAYS.index, self.working_days)),
            self.holidays,
            tuple(map(mention, self.on)),
        )


class OwnerSettings(_Strict):
    """Where the daily summary goes, and when."""

    channel: Channel
    time_zone: Zone
    summary: Clock

    def pod(self) -> Pod:
        return Pod(OWNER, self.channel, self.time_zone, {SUMMARY: self.summary})


class IngestSettings(_Strict):
    name: Annotated[str, matching(r"^[a-z][a-z0-9-]{0,30}$", _NAME)]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    clients: frozenset[str] | None = None


class DatabaseSettings(BaseModel):
    """What a command needs that only looks after the database; other settings may be missing or wrong."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    database_url: DatabaseUrl
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    def secrets(self) -> list[str]:
        """Every secret value, so that the log can be kept clean of them."""
        return [self.database_url.get_secret_value()]


class StopSettings(DatabaseSettings):
    """What it takes to stop publishing: the record, and the platform's ear."""

    platform: PlatformSettings

    def secrets(self) -> list[str]:
        return [*super().secrets(), self.platform.secret.get_secret_value()]


class RecordSettings(_Strict):
    """`key` signs; what `public_keys`, those of before, have signed still counts; `channel` is told the head daily."""

    key: SigningKey | None = None
    public_keys: list[VerifyingKey] = []
    channel: Channel | None = None

    def signer(self) -> Signer | None:
        return Signer.parse(self.key.get_secret_value()) if self.key else None

    def trusted(self) -> list[PublicKey]:
        signer = self.signer()
        return [*([signer.public] if signer else []), *map(PublicKey.parse, self.public_keys)]


class AuditsSettings(DatabaseSettings):
    """What it takes to look after the record."""

    audits: RecordSettings = RecordSettings()

    def secrets(self) -> list[str]:
        return [*super().secrets(), *([self.audits.key.get_secret_value()] if self.audits.key else [])]


class DigestSettings(DatabaseSettings):
    """What it takes to collect a check-in and to post it."""

    slack: PostingSettings
    prometheus: PrometheusSettings
    pods: Annotated[list[PodSettings], Field(min_length=1)]
    owner: OwnerSettings | None = None

    @field_validator("pods")
    @classmethod
    def _none_is_the_owner(cls, pods: list[PodSettings], info: ValidationInfo) -> list[PodSettings]:  # noqa: ARG003
        if OWNER in [pod.name for pod in pods]:
            raise ValueError(f"no pod can be called {OWNER}; hint: the owner's summary is set in [{OWNER}]")
        return pods

    def secrets(self) -> list[str]:
        return [*super().secrets(), self.slack.bot_token.get_secret_value()]


class Settings(DigestSettings):
    """What the bot needs: everything, and nothing that it does not know."""

    model_config = ConfigDict(extra="forbid")

    slack: SlackSettings
    platform: PlatformSettings
    alerts: AlertSettings
    people: PeopleSettings
    http: HttpSettings = HttpSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    audits: RecordSettings = RecordSettings()
    ingest: list[IngestSettings] = []
    ingest_tokens: SecretStr = Field(default=SecretStr(""), validate_default=True)

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
        held = (self.slack.app_token, self.platform.secret, self.alerts.token)
        ingest = [token for own in _tokens(self.ingest_tokens).values() for token in own]
        keys = [self.audits.key.get_secret_value()] if self.audits.key else []
        return [*super().secrets(), *(secret.get_secret_value() for secret in held), *ingest, *keys]


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
    "OTLP_URL": ("telemetry", "otlp_url"),
    "AUDITS_KEY": ("audits", "key"),
}


S = TypeVar("S", bound=DatabaseSettings)


def load(kind: type[S], path: Path, environment: Mapping[str, str] = os.environ) -> S:
    """The settings that a command uses, as `kind`. Raises SettingsError with every problem found in them.

    Without the file too, when the environment alone is enough.
    """
    problems = _misspelt(environment)
    told, unread = _from_file(path, problems)
    broken = unread and path.exists()
    variables = {}
    for name, value in _from_environment(environment, problems):
        variables[ENVIRONMENT[name]] = PREFIX + name
        *outer, last = ENVIRONMENT[name]
        inner = told
        for key in outer:
            inner = inner[key]
        inner[last] = value
    problems += _as_a_whole(kind, told)
    try:
        settings = kind.model_validate(told)
    except ValidationError as error:
        # What a file holds that cannot be read is not missing.
        wrong = [problem for problem in error.errors() if not broken or problem["type"] != "missing"]
        problems += [_sentence(dict(problem), variables) for problem in wrong]
        raise SettingsError([*unread, *problems]) from None
    if problems or broken:
        raise SettingsError([*unread, *problems])
    return settings


def _from_file(path: Path, problems: list[str]) -> tuple[dict[str, Any], list[str]]:
    """What the file says, and why it says nothing. Sections are there even if empty: what they lack is told by name."""
    told: dict[str, Any] = {}
    unread = []
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        unread = [f"{path}: not readable as TOML: {problem}"]
    except OSError as problem:
        hint = "hint: copy checkin.toml of the distribution, or say where it is with --config"
        unread = [f"{path}: cannot be read: {problem.strerror}; {hint}"]
    for section, *rest in ENVIRONMENT.values():
        if rest and not isinstance(told.setdefault(section, {}), dict):
            problems.append(f"{section}: must be a table; hint: write [{section}] with its settings below")
            told[section] = {}
    return told, unread


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, str]]:
    for name in ENVIRONMENT:
        file = environment.get(f"{PREFIX}{name}_FILE")
        if file:
            try:
                yield name, Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as problem:
                why = problem.strerror if isinstance(problem, OSError) else "it is not text"
                problems.append(f"{PREFIX}{name}_FILE: cannot read {file}: {why}")
        elif environment.get(PREFIX + name):
            yield name, environment[PREFIX + name]


def _as_a_whole(kind: type[DatabaseSettings], told: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between entries, which pydantic would not look at while one of them is wrong by itself."""
    pods, alerts = told.get("pods"), told.get("alerts")
    if issubclass(kind, DigestSettings) and isinstance(pods, list):
        names = [pod.get("name") for pod in pods if isinstance(pod, dict)]
        if len(names) != len(set(map(str, names))):
            yield "pods: two pods have the same name; hint: a name is what a check-in is remembered by"
    if issubclass(kind, Settings) and isinstance(alerts, dict) and isinstance(alerts.get("channels"), dict):
        missing = [tier for tier in _TIERS if tier not in alerts["channels"]]
        if missing:
            yield f'alerts.channels: no channel for {", ".join(missing)}; hint: {missing[0]} = "#alerts"'


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that only look like ours would be left out without a word."""
    known = [PREFIX + name + end for name in ENVIRONMENT for end in ("", "_FILE")] + [PREFIX + "CONFIG"]
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    near = {name: get_close_matches(name, known, n=1) for name in strange}
    return [
        f"{name}: is not a setting; hint: " + (f"did you mean {near[name][0]}?" if near[name] else "remove it")
        for name in strange
    ]


def _sentence(problem: Mapping[str, Any], variables: Mapping[tuple[str, ...], str]) -> str:
    """`variables`: those that were set, by the place of their value. What is missing may be given by any."""
    path = tuple(problem["loc"])
    if path[-1] == "[key]":
        *place, table, entry, _ = path
        field = ".".join(str(part) for part in (*place, table))
        known = re.sub(r"'| or ", lambda found: ", " if found[0] == " or " else "", problem["ctx"]["expected"])
        return f"{field}: {entry} is no {_ENTRIES.get(str(table), 'setting')}; hint: {known}"
    field = ".".join(str(part) for part in path)
    variable = variables.get(path)
    if problem["type"] == "missing":
        variable = next((PREFIX + name for name, place in ENVIRONMENT.items() if place == path), None)
    message = _plain(problem)
    if variable:
        message += f"; hint: set {variable} (or {variable}_FILE)" if "hint" not in message else f" ({variable})"
    elif problem["type"] == "extra_forbidden":
        message = "is not a setting; hint: is it misspelt?"
    elif "hint" not in message:
        message += "; hint: see the comments in checkin.toml"
    return f"{field}: {message}"


def _plain(problem: Mapping[str, Any]) -> str:
    """What pydantic says, as a person would."""
    match problem["type"]:
        case "missing":
            return "is missing"
        case "int_parsing":
            return "must be a whole number"
        case "string_too_short" | "too_short":
            least = problem["ctx"]["min_length"]
            one, more = ("character", "characters") if isinstance(problem["input"], str) else ("entry", "entries")
            return f"must have at least {least} {one if least == 1 else more}"
        case _:
            return re.sub(r"^\w+ should be", "must be", str(problem["msg"]).removeprefix("Value error, "))
