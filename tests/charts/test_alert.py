import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from charts import AlertChart, Series
from charts.draw import painted
from charts.style import BAD, PINK
from tests.charts.examples import ALERT as CHART
from tests.charts.examples import END, START, STEADY, STEP, series

Texts = Callable[[Figure], list[str]]


def axes_of(chart: AlertChart) -> Axes:
    return painted(chart).axes[0]


def spans(axes: Axes, label: str) -> list[tuple[float, float]]:
    found = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_label() == label]
    return [(p.get_x(), p.get_x() + p.get_width()) for p in found]


def test_threshold_firing_and_last_value_are_labelled(texts: Texts) -> None:
    words = texts(painted(CHART))
    assert {"Publish failures, Instagram", "threshold 2 %", "fired 08:10", "5.6 %"} <= set(words)


def test_firing_time_is_shaded_until_it_was_resolved() -> None:
    resolved = replace(CHART, resolved_at=START + 33 * STEP)
    assert spans(axes_of(CHART), "firing") == [((START + 31 * STEP).timestamp(), END.timestamp())]
    assert spans(axes_of(resolved), "firing")[0][1] == (START + 33 * STEP).timestamp()


def test_an_alert_older_than_the_window_is_shaded_from_its_edge_and_named_with_its_day(texts: Texts) -> None:
    figure = painted(replace(CHART, fired_at=END - timedelta(days=1)))
    assert spans(figure.axes[0], "firing") == [(START.timestamp(), END.timestamp())]
    assert "fired Mon 16 09:00" in texts(figure)


def test_missing_samples_break_the_line_and_are_never_zero() -> None:
    holed = Series("x", STEADY.points[:10] + STEADY.points[15:])
    line = axes_of(replace(CHART, series=(holed,))).get_lines()
    ys = np.asarray(next(one for one in line if one.get_label() == "x").get_ydata(), float)
    assert np.isnan(ys).tolist().index(True) == 10
    assert 0 not in ys
    assert spans(axes_of(replace(CHART, series=(holed,))), "no data") == [
        ((START + 9 * STEP).timestamp(), (START + 15 * STEP).timestamp())
    ]


def test_samples_between_the_edges_of_the_window_are_no_gap() -> None:
    late = Series("x", tuple((at + 0.9 * STEP, value) for at, value in STEADY.points[:-1]))
    assert spans(axes_of(replace(CHART, series=(late,))), "no data") == []


def test_none_nan_and_infinity_are_gaps_too() -> None:
    odd = series(1, None, 1, math.nan, 1, math.inf, 1, *[1] * 30)
    assert len(spans(axes_of(replace(CHART, series=(odd,))), "no data")) == 3


def test_a_single_sample_between_gaps_is_a_dot() -> None:
    alone = series(None, None, 5.0, None, None, 1.0)
    dots = axes_of(replace(CHART, series=(alone,))).collections
    assert [5.0, 1.0] in [np.asarray(each.get_offsets())[:, 1].tolist() for each in dots]


def test_an_old_last_value_says_when_it_was(texts: Texts) -> None:
    stopped = Series("x", STEADY.points[:20])
    assert "1 %\nat 06:10" in texts(painted(replace(CHART, series=(stopped,))))


def test_nothing_known_is_said_instead_of_drawn(texts: Texts) -> None:
    empty = replace(CHART, series=(series(None, math.nan),))
    assert "no data" in texts(painted(empty))
    assert "no data" in replace(CHART, series=()).alt_text
    assert spans(axes_of(replace(CHART, series=())), "no data") == [(START.timestamp(), END.timestamp())]


def test_five_lines_are_named_at_their_ends_and_the_rest_is_counted(texts: Texts) -> None:
    many = tuple(series(*[float(n)] * 37, name=f"lane {n}") for n in range(7))
    chart = replace(CHART, unit="count", series=many)
    words = texts(painted(chart))
    assert "4 lane 4" in words
    assert "5 lane 5" not in words
    assert any("2 more lines not drawn" in line for line in words)
    assert "2 more lines not drawn." in chart.alt_text


def test_labels_of_equal_lines_do_not_cover_each_other() -> None:
    same = tuple(series(*[1.0] * 37, name=f"lane {n}") for n in range(5))
    axes = axes_of(replace(CHART, unit="count", series=same))
    boxes = [text.get_window_extent() for text in axes.texts if "lane" in text.get_text()]
    assert len(boxes) == 5
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_values_outside_the_window_are_not_drawn() -> None:
    wide = Series("x", ((START - STEP, 9.0), *STEADY.points, (END + STEP, 9.0)))
    assert axes_of(replace(CHART, series=(wide,))).get_ylim()[1] < 1


def test_negative_values_stay_in_the_picture() -> None:
    assert axes_of(replace(CHART, unit="USD", series=(series(*[-12.0] * 37),))).get_ylim()[0] <= -12


def test_the_threshold_leaves_room_for_its_words() -> None:
    axes = axes_of(replace(CHART, unit="count", threshold=10, series=(series(*[1.0] * 37),)))
    assert axes.get_ylim()[1] > 10


def test_durations_are_read_in_one_round_unit() -> None:
    axes = axes_of(replace(CHART, unit="ms", threshold=300_000, series=(series(*[450_000.0] * 37),)))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0 min", "2.5 min", "5 min", "7.5 min"]


def test_alternative_text_gives_the_key_numbers() -> None:
    assert CHART.alt_text == (
        "Publish failures, Instagram: 5.6 % at 09:00, highest 5.6 % at 08:00. Threshold 2 %. "
        "Firing since 08:10 (Europe/Berlin)."
    )


def test_the_alarm_colour_is_no_series_colour() -> None:
    lines = axes_of(replace(CHART, series=tuple(series(1.0, 2.0, name=str(n)) for n in range(5)))).get_lines()
    colors = [line.get_color() for line in lines if str(line.get_label()).isdigit()]
    assert len(set(colors)) == 5
    assert PINK in colors
    assert BAD not in colors
