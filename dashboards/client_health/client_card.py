"""The card of one client: the verdict first, then what is in the way, then what both rest on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from audits import ActorType, AuditEvent, Result
from audits.switches import Switch
from charts.scales import zone_name
from charts.words import plural, share
from clients.model import CalendarItem, CalendarStatus, Connection, ConnectionStatus, ItemKind
from dashboards.client_health.chart import rates
from dashboards.client_health.decide import State, verdict
from dashboards.client_health.model import ClientHealth
from dashboards.layout import fitted, listed
from dashboards.names import platform_name, reason_words
from dashboards.times import told
from messages.blocks import Block, Message, context, escape, fields, link, section
from metrics.model import Missing

MARKS = {
    State.STUCK: "🔴",
    State.STOPPED: "⛔",
    State.FAILING: "🟠",
    State.QUIET: "⚪",
    State.PUBLISHING: "🟢",
}
_STATUS = {
    CalendarStatus.PLANNED: "planned",
    CalendarStatus.AWAITING_APPROVAL: "waits for approval",
    CalendarStatus.SCHEDULED: "scheduled",
    CalendarStatus.PUBLISHING: "going out",
    CalendarStatus.PUBLISHED: "published, not yet seen live",
    CalendarStatus.VERIFIED: "live",
    CalendarStatus.FAILED: "failed",
    CalendarStatus.BLOCKED: "blocked by policy",
    CalendarStatus.CANCELLED: "cancelled",
}
_NEEDED = {
    ItemKind.PUBLISH_FAILURE: ("failed post", ""),
    ItemKind.VERIFICATION: ("post", " not seen live"),
    ItemKind.CONNECTION: ("connection", " to renew"),
    ItemKind.UNKNOWN_OUTCOME: ("unclear outcome", ""),
    ItemKind.ESCALATION: ("thread", " to answer"),
    ItemKind.APPROVAL: ("draft", " to approve"),
    ItemKind.POLICY_BLOCK: ("policy block", " to review"),
}
_RESULTS = {
    Result.SUCCESS: "",
    Result.FAIL: " · *failed*",
    Result.BLOCKED: " · *blocked*",
    Result.UNKNOWN: " · *outcome unknown*",
    None: " · *begun, no outcome yet*",
}
_AUDITS = 8
_POSTS = 4  # before now, and as many after
_ENDED = frozenset({CalendarStatus.PUBLISHED, CalendarStatus.VERIFIED, CalendarStatus.FAILED})
"""What was approved late or early has gone out all the same."""


def client_card(value: ClientHealth, names: Mapping[str, str]) -> Message:
    client = value.situation.client
    found = verdict(value.situation, value.now, value.zone)
    before = [item for item in value.calendar if item.scheduled_at < value.now or item.status in _ENDED]
    after = [item for item in value.calendar if item not in before]
    stops = value.situation.stops
    days = plural(value.days, "day")
    blocks: list[Block] = [
        section(f"{MARKS[found.state]} *{escape(client.name, 60)} {escape(found.words)}*"),
        *listed("", [_stop(stop, value) for stop in stops[:5]]),
        *_everywhere(value),
        fields([f"*Needs a person*\n{_needs(value)}", f"*Lanes, {days}*\n{_lanes(before)}"]),
        *listed("Connections", [_connection(one, value) for one in value.situation.connections[:10]] or ["none"]),
        *listed("Last posts", [_post(item, value) for item in reversed(before[-_POSTS:])] or ["none"]),
        *listed("Next posts", [_post(item, value) for item in after[:_POSTS]] or ["none in the calendar"]),
        *listed(f"Pipeline, {days}", [_pipeline(value)]),
        *listed("What was done", _done(value, names)),
        context(f"At {_when(value.now, value)}, times in {escape(zone_name(value.zone))}"),
    ]
    return Message(escape(f"{client.name} {found.words}"), fitted(blocks))


def _stop(stop: Switch, value: ClientHealth) -> str:
    scope = stop.scope
    whose = value.situation.client.name if scope.client_id else "all clients"
    what = " ".join(part for part in (platform_name(scope.platform), scope.lane) if part)
    return (
        f"⛔ *Stopped: {escape(f'{what} of {whose}' if what else whose, 80)}* by {escape(stop.set_by, 40)}, "
        f"{_when(stop.set_at, value)}: {escape(stop.reason, 200)}"
    )


def _everywhere(value: ClientHealth) -> list[Block]:
    """Whether a platform fails for others too, said where this client's posts fail."""
    failing = [one.platform for one in value.situation.publishing if one.failed]
    if not failing:
        return []
    if isinstance(value.everywhere, Missing):
        since = f" since {_when(value.everywhere.since, value)}" if value.everywhere.since else ""
        return [context(f"Whether others fail too: no data{since}")]
    told_of = [_of_all(platform_name(platform), value.everywhere.get(platform)) for platform in failing[:5]]
    return [context(f"All clients, last hour: {' · '.join(told_of)}")]


def _of_all(platform: str, counted: tuple[int, int] | None) -> str:
    if counted is None:
        return f"{escape(platform, 30)} no data"
    failed, tried = counted
    ratio = f" ({share(failed / tried)})" if failed else ""
    return f"{escape(platform, 30)} " + (f"{failed} of {tried} posts failed{ratio}" if tried else "none due")


def _needs(value: ClientHealth) -> str:
    open_items = value.situation.open_items
    counted = [plural(n, noun) + rest for kind, (noun, rest) in _NEEDED.items() if (n := open_items.get(kind, 0))]
    return ", ".join(counted) or "nothing"


def _lanes(before: Sequence[CalendarItem]) -> str:
    ended = [item for item in before if item.status in _ENDED]
    lines = []
    for mode, name in (("api", "API"), ("browser", "Browser")):
        own = [item for item in ended if item.mode == mode]
        failed = sum(item.status is CalendarStatus.FAILED for item in own)
        if own:
            lines.append(f"{name}: {len(own)} of {plural(len(ended), 'post')}, {failed} failed")
    return "\n".join(lines) or "nothing was due"


def _post(item: CalendarItem, value: ClientHealth) -> str:
    title = (
        link(item.post_url, item.title[:60]) if item.post_url and len(item.post_url) < 200 else escape(item.title, 60)
    )
    status = _STATUS[item.status]
    if item.status is CalendarStatus.FAILED:
        status = f"*failed: {escape(reason_words(item.error_reason), 80)}*"
    where = f"{platform_name(item.platform)} {item.surface}"
    return f"• {_when(item.scheduled_at, value)} {escape(where, 40)} · {title} · {status}"


def _connection(one: Connection, value: ClientHealth) -> str:
    mode = {"api": "API", "browser": "browser"}.get(one.mode, one.mode)
    expiry = _when(one.token_expires_at, value) if one.token_expires_at else ""
    match one.status:
        case ConnectionStatus.OK:
            state = "connected" + (f", token until {expiry}" if expiry else "")
        case ConnectionStatus.EXPIRING:
            state = "*token expires" + (f" {expiry}*" if expiry else " soon*")
        case ConnectionStatus.EXPIRED:
            state = "*token expired" + (f" {expiry}*" if expiry else "*")
        case ConnectionStatus.CHALLENGE:
            since = f" since {_when(one.challenge_since, value)}" if one.challenge_since else ""
            state = f"*waits for a person to log in{since}*"
    refresh = ""
    if one.last_refresh_ok is False:
        refresh = f", *last refresh failed{f' {_when(one.last_refresh_at, value)}' if one.last_refresh_at else ''}*"
    mark = "⚠️ " if "*" in state + refresh else ""
    return f"• {mark}{escape(platform_name(one.platform), 30)} ({escape(mode, 20)}): {state}{refresh}"


def _pipeline(value: ClientHealth) -> str:
    return " · ".join(f"{rate.name} {rate.words}" for rate in rates(value)) if value.funnel else "nothing was due"


def _done(value: ClientHealth, names: Mapping[str, str]) -> list[str]:
    lines = [_audit(event, value, names) for event in value.actions[:_AUDITS]]
    if (more := len(value.actions) - _AUDITS) > 0:
        lines.append(f"… {more} more")
    return lines or ["nothing on record"]


def _audit(event: AuditEvent, value: ClientHealth, names: Mapping[str, str]) -> str:
    when = f"{_when(event.created_at, value)} " if event.created_at else ""
    action = " ".join(part for part in (platform_name(event.platform), event.action_type.replace("_", " ")) if part)
    url = event.proof.get("post_url")
    summary = link(url, event.payload_summary[:80]) if isinstance(url, str) and len(url) < 200 else None
    who = names.get(event.actor_id, "an operator" if event.actor_type is ActorType.OPERATOR else event.actor_id)
    return (
        f"• {when}{escape(action, 40)} · {summary or escape(event.payload_summary, 80)}"
        f"{_RESULTS[event.result]} · {escape(who, 40)}"
    )


def _when(moment: datetime, value: ClientHealth) -> str:
    return told(moment, value.now, value.zone)
