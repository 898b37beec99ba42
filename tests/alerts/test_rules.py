import subprocess
from pathlib import Path

import pytest
import yaml

from alerts.definitions import Rule, window
from alerts.rules import GROUPS, RULES, WATCHDOG, render_rules
from runbooks.library import runbook, runbooks


@pytest.mark.parametrize("speed", [1, 7, 60, 3600])
def test_prometheus_accepts_the_rules_at_every_speed(speed: int, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(render_rules(speed))

    run = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"], capture_output=True, text=True)

    assert run.returncode == 0, run.stderr


def test_speed_changes_times_and_nothing_else() -> None:
    slow, fast = render_rules(), render_rules(60)

    assert slow != fast
    for production, demo in [("30s", "1s"), ("1h", "60s"), ("30m", "30s"), ("2m", "2s"), ("10m", "10s")]:
        slow = slow.replace(f"[{production}]", f"[{demo}]").replace(f": {production}\n", f": {demo}\n")
    slow = slow.replace("within 30 min", "within 30 s").replace("'21600'", "'360'")
    assert slow == fast


def test_rendering_is_stable() -> None:
    assert render_rules() == render_rules()


def test_watchdog_always_fires_without_a_tier() -> None:
    alerts = [rule for group in yaml.safe_load(render_rules())["groups"] for rule in group["rules"] if "alert" in rule]
    watchdog = next(alert for alert in alerts if alert["alert"] == WATCHDOG)

    assert watchdog["expr"] == "vector(1)"
    assert "for" not in watchdog
    assert "tier" not in watchdog["labels"]


def test_no_window_is_left_unwritten() -> None:
    assert "‹" in window("1h")
    assert "‹" not in render_rules()


def test_names_are_given_once() -> None:
    groups = [group.name for group in GROUPS]
    recorded = [recording.name for group in GROUPS for recording in group.recordings]
    names = [*recorded, *(rule.name for rule in RULES), WATCHDOG]

    assert len(set(groups)) == len(groups)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_runbook_knows_the_alert_and_its_tier(rule: Rule) -> None:
    page = runbook(rule.runbook)

    assert rule.name in page.alerts
    assert rule.tier in page.tiers


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_can_be_routed_and_muted(rule: Rule) -> None:
    assert {"signal", "scope"} <= set(rule.labels)
    assert "tier" not in rule.labels
    assert ("slo" in rule.labels) >= ("burn" in rule.labels)
    assert "$value" not in "".join(rule.labels.values())  # a label that moves makes a new alert of every evaluation


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_chart_draws_the_unit_its_threshold_is_in(rule: Rule) -> None:
    assert rule.chart.title
    if rule.chart.unit == "ratio":
        assert 0 < rule.chart.threshold < 1


def test_runbooks_name_only_alerts_that_exist() -> None:
    assert {alert for page in runbooks() for alert in page.alerts} <= {rule.name for rule in RULES}
