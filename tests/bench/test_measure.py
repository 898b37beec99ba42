import pytest

from bench.measure import Row, compared, percentile, turns


def row(ratio: float, aim: str) -> Row:
    return Row("p50", 1.0, "ms", "the floor", ratio, aim)


@pytest.mark.parametrize(
    ("ratio", "aim", "ok"),
    [(3.0, "<= 3", True), (3.01, "<= 3", False), (0.8, ">= 0.8", True), (0.79, ">= 0.8", False), (99.0, "", True)],
)
def test_an_aim_holds_up_to_its_limit_and_no_aim_always(ratio: float, aim: str, ok: bool) -> None:
    assert row(ratio, aim).ok is ok


def test_a_round_that_was_slow_for_both_does_not_change_the_ratio() -> None:
    judged = compared("p50", "ms", [1.0, 50.0, 1.0], "the floor", [2.0, 100.0, 2.0])
    assert (judged.value, judged.ratio) == (1.0, 0.5)


def test_the_ratio_is_the_median_of_the_rounds_and_not_the_ratio_of_the_medians() -> None:
    judged = compared("p50", "ms", [1.0, 2.0, 9.0], "the floor", [1.0, 8.0, 3.0])
    assert judged.ratio == 1.0


def test_sides_with_different_numbers_of_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        compared("p50", "ms", [1.0, 2.0], "the floor", [1.0])


def test_everybody_has_a_turn_in_each_round_and_no_place_of_their_own() -> None:
    order = list(turns("abc", 60))
    rounds = {"".join(order[first : first + 3]) for first in range(0, 180, 3)}
    assert rounds == {"abc", "acb", "bac", "bca", "cab", "cba"}


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (1, 1), (0.1, 1)])
def test_a_percentile_is_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], percent) == value


def test_the_printed_row_keeps_the_digits_that_count() -> None:
    told = Row("p50", 1234.5678, "ms", "the floor", 0.000123456, "<= 1").told()
    assert (told["value"], told["ratio"], told["aim"], told["ok"]) == (1235.0, 0.0001235, "<= 1", True)
