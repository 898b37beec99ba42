"""Alertmanager's webhook, parsed once at the edge, and what we remember of a group.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config — unknown fields are left out, because
newer versions add some.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from alerts.definitions import TIERS, Tier, Unit

# What is too long to be shown is cut: a page must not be lost to a long description. Postgres cannot hold a NUL.
_Text = Annotated[str, AfterValidator(lambda text: text.replace("\0", "")[:4096])]
_Name = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]
_Labels = Annotated[dict[_Name, _Text], Field(max_length=64)]
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
# What Go writes for "no time", and Alertmanager for an end that is not known.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


def _storable(at: datetime) -> datetime:
    if not _EARLIEST <= at < _LATEST and at != _NEVER:
        raise ValueError("must lie between 2000 and 2100")
    return at


def _begun(at: datetime) -> datetime:
    if at == _NEVER:
        raise ValueError("must be told")
    return at


_Time = Annotated[AwareDatetime, AfterValidator(_storable)]
_SHORTEST, _USUAL, _LONGEST = 600.0, 6 * 3600.0, 7 * 86400.0
_MOST = 1e15


def _else(instead: object) -> WrapValidator:
    """What makes no sense counts as not told."""

    def parsed(told: object, parse: ValidatorFunctionWrapHandler) -> object:
        try:
            return parse(told)
        except ValidationError:
            return instead

    return WrapValidator(parsed)


_Threshold = Annotated[float | None, Field(ge=-_MOST, le=_MOST), _else(None)]
_Span = Annotated[FiniteFloat, AfterValidator(lambda told: min(max(told, _SHORTEST), _LONGEST)), _else(_USUAL)]


class Evidence(BaseModel):
    """What an alert's annotations tell of its chart: the expression that fired, and how it is to be drawn."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    query: str = Field(default="", alias="chart_query")
    title: str = Field(default="What fired", alias="chart_title")
    unit: Annotated[Unit, _else("count")] = Field(default="count", alias="chart_unit")
    threshold: _Threshold = Field(default=None, alias="chart_threshold")
    span_seconds: _Span = Field(default=_USUAL, alias="chart_span_seconds")


class Alert(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Literal["firing", "resolved"]
    labels: _Labels
    annotations: _Labels = {}
    starts_at: Annotated[_Time, AfterValidator(_begun)] = Field(alias="startsAt")
    ends_at: _Time = Field(alias="endsAt")
    fingerprint: str = Field(max_length=64, pattern=r"^[^\x00]*$")

    @property
    def firing(self) -> bool:
        return self.status == "firing"

    @property
    def evidence(self) -> Evidence:
        return Evidence.model_validate(self.annotations)


class AlertGroup(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal["4"]
    group_key: str = Field(alias="groupKey", min_length=1, max_length=2048, pattern=r"^[^\x00]*$")
    status: Literal["firing", "resolved"]
    truncated: int = Field(default=0, alias="truncatedAlerts", ge=0)
    common_labels: _Labels = Field(default={}, alias="commonLabels")
    alerts: list[Alert] = Field(min_length=1, max_length=1000)

    @property
    def tier(self) -> Tier:
        """An alert without a tier must still surface, so it counts as P1."""
        return next((tier for tier in TIERS if tier == self.common_labels.get("tier")), "P1")

    @property
    def heartbeat(self) -> bool:
        return self.common_labels.get("signal") == "heartbeat"

    @property
    def leading(self) -> Alert:
        """The alert that speaks for the group: firing before resolved, then the longest."""
        return min(self.alerts, key=lambda alert: (not alert.firing, alert.starts_at, alert.fingerprint))

    def in_the_words_of(self, *told: "AlertGroup") -> "AlertGroup":
        """The same, each alert with the annotations of the first of these in which it fired."""
        firing = [alert for group in told for alert in group.alerts if alert.firing]
        words = {alert.fingerprint: alert.annotations for alert in reversed(firing)}
        alerts = [
            alert.model_copy(update={"annotations": words.get(alert.fingerprint, alert.annotations)})
            for alert in self.alerts
        ]
        return self.model_copy(update={"alerts": alerts})


@dataclass(frozen=True)
class Incident:
    """One problem from its first firing to its end; it has one card."""

    incident_id: str
    group_key: str
    tier: Tier
    group: AlertGroup
    started_at: datetime
    resolved_at: datetime | None = None
    acked_by: str | None = None
    acked_at: datetime | None = None

    @property
    def newest_start(self) -> datetime:
        """When the last of its alerts began that we were told of."""
        return max(self.started_at, *(alert.starts_at for alert in self.group.alerts))

    @property
    def card_key(self) -> str:
        return f"alert:{self.incident_id}"
