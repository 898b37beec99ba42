"""How a work item and a stop look in Slack; values in, blocks out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audits import Scope
from audits.switches import Flights, Switch, Turn
from clients.model import ItemState, Seen, WorkItem
from messages.blocks import (
    Block,
    Message,
    actions,
    context,
    date,
    escape,
    option,
    section,
    shorten,
)
from operations import wording
from operations.approve import APPROVE
from operations.assign import ASSIGN
from operations.confirm_block import CONFIRM_BLOCK
from operations.escalate import ESCALATE
from operations.follow_up import FOLLOW_UP
from operations.hold import HOLD
from operations.items import ItemButton, pressable
from operations.reject import REJECT
from operations.release import RELEASE
from operations.reply import EDIT_REPLY, SEND_REPLY
from operations.request_changes import REQUEST_CHANGES
from operations.resolve import RESOLVE
from operations.resume import CONFIRM_RESUME, REQUEST_RESUME
from operations.retry import RETRY
from operations.snooze import SNOOZE
from operations.undo import UNDO

# In the order they are shown; an item gets those that fit its kind: the likely ones in front, the rest under "More".
ITEM_BUTTONS: tuple[ItemButton, ...] = (
    APPROVE,
    RETRY,
    SEND_REPLY,
    RESOLVE,
    CONFIRM_BLOCK,
    REQUEST_CHANGES,
    RELEASE,
    EDIT_REPLY,
    ESCALATE,
    HOLD,
    REJECT,
    FOLLOW_UP,
    SNOOZE,
    ASSIGN,
)
MORE = "operations.more"
"""The menu: its option's value is the action_id of the button meant, its block_id what was seen of the item."""

MOST_TEXT = 1500
"""Characters of one item: six of them fit one message."""


def item_blocks(item: WorkItem, names: Mapping[str, str], now: datetime) -> list[Block]:
    """One item as a group: what and for whom, the words it is about, then its buttons or what became of it."""
    headline = wording.headline(item, names.get(item.client_id, item.client_id))
    if item.state is ItemState.CLOSED:
        told = f"{headline}\n{wording.became(item)}"
        if item.undo_until and item.undo_until > now:
            until = date(item.undo_until, "{time_secs}")
            return [section(shorten(f"{told} · can be undone until {until}", MOST_TEXT), UNDO.button(item))]
        return [context(shorten(told, MOST_TEXT))]
    if not item.waits(now):
        return [section(shorten(f"{headline}\n{wording.aside(item)}", MOST_TEXT), UNDO.button(item))]
    text = "\n".join([headline, *wording.body(item, now)])
    return [section(shorten(text, MOST_TEXT), wording.thumbnail(item)), item_buttons(item)]


def item_buttons(item: WorkItem) -> Block:
    fitting = [each for each in ITEM_BUTTONS if item.kind in each.kinds]
    front = [pressable(each, item) for each in fitting if item.kind in each.first]
    rest = [option(each.label, each.action_id) for each in fitting if item.kind not in each.first]
    return actions(*front, {"type": "overflow", "action_id": MORE, "options": rest}, block_id=Seen.of(item).value)


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
            actions(CONFIRM_RESUME.button(switch.scope, words)),
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
