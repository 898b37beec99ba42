"""The picture in the answer to `/client-health`: where a client's pipeline loses items, and what its calendar holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .chart import NoData, Rate
from .scales import Grain
from .style import (
    BAD,
    GOOD,
    INK,
    MARGIN,
    MUTED,
    SKY,
    SMALL,
    Layer,
    bar_axis,
    heading,
    key,
    label_bars,
    panel,
    present,
    rate_rows,
    stacks,
    value_axis,
    write,
)
from .words import alt, brief, clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLANNED = "#c9cfd6"


@dataclass(frozen=True)
class CalendarBar:
    """The calendar items of one hour or day by how far they are; each is counted once. None when nobody knows."""

    start: datetime
    planned: int | None
    scheduled: int | None
    published: int | None
    failed: int | None = 0


@dataclass(frozen=True)
class ClientHealthChart:
    """One client: the funnel's success rates in the order of the pipeline, and its calendar round `now`."""

    client: str
    period: str
    zone: str
    funnel: tuple[Rate, ...] | NoData
    calendar: tuple[CalendarBar, ...] | NoData
    grain: Grain = "day"
    now: datetime | None = None
    target: float = 0.95
    size: tuple[int, int] = field(default=(1200, 640))

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
            calendar = ", ".join(words for words, _ in self._totals(self.calendar))
        return alt(f"{clean(self.client)}, {clean(self.period)}: {funnel}.", f"Calendar: {calendar}.")

    def paint(self, figure: "Figure") -> None:
        """The funnel over the calendar."""
        wide = self.size[0] - 2 * MARGIN
        heading(figure, self.client, self.period)
        rate_rows(panel(figure, MARGIN, 128, wide, 190), self.funnel, self.zone, self.target, (330, 230))
        write(figure, MARGIN, 370, "Calendar", bold=True)
        if not isinstance(self.calendar, NoData):
            key(figure, MARGIN + 170, 370, self._totals(self.calendar), wide - 170)
        self._strip(panel(figure, MARGIN + 52, 410, wide - 52, 160))

    def _totals(self, calendar: Sequence[CalendarBar]) -> list[tuple[str, str]]:
        layers = _layers(calendar)
        totals = [(sum(value or 0 for value in layer.values), layer) for layer in layers]
        return [
            (f"{total:,.0f} {layer.name}", layer.color) for total, layer in totals if total or layer.name != "failed"
        ]

    def _strip(self, axes: "Axes") -> None:
        if not (calendar := present(axes, self.calendar, self.zone, "nothing in the calendar")):
            return
        bar_axis(axes, [bar.start for bar in calendar], self.zone, self.grain, most=8)
        tops = stacks(axes, _layers(calendar))
        value_axis(axes, 0, max(2, 1.08 * max(tops)), "count", most=3)
        failed = [(i, brief(bar.failed)) for i, bar in enumerate(calendar) if bar.failed]
        label_bars(axes, failed, tops, BAD)
        before = [i for i, bar in enumerate(calendar) if self.now is not None and bar.start <= self.now]
        if before and self.now is not None and before[-1] < len(calendar) - 1:
            i = before[-1]
            x = i - 0.5 + (self.now - calendar[i].start) / (calendar[i + 1].start - calendar[i].start)
            axes.axvline(x, color=INK, linewidth=3, dashes=(1, 1.5))
            label = axes.annotate(
                "now", (x, 1), (8, 0), xycoords=axes.get_xaxis_transform(), textcoords="offset points"
            )
            label.set(fontsize=SMALL, color=MUTED, va="top")


def _layers(calendar: Sequence[CalendarBar]) -> list[Layer]:
    return [
        Layer("published", GOOD, [bar.published for bar in calendar]),
        Layer("scheduled", SKY, [bar.scheduled for bar in calendar]),
        Layer("planned", PLANNED, [bar.planned for bar in calendar]),
        Layer("failed", BAD, [bar.failed if bar.published is not None else None for bar in calendar]),
    ]
