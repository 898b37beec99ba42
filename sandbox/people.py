"""Who lives in the world in a box: the team, its channels, the installed app, and the bot's settings there."""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.slack.model import slack_id

CHECKIN, URGENT, ALERTS, REVIEW = "ops-checkin", "ops-urgent", "ops-alerts", "ops-review"
OWNER = "owner"
LEAD, OPERATOR, SECOND_OPERATOR, VIEWER = "carla", "ana", "ben", "vera"

# The very app a real workspace installs: a scope it lacks is missing here too.
_MANIFEST = Path(__file__).parents[1] / "deploy" / "slack-manifest.yaml"

# The demo is short: a day's check-ins follow each other within minutes.
_SUMMARY, _MIDDAY, _LATE = (timedelta(minutes=n) for n in (5, 10, 15))

_USERS = (
    (OPERATOR, "Ana Ruiz", "Operator", "1264a3"),
    (SECOND_OPERATOR, "Ben Osei", "Operator", "2bac76"),
    (LEAD, "Carla Meyer", "Owner", "cd2553"),
    (VIEWER, "Vera Lind", "Account manager", "e8912d"),
)
_CHANNELS = (
    (CHECKIN, "Morning, midday and late check-ins: everything a person has to decide"),
    (URGENT, "P0: publishing is broken for several clients"),
    (ALERTS, "P1: something is getting worse and needs a person soon"),
    (REVIEW, "P2 and P3: looked at in the next check-in"),
    (OWNER, "The day in one message: health, check-ins, stops, cost"),
)


@dataclass(frozen=True)
class Tokens:
    """The secrets of one world, made anew for each."""

    bot: str
    app: str
    signing: str
    commands: str
    alerts: str
    audits: str


def tokens() -> Tokens:
    return Tokens(
        bot=f"xoxb-{secrets.token_hex(24)}",
        app=f"xapp-1-{secrets.token_hex(24)}",
        signing=secrets.token_hex(16),
        commands="whsec_" + b64encode(secrets.token_bytes(24)).decode(),
        alerts=secrets.token_hex(24),
        audits=b64encode(secrets.token_bytes(32)).decode(),
    )


def workspace(tokens: Tokens, zone: str) -> dict[str, Any]:
    """The configuration of the local Slack."""
    return {
        "team": {"name": "Northlight Agency", "domain": "northlight"},
        "users": [{"name": n, "real_name": r, "title": t, "color": c, "tz": zone} for n, r, t, c in _USERS],
        "usergroups": [{"handle": "operators", "name": "Operators", "users": [OPERATOR, SECOND_OPERATOR]}],
        "channels": [{"name": name, "topic": topic, "members": "all"} for name, topic in _CHANNELS],
        "app": {
            "manifest": str(_MANIFEST),
            "bot_token": tokens.bot,
            "app_token": tokens.app,
            "signing_secret": tokens.signing,
            "channels": [name for name, _ in _CHANNELS],
        },
    }


def settings(zone: str, due: datetime) -> str:
    """The bot's checkin.toml: the morning check-in comes at `due`, today, and the others soon after."""
    morning, summary, midday, late = (
        f"{(due + after).astimezone(ZoneInfo(zone)):%H:%M:%S}" for after in (timedelta(0), _SUMMARY, _MIDDAY, _LATE)
    )
    operators = json.dumps([slack_id("S", "operators")])
    return f"""\
[people]
leads = {json.dumps([slack_id("U", LEAD)])}
operators = {operators}
viewers = {json.dumps([slack_id("U", VIEWER)])}

[platform]
undo_seconds = 10

[[pods]]
name = "main"
channel = "#{CHECKIN}"
time_zone = "{zone}"
checkins = {{ morning = {morning}, midday = {midday}, late = {late} }}

[owner]
channel = "#{OWNER}"
time_zone = "{zone}"
summary = {summary}

[audits]
channel = "#{REVIEW}"

[alerts]
channels = {{ P0 = "#{URGENT}", P1 = "#{ALERTS}", P2 = "#{REVIEW}", P3 = "#{REVIEW}" }}
mention = {{ P0 = {operators[1:-1]}, P1 = {operators[1:-1]} }}
"""
