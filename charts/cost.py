"""The picture in the answer to `/cost`: what was spent when, by whom or on which model, and the budget."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from .bars import Layer, bar_axis, label_bars, stacks
from .scales import Grain, zone_name
from .style import BAD, MARGIN, REST, SERIES, heading, limit_line, panel, present, value_axis, write
from .words import alt, amount, brief, clean, known, plural

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_NAMES = 6
EACH_BAR_NAMED = 8


@dataclass(frozen=True)
class Spend:
    """What one client or model cost, in USD per bar; None when nobody knows."""

    name: str
    usd: tuple[float | None, ...]

    @property
    def total(self) -> float:
        """USD over all bars."""
        return sum(known(usd) or 0.0 for usd in self.usd)


@dataclass(frozen=True)
class CostChart:
    """Spend per hour or day from `starts`, stacked by the six largest names and the others; `budget` is USD per bar."""

    size: ClassVar[tuple[int, int]] = (1200, 560)
    title: str
    zone: str
    grain: Grain
    starts: tuple[datetime, ...]
    spend: tuple[Spend, ...]
    budget: float | None = None

    @property
    def alt_text(self) -> str:
        """The total, the largest names with theirs, and how often the budget was passed."""
        names = ", ".join(f"{clean(one.name)} {amount(one.total, 'USD')}" for one in self._named())
        total = f"{clean(self.title, 200)}: {self._total()}, {self._span()}."
        return alt(total, f"{names}." if names else "", self._budget())

    def paint(self, figure: "Figure") -> None:
        """Stacked bars at the left; the names, largest first, with their totals at the right."""
        heading(
            figure,
            self.title,
            f"{self._span()}, times in {zone_name(self.zone)}",
            right=self._total(),
        )
        axes = panel(figure, 140, 140, 570, 350)
        if not present(axes, self.starts if self.spend else (), self.zone, "nothing was spent"):
            return
        bar_axis(axes, self.starts, self.zone, self.grain, most=5)
        layers = [Layer(one.name, color, one.usd) for one, color in zip(self._named(), (*SERIES, REST), strict=False)]
        tops = stacks(axes, layers)
        value_axis(axes, 0, 1.12 * max(*tops, known(self.budget) or 0.0), "USD")
        if (budget := known(self.budget)) is not None:
            limit_line(axes, budget)
        highest = sorted((i for i, top in enumerate(tops) if top), key=lambda i: -tops[i])
        shown = highest if len(tops) <= EACH_BAR_NAMED else highest[:1]
        label_bars(axes, [(i, _dollars(tops[i])) for i in shown], tops)
        self._names(figure, layers)

    def _bars(self) -> list[float]:
        return [sum(known(one.usd[i]) or 0.0 for one in self.spend) for i in range(len(self.starts))]

    def _named(self) -> list[Spend]:
        largest = sorted(self.spend, key=lambda one: (-one.total, one.name))
        named, rest = largest[:MOST_NAMES], largest[MOST_NAMES:]
        if len(rest) < 2:
            return largest
        usd = [[known(one.usd[i]) for one in rest] for i in range(len(self.starts))]
        sums = (sum(v or 0.0 for v in bar) if any(v is not None for v in bar) else None for bar in usd)
        return [*named, Spend(f"{len(rest):,} others", tuple(sums))]

    def _total(self) -> str:
        return amount(sum(one.total for one in self.spend), "USD")

    def _span(self) -> str:
        unknown = sum(all(known(one.usd[i]) is None for one in self.spend) for i in range(len(self.starts)))
        # The last hour of today has only begun.
        bars = "by hour" if self.grain == "hour" else plural(len(self.starts), self.grain)
        return bars + (f", {unknown} of them unknown" if unknown and self.spend else "")

    def _budget(self) -> str:
        budget = known(self.budget)
        if budget is None:
            return ""
        over = sum(bar > budget for bar in self._bars())
        times = f"passed in {over} of {plural(len(self.starts), self.grain)}" if over else "never passed"
        return f"Budget {amount(budget, 'USD')} per {self.grain}, {times}."

    def _names(self, figure: "Figure", layers: list[Layer]) -> None:
        left, right = 756, self.size[0] - MARGIN
        for i, (one, layer) in enumerate(zip(self._named(), layers, strict=True)):
            top = 164 + 48 * i
            usd = write(figure, right, top, amount(one.total, "USD"), align="right")
            write(figure, left, top, "■", color=layer.color)
            write(figure, left + 32, top, one.name, width=right - left - 48 - usd.get_window_extent().width)
        if (budget := known(self.budget)) is not None:
            write(figure, left - 4, 164 + 48 * len(layers), "╍", color=BAD)
            write(figure, left + 32, 164 + 48 * len(layers), f"budget {_dollars(budget)} per {self.grain}", color=BAD)


def _dollars(value: float) -> str:
    return f"${brief(round(value))}" if value >= 10 else amount(value, "USD").removesuffix(".00")
