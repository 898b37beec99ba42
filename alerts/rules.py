"""The catalogue of alert rules, and the file Prometheus reads it from.

A rule is a value in a group's list; delivery and tiers' manners are left to `alerts.alertmanager` and the bot.
"""

from typing import Any

import yaml

from alerts.definitions import Group, Rule, at_speed, in_words, paced, seconds
from alerts.publishing import PUBLISHING
from alerts.record import RECORD

GROUPS: tuple[Group, ...] = (PUBLISHING, RECORD)
RULES: tuple[Rule, ...] = tuple(rule for group in GROUPS for rule in group.rules)

# Always firing: while it reaches the bot, the way from Prometheus to Slack is open. Its absence is the alarm.
WATCHDOG = "Watchdog"


def render_rules(speed: int = 1) -> str:
    """Prometheus' rule file (YAML). At `speed` 60 the same rules see in seconds what production sees in minutes."""
    groups = [*(_group(group, speed) for group in GROUPS), _watchdog(speed)]
    return yaml.dump({"groups": groups}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _group(group: Group, speed: int) -> dict[str, Any]:
    return {
        "name": group.name,
        "interval": paced(group.interval, speed),
        "rules": [
            *({"record": each.name, "expr": at_speed(each.expr, speed)} for each in group.recordings),
            *(_alert(rule, speed) for rule in group.rules),
        ],
    }


def _alert(rule: Rule, speed: int) -> dict[str, Any]:
    """Annotations are strings, and Prometheus fills in labels and value: the bot needs no second look-up."""
    chart = rule.chart
    return {
        "alert": rule.name,
        "expr": at_speed(rule.expr, speed),
        "for": paced(rule.for_, speed),
        "keep_firing_for": paced(rule.keep_firing_for, speed),
        "labels": {"tier": rule.tier, **rule.labels},
        "annotations": {
            "summary": in_words(rule.summary, speed),
            "runbook": rule.runbook,
            "chart_query": at_speed(chart.expr, speed),
            "chart_unit": chart.unit,
            "chart_threshold": str(chart.threshold),
            "chart_title": in_words(chart.title, speed),
            "chart_span_seconds": str(seconds(paced(chart.span, speed))),
        },
    }


def _watchdog(speed: int) -> dict[str, Any]:
    return {
        "name": "watchdog",
        "interval": paced("30s", speed),
        "rules": [
            {
                "alert": WATCHDOG,
                "expr": "vector(1)",
                "labels": {"signal": "heartbeat"},
                "annotations": {"summary": "Alerts reach the bot. When this one stays away, they do not."},
            }
        ],
    }


class _Dumper(yaml.SafeDumper):
    """Writes PromQL of several lines as a block, so that the file reads like the rule."""


def _string(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _string)
