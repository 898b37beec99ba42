"""Numbers and names as people read them: units, thousands separators, nothing rounded up to perfect.

Used by the pictures and by their alt texts, so that both say the same. Knows no drawing.
"""

import math
import unicodedata
from typing import Literal

Unit = Literal["ratio", "ms", "s", "USD", "count"]
"""What a value is measured in. A `ratio` of 0.02 is shown as 2 %; a `count` is a plain number."""

ALT_TEXT_LIMIT = 2000  # https://docs.slack.dev/reference/block-kit/blocks/image-block
_MAGNITUDES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))
# from how many seconds on, the unit's length in seconds, its name: 90 s and 90 min are read more easily than 1.5
_DURATIONS = ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (1.0, 1.0, "s"), (0.0, 0.001, "ms"))


def clean(text: str, limit: int = 80) -> str:
    """`text` on one line, without control and direction characters, at most `limit` characters long."""
    spaced = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 4 * limit])
    line = " ".join(spaced.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def alt(*sentences: str) -> str:
    """The sentences that are not empty, as one plain alternative text within Slack's limit."""
    return clean(" ".join(sentence for sentence in sentences if sentence), ALT_TEXT_LIMIT)


def known(value: float | None) -> float | None:
    """The value when it is a number one can draw, None for nothing, NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


def amount(value: float | None, unit: Unit, like: float | None = None) -> str:
    """`value` with its unit: `2 %`, `850 ms`, `1.4 s`, `$12.50`, `1,204`.

    `like` is the largest of a group: durations of one axis then share its unit.
    """
    value = known(value)
    if value is None:
        return "no data"
    match unit:
        case "ratio":
            return share(value)
        case "USD":
            return ("-" if value < 0 else "") + "$" + _dollars(abs(value))
        case "ms" | "s":
            length, name = _duration_unit(value if like is None else like, unit)
            return f"{_compact(value / length) or _plain(value / length)} {name}"
        case "count":
            return _compact(value) or _plain(value)


def step_unit(high: float, unit: Unit) -> float:
    """What the steps of an axis up to `high` are multiples of: 60,000 where ms are read as minutes; mostly 1."""
    return _duration_unit(high, unit)[0] if unit in ("ms", "s") else 1.0


def share(ratio: float) -> str:
    """A ratio in percent with one decimal, and more where one would say 0 % or 100 % of something that is not."""
    percent = ratio * 100
    distance = min(abs(percent), abs(100 - percent))
    decimals = 1 if distance == 0 or distance >= 0.1 else min(6, math.ceil(-math.log10(distance)))
    return _trim(f"{percent:,.{decimals}f}" if abs(percent) < 1e9 else f"{percent:.1e}") + " %"


def brief(value: float) -> str:
    """A number where there is little room: `940`, `12k`, `1.2M`."""
    if 9_999.5 <= abs(value) < 999_500:
        return f"{_trim(f'{value / 1000:.1f}')}k" if abs(value) < 100_000 else f"{value / 1000:.0f}k"
    return _compact(value) or _plain(value)


def plural(n: int, noun: str) -> str:
    """`1 hour`, `3 hours`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _dollars(value: float) -> str:
    return _compact(value) or (f"{value:,.2f}" if value < 10_000 else f"{value:,.0f}")


def _duration_unit(value: float, unit: Unit) -> tuple[float, str]:
    length = 0.001 if unit == "ms" else 1.0
    return next((size / length, name) for least, size, name in _DURATIONS if abs(value) * length >= least)


def _compact(value: float) -> str:
    if abs(value) >= 1e15:
        return f"{value:.1e}".replace("e+", "e")
    return next((_plain(value / size) + letter for size, letter in _MAGNITUDES if abs(value) >= size), "")


def _plain(value: float) -> str:
    if value and abs(value) < 1:
        return f"{value:.2g}"
    return _trim(f"{value:,.1f}") if abs(value) < 1000 else f"{value:,.0f}"


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number and "e" not in number else number
