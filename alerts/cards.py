"""How an alert looks in Slack: what and where in plain words, since when, who is on it, what to do first, the chart."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.acknowledge import ACKNOWLEDGE
from alerts.definitions import Tier
from alerts.model import Incident
from alerts.open_runbook import OPEN_RUNBOOK, words
from audits import Scope
from audits.switches import Switch
from messages.blocks import Block, Message, actions, context, date, escape, header, picture, section
from operations.stop import STOP
from operations.stops import told as stopped
from runbooks.library import Runbook, RunbookError, runbook
from telemetry.ids import Platform

_TIERS: Mapping[Tier, str] = {"P0": "🔴", "P1": "🟠", "P2": "🟡", "P3": "⚪"}
_FIRST_ACTIONS = 3
_NAMED = 3
_MOST_SCOPE = 500
"""Characters: no client is called so, and a value over 2,000 would cost the whole card."""


@dataclass(frozen=True)
class Routing:
    """Which channel hears of a tier, and who is mentioned when a card of it opens."""

    channels: Mapping[Tier, str]
    mentions: Mapping[Tier, str] = field(default_factory=dict)


def alert_card(
    incident: Incident, mention: str = "", stops: Sequence[tuple[Switch, str]] = (), hit: Sequence[str] = ()
) -> Message:
    """The whole card, for every state of the incident.

    `stops` are the switches that are on, with their words; `hit` are the names of the clients it hit, the worst first.
    """
    alert = incident.group.leading
    told = titled(alert.annotations.get("summary") or alert.labels.get("alertname", "Alert"))
    summary = escape(told, 300)
    over = incident.resolved_at is not None
    mark = "✅" if over else _TIERS[incident.tier]
    called = f" {mention}" if mention and not over and not incident.acked_by else ""
    blocks: list[Block] = [
        header(f"{mark} {incident.tier} · {_name(incident)}"),
        *([] if over else stopped([stop for stop in stops if _scope_of(incident).touches(stop[0].scope)])),
        section((f"When it fired: {summary}" if over else f"*{summary}*{called}") + _hit(hit)),
    ]
    blocks.append(context(_since(incident)))
    if not over:
        page = _page(alert.annotations.get("runbook"))
        buttons = _buttons(incident, page, {switch.scope.key for switch, _ in stops})
        blocks += [*_first_actions(page), *([actions(*buttons)] if buttons else [])]
    title = titled(alert.annotations.get("chart_title", "")) or told
    blocks.append(picture(incident.card_key, f"Chart: {title}"))
    state = "is over" if over else "is acknowledged" if incident.acked_by else "needs a person"
    return Message(f"{incident.tier} {state}: {summary}", blocks)


def _name(incident: Incident) -> str:
    """`PublishFailuresRising` on x → `X: publish failures rising`."""
    labels = incident.group.common_labels
    raw = labels.get("alertname", f"{len(incident.group.alerts)} alerts")
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in raw).strip()
    return f"{_platform(labels)}: {spaced}" if _platform(labels) else spaced.capitalize()


def _platform(labels: dict[str, str]) -> str:
    platform = labels.get("platform", "")
    return Platform(platform).title if platform in set(Platform) else platform


def titled(text: str) -> str:
    """Prometheus fills in label values and shares as they are; people read `Instagram` and `62 %`."""
    text = re.sub(r"(\d+(?:\.\d+)?)%", lambda share: f"{_rounded(float(share[1]))} %", text)
    first, colon, rest = text.partition(":")
    return f"{Platform(first).title}{colon}{rest}" if first in set(Platform) else text


def _rounded(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"


def _since(incident: Incident) -> str:
    began = f"Since {date(incident.started_at)}"
    scope = _scope(incident)
    if incident.resolved_at:
        lasted = _lasting(incident.started_at, incident.resolved_at)
        by = f" · {escape(incident.acked_by)} was on it" if incident.acked_by else ""
        return f"Over since {date(incident.resolved_at)} · lasted {lasted}{by}{scope}"
    if incident.acked_by and incident.acked_at:
        return f"{began} · *{escape(incident.acked_by)} is on it* since {date(incident.acked_at)}{scope}"
    return f"{began} · nobody is on it yet{scope}"


def _scope(incident: Incident) -> str:
    firing = sum(alert.firing for alert in incident.group.alerts)
    hidden = incident.group.truncated
    many = f" · {firing} alerts" if firing > 1 else ""
    return many + (f" (+{hidden} not shown)" if hidden else "")


def _hit(names: Sequence[str]) -> str:
    named = ", ".join(escape(name, 60) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"\nHit: {named}{more}" if names else ""


def _lasting(start: datetime, end: datetime) -> str:
    minutes = max(0, round((end - start).total_seconds() / 60))
    return (
        f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min" if minutes else "under a minute"
    )


def _page(slug: str | None) -> Runbook | None:
    """None too for a page that a rule of somebody else's names and we do not have."""
    try:
        return runbook(slug) if slug else None
    except RunbookError:
        return None


def _first_actions(page: Runbook | None) -> list[Block]:
    if page is None:
        return [context("There is no runbook for this alert.")]
    steps = "\n".join(f"{n}. {words(step)}" for n, step in enumerate(page.actions[:_FIRST_ACTIONS], 1))
    return [section(f"*Do first*\n{steps}")]


def _scope_of(incident: Incident) -> Scope:
    labels = incident.group.common_labels
    return Scope(labels.get("client_id"), labels.get("platform"))


def _buttons(incident: Incident, page: Runbook | None, on: Collection[str]) -> list[dict[str, Any]]:
    """What is stopped already is not offered to be stopped."""
    labels = incident.group.common_labels
    buttons = [] if incident.acked_by else [ACKNOWLEDGE.button(incident)]
    if page:
        buttons.append(OPEN_RUNBOOK.button(page.slug))
    if labels.get("platform") in set(Platform):
        scope = _scope_of(incident)
        if len(scope.key) <= _MOST_SCOPE and not {*scope.covering()} & {*on}:
            buttons.append(STOP.button(scope))
    return buttons
