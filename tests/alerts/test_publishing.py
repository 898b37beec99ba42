"""The rules on publishing, judged by Prometheus itself: `promtool test rules` on counters written minute by minute."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.definitions import at_speed
from alerts.publishing import PUBLISHING
from alerts.rules import GROUPS, render_rules
from runbooks.library import runbook
from telemetry.catalog import CLIENT_PUBLISH_OUTCOMES_TOTAL, POSTS_PUBLISHED_TOTAL, PUBLISH_FAILURES_TOTAL

RULE = PUBLISHING.rules[0]
FIRING = f'count by (platform) (ALERTS{{alertname="{RULE.name}",alertstate="firing"}})'
INSTAGRAM = frozenset({"instagram"})
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scenario:
    """Counters minute by minute in promtool's notation, and the platforms that fire at a minute."""

    counters: Mapping[str, str]
    firing: Mapping[int, frozenset[str]]


def posts(platform: str, more: str = "") -> str:
    return f'{POSTS_PUBLISHED_TOTAL.name}{{platform="{platform}",surface="feed"{more}}}'


def failures(platform: str, more: str = "") -> str:
    return f'{PUBLISH_FAILURES_TOTAL.name}{{platform="{platform}",reason="api_5xx"{more}}}'


def outcomes(platform: str, client: str, outcome: str = "fail") -> str:
    return f'{CLIENT_PUBLISH_OUTCOMES_TOTAL.name}{{platform="{platform}",client_id="{client}",outcome="{outcome}"}}'


# Ten failures of two clients in the minutes 61 to 70, after an hour of a post a minute.
OUTAGE = {
    failures("instagram"): "0x60 1+1x9 10x200",
    outcomes("instagram", "acme"): "0x60 1+1x4 5x200",
    outcomes("instagram", "bolt"): "0x65 1+1x4 5x200",
}
SCENARIOS = {
    "an outage of a platform fires for it alone": Scenario(
        OUTAGE
        | {posts("instagram"): "0+1x60 60x200", posts("linkedin"): "0+1x250", failures("linkedin"): "0x250"}
        | {outcomes("linkedin", "acme"): "0x250", outcomes("linkedin", "bolt"): "0x250"},
        {60: NOBODY, 66: NOBODY, 75: INSTAGRAM},
    ),
    "a platform that never had a success fires too": Scenario(OUTAGE, {66: NOBODY, 75: INSTAGRAM}),
    "half an hour of successes ends it though the hour is still bad": Scenario(
        OUTAGE | {posts("instagram"): "0x70 1+1x180"},
        {75: INSTAGRAM, 95: INSTAGRAM, 112: NOBODY},
    ),
    "silence does not end it before the hour is over": Scenario(
        OUTAGE | {posts("instagram"): "0+1x60 60x200"},
        {118: INSTAGRAM, 145: NOBODY},
    ),
    "what was over does not come back because nothing is tried any more": Scenario(
        OUTAGE | {posts("instagram"): "0x70 1+1x21 22x200"},
        {75: INSTAGRAM, 112: NOBODY, 127: NOBODY},
    ),
    "five failures in a row on a busy platform are within the hour's means": Scenario(
        {
            posts("x"): "0+1x200",
            failures("x"): "0x60 1+1x4 5x200",
            outcomes("x", "acme"): "0x60 1+1x2 3x200",
            outcomes("x", "bolt"): "0x63 1+1x1 2x200",
        },
        {66: NOBODY, 70: NOBODY, 80: NOBODY},
    ),
    "one dead account that somebody retries is not the platform": Scenario(
        {
            posts("x"): "0+0.1x200",
            failures("x"): "0x60 1+1x6 7x200",
            outcomes("x", "acme"): "0x60 1+1x5 6x200",
            outcomes("x", "bolt"): "0x66 1x200",
        },
        {70: NOBODY, 80: NOBODY, 110: NOBODY},
    ),
    "one failure on a quiet platform is bad luck": Scenario(
        {posts("x"): "0x9 1x200", failures("x"): "0x30 1x200", outcomes("x", "acme"): "0x30 1x200"},
        {40: NOBODY, 60: NOBODY, 80: NOBODY},
    ),
    "posts we missed ourselves are not failures of the platform": Scenario(
        {
            posts("x"): "0x9 1x200",
            failures("x"): "0x30 1x200",
            outcomes("x", "acme"): "0x30 1x200",
            outcomes("x", "bolt", "missed"): "0x30 1x200",
            outcomes("x", "cafe", "missed"): "0x30 1x200",
        },
        {40: NOBODY, 60: NOBODY, 80: NOBODY},
    ),
    "five failures in a hundred are within the hour's means": Scenario(
        {
            posts("x"): "0+0.95x200",
            failures("x"): "0+0.05x200",
            outcomes("x", "acme"): "0+0.025x200",
            outcomes("x", "bolt"): "0+0.025x200",
        },
        {70: NOBODY, 130: NOBODY, 190: NOBODY},
    ),
    "counters that start anew after a restart are no failures": Scenario(
        {
            posts("x", ',instance="a"'): "100+1x60 _x100",
            posts("x", ',instance="b"'): "_x61 0+1x100",
            failures("x"): "40x60 0x100",
            outcomes("x", "acme"): "20x60 0x100",
            outcomes("x", "bolt"): "20x60 0x100",
        },
        {61: NOBODY, 70: NOBODY, 90: NOBODY},
    ),
}


def promtool(folder: Path, rules: str, speed: int, tests: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """At speed 60 every minute of the scenarios becomes a second, as it does for the rules."""
    (folder / "rules.yml").write_text(rules)
    suite = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m" if speed == 1 else "1s",
        # Without it promtool evaluates groups in random order (https://github.com/prometheus/prometheus/issues/5241).
        "group_eval_order": [*(group.name for group in GROUPS), "watchdog"],
        "tests": tests,
    }
    (folder / "tests.yml").write_text(yaml.safe_dump(suite))
    return subprocess.run(["promtool", "test", "rules", folder / "tests.yml"], capture_output=True, text=True)


def after(minutes: int, speed: int) -> str:
    return f"{minutes}m" if speed == 1 else f"{minutes}s"


def series(counters: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in counters.items()]


def as_test(name: str, speed: int) -> dict[str, Any]:
    scenario = SCENARIOS[name]
    return {
        "name": name,
        "interval": after(1, speed),
        "input_series": series(scenario.counters),
        "promql_expr_test": [
            {
                "expr": FIRING,
                "eval_time": after(minute, speed),
                "exp_samples": [{"labels": f'{{platform="{each}"}}', "value": 1} for each in platforms],
            }
            for minute, platforms in scenario.firing.items()
        ],
    }


@pytest.mark.parametrize("speed", [1, 60])
@pytest.mark.parametrize("name", SCENARIOS)
def test_fires_exactly_when_it_should(name: str, speed: int, tmp_path: Path) -> None:
    run = promtool(tmp_path, render_rules(speed), speed, [as_test(name, speed)])

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("guard", RULE.expr.splitlines()[1:])
def test_each_guard_is_needed_by_a_scenario(guard: str, tmp_path: Path) -> None:
    rules = render_rules().replace(f"{at_speed(guard, 1)}\n", "")

    run = promtool(tmp_path, rules, 1, [as_test(name, 1) for name in SCENARIOS])

    assert rules != render_rules()
    assert run.returncode == 1
    assert "FAILED" in run.stdout + run.stderr


@pytest.mark.parametrize(("speed", "window", "span"), [(1, "30m", "21600"), (60, "30s", "360")])
def test_alert_says_what_it_saw_and_what_to_draw(speed: int, window: str, span: str, tmp_path: Path) -> None:
    failed, posted = (
        f'sum by (platform) (increase({metric.name}{{platform="instagram"}}[{window}]))'
        for metric in (PUBLISH_FAILURES_TOTAL, POSTS_PUBLISHED_TOTAL)
    )
    words = {"30m": "30 min", "30s": "30 s"}[window]
    known = f"({failed} or 0 * {posted})"
    expected = {
        "exp_labels": {
            "tier": "P1",
            "signal": "publish",
            "scope": "platform",
            "lane": "publishing",
            "slo": "publish_success",
            "burn": "fast",
            "platform": "instagram",
        },
        "exp_annotations": {
            "summary": f"instagram: 100% of publishes failed within {words}",
            "runbook": "publish-failure-spike",
            "chart_query": f"{known} / ({known} + ({posted} or 0 * {known}) > 0)",
            "chart_unit": "ratio",
            "chart_threshold": "0.12",
            "chart_title": f"instagram: share of publishes failed within {words}",
            "chart_span_seconds": span,
        },
    }
    at = {"alertname": RULE.name, "eval_time": after(75, speed), "exp_alerts": [expected]}
    test = {"interval": after(1, speed), "input_series": series(OUTAGE), "alert_rule_test": [at]}

    run = promtool(tmp_path, render_rules(speed), speed, [test])

    assert run.returncode == 0, run.stdout + run.stderr


def test_runbook_tells_the_threshold_of_the_rule() -> None:
    assert f"{RULE.chart.threshold * 100:.0f} %" in runbook(RULE.runbook).symptoms[0]
