"""The rule on the record, judged by Prometheus itself. promtool's clock begins at 0: minute 10 is the time 600."""

from pathlib import Path
from typing import Any

import pytest

from alerts.record import RECORD
from alerts.rules import render_rules
from runbooks.library import runbook
from telemetry.catalog import CHECKIN_RECORD_UNSEALED_SINCE_TIMESTAMP_SECONDS as SINCE
from tests.alerts.test_publishing import promtool, series

RULE = RECORD.rules[0]
FIRING = f'count(ALERTS{{alertname="{RULE.name}",alertstate="firing"}})'
# One look a minute. Each event is sealed by the next look, but in an outage.
SCENARIOS: dict[str, tuple[dict[str, str], dict[int, bool]]] = {
    "what is sealed in time is no alarm": ({SINCE.name: "0x10 660+60x40"}, {12: False, 30: False, 50: False}),
    "an event that waits is one, until it is sealed": (
        {SINCE.name: "0x10 600x20 0x60"},
        {14: False, 16: False, 19: True, 31: True, 45: False},
    ),
    "a quiet record has nothing to wait": ({SINCE.name: "0x100"}, {50: False, 100: False}),
    "history that is sealed at once is no alarm however old it is": (
        {SINCE.name: "0x60 60 0x30"},
        {62: False, 70: False},
    ),
    "one replica that looks is enough": (
        {f'{SINCE.name}{{instance="a"}}': "0x10 600x40", f'{SINCE.name}{{instance="b"}}': "0x10 _x40"},
        {19: True},
    ),
}


def _test(name: str) -> dict[str, Any]:
    counters, firing = SCENARIOS[name]
    return {
        "name": name,
        "interval": "1m",
        "input_series": series(counters),
        "promql_expr_test": [
            {"expr": FIRING, "eval_time": f"{minute}m", "exp_samples": [{"labels": "{}", "value": 1}] if fires else []}
            for minute, fires in firing.items()
        ],
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_fires_exactly_when_it_should(name: str, tmp_path: Path) -> None:
    run = promtool(tmp_path, render_rules(), 1, [_test(name)])

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_alert_says_how_long_it_has_waited(tmp_path: Path) -> None:
    expected = {
        "exp_labels": {"tier": "P1", "signal": "record", "scope": "global"},
        "exp_annotations": {
            "summary": "The record is not being sealed: its oldest open event has waited for 10m 0s",
            "runbook": "record-not-sealed",
            "chart_query": f"max(time() - ({SINCE.name} > 0)) or vector(0)",
            "chart_unit": "s",
            "chart_threshold": "300",
            "chart_title": "Age of the oldest event that is not sealed",
            "chart_span_seconds": "21600",
        },
    }
    at = {"alertname": RULE.name, "eval_time": "20m", "exp_alerts": [expected]}
    test = {"interval": "1m", "input_series": series({SINCE.name: "0x10 600x20"}), "alert_rule_test": [at]}

    run = promtool(tmp_path, render_rules(), 1, [test])

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_runbook_tells_the_threshold_of_the_rule() -> None:
    assert f"{RULE.chart.threshold:.0f} seconds" in runbook(RULE.runbook).symptoms[0]
