"""How Dashboard A reads: all is well or it is not, and no number that nobody knows."""

from dataclasses import replace

import pytest

from dashboards.global_ops.cards import details, mark, words
from dashboards.global_ops.model import Failing, GlobalOps, Signals
from messages.blocks import Message, texts
from metrics.model import Missing

CALM = Signals(
    publishing={"instagram": (990, 2), "x": (10, 0)},
    jobs={"planning": (1200, 0), "publishing": (4, 1)},
    queues={"publish": 12},
    runners={"browser": (3, 8)},
    providers={"llm": (400, 8), "video": (0, 0)},
    request_p95_ms=180.0,
    request_error_ratio=0.0,
)
IDLE = Signals({}, {}, {}, {}, {}, None, None)


def _told(signals: Signals | Missing, *failing: Failing) -> str:
    message = Message("The day", details(GlobalOps(signals, failing)))
    return "\n".join(texts(message.blocks))


def test_a_calm_day_is_green_and_said_in_one_line() -> None:
    value = GlobalOps(CALM, ())
    assert mark(value) == "🟢"
    assert words(value) == "1,000 published, 2 failed (99.8 %) · 1,204 jobs done, 1 failed"


@pytest.mark.parametrize(
    "signals",
    [
        replace(CALM, publishing={"x": (98, 2)}),
        replace(CALM, runners={"browser": (8, 8), "api": (0, 4)}),
    ],
)
def test_too_many_failures_and_a_full_pool_are_not(signals: Signals) -> None:
    assert mark(GlobalOps(signals, ())) == "🟠"


def test_a_full_pool_is_named() -> None:
    assert "⚠️ all browser runners busy" in words(GlobalOps(replace(CALM, runners={"browser": (8, 8)}), ()))


def test_every_widget_has_its_numbers() -> None:
    told = _told(CALM, Failing("Acme <Outdoor>", 3, 4), *(Failing(f"c{n}", 1, 9) for n in range(6)))
    for line in (
        "Instagram: 990, ⚠️ 2 failed",
        "X: 10",
        "publishing: 4, ⚠️ 1 failed",
        "publish: 12",
        "browser: 3 of 8",
        "llm: 400, 8 failed (2 %)",
        "video: 0",
        "95 % within 180 ms",
        "Errors: none",
        "Acme &lt;Outdoor&gt;: 3 of 4 posts failed",
        "… 2 more",
    ):
        assert line in told


def test_nothing_known_is_not_zero() -> None:
    assert "no data" in _told(IDLE)
    assert "no requests" in _told(IDLE)
    assert "None: no publish failed for good." in _told(IDLE)
    missing = Missing("cannot be reached")
    assert mark(GlobalOps(missing, ())) == "⚠️"
    assert words(GlobalOps(missing, ())) == "no data on the services: Prometheus cannot be reached"
    assert "⚠️ no data on the services: Prometheus cannot be reached" in _told(missing)
