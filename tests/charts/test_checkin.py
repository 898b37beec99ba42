from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from charts import CheckinChart, NoData, PublishHour, Rate
from charts.draw import painted
from charts.style import BAD
from tests.charts.examples import CHECKIN as CHART
from tests.charts.examples import HOUR, NOW

Texts = Callable[[Figure], list[str]]
Heights = Callable[[Axes, str], list[float]]


def test_published_and_failed_are_stacked_per_hour(heights: Heights) -> None:
    hours = painted(CHART).axes[0]
    assert heights(hours, "published") == [25] + [15] * 23
    assert heights(hours, "failed")[5] == 1
    assert sum(heights(hours, "failed")) == 1


def test_totals_stand_in_words(texts: Texts) -> None:
    assert {"370 published", "1 failed", "98.1 % of 53", "15 due"} <= set(texts(painted(CHART)))


def test_the_totals_are_what_the_rows_of_the_platforms_add_up_to(texts: Texts) -> None:
    assert not isinstance(CHART.hours, NoData)
    rounded = replace(CHART, hours=tuple(replace(hour, published=14, failed=0) for hour in CHART.hours))
    assert {"370 published", "1 failed"} <= set(texts(painted(rounded)))
    silent = replace(CHART, platforms=NoData())
    assert {"published", "failed", "no data"} <= set(texts(painted(silent)))


def test_hours_may_begin_at_any_minute_and_round_times_stand_where_they_fall(texts: Texts) -> None:
    later = timedelta(minutes=5)
    assert not isinstance(CHART.hours, NoData)
    moved = replace(CHART, at=NOW + later, hours=tuple(replace(hour, start=hour.start + later) for hour in CHART.hours))
    hours = painted(moved).axes[0]
    assert [label.get_text() for label in hours.get_xticklabels()] == ["12:00", "18:00", "Tue 17", "06:00"]
    assert hours.get_xticks()[0] == pytest.approx(2 + 55 / 60 - 0.5)


def test_only_a_platform_below_the_target_is_warm() -> None:
    rows = painted(CHART).axes[1]
    warm = [text.get_text() for text in rows.texts if text.get_color() == BAD]
    assert warm == ["98.1 % of 53"]


def test_a_panel_without_its_source_says_so_and_the_others_stay(texts: Texts) -> None:
    words = texts(painted(replace(CHART, hours=NoData(NOW + timedelta(minutes=12)), schedule=NoData())))
    assert "no data since 09:12" in words
    assert "no data" in words
    assert "98.1 % of 53" in words
    assert not any("published" in word for word in words)


def test_an_unknown_hour_is_a_gap_and_is_counted(heights: Heights) -> None:
    assert not isinstance(CHART.hours, NoData)
    holed = replace(CHART, hours=(*CHART.hours[:-1], PublishHour(NOW - HOUR, None, None)))
    gaps = [p for p in painted(holed).axes[0].patches if p.get_label() == "no data"]
    assert len(gaps) == 1
    assert "370 published · 1 failed · 1 h unknown" in holed.alt_text


def test_nothing_due_is_neither_perfect_nor_failed(texts: Texts) -> None:
    idle = replace(CHART, platforms=(Rate("X", 0.0, 0), Rate("Skool", None)))
    assert {"none due", "no data"} <= set(texts(painted(idle)))
    assert not [text for text in painted(idle).axes[1].texts if text.get_color() == BAD]


def test_an_empty_day_is_said(texts: Texts) -> None:
    words = texts(painted(CheckinChart("UTC", NOW, (), (), ())))
    assert {"nothing was published", "nothing was due", "nothing is scheduled"} <= set(words)


def test_a_count_that_does_not_fit_is_dropped_rather_than_cut(texts: Texts) -> None:
    words = texts(painted(replace(CHART, platforms=(Rate("X", 0.98765, 653_900),), target=1.0)))
    assert [word for word in words if "%" in word] in (["98.8 % of 654k"], ["98.8 %"])


def test_names_and_totals_stay_in_their_places_on_a_busy_day() -> None:
    full = [PublishHour(NOW - (24 - n) * HOUR, 95, 12) for n in range(23)]
    busy = replace(CHART, hours=(*full, PublishHour(NOW - HOUR, None, None)))
    figure = painted(busy)
    left = [t for t in figure.texts if t.get_position()[1] > 0.8 and t.get_position()[0] < 0.5]
    assert max(t.get_window_extent().x1 for t in left) < 644


def test_failures_of_neighbouring_hours_do_not_cover_each_other() -> None:
    bad = replace(CHART, hours=tuple(PublishHour(NOW - (24 - n) * HOUR, 100, 100 + n) for n in range(24)))
    boxes = [text.get_window_extent() for text in painted(bad).axes[0].texts]
    assert boxes
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_alternative_text_gives_the_key_numbers() -> None:
    assert CHART.alt_text.startswith(
        "24 hours to 09:00: 370 published · 1 failed. Success by platform (target 99 %): Instagram 98.1 % of 53"
    )
    assert CHART.alt_text.endswith("Next 6 hours: 15 due.")
