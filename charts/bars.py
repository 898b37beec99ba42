"""The bars that several charts are made of: stacks over hours or days, and rows of success rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from .chart import NoData, Rate
from .scales import Grain, bar_ticks
from .style import BAD, BODY, GOOD, INK, MUTED, SMALL, TRACK, gap, present, shorten
from .words import clean, known

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Layer:
    """One colour of stacked bars: a height per bar, None where nobody knows."""

    name: str
    color: str
    values: Sequence[float | None]


def bar_axis(axes: "Axes", starts: Sequence[datetime], zone: str, grain: Grain, most: int) -> None:
    """One place on x per bar, at most `most` of them named by local times or days; x counts bars from 0."""
    ticks = bar_ticks(starts, zone, grain, most)
    axes.set_xlim(-0.5, len(starts) - 0.5)
    axes.set_xticks([i for i, _ in ticks], [label for _, label in ticks])


def stacks(axes: "Axes", layers: Sequence[Layer]) -> list[float]:
    """Bars on top of each other, the first layer lowest. A bar without any number is a gap. Gives each bar's total."""
    bars = range(len(layers[0].values))
    tops = [0.0 for _ in bars]
    for layer in layers:
        heights = [known(value) or 0.0 for value in layer.values]
        axes.bar(bars, heights, width=0.76, bottom=tops, color=layer.color, label=layer.name)
        tops = [top + height for top, height in zip(tops, heights, strict=True)]
    for unknown, run in groupby(bars, key=lambda i: all(known(layer.values[i]) is None for layer in layers)):
        if unknown:
            gaps = list(run)
            gap(axes, gaps[0] - 0.5, gaps[-1] + 0.5)
    return tops


def label_bars(axes: "Axes", labels: Sequence[tuple[int, str]], tops: Sequence[float], color: str = INK) -> None:
    """Words above bars, those that matter most first: one that would run into another is left out.

    Words wider than their bar stand above its neighbours too.
    """
    pixels = axes.get_window_extent().width / len(tops)
    taken: list[tuple[float, float]] = []
    for i, words in labels:
        label = axes.annotate(words, (i, tops[i]), (0, 5), textcoords="offset points")
        label.set(fontsize=SMALL, color=color, weight="bold" if color == BAD else "normal", ha="center")
        reach = label.get_window_extent().width / pixels / 2
        if any(i - reach < right and left < i + reach for left, right in taken):
            label.remove()
            continue
        taken.append((i - reach, i + reach))
        label.xy = (i, max(tops[max(0, math.ceil(i - reach - 0.4)) : math.floor(i + reach + 0.4) + 1]))


def rate_rows(
    axes: "Axes", rates: Sequence[Rate] | NoData, zone: str, target: float, widths: tuple[float, float]
) -> None:
    """One row per rate: name, a bar from 0 to 100 % with the missing part warm, and the words, warm below the target.

    `widths` are the pixels for the names and for the words; the bar has what is left.
    """
    if not (rates := present(axes, rates, zone, "nothing was due")):
        return
    whole = axes.get_window_extent().width
    before, after = widths[0] / (whole - sum(widths)), widths[1] / (whole - sum(widths))
    axes.set(xlim=(-before, 1 + after), ylim=(len(rates) - 0.5, -0.5))
    for row, rate in enumerate(rates):
        ratio = known(rate.ratio) if rate.of != 0 else None
        low = ratio is not None and ratio < target
        axes.barh(row, 1, height=0.5, color=TRACK if ratio is None else BAD, label="rest")
        axes.barh(row, min(max(ratio or 0.0, 0.0), 1.0), height=0.5, color=GOOD, label="rate")
        name = axes.text(-before, row, clean(rate.name), fontsize=BODY, va="center_baseline")
        shorten(name, widths[0] - 16)
        words = axes.text(1 + after, row, rate.words, fontsize=BODY, va="center_baseline", ha="right")
        words.set(color=MUTED if ratio is None else BAD if low else INK, weight="bold" if low else "normal")
        if words.get_window_extent().width > widths[1]:  # a number cut short would be another number
            words.set_text(rate.words.partition(" of ")[0])
