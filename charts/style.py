"""How the pictures look: colours, sizes, and the few strokes all of them share.

Positions are pixels from the top left, as one reads them off a picture. Sizes are chosen for the smallest place
a chart is read: Slack shows 1200 pixels at about 560 wide, a phone at 340, so nothing is set below 24.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from .chart import NoData, Rate
from .scales import Grain, bar_ticks, time_ticks, value_ticks
from .words import Unit, amount, brief, clean, known

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

INK, MUTED, FAINT, GRID, TRACK, PAPER = "#1d1c1d", "#616061", "#a0a0a2", "#e6e6e8", "#efeff1", "#ffffff"
# Okabe and Ito's palette, told apart by readers with any kind of colour vision: https://jfly.uni-koeln.de/color/
BLUE, SKY, ORANGE, GREEN, PINK, VERMILLION = "#0072b2", "#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#d55e00"
GOOD, BAD, ALARM_TINT = BLUE, VERMILLION, "#fdeee3"
SERIES = (BLUE, ORANGE, GREEN, PINK, SKY, "#7a4f2b")
REST = "#b9b9bd"

T = TypeVar("T")

TITLE, BODY, SMALL = 34, 26, 24
MARGIN = 32


@dataclass(frozen=True)
class Layer:
    """One colour of stacked bars: a height per bar, None where nobody knows."""

    name: str
    color: str
    values: Sequence[float | None]


def panel(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Empty axes without a frame at this place."""
    across, down = figure.get_size_inches() * figure.dpi
    axes = figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=8, labelsize=SMALL, labelcolor=MUTED)
    axes.set(xticks=[], yticks=[], facecolor="none")
    return axes


def write(
    figure: "Figure",
    left: float,
    top: float,
    text: str,
    *,
    size: float = BODY,
    color: str = INK,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "left",
    width: float | None = None,
) -> "Text":
    """Text whose middle line is at `top`, cut with an ellipsis to `width` pixels."""
    across, down = figure.get_size_inches() * figure.dpi
    weight = "bold" if bold else "normal"
    artist = figure.text(
        left / across,
        1 - top / down,
        clean(text, 200),
        fontsize=size,
        color=color,
        weight=weight,
        ha=align,
        va="center_baseline",
    )
    if width is not None:
        shorten(artist, width)
    return artist


def shorten(artist: "Text", width: float) -> None:
    """Cut the text with an ellipsis until it is at most `width` pixels wide."""
    text = artist.get_text()
    while len(text) > 1 and (extent := artist.get_window_extent().width) > width:
        text = text[: min(len(text) - 1, int(len(text) * width / extent))].rstrip()
        artist.set_text(text + "…")


def heading(figure: "Figure", title: str, below: str, *, right: str = "") -> None:
    """The title of the whole picture, a muted line under it, and a number that matters at the right."""
    across = float(figure.get_size_inches()[0] * figure.dpi)
    taken = 0.0
    if right:
        number = write(figure, across - MARGIN, 48, right, size=TITLE, bold=True, align="right")
        taken = number.get_window_extent().width + 24
    write(figure, MARGIN, 48, title, size=TITLE, bold=True, width=across - 2 * MARGIN - taken)
    write(figure, MARGIN, 92, below, size=SMALL, color=MUTED, width=across - 2 * MARGIN)


def value_axis(axes: "Axes", low: float, high: float, unit: Unit, most: int = 4) -> None:
    """Round values with their unit on y, and a calm line for each."""
    ticks = value_ticks(low, high, most)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_yticks(ticks, [_tick(tick, unit, ticks[-1]) for tick in ticks])
    axes.hlines(ticks, *axes.get_xlim(), colors=GRID, linewidth=2, zorder=0)


def _tick(value: float, unit: Unit, top: float) -> str:
    if unit == "count":
        return brief(value)
    # Money on an axis is round: its cents would only be read over.
    return amount(value, unit, like=top).removesuffix(".00")


def time_axis(axes: "Axes", start: datetime, end: datetime, zone: str, most: int) -> None:
    """Local times on x from start to end; x is seconds since the epoch."""
    ticks = time_ticks(start, end, zone, most)
    axes.set_xlim(start.timestamp(), end.timestamp())
    axes.set_xticks([at.timestamp() for at, _ in ticks], [label for _, label in ticks])


def bar_axis(axes: "Axes", starts: Sequence[datetime], zone: str, grain: Grain, most: int) -> None:
    """One place on x per bar, named by local times or days; x counts bars from 0."""
    ticks = bar_ticks(starts, zone, grain, most)
    axes.set_xlim(-0.5, len(starts) - 0.5)
    axes.set_xticks([i for i, _ in ticks], [label for _, label in ticks])


def stacks(axes: "Axes", layers: Sequence[Layer]) -> list[float]:
    """Bars on top of each other, the first layer lowest; the total of each bar. A bar without any number is a grey gap."""
    tops = [0.0] * len(layers[0].values)
    for layer in layers:
        heights = [known(value) or 0.0 for value in layer.values]
        axes.bar(range(len(tops)), heights, width=0.76, bottom=tops, color=layer.color, label=layer.name)
        tops = [top + height for top, height in zip(tops, heights, strict=True)]
    for i in range(len(tops)):
        if all(known(layer.values[i]) is None for layer in layers):
            axes.axvspan(i - 0.5, i + 0.5, color=TRACK, linewidth=0, zorder=0.5, label="no data")
    return tops


def label_bars(axes: "Axes", labels: Sequence[tuple[int, str]], tops: Sequence[float], color: str) -> None:
    """Words above bars, the first ones first; one that would run into another is left out, none covers a neighbour's bar."""
    pixels = axes.get_window_extent().width / len(tops)
    taken: list[tuple[float, float]] = []
    for i, words in labels:
        label = axes.annotate(words, (i, tops[i]), (0, 5), textcoords="offset points")
        label.set(fontsize=SMALL, color=color, weight="bold", ha="center")
        reach = label.get_window_extent().width / pixels / 2
        if any(i - reach < right and left < i + reach for left, right in taken):
            label.remove()
            continue
        taken.append((i - reach, i + reach))
        label.xy = (i, max(tops[max(0, math.ceil(i - reach - 0.4)) : math.floor(i + reach + 0.4) + 1]))


def key(figure: "Figure", left: float, top: float, parts: Sequence[tuple[str, str]], width: float) -> None:
    """What the colours mean, with the numbers that belong to them: a swatch and words for each."""
    end = left + width
    for words, color in parts:
        swatch = write(figure, left, top, "■", color=color)
        left += swatch.get_window_extent().width + 8
        text = write(figure, left, top, words, color=BAD if color == BAD else INK, bold=color == BAD, width=end - left)
        left += text.get_window_extent().width + 26


def present(axes: "Axes", values: Sequence[T] | NoData, zone: str, nothing: str) -> Sequence[T]:
    """The values of a panel; when there are none the panel says so in their place."""
    if not isinstance(values, NoData) and values:
        return values
    words = values.words(zone) if isinstance(values, NoData) else nothing
    axes.set_facecolor(TRACK)
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=BODY, color=MUTED)
    return ()


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
        shorten(words, widths[1] - 12)
