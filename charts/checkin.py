"""The picture on a check-in's card: what went out, how well each platform does, and what is due next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from .bars import Layer, label_bars, rate_rows, stacks
from .chart import NoData, Rate
from .scales import clock, time_ticks
from .style import BAD, FAINT, GOOD, MARGIN, MUTED, SKY, key, panel, present, value_axis, write
from .words import alt, brief, clean, known, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HOUR = timedelta(hours=1)


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
    """The 24 hours to `at`, success per platform, and the next 6 hours; a panel without its source is NoData."""

    size: ClassVar[tuple[int, int]] = (1200, 600)
    zone: str
    at: datetime
    hours: tuple[PublishHour, ...] | NoData
    platforms: tuple[Rate, ...] | NoData
    schedule: tuple[DueHour, ...] | NoData
    target: float = 0.99

    @property
    def alt_text(self) -> str:
        """Totals of the day, the platforms below the target by name, and what is due."""
        return alt(
            f"24 hours to {clock(self.at, self.zone)}: {self._published()}.",
            f"{self._platforms()}.",
            f"Next 6 hours: {self._due()}.",
        )

    def paint(self, figure: "Figure") -> None:
        """The day at the left; platforms over schedule at the right."""
        half, right = 580, 644
        wide = self.size[0] - right - MARGIN
        write(figure, MARGIN, 44, f"24 hours to {clock(self.at, self.zone)}", bold=True)
        if not isinstance(self.hours, NoData):
            published, failed = self._totals()
            key(figure, MARGIN, 86, [(published, GOOD), (failed, MUTED if failed.startswith("0 ") else BAD)])
            write(figure, half, 44, self._unknown(), color=MUTED, align="right")
        _hours(panel(figure, MARGIN + 52, 130, half - MARGIN - 52, 400), self.hours, self.zone)
        write(figure, right, 44, "Success by platform", bold=True)
        rate_rows(panel(figure, right, 70, wide, 290), self.platforms, self.zone, self.target, (150, 218))
        write(figure, right, 402, "Next 6 hours", bold=True)
        if not isinstance(self.schedule, NoData):
            write(figure, self.size[0] - MARGIN, 402, self._due(), color=MUTED, align="right")
        _schedule(panel(figure, right, 440, wide, 90), self.schedule, self.zone)

    def _published(self) -> str:
        if isinstance(self.hours, NoData):
            return self.hours.words(self.zone)
        return " · ".join(part for part in (*self._totals(), self._unknown()) if part)

    def _totals(self) -> tuple[str, str]:
        """What the platforms add up to: the hours are for the shape of the day, each is rounded by itself."""
        if isinstance(self.platforms, NoData):
            return "published", "failed"
        ended = sum(rate.of or 0 for rate in self.platforms)
        published = sum(round((known(rate.ratio) or 0) * (rate.of or 0)) for rate in self.platforms)
        return f"{published:,} published", f"{ended - published:,} failed"

    def _unknown(self) -> str:
        unknown = 0 if isinstance(self.hours, NoData) else sum(hour.published is None for hour in self.hours)
        return f"{unknown} h unknown" if unknown else ""

    def _platforms(self) -> str:
        if isinstance(self.platforms, NoData):
            return f"Success by platform: {self.platforms.words(self.zone)}"
        if not self.platforms:
            return "Nothing was due on any platform"
        rates = ", ".join(f"{clean(rate.name)} {rate.words}" for rate in self.platforms)
        return f"Success by platform (target {share(self.target)}): {rates}"

    def _due(self) -> str:
        if isinstance(self.schedule, NoData):
            return self.schedule.words(self.zone)
        return f"{sum(hour.due for hour in self.schedule):,} due"


def _hours(axes: "Axes", hours: Sequence[PublishHour] | NoData, zone: str) -> None:
    if not (hours := present(axes, hours, zone, "nothing was published")):
        return
    _hour_axis(axes, [hour.start for hour in hours], zone, most=4)
    good = Layer("published", GOOD, [hour.published for hour in hours])
    bad = Layer("failed", BAD, [hour.failed for hour in hours])
    tops = stacks(axes, [good, bad])
    value_axis(axes, 0, max(4, 1.08 * max(tops)), "count", whole=True)
    worst = sorted((i for i, hour in enumerate(hours) if hour.failed), key=lambda i: -(hours[i].failed or 0))
    label_bars(axes, [(i, brief(hours[i].failed or 0)) for i in worst], tops, BAD)


def _schedule(axes: "Axes", schedule: Sequence[DueHour] | NoData, zone: str) -> None:
    if not (schedule := present(axes, schedule, zone, "nothing is scheduled")):
        return
    _hour_axis(axes, [hour.start for hour in schedule], zone, most=4)
    tops = stacks(axes, [Layer("due", SKY, [hour.due for hour in schedule])])
    axes.set_ylim(0, 1.5 * max(1, *tops))
    axes.axhline(0, color=FAINT, linewidth=2)
    label_bars(axes, [(i, brief(hour.due)) for i, hour in enumerate(schedule)], tops)


def _hour_axis(axes: "Axes", starts: Sequence[datetime], zone: str, most: int) -> None:
    """A bar for each hour, whenever it begins; round times stand where they fall between and on the bars."""
    ticks = time_ticks(starts[0], starts[-1], zone, most)
    axes.set_xlim(-0.5, len(starts) - 0.5)
    axes.set_xticks([(at - starts[0]) / HOUR - 0.5 for at, _ in ticks], [label for _, label in ticks])
