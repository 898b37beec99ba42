import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.figure import Figure

from charts import (
    AlertChart,
    CalendarBar,
    CheckinChart,
    ClientHealthChart,
    CostChart,
    DueHour,
    PublishHour,
    Rate,
    Spend,
)
from charts.chart import Chart
from charts.draw import draw, painted
from tests.charts.examples import ALERT, CHECKIN, COST, END, HEALTH, HOUR, NOW, START, STEP, TODAY, series

EVIL = "$\\frac{1}{0}$ <!channel> \x00\x1b[31m\u202e" + "very long " * 40 + "😀 株式会社"
FEW = [ALERT, CHECKIN, HEALTH, COST]
HOSTILE: list[Chart] = [
    replace(ALERT, title=EVIL, series=tuple(series(*[1.0] * 37, name=EVIL) for _ in range(7))),
    replace(CHECKIN, platforms=tuple(Rate(EVIL, 0.5, 10**12) for _ in range(100))),
    replace(HEALTH, client=EVIL, period=EVIL, funnel=(Rate(EVIL, math.nan), Rate(EVIL, math.inf, 3), Rate(EVIL, -2.0))),
    replace(COST, title=EVIL, spend=tuple(Spend(EVIL, (1e12, 1e-9, 5.0)) for _ in range(100))),
    replace(ALERT, unit="count", series=(series(1e300, -1e300, math.inf, math.nan, None, 0.0),)),
    replace(ALERT, unit="s", series=(series(*[1e-9] * 37),), threshold=math.nan),
    replace(ALERT, series=(series(*[0.0] * 37),), threshold=None, fired_at=None),
    replace(ALERT, fired_at=END + timedelta(days=1)),
    replace(ALERT, fired_at=START - STEP, resolved_at=START - STEP),
    AlertChart("one", "USD", (series(-1.0),), START, START + STEP, STEP, "UTC", fired_at=START),
    CheckinChart("UTC", NOW, (PublishHour(NOW, 10**9, 10**9),), (Rate("X", 2.0, 1),), (DueHour(NOW, 10**9),)),
    ClientHealthChart("", "", "UTC", (), (CalendarBar(TODAY, 0, 0, 0, 0),), "hour", TODAY - HOUR),
    CostChart("", "UTC", "hour", (TODAY,), (Spend("", (None,)),), budget=math.inf),
]


@pytest.mark.parametrize("chart", HOSTILE, ids=range(len(HOSTILE)))
def test_odd_values_are_drawn_and_told(chart: Chart) -> None:
    assert draw(chart).startswith(b"\x89PNG")
    assert 0 < len(chart.alt_text) <= 2000
    assert chart.alt_text.isprintable()


@pytest.mark.parametrize("chart", [*FEW, *HOSTILE], ids=range(len(FEW) + len(HOSTILE)))
def test_no_words_leave_the_picture(chart: Chart) -> None:
    for text in painted(chart).findobj(lambda artist: hasattr(artist, "get_text") and bool(artist.get_text())):
        box = text.get_window_extent()
        assert box.x0 >= 0, text
        assert box.x1 <= chart.size[0], text
        assert box.y0 >= 0, text
        assert box.y1 <= chart.size[1], text


def test_dollars_are_no_formula(texts: Callable[[Figure], list[str]]) -> None:
    figure = painted(replace(HEALTH, client="A$AP & $ons$"))
    title = next(text for text in figure.texts if text.get_text() == "A$AP & $ons$")
    assert title.get_parse_math() is False


@pytest.mark.parametrize("chart", FEW, ids=lambda chart: type(chart).__name__)
def test_equal_values_give_the_same_bytes(chart: Chart) -> None:
    assert draw(chart) == draw(replace(chart))  # type: ignore[type-var]


@pytest.mark.parametrize("chart", FEW, ids=lambda chart: type(chart).__name__)
def test_pictures_are_small_enough_to_upload_at_once(chart: Chart) -> None:
    assert len(draw(chart)) < 150_000
