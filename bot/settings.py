"""What can be set, and what each command needs of it. What a value must look like is left to `bot.fields`."""

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

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

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)

_NAME = "must be small letters, digits and hyphens; hint: main, or europe-2"
TIERS: tuple[str, ...] = ("P0", "P1", "P2", "P3")


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
