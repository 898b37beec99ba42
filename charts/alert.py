"""The chart under an alert: the expression that fired, where its threshold is, and since when it is beyond."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import nan
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from .scales import moment, spread, zone_name
from .style import (
    ALARM_TINT,
    BAD,
    BODY,
    INK,
    MARGIN,
    MUTED,
    SERIES,
    SMALL,
    gap,
    heading,
    limit_line,
    panel,
    shorten,
    time_axis,
    value_axis,
)
from .words import Unit, alt, amount, clean, known, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SERIES = 5
COLORS = SERIES[:MOST_SERIES]
ROOM_ABOVE = 1.08  # for the words over the threshold
MISSED = 1.5  # steps between two samples from which on one is missing

Sample = tuple[datetime, float]


class Line(NamedTuple):
    """A series as it is drawn: only what is known, in its window."""

    name: str
    color: str
    samples: list[Sample]


@dataclass(frozen=True)
class Series:
    """One line: moments in order, a value each; None, NaN or a missing moment is a gap."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True)
class AlertChart:
    """The expression of an alert from `start` to `end`, sampled every `step`; the first five series are drawn."""

    size: ClassVar[tuple[int, int]] = (1200, 520)
    title: str
    unit: Unit
    series: tuple[Series, ...]
    start: datetime
    end: datetime
    step: timedelta
    zone: str
    threshold: float | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None

    @property
    def alt_text(self) -> str:
        """The last and the highest value of each line, the threshold, and since when it fires."""
        threshold = f"Threshold {amount(self.threshold, self.unit)}." if known(self.threshold) is not None else ""
        lines = "; ".join(self._words(one) for one in self.series[:MOST_SERIES]) or "no data"
        more = f"{self._more()}." if self._more() else ""
        return alt(f"{clean(self.title, 200)}: {lines}.", more, threshold, self._state())

    def paint(self, figure: "Figure") -> None:
        """Lines with their last value at the end, the threshold dashed, the firing time shaded."""
        heading(figure, self.title, " · ".join(part for part in (self._span(), self._more()) if part))
        lines = [Line(one.name, color, self._samples(one)) for one, color in zip(self.series, COLORS, strict=False)]
        single = len(lines) <= 1
        room = 170 if single else 340
        axes = panel(figure, 150, 130, self.size[0] - 150 - room, self.size[1] - 130 - 70)
        time_axis(axes, self.start, self.end, self.zone, most=8 if single else 5)
        limit = known(self.threshold)
        values = [0.0, (limit or 0.0) * ROOM_ABOVE, *(value for line in lines for _, value in line.samples)]
        value_axis(axes, min(values), max(values), self.unit)
        self._shade(axes)
        if single:
            self._show_gaps(axes, lines[0].samples if lines else [])
        for line in lines:
            _draw(axes, line, self.step)
        self._label_ends(axes, [line for line in lines if line.samples], room - MARGIN)
        if limit is not None:
            limit_line(axes, limit, f"threshold {amount(limit, self.unit)}")

    def _time(self, at: datetime) -> str:
        return moment(at, self.zone, self.end)

    def _samples(self, one: Series) -> list[Sample]:
        inside = ((at, known(value)) for at, value in one.points if self.start <= at <= self.end)
        return [(at, value) for at, value in inside if value is not None]

    def _words(self, one: Series) -> str:
        name = f"{clean(one.name)} " if len(self.series) > 1 else ""
        if not (samples := self._samples(one)):
            return f"{name}no data"
        (last_at, last), (high_at, high) = samples[-1], max(samples, key=lambda sample: sample[1])
        now = f"{amount(last, self.unit)} at {self._time(last_at)}"
        return f"{name}{now}, highest {amount(high, self.unit)} at {self._time(high_at)}"

    def _state(self) -> str:
        if self.fired_at is None:
            return f"Times in {zone_name(self.zone)}."
        fired = self._time(self.fired_at)
        if self.resolved_at is None:
            return f"Firing since {fired} ({zone_name(self.zone)})."
        return f"Fired {fired}, resolved {self._time(self.resolved_at)} ({zone_name(self.zone)})."

    def _span(self) -> str:
        hours = (self.end - self.start) / timedelta(hours=1)
        size, name = (24, "day") if hours >= 36 else (1, "hour") if hours >= 1.5 else (1 / 60, "minute")
        span = plural(round(hours / size), name)
        resolved = f" · resolved {self._time(self.resolved_at)}" if self.resolved_at else ""
        return f"{span}, times in {zone_name(self.zone)}{resolved}"

    def _more(self) -> str:
        more = len(self.series) - MOST_SERIES
        return f"{plural(more, 'more line')} not drawn" if more > 0 else ""

    def _shade(self, axes: "Axes") -> None:
        if self.fired_at is None or self.fired_at > self.end:
            return
        begin, until = max(self.fired_at, self.start), min(self.resolved_at or self.end, self.end)
        x = begin.timestamp()
        axes.axvspan(x, max(until, begin).timestamp(), color=ALARM_TINT, linewidth=0, zorder=0, label="firing")
        axes.axvline(x, color=BAD, linewidth=3, label="fired")
        aside = -10 if x > sum(axes.get_xlim()) / 2 else 10
        words = f"fired {self._time(self.fired_at)}"
        label = axes.annotate(words, (x, 1), (aside, -6), xycoords=axes.get_xaxis_transform())
        label.set(fontsize=SMALL, color=BAD, va="top", ha="right" if aside < 0 else "left", anncoords="offset points")

    def _show_gaps(self, axes: "Axes", samples: Sequence[Sample]) -> None:
        moments = [self.start - self.step / 2, *(at for at, _ in samples), self.end + self.step / 2]
        for before, after in pairwise(moments):
            if after - before > MISSED * self.step:
                gap(axes, max(before, self.start).timestamp(), min(after, self.end).timestamp())

    def _label_ends(self, axes: "Axes", lines: Sequence[Line], room: float) -> None:
        low, high = axes.get_ylim()
        apart = 34 / axes.get_window_extent().height * (high - low)
        places = spread([line.samples[-1][1] for line in lines], apart, low, high)
        alone = len(self.series) == 1
        for line, place in zip(lines, places, strict=True):
            at, value = line.samples[-1]
            words, fresh = amount(value, self.unit), self.end - at <= MISSED * self.step
            if not fresh:  # an old value must not pass for the present one
                words += ("\n" if alone else " ") + f"at {self._time(at)}"
            end = (self.end.timestamp(), place)
            if not alone:
                swatch = axes.annotate("■", end, (14, 0), textcoords="offset points")
                swatch.set(fontsize=BODY, color=line.color, va="center_baseline")
                words += f" {clean(line.name)}"
            label = axes.annotate(words, end, (14 if alone else 42, 0), textcoords="offset points")
            label.set(fontsize=BODY, color=INK if fresh else MUTED, va="center_baseline")
            label.set(weight="bold" if alone else "normal")
            shorten(label, room - (0 if alone else 28))


def _draw(axes: "Axes", line: Line, step: timedelta) -> None:
    runs: list[list[tuple[float, float]]] = []
    previous: datetime | None = None
    for at, value in line.samples:
        if previous is None or at - previous > MISSED * step:
            runs.append([])
        runs[-1].append((at.timestamp(), value))
        previous = at
    points = [point for run in runs for point in (*run, (run[-1][0], nan))]
    drawn = axes.plot([x for x, _ in points], [y for _, y in points], color=line.color, linewidth=4, clip_on=False)
    drawn[0].set(solid_capstyle="round", solid_joinstyle="round", label=clean(line.name))
    # A sample between two gaps has no neighbour to be joined to, and the last one is where the eye should end.
    dots = [run[-1] for run in runs if len(run) == 1 or run is runs[-1]]
    axes.scatter([x for x, _ in dots], [y for _, y in dots], s=120, color=line.color, zorder=3, clip_on=False)
