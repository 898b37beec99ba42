"""Alertmanager's configuration: who hears of an alert when, and which alert mutes which.

It groups, waits and mutes by the labels that every rule carries; what a tier looks like in Slack is left to the bot.
"""

from pathlib import Path
from typing import Any

import yaml

from alerts.definitions import paced
from alerts.rules import WATCHDOG

# The bot reads the rest of a longer group from /api/v2/alerts.
_MAX_ALERTS = 50


def render_alertmanager(webhook_url: str, token_file: str | Path, speed: int = 1) -> str:
    """Alertmanager's YAML, posting to `webhook_url` with the bearer token in `token_file`.

    `speed` as in `alerts.rules.render_rules`.
    """
    config = {
        "route": _routes(speed),
        "inhibit_rules": _inhibitions(),
        "receivers": [
            _receiver("checkin", webhook_url, token_file, send_resolved=True),
            _receiver("checkin-heartbeat", webhook_url, token_file, send_resolved=False),
        ],
    }
    return yaml.safe_dump(config, sort_keys=False)


def _receiver(name: str, url: str, token_file: str | Path, *, send_resolved: bool) -> dict[str, Any]:
    webhook = {
        "url": url,
        "send_resolved": send_resolved,
        "http_config": {"authorization": {"type": "Bearer", "credentials_file": str(token_file)}},
        "max_alerts": _MAX_ALERTS,
    }
    return {"name": name, "webhook_configs": [webhook]}


def _routes(speed: int) -> dict[str, Any]:
    return {
        # An alert of nobody's tier still reaches the bot.
        "receiver": "checkin",
        **_pace("tier signal scope", "30s", "5m", "4h", speed),
        "routes": [
            # Repeats are looked at only when a group's interval is over: a repeat as long as the interval would
            # beat every second time. At high speed a beat every five seconds is alive enough.
            {
                "matchers": [f'alertname="{WATCHDOG}"'],
                "receiver": "checkin-heartbeat",
                "group_by": ["alertname"],
                "group_wait": "0s",
                "group_interval": paced("1m", speed, at_least=5),
                "repeat_interval": paced("50s", speed, at_least=4),
            },
            # One message for the whole incident, whichever platforms it takes.
            {"matchers": ['tier="P0"'], **_pace("tier signal", "10s", "1m", "30m", speed)},
            {"matchers": ['tier="P1"'], **_pace("tier signal platform queue provider", "30s", "5m", "4h", speed)},
            # A platform's own alert comes 10 minutes after its clients' at the latest, and then mutes them.
            {"matchers": ['tier="P2"'], **_pace("tier client_id", "10m", "15m", "12h", speed)},
            {"matchers": ['tier="P3"'], **_pace("tier signal", "5m", "1h", "24h", speed)},
        ],
    }


def _pace(group_by: str, wait: str, interval: str, repeat: str, speed: int) -> dict[str, Any]:
    return {
        "group_by": group_by.split(),
        "group_wait": paced(wait, speed),
        "group_interval": paced(interval, speed),
        "repeat_interval": paced(repeat, speed),
    }


def _inhibitions() -> list[dict[str, Any]]:
    """The cause speaks, its consequences are muted.

    A label that both sides lack counts as equal (https://prometheus.io/docs/alerting/latest/configuration/#inhibit_rule),
    so a source whose `platform` is compared must have one, or it would mute every alert without a platform.
    """
    publishing = 'signal=~"publish|verify|selector"'
    return [
        _mute(by=['tier="P0"', 'signal="publish"', 'scope="global"'], these=['tier=~"P1|P2"', publishing]),
        _mute(
            by=['tier="P0"', 'signal="publish"', 'scope="platform"', 'platform=~".+"'],
            these=['tier=~"P1|P2"', publishing],
            where_equal="platform",
        ),
        _mute(by=['tier="P0"', 'signal="verify"', 'scope="global"'], these=['tier=~"P1|P2"', 'signal="verify"']),
        _mute(
            by=['tier="P1"', 'scope="platform"', 'platform=~".+"'],
            these=['tier="P2"', 'scope="client"'],
            where_equal="platform signal",
        ),
        # One promise, one voice: the fastest burn speaks.
        _mute(by=['slo=~".+"', 'burn="fast"'], these=['burn=~"slow|spec|missed"'], where_equal="slo platform queue"),
        _mute(by=['slo=~".+"', 'burn="slow"'], these=['burn=~"spec|missed"'], where_equal="slo platform queue"),
    ]


def _mute(by: list[str], these: list[str], where_equal: str = "") -> dict[str, Any]:
    return {"source_matchers": by, "target_matchers": these, "equal": where_equal.split()}
