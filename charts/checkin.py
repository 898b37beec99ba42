"""The picture on a check-in's card: what went out, how well each platform does, and what is due next."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .chart import NoData, Rate
from .scales import clock
from .style import (
    BAD,
    BODY,
    FAINT,
    GOOD,
    INK,
    MARGIN,
    MUTED,
    SKY,
    SMALL,
    TRACK,
    absent,
    panel,
    rate_rows,
    time_axis,
    value_axis,
    write,
)
from .words import alt, clean, plural, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOUR = timedelta(hours=1)
_BAR = 0.74 * HOUR.total_seconds()


@dataclass(frozen=True)
class PublishHour:
    """The publishes of the hour from `start` that ended well and that failed for good; None when nobody knows."""

    start: datetime
    published: int | None
    failed: int | None


@dataclass(frozen=True)
class DueHour:
    """How many posts are to go out in the hour from `start`."""

    start: datetime
    due: int


@dataclass(frozen=True)
class CheckinChart:
    """The last 24 hours, success per platform, and the next 6 hours; a panel without its source is NoData."""

    zone: str
    hours: tuple[PublishHour, ...] | NoData
    platforms: tuple[Rate, ...] | NoData
    schedule: tuple[DueHour, ...] | NoData
    target: float = 0.99
    size: tuple[int, int] = field(default=(1200, 600))

    @property
    def alt_text(self) -> str:
        """Totals of the day, the platforms below the target by name, and what is due."""
        return alt(f"Last 24 hours: {self._published()}.", f"{self._platforms()}.", f"Next 6 hours: {self._due()}.")

    def paint(self, figure: "Figure") -> None:
        """The day at the left; platforms over schedule at the right."""
        half = 580
        right = half + 64
        write(figure, MARGIN, 44, "Last 24 hours", bold=True)
        write(figure, MARGIN, 84, self._published(), color=MUTED, width=half - MARGIN)
        _hours(panel(figure, MARGIN + 52, 130, half - MARGIN - 52, 400), self.hours, self.zone)
        write(figure, right, 44, "Success by platform", bold=True)
        wide = self.size[0] - right - MARGIN
        rows = panel(figure, right, 70, wide, 290)
        rate_rows(rows, self.platforms, self.zone, self.target, (150, 200))
        write(figure, right, 402, "Next 6 hours", bold=True)
        write(figure, self.size[0] - MARGIN, 402, self._due(), color=MUTED, align="right")
        _schedule(panel(figure, right, 440, wide, 90), self.schedule, self.zone)

    def _published(self) -> str:
        if isinstance(self.hours, NoData):
            return self.hours.words(self.zone)
        published = sum(hour.published or 0 for hour in self.hours)
        failed = sum(hour.failed or 0 for hour in self.hours)
        unknown = sum(hour.published is None for hour in self.hours)
        words = f"{published:,} published · {failed:,} failed"
        return words + (f" · {plural(unknown, 'hour')} unknown" if unknown else "")

    def _platforms(self) -> str:
        if isinstance(self.platforms, NoData):
            return f"Success by platform: {self.platforms.words(self.zone)}"
        if not self.platforms:
            return "Nothing was due on any platform"
        rates = ", ".join(f"{clean(rate.name)} {rate.words}" for rate in self.platforms)
        return f"Success by platform (target {share(self.target)}): {rates}"

    def _due(self) -> str:
        return (
            self.schedule.words(self.zone)
            if isinstance(self.schedule, NoData)
            else f"{sum(h.due for h in self.schedule):,} due"
        )


def _hours(axes: "Axes", hours: Sequence[PublishHour] | NoData, zone: str) -> None:
    if isinstance(hours, NoData) or not hours:
        absent(axes, hours.words(zone) if isinstance(hours, NoData) else "nothing was published")
        return
    time_axis(axes, hours[0].start, hours[-1].start + HOUR, zone, most=5)
    known = [hour for hour in hours if hour.published is not None and hour.failed is not None]
    middles = [(hour.start + HOUR / 2).timestamp() for hour in known]
    good = [hour.published or 0 for hour in known]
    bad = [hour.failed or 0 for hour in known]
    value_axis(axes, 0, max([4, *(g + b for g, b in zip(good, bad, strict=True))]) * 1.08, "count")
    axes.bar(middles, good, width=_BAR, color=GOOD, label="published")
    axes.bar(middles, bad, width=_BAR, bottom=good, color=BAD, label="failed")
    for hour in hours:
        if hour.published is None or hour.failed is None:
            axes.axvspan(
                hour.start.timestamp(),
                (hour.start + HOUR).timestamp(),
                color=TRACK,
                linewidth=0,
                zorder=0.5,
                label="unknown",
            )
    for x, g, b in zip(middles, good, bad, strict=True):
        if b:
            top = axes.annotate(f"{b:,}", (x, g + b), (0, 4), textcoords="offset points")
            top.set(fontsize=SMALL, color=BAD, weight="bold", ha="center")


def _schedule(axes: "Axes", schedule: Sequence[DueHour] | NoData, zone: str) -> None:
    if isinstance(schedule, NoData) or not schedule:
        absent(axes, schedule.words(zone) if isinstance(schedule, NoData) else "nothing is scheduled")
        return
    rows = range(len(schedule))
    most = max(1, *(hour.due for hour in schedule))
    axes.set(xlim=(-0.5, len(schedule) - 0.5), ylim=(0, most * 1.5))
    axes.set_xticks(list(rows), [clock(hour.start, zone) for hour in schedule])
    axes.bar(rows, [hour.due for hour in schedule], width=0.74, color=SKY, label="due")
    axes.axhline(0, color=FAINT, linewidth=2)
    for row, hour in enumerate(schedule):
        number = axes.annotate(f"{hour.due:,}", (row, hour.due), (0, 5), textcoords="offset points")
        number.set(fontsize=BODY, color=INK if hour.due else MUTED, ha="center")
