import pytest

from alerts.definitions import Slo, at_speed, in_words, paced, seconds, window


@pytest.mark.parametrize(("duration", "expected"), [("90s", 90), ("15m", 900), ("1h", 3600), ("7d", 604800)])
def test_durations_are_read_in_seconds(duration: str, expected: int) -> None:
    assert seconds(duration) == expected


@pytest.mark.parametrize("nonsense", ["1w", "h", "1.5h", ""])
def test_a_window_of_no_known_duration_is_refused_where_it_is_written(nonsense: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        window(nonsense)


def test_production_reads_as_it_was_written() -> None:
    assert at_speed(f"increase(x[{window('1h')}])", 1) == "increase(x[1h])"


def test_windows_shrink_but_keep_four_scrapes() -> None:
    assert at_speed(f"[{window('1h')}] [{window('2m')}]", 60) == "[60s] [4s]"
    assert at_speed(f"[{window('10m')}]", 5) == "[120s]"
    assert at_speed(f"[{window('1m')}]", 5) == "[12s]"


def test_waits_are_whole_seconds_and_never_none() -> None:
    assert [paced(each, 60) for each in ("10m", "90s", "30s")] == ["10s", "1s", "1s"]


def test_ratio_that_spends_the_budget() -> None:
    slo = Slo("s", objective=0.99, window="24h")

    assert slo.ratio_spending(1.0, within="24h") == 0.01
    assert slo.ratio_spending(0.5, within="1h") == 0.12
    assert slo.ratio_spending(1.0, within="6h") == 0.04


def test_a_window_in_a_sentence_is_in_words_at_the_width_it_is_judged_at() -> None:
    told = f"within {window('30m')}, {window('1h')} and {window('7d')}"
    assert in_words(told, 1) == "within 30 min, 1 h and 7 days"
    assert in_words(told, 30) == "within 1 min, 2 min and 336 min"
    assert in_words(f"within {window('1m')}", 60) == "within 4 s"
