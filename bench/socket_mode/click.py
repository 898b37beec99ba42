"""A press of a button as Slack tells of it: about 2.5 kB, most of it the message the button is in.

https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
"""

import json
from typing import Any

TEAM = "T0BENCH"
USER = "U0BENCH"
CHANNEL = "C0BENCH"
_TS = "1700000000.000100"


def envelope(number: int, action_id: str, value: str) -> str:
    """The text of one Socket Mode frame; `number` makes the click one of its own."""
    action = {
        "type": "button",
        "block_id": "decide",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Approve", "emoji": True},
        "value": value,
        "style": "primary",
        "action_ts": f"1700000001.{number:06d}",
    }
    payload = _PAYLOAD | {"trigger_id": f"{number}.1700000000.bench", "actions": [action]}
    return json.dumps(
        {"envelope_id": str(number), "type": "interactive", "payload": payload, "accepts_response_payload": False}
    )


def _card(items: int) -> list[dict[str, Any]]:
    """A check-in's card: a section, its small print and its buttons for each item."""
    blocks: list[dict[str, Any]] = []
    for item in range(items):
        words = f"*Autumn jackets, part {item}*\nInstagram at Acme Outdoor · due in 2 h · seen by the policy check"
        labels = ("Approve", "Request changes", "Stop publishing…")
        buttons = [
            {
                "type": "button",
                "action_id": f"operations.{label.split()[0].lower()}",
                "text": {"type": "plain_text", "text": label, "emoji": True},
                "value": f"item-{item}|1|{'0' * 16}",
            }
            for label in labels
        ]
        blocks += [
            {"type": "section", "block_id": f"s{item}", "text": {"type": "mrkdwn", "text": words, "verbatim": False}},
            {"type": "actions", "block_id": f"a{item}", "elements": buttons},
        ]
    return blocks


_PAYLOAD: dict[str, Any] = {
    "type": "block_actions",
    "user": {"id": USER, "username": "ana", "name": "ana", "team_id": TEAM},
    "api_app_id": "A0BENCH",
    "token": "bench",
    "container": {"type": "message", "message_ts": _TS, "channel_id": CHANNEL, "is_ephemeral": False},
    "team": {"id": TEAM, "domain": "bench"},
    "enterprise": None,
    "is_enterprise_install": False,
    "channel": {"id": CHANNEL, "name": "checkins"},
    "message": {"type": "message", "user": "U0BOT", "ts": _TS, "bot_id": "B0BOT", "team": TEAM, "blocks": _card(2)},
    "state": {"values": {}},
    "response_url": "https://hooks.slack.com/actions/T0BENCH/1/bench",
}
