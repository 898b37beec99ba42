"""The picture of one client: its pipeline's rates and its calendar by day."""

from collections import Counter
from datetime import datetime

from charts import CalendarBar, ClientHealthChart, Rate
from charts.scales import zone_name
from clients.model import CalendarStatus, Stage
from dashboards.client_health.model import ClientHealth
from dashboards.times import midnight

STEPS = {
    Stage.ASSET: "Plan to asset",
    Stage.CALENDAR: "Asset to calendar",
    Stage.PUBLISH: "Calendar to publish",
    Stage.ENGAGEMENT: "Publish to engagement",
}
_BAR = {
    CalendarStatus.PLANNED: "planned",
    CalendarStatus.AWAITING_APPROVAL: "planned",
    CalendarStatus.SCHEDULED: "scheduled",
    CalendarStatus.PUBLISHING: "scheduled",
    CalendarStatus.PUBLISHED: "published",
    CalendarStatus.VERIFIED: "published",
    CalendarStatus.FAILED: "failed",
    CalendarStatus.BLOCKED: "failed",
}


def chart(value: ClientHealth) -> ClientHealthChart:
    return ClientHealthChart(
        client=value.situation.client.name,
        period=f"Pipeline of the last {value.days} days, calendar by day, times in {zone_name(value.zone)}",
        zone=value.zone,
        funnel=rates(value),
        calendar=_bars(value),
        now=value.now,
    )


def rates(value: ClientHealth) -> tuple[Rate, ...]:
    """The funnel's success rates in the order of the pipeline."""
    counts = [(name, value.funnel.get(stage, (0, 0))) for stage, name in STEPS.items()]
    return tuple(Rate(name, ok / of if of else None, of) for name, (ok, of) in counts)


def _bars(value: ClientHealth) -> tuple[CalendarBar, ...]:
    counted: Counter[tuple[datetime, str]] = Counter(
        (midnight(item.scheduled_at, value.zone), _BAR[item.status])
        for item in value.calendar
        if item.status is not CalendarStatus.CANCELLED
    )
    starts = []
    day = value.since
    while day < value.until:
        starts.append(day)
        day = midnight(day, value.zone, 1)
    return tuple(
        CalendarBar(
            day,
            planned=counted[day, "planned"],
            scheduled=counted[day, "scheduled"],
            published=counted[day, "published"],
            failed=counted[day, "failed"],
        )
        for day in starts
    )
