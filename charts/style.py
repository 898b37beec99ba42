"""How the pictures look: colours, sizes, and the few strokes all of them share.

Positions are pixels from the top left, as one reads them off a picture. Sizes are chosen for the smallest place
a chart is read: Slack shows 1200 pixels at about 560 wide, a phone at 340, so nothing is set below 24.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeVar

from .chart import NoData
from .scales import time_ticks, value_ticks
from .words import Unit, amount, brief, clean, step_unit

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
TITLE, BODY, SMALL = 34, 26, 24
MARGIN = 32

T = TypeVar("T")


def panel(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Empty axes without a frame at this place."""
    across, down = figure.get_size_inches() * figure.dpi
    axes = figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=8, labelsize=SMALL, labelcolor=MUTED)
    axes.tick_params(axis="x", pad=14)
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


def value_axis(axes: "Axes", low: float, high: float, unit: Unit, *, most: int = 4, whole: bool = False) -> None:
    """Round values with their unit on y, and a calm line for each; `whole` for what cannot be halved."""
    one = step_unit(high, unit)
    ticks = [one * tick for tick in value_ticks(low / one, high / one, most, whole)]
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_yticks(ticks, [_tick(tick, unit, high) for tick in ticks])
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


def key(figure: "Figure", left: float, top: float, parts: Sequence[tuple[str, str]]) -> None:
    """What the colours mean, with the numbers that belong to them: a swatch and words for each."""
    for words, color in parts:
        swatch = write(figure, left, top, "■", color=color)
        left += swatch.get_window_extent().width + 8
        text = write(figure, left, top, words, color=BAD if color == BAD else INK, bold=color == BAD)
        left += text.get_window_extent().width + 24


def limit_line(axes: "Axes", value: float, words: str = "") -> None:
    """A dashed line one should stay below, named above its left end."""
    axes.axhline(value, color=BAD, linewidth=3, dashes=(4, 3), label="limit")
    left = axes.get_xlim()[0]
    label = axes.annotate(words, (left, value), (4, 7), textcoords="offset points")
    label.set(fontsize=SMALL, color=BAD, va="bottom")
    label.set_bbox({"facecolor": PAPER, "alpha": 0.85, "edgecolor": "none", "pad": 1})


def gap(axes: "Axes", left: float, right: float) -> None:
    """Grey where nobody knows, and said so where there is room."""
    axes.axvspan(left, right, color=TRACK, linewidth=0, zorder=0.5, label="no data")
    words = axes.text((left + right) / 2, 0.5, "no data", fontsize=SMALL, color=MUTED, ha="center", va="center")
    words.set_transform(axes.get_xaxis_transform())
    low, high = axes.get_xlim()
    if words.get_window_extent().width > (right - left) / (high - low) * axes.get_window_extent().width:
        words.remove()


def present(axes: "Axes", values: Sequence[T] | NoData, zone: str, nothing: str) -> Sequence[T]:
    """The values of a panel; when there are none the panel says so in their place."""
    if not isinstance(values, NoData) and values:
        return values
    words = values.words(zone) if isinstance(values, NoData) else nothing
    axes.set_facecolor(TRACK)
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=BODY, color=MUTED)
    return ()
