"""One realistic chart of each kind."""

from datetime import UTC, datetime, timedelta

from charts import (
    AlertChart,
    CalendarBar,
    CheckinChart,
    ClientHealthChart,
    CostChart,
    DueHour,
    PublishHour,
    Rate,
    Series,
    Spend,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = datetime(2026, 11, 17, tzinfo=UTC)
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = tuple(MONDAY + timedelta(days=n) for n in range(3))
NOW = datetime(2026, 11, 17, 8, tzinfo=UTC)
END = datetime(2026, 11, 17, 8, tzinfo=UTC)
STEP = timedelta(minutes=10)
START = END - 36 * STEP
NAMES = ("Instagram", "Facebook", "TikTok", "YouTube", "LinkedIn", "X", "Skool")


def series(*values: float | None, name: str = "Instagram") -> Series:
    return Series(name, tuple((START + n * STEP, value) for n, value in enumerate(values)))


STEADY = series(*[0.01] * 30, *[0.056] * 7)
ALERT = AlertChart(
    title="Publish failures, Instagram",
    unit="ratio",
    series=(STEADY,),
    start=START,
    end=END,
    step=STEP,
    zone="Europe/Berlin",
    threshold=0.02,
    fired_at=START + 31 * STEP,
)
CHECKIN = CheckinChart(
    zone="Europe/Berlin",
    at=NOW,
    hours=tuple(PublishHour(NOW - (24 - n) * HOUR, 15 if n else 25, 1 if n == 5 else 0) for n in range(24)),
    platforms=tuple(Rate(name, 52 / 53 if name == "Instagram" else 1.0, 53) for name in NAMES),
    schedule=tuple(DueHour(NOW + n * HOUR, n) for n in range(6)),
)
HEALTH = ClientHealthChart(
    client="Acme Outdoor",
    period="last 30 days",
    zone="UTC",
    funnel=(
        Rate("Plan → asset", 0.96, 50),
        Rate("Asset → calendar", 1.0, 48),
        Rate("Calendar → publish", 40 / 48, 48),
        Rate("Publish → engagement", 0.975, 40),
    ),
    calendar=(
        CalendarBar(TODAY - DAY, 0, 0, 8, 0),
        CalendarBar(TODAY, 0, 4, 2, 2),
        CalendarBar(TODAY + DAY, 5, 3, 0, 0),
    ),
    now=TODAY + timedelta(hours=8),
)
COST = CostChart(
    title="Spend by client",
    zone="UTC",
    grain="day",
    starts=DAYS,
    spend=(Spend("Acme", (10.0, 20.0, 30.0)), Spend("Blue Bakery", (1.0, 1.5, 2.0))),
    budget=25,
)
