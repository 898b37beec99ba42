"""The picture on a check-in's card: what went out, how well each platform does, and what is due next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from .bars import Layer, bar_axis, label_bars, rate_rows, stacks
from .chart import NoData, Rate
from .scales import clock
from .style import BAD, FAINT, GOOD, MARGIN, MUTED, SKY, key, panel, present, value_axis, write
from .words import alt, brief, clean, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
            published, failed, *unknown = _totals(self.hours)
            key(figure, MARGIN, 86, [(published, GOOD), (failed, BAD if any(h.failed for h in self.hours) else MUTED)])
            write(figure, half, 44, "".join(unknown), color=MUTED, align="right")
        _hours(panel(figure, MARGIN + 52, 130, half - MARGIN - 52, 400), self.hours, self.zone)
        write(figure, right, 44, "Success by platform", bold=True)
        rate_rows(panel(figure, right, 70, wide, 290), self.platforms, self.zone, self.target, (150, 218))
        write(figure, right, 402, "Next 6 hours", bold=True)
        if not isinstance(self.schedule, NoData):
            write(figure, self.size[0] - MARGIN, 402, self._due(), color=MUTED, align="right")
        _schedule(panel(figure, right, 440, wide, 90), self.schedule, self.zone)

    def _published(self) -> str:
        return self.hours.words(self.zone) if isinstance(self.hours, NoData) else " · ".join(_totals(self.hours))

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


def _totals(hours: Sequence[PublishHour]) -> list[str]:
    unknown = sum(hour.published is None for hour in hours)
    totals = [
        f"{sum(hour.published or 0 for hour in hours):,} published",
        f"{sum(hour.failed or 0 for hour in hours):,} failed",
    ]
    return [*totals, f"{unknown} h unknown"] if unknown else totals


def _hours(axes: "Axes", hours: Sequence[PublishHour] | NoData, zone: str) -> None:
    if not (hours := present(axes, hours, zone, "nothing was published")):
        return
    bar_axis(axes, [hour.start for hour in hours], zone, "hour", most=4)
    good = Layer("published", GOOD, [hour.published for hour in hours])
    bad = Layer("failed", BAD, [hour.failed for hour in hours])
    tops = stacks(axes, [good, bad])
    value_axis(axes, 0, max(4, 1.08 * max(tops)), "count", whole=True)
    worst = sorted((i for i, hour in enumerate(hours) if hour.failed), key=lambda i: -(hours[i].failed or 0))
    label_bars(axes, [(i, brief(hours[i].failed or 0)) for i in worst], tops, BAD)


def _schedule(axes: "Axes", schedule: Sequence[DueHour] | NoData, zone: str) -> None:
    if not (schedule := present(axes, schedule, zone, "nothing is scheduled")):
        return
    bar_axis(axes, [hour.start for hour in schedule], zone, "hour", most=6)
    tops = stacks(axes, [Layer("due", SKY, [hour.due for hour in schedule])])
    axes.set_ylim(0, 1.5 * max(1, *tops))
    axes.axhline(0, color=FAINT, linewidth=2)
    label_bars(axes, [(i, brief(hour.due)) for i, hour in enumerate(schedule)], tops)
