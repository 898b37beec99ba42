"""The dialogs of a batch: boxes to tick, grouped by client, and pages on which each item is read first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clients.model import WorkItem
from messages.blocks import Block, Element, context, option, plain, section, shorten
from operations import wording
from operations.items import Decision

MOST_ALONE = 20
"""Items one person may decide with one press."""

_PER_BLOCK = 10
_MOST_BLOCKS = 90
_MOST_TEXT = 2500
_PAST_TENSE = {"Approve": "approved", "Resolve": "resolved", "Confirm block": "confirmed", "Send reply": "sent"}


@dataclass(frozen=True)
class Box:
    """What one tick stands for. `client` heads the group it is in; without one it is a client itself."""

    text: str
    about: str
    items: Sequence[WorkItem]
    ticked: bool
    client: str = ""


def boxes(
    items: Sequence[WorkItem],
    names: Mapping[str, str],
    zone: str | None,
    risk: Callable[[WorkItem], str],
    now: datetime,
) -> list[Box]:
    """A box per item, or, where that would be too many for a dialog, one per client for its safe items."""
    groups: dict[str, list[WorkItem]] = {}
    for item in sorted(items, key=lambda item: names.get(item.client_id, item.client_id)):
        groups.setdefault(names.get(item.client_id, item.client_id), []).append(item)
    if sum(-(-len(group) // _PER_BLOCK) for group in groups.values()) <= _MOST_BLOCKS and len(items) <= 200:
        return [_box(item, name, zone, risk(item), now) for name, group in groups.items() for item in group]
    safe = {name: [item for item in group if not risk(item)] for name, group in groups.items()}
    return [
        Box(f"{name} · {len(group)}", ", ".join(item.title for item in group), group, ticked=True)
        for name, group in safe.items()
        if group
    ]


def _box(item: WorkItem, client: str, zone: str | None, risk: str, now: datetime) -> Box:
    at = f"{item.due_at.astimezone(ZoneInfo(zone or 'UTC')):%H:%M} " if item.due_at else ""
    at = f"at once (was {at.strip()}) " if item.due_at and item.due_at < now else at
    text = f"{'⚠️ ' if risk else ''}{at}{wording.place(item.platform, item.surface)}: {item.title}"
    return Box(text, risk or str(item.body.get("text") or item.body.get("reason") or ""), [item], not risk, client)


def boxes_dialog(
    decision: Decision, callback_id: str, batch_id: UUID, shown: Sequence[Box], to_look_at: int
) -> Element:
    """The safe ones are ticked; `to_look_at` have a risk and are asked for one by one once this is sent."""
    safe = sum(len(box.items) for box in shown if box.ticked)
    whose = len({item.client_id for box in shown if box.ticked for item in box.items})
    are = "item is" if safe == 1 else "items are"
    told = f"*{safe}* safe {are} ticked, of *{whose}* {'client' if whose == 1 else 'clients'}."
    blocks: list[Block] = [section(told)]
    first = 0
    while first < len(shown):
        group = [box for box in shown[first : first + _PER_BLOCK] if box.client == shown[first].client]
        blocks.append(_choice(first, group))
        first += len(group)
    if to_look_at:
        blocks.append(context(f"Left for a look, which comes next: {to_look_at} with a risk."))
    if safe > MOST_ALONE:
        blocks.append(context(f"More than {MOST_ALONE} at once: a second person confirms."))
    return _modal(decision, callback_id, f"batch:{batch_id}", f"{decision.label} safe items", blocks)


def look_dialog(
    decision: Decision,
    callback_id: str,
    value: str,
    items: Sequence[WorkItem],
    names: Mapping[str, str],
    now: datetime,
    *,
    more: int,
    before: str,
) -> Element:
    """Each item in full; a tick leaves it for later. `before` is what came of the page before, `more` come after."""
    then = f" {more} more come after these." if more else ""
    told = f"Read each. Tick what shall wait: the others are {_PAST_TENSE[decision.label]} when you send this.{then}"
    blocks: list[Block] = [context(before)] if before else []
    blocks.append(section(told))
    for number, item in enumerate(items):
        client = names.get(item.client_id, item.client_id)
        words = "\n".join([wording.headline(item, client), *wording.body(item, now, _MOST_TEXT // 2)])
        blocks.append(section(shorten(words, _MOST_TEXT), wording.thumbnail(item)))
        waits: Element = {
            "type": "checkboxes",
            "action_id": "answer",
            "options": [option("Leave this one", str(number))],
        }
        label = plain(f"{number + 1} of {len(items)}")
        # Slack keeps what was entered under a block_id that stays: the ticks of one page must not be the next one's.
        own = f"{value}|{number}"
        blocks.append({"type": "input", "block_id": own, "label": label, "optional": True, "element": waits})
    return _modal(decision, callback_id, value, decision.label, blocks)


def _modal(decision: Decision, callback_id: str, value: str, title: str, blocks: Sequence[Block]) -> Element:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": value,
        "title": plain(title, 24),
        "submit": plain(decision.label, 24),
        "close": plain("Cancel"),
        "blocks": list(blocks),
    }


def _choice(first: int, group: Sequence[Box]) -> Block:
    options = [
        {"text": plain(box.text, 75), "value": str(first + n)}
        | ({"description": plain(" ".join(box.about.split()), 75)} if box.about.strip() else {})
        for n, box in enumerate(group)
    ]
    boxes: Element = {"type": "checkboxes", "action_id": "answer", "options": options}
    ticked = [option for option, box in zip(options, group, strict=True) if box.ticked]
    if ticked:
        boxes["initial_options"] = ticked
    label = plain(group[0].client or "Clients", 150)
    return {"type": "input", "block_id": str(first), "label": label, "optional": True, "element": boxes}
