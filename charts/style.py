"""How the pictures look: colours, sizes, and the few strokes all of them share.

Positions are pixels from the top left, as one reads them off a picture. Sizes are chosen for the smallest place a chart is
read: Slack shows 1200 pixels at about 560 wide, a phone at 340, so nothing is set below 24.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from .chart import NoData, Rate
from .scales import time_ticks, value_ticks
from .words import Unit, amount, clean, known

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

TITLE, BODY, SMALL, NUMBER = 34, 26, 24, 40
MARGIN = 32

RC = {
    "font.family": "DejaVu Sans",
    "font.size": BODY,
    "text.color": INK,
    "text.parse_math": False,  # a client named "A$AP & $ons" is a name, not a formula
    "axes.unicode_minus": True,
    "path.simplify": True,
}


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
    # Money on an axis is round: its cents would only be read over.
    axes.set_yticks(ticks, [amount(tick, unit, like=ticks[-1]).removesuffix(".00") for tick in ticks])
    axes.hlines(ticks, *axes.get_xlim(), colors=GRID, linewidth=2, zorder=0)


def time_axis(axes: "Axes", start: datetime, end: datetime, zone: str, most: int = 6) -> None:
    """Local times on x from start to end; x is seconds since the epoch."""
    ticks = time_ticks(start, end, zone, most)
    axes.set_xlim(start.timestamp(), end.timestamp())
    axes.set_xticks([at.timestamp() for at, _ in ticks], [label for _, label in ticks])


def absent(axes: "Axes", words: str) -> None:
    """Say in a panel's place that its numbers are not known."""
    axes.set_facecolor(TRACK)
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=BODY, color=MUTED)


def rate_rows(
    axes: "Axes", rates: Sequence[Rate] | NoData, zone: str, target: float, widths: tuple[float, float]
) -> None:
    """One row per rate: name, bar on a track from 0 to 100 %, and the rate in words; warm below the target.

    `widths` are the pixels for the names and for the words; the bar has what is left.
    """
    if isinstance(rates, NoData) or not rates:
        absent(axes, rates.words(zone) if isinstance(rates, NoData) else "nothing was due")
        return
    whole = axes.get_window_extent().width
    before, after = widths[0] / (whole - sum(widths)), widths[1] / (whole - sum(widths))
    axes.set(xlim=(-before, 1 + after), ylim=(len(rates) - 0.5, -0.5))
    rows = range(len(rates))
    ratios = [known(rate.ratio) if rate.of != 0 else None for rate in rates]
    shown = [min(max(ratio or 0.0, 0.0), 1.0) for ratio in ratios]
    low = [ratio is not None and ratio < target for ratio in ratios]
    axes.barh(rows, [1] * len(rates), height=0.5, color=TRACK, label="track")
    axes.barh(rows, shown, height=0.5, color=[BAD if bad else GOOD for bad in low], label="rate")
    for row, rate, ratio, bad in zip(rows, rates, ratios, low, strict=True):
        name = axes.text(-before, row, clean(rate.name), fontsize=BODY, va="center_baseline")
        shorten(name, widths[0] - 16)
        color = MUTED if ratio is None else BAD if bad else INK
        words = axes.text(
            1 + after,
            row,
            rate.words,
            fontsize=BODY,
            va="center_baseline",
            ha="right",
            color=color,
            weight="bold" if bad else "normal",
        )
        shorten(words, widths[1] - 12)
