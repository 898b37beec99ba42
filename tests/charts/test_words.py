import math

import pytest

from charts.words import ALT_TEXT_LIMIT, Unit, alt, amount, brief, clean, share


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.981, "98.1 %"),
        (0.02, "2 %"),
        (0.9997, "99.97 %"),
        (0.0005, "0.05 %"),
        (-0.25, "-25 %"),
        (3.5, "350 %"),
    ],
)
def test_share_never_rounds_to_perfect(ratio: float, words: str) -> None:
    assert share(ratio) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.056, "ratio", "5.6 %"),
        (850, "ms", "850 ms"),
        (93_600, "ms", "93.6 s"),
        (600_000, "ms", "10 min"),
        (9_000, "s", "2.5 h"),
        (12.5, "USD", "$12.50"),
        (-3, "USD", "-$3.00"),
        (12_500, "USD", "$12,500"),
        (1_204, "count", "1,204"),
        (0.034, "count", "0.034"),
        (7_300_000, "count", "7.3M"),
        (1e300, "count", "1.0e300"),
        (math.nan, "count", "no data"),
        (math.inf, "ms", "no data"),
        (None, "USD", "no data"),
    ],
)
def test_amount_carries_its_unit(value: float | None, unit: Unit, words: str) -> None:
    assert amount(value, unit) == words


@pytest.mark.parametrize(("value", "words"), [(940, "940"), (12_000, "12k"), (653_900, "654k"), (999_700, "999,700")])
def test_brief_numbers_stay_short(value: float, words: str) -> None:
    assert brief(value) == words


def test_control_and_direction_characters_are_dropped() -> None:
    assert clean("a\x00b\nc\u202ed\u2066 e") == "a b c d e"


def test_long_names_end_with_an_ellipsis() -> None:
    assert clean("x" * 500, 10) == "x" * 9 + "…"


def test_alternative_text_keeps_to_the_limit() -> None:
    assert len(alt(*["A sentence." for _ in range(500)])) == ALT_TEXT_LIMIT
