"""The chart under an alert: the expression that fired, where its threshold is, and since when it is beyond."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import nan
from typing import TYPE_CHECKING

from .scales import clock, day, spread
from .style import (
    ALARM_TINT,
    BAD,
    BODY,
    FAINT,
    INK,
    MARGIN,
    MUTED,
    SERIES,
    SMALL,
    TRACK,
    heading,
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


@dataclass(frozen=True)
class Series:
    """One line: moments in order, a value each; None, NaN or a missing moment is a gap."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]

    def samples(self) -> list[tuple[datetime, float]]:
        """The points that have a value."""
        return [(at, value) for at, point in self.points if (value := known(point)) is not None]


@dataclass(frozen=True)
class AlertChart:
    """The expression of an alert from `start` to `end`, sampled every `step`; the first five series are drawn."""

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
    size: tuple[int, int] = field(default=(1200, 520))

    @property
    def alt_text(self) -> str:
        """The last and the highest value of each line, the threshold, and since when it fires."""
        threshold = f"Threshold {amount(self.threshold, self.unit)}." if known(self.threshold) is not None else ""
        lines = "; ".join(self._words(one) for one in self.series[:MOST_SERIES]) or "no data"
        more = len(self.series) - MOST_SERIES
        and_more = f"{more} more not drawn." if more > 0 else ""
        return alt(f"{clean(self.title, 200)}: {lines}.", and_more, threshold, self._state())

    def paint(self, figure: "Figure") -> None:
        """Lines with their last value at the end, the threshold dashed, the firing time shaded."""
        heading(figure, self.title, self._below())
        drawn = self.series[:MOST_SERIES]
        single = len(drawn) == 1
        room = 170 if single else 330
        axes = panel(figure, 150, 130, self.size[0] - 150 - room, self.size[1] - 130 - 70)
        time_axis(axes, self.start, self.end, self.zone, most=8 if single else 6)
        values = [value for one in drawn for _, value in one.samples()]
        values += [] if (limit := known(self.threshold)) is None else [limit]
        value_axis(axes, min([0.0, *values]), max([0.0, *values]), self.unit)
        self._shade(axes)
        if single or not drawn:
            self._show_gaps(axes, drawn[0].samples() if drawn else [])
        for one, color in zip(drawn, SERIES, strict=False):
            _line(axes, one, self.step, color)
        self._label_ends(axes, drawn, room - MARGIN)
        if limit is not None:
            _threshold(axes, limit, f"threshold {amount(limit, self.unit)}")

    def _words(self, one: Series) -> str:
        name = f"{clean(one.name)} " if len(self.series) > 1 else ""
        if not (samples := one.samples()):
            return f"{name}no data"
        (last_at, last), (high_at, high) = samples[-1], max(samples, key=lambda sample: sample[1])
        return (
            f"{name}{amount(last, self.unit)} at {clock(last_at, self.zone)}, "
            f"highest {amount(high, self.unit)} at {clock(high_at, self.zone)}"
        )

    def _state(self) -> str:
        if self.fired_at is None:
            return f"Times in {self.zone}."
        fired = f"{day(self.fired_at, self.zone)} {clock(self.fired_at, self.zone)}"
        if self.resolved_at is None:
            return f"Firing since {fired} ({self.zone})."
        return f"Fired {fired}, resolved {clock(self.resolved_at, self.zone)} ({self.zone})."

    def _below(self) -> str:
        more = len(self.series) - MOST_SERIES
        hours = (self.end - self.start) / timedelta(hours=1)
        span = plural(round(hours), "hour") if hours >= 1.5 else plural(round(hours * 60), "minute")
        return f"{span}, times in {self.zone}" + (f" · {plural(more, 'more line')} not drawn" if more > 0 else "")

    def _shade(self, axes: "Axes") -> None:
        if self.fired_at is None or self.fired_at > self.end:
            return
        begin = max(self.fired_at, self.start).timestamp()
        until = min(self.resolved_at or self.end, self.end).timestamp()
        axes.axvspan(begin, max(begin, until), color=ALARM_TINT, linewidth=0, zorder=0)
        _moment(axes, self.fired_at, self.start, f"fired {clock(self.fired_at, self.zone)}", BAD)
        if self.resolved_at is not None and self.resolved_at <= self.end:
            _moment(axes, self.resolved_at, self.start, "", FAINT)

    def _show_gaps(self, axes: "Axes", samples: Sequence[tuple[datetime, float]]) -> None:
        moments = [self.start - self.step, *(at for at, _ in samples), self.end + self.step]
        for before, after in zip(moments, moments[1:], strict=False):
            if after - before <= 2 * self.step:
                continue
            left, right = max(before, self.start).timestamp(), min(after, self.end).timestamp()
            axes.axvspan(left, right, color=TRACK, linewidth=0, zorder=0.5, label="gap")
            words = axes.text((left + right) / 2, 0.5, "no data", fontsize=SMALL, color=MUTED, ha="center", va="center")
            words.set_transform(axes.get_xaxis_transform())
            if (
                words.get_window_extent().width
                > (right - left) / (self.end - self.start).total_seconds() * axes.bbox.width
            ):
                words.remove()

    def _label_ends(self, axes: "Axes", drawn: Sequence[Series], room: float) -> None:
        ends = [
            (one, samples[-1][1], color)
            for one, color in zip(drawn, SERIES, strict=False)
            if (samples := one.samples())
        ]
        low, high = axes.get_ylim()
        apart = 34 / axes.bbox.height * (high - low)
        places = spread([value for _, value, _ in ends], apart, low, high)
        for (one, value, color), place in zip(ends, places, strict=True):
            words = amount(value, self.unit) + ("" if len(drawn) == 1 else f" {clean(one.name)}")
            label = axes.annotate(words, (self.end.timestamp(), place), (14, 0), textcoords="offset points")
            label.set(fontsize=BODY, weight="bold", color=color if len(drawn) > 1 else INK, va="center_baseline")
            shorten(label, room)


def _line(axes: "Axes", one: Series, step: timedelta, color: str) -> None:
    xs: list[float] = []
    ys: list[float] = []
    previous: datetime | None = None
    for at, value in one.samples():
        if previous is not None and at - previous > 1.5 * step:
            xs.append(at.timestamp())
            ys.append(nan)
        xs.append(at.timestamp())
        ys.append(value)
        previous = at
    axes.plot(
        xs,
        ys,
        color=color,
        linewidth=4,
        solid_capstyle="round",
        solid_joinstyle="round",
        label=clean(one.name),
        clip_on=False,
    )
    # A sample between two gaps has no neighbour to be joined to, and the last one is where the eye should end.
    lonely = [
        i
        for i, y in enumerate(ys)
        if y == y and (i == len(ys) - 1 or ((i == 0 or ys[i - 1] != ys[i - 1]) and ys[i + 1] != ys[i + 1]))
    ]
    axes.scatter([xs[i] for i in lonely], [ys[i] for i in lonely], s=120, color=color, zorder=3, clip_on=False)


def _threshold(axes: "Axes", value: float, words: str) -> None:
    axes.axhline(value, color=BAD, linewidth=3, dashes=(4, 3))
    label = axes.annotate(words, (axes.get_xlim()[0], value), (4, 7), textcoords="offset points")
    label.set(fontsize=SMALL, color=BAD, va="bottom")
    label.set_bbox({"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1})


def _moment(axes: "Axes", at: datetime, start: datetime, words: str, color: str) -> None:
    x = max(at, start).timestamp()
    axes.axvline(x, color=color, linewidth=3)
    left, right = axes.get_xlim()
    aside = -10 if x > (left + right) / 2 else 10
    label = axes.annotate(words, (x, 1), (aside, -6), xycoords=axes.get_xaxis_transform(), textcoords="offset points")
    label.set(fontsize=SMALL, color=color, va="top", ha="right" if aside < 0 else "left")
