"""What every chart is: a frozen value with its picture and the same facts in words.

A chart's file holds the value, `alt_text` and `paint` side by side; to add one, copy the shortest. matplotlib is named
there for types alone: the bot holds these values, and only the worker process pays for drawing them.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from .scales import clock
from .words import brief, known, share

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Chart(Hashable, Protocol):
    """A picklable value that can be drawn. Equal values give the same picture."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; Slack shows it at about half of that, a phone at a third."""

    @property
    def alt_text(self) -> str:
        """One or two plain sentences with the key numbers, at most 2,000 characters."""

    def paint(self, figure: "Figure") -> None:
        """Draw on an empty white figure of `size`, where one point is one pixel."""


@dataclass(frozen=True)
class NoData:
    """Stands in a panel's place when its source did not answer: unknown is neither healthy nor zero."""

    since: datetime | None = None

    def words(self, zone: str) -> str:
        """`no data since 09:12`, in local time."""
        return f"no data since {clock(self.since, zone)}" if self.since else "no data"


@dataclass(frozen=True)
class Rate:
    """A success rate from 0 to 1 of so many; `ratio` is None when nobody knows, `of` is 0 when nothing was due."""

    name: str
    ratio: float | None
    of: int | None = None

    @property
    def words(self) -> str:
        """`98.1 % of 53`."""
        if self.of == 0:
            return "none due"
        ratio = known(self.ratio)
        if ratio is None:
            return "no data"
        return share(ratio) + (f" of {brief(self.of)}" if self.of is not None else "")
