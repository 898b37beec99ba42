"""How a work item and a stop look in Slack; values in, blocks out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audits import Scope
from audits.switches import Flights, Switch, Turn
from clients.model import ItemKind, ItemState, WorkItem
from messages.blocks import (
    Block,
    Message,
    actions,
    context,
    date,
    escape,
    is_web_address,
    link,
    quote,
    section,
    shorten,
)
from operations.approve import APPROVE
from operations.items import Decision
from operations.resolve import RESOLVE
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from telemetry.ids import Platform, Surface

# In the order they are shown; an item gets those that fit its kind.
ITEM_BUTTONS: tuple[Decision, ...] = (APPROVE, RESOLVE)

MOST_TEXT = 1500
"""Characters of one item: six of them fit one message."""

_KINDS = {
    ItemKind.APPROVAL: "Draft",
    ItemKind.ESCALATION: "Needs an answer",
    ItemKind.PUBLISH_FAILURE: "Publish failed",
    ItemKind.VERIFICATION: "Not seen live",
    ItemKind.POLICY_BLOCK: "Blocked by policy",
    ItemKind.CONNECTION: "Connection",
    ItemKind.UNKNOWN_OUTCOME: "Outcome unknown",
}
_DAY_AND_TIME = "{date_short_pretty}, {time}"
_RESULTS = {
    "queued": "waits for its time",
    "publishing": "going out…",
    "published": "published, checking that it is live",
    "verified": "live",
    "failed": "⚠️ failed at the platform",
    "stopped": "⏸️ waits: publishing is stopped",
    "handled": "closed at the platform",
}


def item_blocks(item: WorkItem, names: Mapping[str, str]) -> list[Block]:
    """One item as a group: what and for whom, the words it is about, then its buttons or what became of it."""
    if item.state is ItemState.CLOSED:
        return [context(shorten(f"{_headline(item, names)}\n{_became(item)}", MOST_TEXT))]
    body = "\n".join(line for line in (_headline(item, names), *_body(item)) if line)
    thumbnail = item.body.get("asset_url")
    accessory = (
        {"type": "image", "image_url": thumbnail, "alt_text": f"Asset of the draft: {item.title}"[:200]}
        if is_web_address(thumbnail)
        else None
    )
    buttons = [operation.button(item) for operation in ITEM_BUTTONS if item.kind in operation.kinds]
    return [section(shorten(body, MOST_TEXT), accessory), actions(*buttons)]


def _headline(item: WorkItem, names: Mapping[str, str]) -> str:
    client = names.get(item.client_id, item.client_id)
    title = escape(item.title, 120)
    what = title if item.state is ItemState.CLOSED else f"{_KINDS[item.kind].lower()}: {title}"
    parts = (f"*{escape(client, 60)}*", escape(place(item.platform, item.surface)), what)
    return " · ".join(part for part in parts if part)


def place(platform: str | None, surface: str | None) -> str:
    """`Instagram reel`; names nobody knows are shown as they are."""
    site = Platform(platform).title if platform in set(Platform) else platform
    piece = Surface(surface).title if surface in set(Surface) else surface
    return " ".join(part for part in (site, piece) if part)


def _body(item: WorkItem) -> list[str]:
    told = item.body
    lines = []
    if told.get("risk"):
        lines.append(f"⚠️ {escape(told['risk'], 200)}")
    if told.get("reason"):
        lines.append(f"Why: {escape(str(told['reason']).replace('_', ' '), 200)}")
    if told.get("author"):
        lines.append(f"From {escape(told['author'], 80)}:")
    lines += [quote(words, 600) for words in (told.get("text"), told.get("excerpt")) if words]
    if told.get("suggested_reply"):
        lines.append(f"Suggested reply:\n{quote(told['suggested_reply'], 400)}")
    if item.due_at:
        at = date(item.due_at, _DAY_AND_TIME)
        lines.append(
            f"Goes out: {at}, or at once if approved later" if item.kind is ItemKind.APPROVAL else f"Due: {at}"
        )
    return lines


def _became(item: WorkItem) -> str:
    when = date(item.closed_at) if item.closed_at else ""
    line = f"✅ {(item.outcome or 'closed').capitalize()} by {escape(item.closed_by or 'the platform', 60)} {when}"
    result = item.result
    status = _RESULTS.get(str(result.get("status", "")))
    if result.get("scheduled_at") and status:
        status = f"goes out {date(datetime.fromisoformat(result['scheduled_at']), _DAY_AND_TIME)}"
    if result.get("post_url") and status:
        status = link(str(result["post_url"]), status)
    if result.get("error_reason"):
        status = f"{status or '⚠️ failed'}: {escape(result['error_reason'], 200)}"
    return f"{line} · {status}" if status else line


def stop_card(
    switch: Switch, words: str, flights: Flights, order: Any | None, asked_by: str | None, asked_why: str
) -> Message:
    """The card of a kill switch that is on: who, why, and whether anything may still be going out.

    `order` is row(state, problem) of the command to the platform.
    """
    told = [
        f"⛔ *Publishing is stopped: {escape(words)}*",
        _settling(flights),
        *_obeyed(order),
        f"By {escape(switch.set_by, 60)} {date(switch.set_at)} · {escape(switch.reason, 300)}",
    ]
    blocks = [section("\n".join(told))]
    if asked_by:
        blocks += [
            section(
                f"*{escape(asked_by, 60)}* asks to resume: {escape(asked_why, 300)}\nA second person has to confirm."
            ),
            actions(CONFIRM_RESUME.button(switch.scope)),
        ]
    else:
        blocks.append(actions(REQUEST_RESUME.button(switch.scope)))
    return Message(f"Publishing is stopped: {escape(words)}. {escape(switch.reason)}", blocks)


def _settling(flights: Flights) -> str:
    became = ((flights.published, "went out"), (flights.aborted, "did not"), (flights.unknown, "unknown"))
    counted = ", ".join(f"{count} {what}" for count, what in became if count)
    if flights.in_flight:
        so_far = f" So far {counted}." if counted else ""
        return f"Recorded. *{flights.in_flight}* already on the way may still appear; nothing new starts.{so_far}"
    after = f" Of what was on the way {counted}." if counted else ""
    return f"Settled: nothing is on the way, nothing new starts.{after}"


def _obeyed(order: Any | None) -> list[str]:
    """Our guard holds in any case; who publishes without asking it has only the order."""
    if order is None or order.state == "accepted":
        return []
    if order.state == "refused":
        return [f"⚠️ The platform refused the order: {escape(order.problem, 200)}. Call its engineers."]
    return ["The platform has not answered the order yet; it is sent again until it does."]


def resumed_card(switch: Switch, words: str, turn: Turn) -> Message:
    """What the stop's card becomes once it is over: the whole story."""
    asked = f"Asked by {escape(turn.asked_by, 60)}, confirmed" if turn.asked_by else "Confirmed"
    told = (
        f"▶️ *Publishing runs again: {escape(words)}*\n"
        f"{asked} by {escape(turn.by, 60)} {date(turn.at)} · {escape(turn.reason, 300)}\n"
        f"Stopped by {escape(switch.set_by, 60)} {date(switch.set_at)} · {escape(switch.reason, 300)}"
    )
    return Message(f"Publishing runs again: {escape(words)}.", [section(told)])


def banner(switches: Sequence[Switch], words: Mapping[Scope, str]) -> list[Block]:
    """One line on every card and Home while anything is stopped; nothing when nothing is."""
    if not switches:
        return []
    named = ", ".join(escape(words[switch.scope]) for switch in switches[:3])
    more = f" and {len(switches) - 3} more" if len(switches) > 3 else ""
    return [section(f"⛔ *Stopped:* {named}{more}")]
