from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from charts import Spend
from charts.draw import painted
from tests.charts.examples import COST as CHART
from tests.charts.examples import MONDAY

Texts = Callable[[Figure], list[str]]
Heights = Callable[[Axes, str], list[float]]


def test_spend_is_stacked_and_totalled(texts: Texts, heights: Heights) -> None:
    figure = painted(CHART)
    assert heights(figure.axes[0], "Acme") == [10, 20, 30]
    assert heights(figure.axes[0], "Blue Bakery") == pytest.approx([1, 1.5, 2])
    assert {"$64.50", "$60.00", "$4.50", "$11", "$22", "$32"} <= set(texts(figure))


def test_the_budget_is_a_line_and_a_name(texts: Texts) -> None:
    figure = painted(CHART)
    limit = [line for line in figure.axes[0].get_lines() if line.get_label() == "limit"]
    assert np.asarray(limit[0].get_ydata()).tolist() == [25, 25]
    assert "budget $25 per day" in texts(figure)


def test_a_hundred_clients_are_the_six_largest_and_the_others(texts: Texts, heights: Heights) -> None:
    many = tuple(Spend(f"client {n}", (float(n), 0.0, 1.0)) for n in range(100))
    figure = painted(replace(CHART, spend=many))
    assert {"client 99", "client 94", "94 others"} <= set(texts(figure))
    assert "client 93" not in texts(figure)
    assert heights(figure.axes[0], "94 others")[0] == sum(range(94))


def test_seven_names_need_no_others(texts: Texts) -> None:
    seven = tuple(Spend(f"model {n}", (1.0, 1.0, 1.0)) for n in range(7))
    assert "model 6" in texts(painted(replace(CHART, spend=seven)))


def test_an_unknown_day_is_a_gap_not_a_zero() -> None:
    unknown = replace(CHART, spend=(Spend("Acme", (1.0, None, float("nan"))),))
    gaps = [p for p in painted(unknown).axes[0].patches if p.get_label() == "no data"]
    assert [(p.get_x(), p.get_width()) for p in gaps] == [(0.5, 2.0)]  # type: ignore[attr-defined]


def test_the_total_of_days_partly_unknown_says_so() -> None:
    unknown = replace(CHART, spend=(Spend("Acme", (1.0, None, None)),), budget=None)
    assert unknown.alt_text == "Spend by client: $1.00, 3 days, 2 of them unknown. Acme $1.00."


def test_many_bars_name_only_the_highest(texts: Texts) -> None:
    starts = tuple(MONDAY + timedelta(hours=n) for n in range(24))
    day = replace(CHART, grain="hour", starts=starts, spend=(Spend("Acme", tuple(float(n) for n in range(24))),))
    assert [t.get_text() for t in painted(day).axes[0].texts if t.get_text()] == ["$23"]


@pytest.mark.parametrize("spend", [(), (Spend("Acme", (0.0, 0.0, 0.0)),)])
def test_nothing_spent_is_drawn_without_a_total_to_share(spend: tuple[Spend, ...], texts: Texts) -> None:
    assert "$0.00" in texts(painted(replace(CHART, spend=spend)))


def test_no_bars_at_all_is_said(texts: Texts) -> None:
    assert "nothing was spent" in texts(painted(replace(CHART, starts=(), spend=())))


def test_alternative_text_gives_the_key_numbers() -> None:
    assert CHART.alt_text == (
        "Spend by client: $64.50, 3 days. Acme $60.00, Blue Bakery $4.50. Budget $25.00 per day, passed in 1 of 3 days."
    )
