from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from charts import CalendarBar, NoData
from charts.draw import painted
from charts.style import BAD
from tests.charts.examples import DAY, TODAY
from tests.charts.examples import HEALTH as CHART

Texts = Callable[[Figure], list[str]]
Heights = Callable[[Axes, str], list[float]]


def test_each_step_of_the_funnel_has_its_rate_and_count(texts: Texts) -> None:
    assert {"Plan → asset", "96 % of 50", "100 % of 48", "83.3 % of 48", "97.5 % of 40"} <= set(texts(painted(CHART)))


def test_bars_are_as_long_as_their_rates() -> None:
    funnel = painted(CHART).axes[0]
    lengths = [c.patches[0].get_width() for c in funnel.containers if c.get_label() == "rate"]  # type: ignore[attr-defined]
    assert lengths == pytest.approx([0.96, 1, 40 / 48, 0.975])


def test_the_step_that_loses_items_stands_out() -> None:
    assert [t.get_text() for t in painted(CHART).axes[0].texts if t.get_color() == BAD] == ["83.3 % of 48"]


def test_the_calendar_is_stacked_by_how_far_items_are(heights: Heights) -> None:
    calendar = painted(CHART).axes[1]
    assert heights(calendar, "published") == [8, 2, 0]
    assert heights(calendar, "scheduled") == [0, 4, 3]
    assert heights(calendar, "planned") == [0, 0, 5]
    assert heights(calendar, "failed") == [0, 2, 0]


def test_totals_are_the_key_to_the_colours(texts: Texts) -> None:
    assert {"10 published", "7 scheduled", "5 planned", "2 failed"} <= set(texts(painted(CHART)))


def test_the_current_bar_is_marked() -> None:
    marked = [p for p in painted(CHART).axes[1].patches if p.get_label() == "now"]
    assert [p.get_x() for p in marked] == [0.5]  # type: ignore[attr-defined]


def test_halves_are_no_ticks_of_a_count() -> None:
    labels = [label.get_text() for label in painted(CHART).axes[1].get_yticklabels()]
    assert not any("." in label for label in labels)


def test_hours_are_named_by_local_time(texts: Texts) -> None:
    hours = tuple(CalendarBar(TODAY + timedelta(hours=n), 1, 0, 0, 0) for n in range(8))
    assert "05:30" in texts(painted(replace(CHART, calendar=hours, grain="hour", zone="Asia/Kolkata")))


def test_missing_sources_are_said_in_their_place(texts: Texts) -> None:
    blind = replace(CHART, funnel=NoData(TODAY), calendar=NoData())
    assert {"no data since 00:00", "no data"} <= set(texts(painted(blind)))
    assert blind.alt_text == "Acme Outdoor, last 30 days: pipeline no data since 00:00. Calendar: no data."


def test_an_unknown_day_is_a_gap_not_a_zero(texts: Texts) -> None:
    unknown = replace(
        CHART, calendar=(CalendarBar(TODAY, 1, 1, 1, 0), CalendarBar(TODAY + DAY, None, None, None, None))
    )
    assert len([p for p in painted(unknown).axes[1].patches if p.get_label() == "no data"]) == 1
    assert "last 30 days · calendar: 1 day unknown" in texts(painted(unknown))
    assert unknown.alt_text.endswith("1 published, 1 scheduled, 1 planned, 1 day unknown.")


def test_alternative_text_gives_the_key_numbers() -> None:
    assert CHART.alt_text == (
        "Acme Outdoor, last 30 days: Plan → asset 96 % of 50, Asset → calendar 100 % of 48, "
        "Calendar → publish 83.3 % of 48, Publish → engagement 97.5 % of 40. "
        "Calendar: 10 published, 7 scheduled, 5 planned, 2 failed."
    )
