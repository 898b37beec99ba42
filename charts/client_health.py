"""The picture in the answer to `/client-health`: where a client's pipeline loses items, and what its calendar holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from .bars import Layer, bar_axis, label_bars, rate_rows, stacks
from .chart import NoData, Rate
from .scales import Grain
from .style import BAD, GOOD, MARGIN, MUTED, SKY, SMALL, heading, key, panel, present, value_axis, write
from .words import alt, brief, clean, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANNED, NOW = "#c9cfd6", "#e3eff7"


@dataclass(frozen=True)
class CalendarBar:
    """The calendar items of one hour or day by how far they are; each is counted once. All None when nobody knows."""

    start: datetime
    planned: int | None
    scheduled: int | None
    published: int | None
    failed: int | None


@dataclass(frozen=True)
class ClientHealthChart:
    """One client: the funnel's success rates in the order of the pipeline, and its calendar round `now`."""

    size: ClassVar[tuple[int, int]] = (1200, 640)
    client: str
    period: str
    zone: str
    funnel: tuple[Rate, ...] | NoData
    calendar: tuple[CalendarBar, ...] | NoData
    grain: Grain = "day"
    now: datetime | None = None
    target: float = 0.95

    @property
    def alt_text(self) -> str:
        """The rate of each step of the funnel, and the calendar's totals."""
        if isinstance(self.funnel, NoData):
            funnel = f"pipeline {self.funnel.words(self.zone)}"
        else:
            funnel = ", ".join(f"{clean(rate.name)} {rate.words}" for rate in self.funnel) or "nothing in the pipeline"
        if isinstance(self.calendar, NoData):
            calendar = self.calendar.words(self.zone)
        else:
            words = [*(words for words, _ in _totals(self.calendar)), self._unknown(self.calendar)]
            calendar = ", ".join(filter(None, words))
        return alt(f"{clean(self.client)}, {clean(self.period)}: {funnel}.", f"Calendar: {calendar}.")

    def paint(self, figure: "Figure") -> None:
        """The funnel over the calendar."""
        wide = self.size[0] - 2 * MARGIN
        unknown = "" if isinstance(self.calendar, NoData) else self._unknown(self.calendar)
        heading(figure, self.client, self.period + (f" · calendar: {unknown}" if unknown else ""))
        rate_rows(panel(figure, MARGIN, 128, wide, 190), self.funnel, self.zone, self.target, (330, 230))
        write(figure, MARGIN, 370, "Calendar", bold=True)
        if not isinstance(self.calendar, NoData):
            key(figure, MARGIN + 170, 370, _totals(self.calendar))
        self._strip(panel(figure, MARGIN + 52, 424, wide - 52, 150))

    def _unknown(self, calendar: Sequence[CalendarBar]) -> str:
        unknown = sum(bar.published is None for bar in calendar)
        return f"{plural(unknown, self.grain)} unknown" if unknown else ""

    def _strip(self, axes: "Axes") -> None:
        if not (calendar := present(axes, self.calendar, self.zone, "nothing in the calendar")):
            return
        bar_axis(axes, [bar.start for bar in calendar], self.zone, self.grain, most=8)
        tops = stacks(axes, _layers(calendar))
        value_axis(axes, 0, max(2, 1.08 * max(tops)), "count", most=3, whole=True)
        failed = sorted((i for i, bar in enumerate(calendar) if bar.failed), key=lambda i: -(calendar[i].failed or 0))
        label_bars(axes, [(i, brief(calendar[i].failed or 0)) for i in failed], tops, BAD)
        begun = [i for i, bar in enumerate(calendar) if self.now is not None and bar.start <= self.now]
        if begun:
            axes.axvspan(begun[-1] - 0.5, begun[-1] + 0.5, color=NOW, linewidth=0, zorder=0, label="now")
            label = axes.annotate("now", (begun[-1], 1), (0, 4), xycoords=axes.get_xaxis_transform())
            label.set(fontsize=SMALL, color=MUTED, ha="center", anncoords="offset points")


def _totals(calendar: Sequence[CalendarBar]) -> list[tuple[str, str]]:
    totals = [(sum(value or 0 for value in layer.values), layer) for layer in _layers(calendar)]
    return [(f"{total:,.0f} {layer.name}", layer.color) for total, layer in totals if total or layer.name != "failed"]


def _layers(calendar: Sequence[CalendarBar]) -> list[Layer]:
    return [
        Layer("published", GOOD, [bar.published for bar in calendar]),
        Layer("scheduled", SKY, [bar.scheduled for bar in calendar]),
        Layer("planned", PLANNED, [bar.planned for bar in calendar]),
        Layer("failed", BAD, [bar.failed for bar in calendar]),
    ]
