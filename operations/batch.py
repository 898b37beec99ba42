"""One press for many items: a dialog grouped by client, the safe ones ticked, each item then decided by itself.

More than twenty need a second person. What came of it is said once, in the thread it was asked for in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from audits import ActionType
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, Seen, WorkItem
from messages.blocks import Block, Element, button, context, plain, section
from messages.store import card_at
from operations import item_store, wording
from operations.approve import APPROVE
from operations.batch_cards import tell
from operations.items import Decision
from operations.model import Answer, Ask, Click, Done, Invalid, Refused, Role
from operations.resolve import RESOLVE
from operations.retry import RETRY
from storage import clock

MOST_ALONE = 20
"""Items one person may decide with one press."""

_PER_BLOCK = 10
_MOST_BLOCKS = 90
_LEFT_ALONE = {
    ItemKind.ESCALATION: "somebody waits for an answer",
    ItemKind.PUBLISH_FAILURE: "it would never go out",
    ItemKind.UNKNOWN_OUTCOME: "it may be out: look at the platform",
}
_OVER = Refused("batch_over", "This dialog has had its turn. Open it anew.")

Pods = Mapping[str, frozenset[str] | None]
"""Name → its clients, None being all."""


@dataclass(frozen=True)
class Box:
    """What one tick stands for. `client` heads the group it is in; without one it is a client itself."""

    text: str
    about: str
    items: Sequence[WorkItem]
    ticked: bool
    client: str = ""


@dataclass(frozen=True)
class Batch:
    """Decides many items like the button it is named after."""

    decision: Decision
    pods: Pods
    risk: Callable[[WorkItem], str]
    """Why a person should look at the item itself; empty when it is safe."""
    role: Role = Role.OPERATOR
    audited_as: ActionType = ActionType.BATCH

    @property
    def action_id(self) -> str:
        return f"{self.decision.action_id}_many"

    def button(self, pod: str, items: Iterable[WorkItem], thread_key: str = "") -> Element | None:
        """None when there are not two safe items: their own buttons are as near."""
        safe = sum(item.kind in self.decision.kinds and not self.risk(item) for item in items)
        label = f"{self.decision.label} {safe} safe items…"
        return button(label, self.action_id, f"{pod}|{thread_key}") if safe > 1 else None

    def run(self, db: Connection, click: Click) -> Answer:
        if click.value.startswith("batch:"):
            return self._submitted(db, click)
        pod, _, thread_key = click.value.partition("|")
        if pod and pod not in self.pods:
            return Refused("unknown_pod", "This button is of a check-in that is no more. Open the newest one.")
        thread_key = thread_key or (card_at(db, *click.thread) if click.thread else None) or ""
        return self._open(db, click, self.pods.get(pod), thread_key)

    def _open(self, db: Connection, click: Click, client_ids: frozenset[str] | None, thread_key: str) -> Answer:
        now = clock.now(db)
        found = work_items.items_of(db, self.decision.kinds, closed_since=now, client_ids=client_ids)
        items = [item for item in found if item.waits(now)]
        if not any(not self.risk(item) for item in items):
            return Refused("nothing_safe", "Nothing is left that is safe to decide unseen. Look at each by itself.")
        names = {client.client_id: client.name for client in clients.all_clients(db)}
        boxes = self._boxes(items, names, click.person.time_zone)
        shown = {str(n): [Seen.of(item).value for item in box.items] for n, box in enumerate(boxes)}
        person = click.person
        batch_id = item_store.open_batch(db, self.decision.label, shown, person.user_id, person.name, thread_key)
        left = [item for item in items if self.risk(item)] if boxes[0].client == "" else []
        return Ask(self._dialog(batch_id, boxes, left))

    def _boxes(self, items: Sequence[WorkItem], names: Mapping[str, str], zone: str | None) -> list[Box]:
        """A box per item, or, where that would be too many for a dialog, one per client for its safe items."""
        groups: dict[str, list[WorkItem]] = {}
        for item in sorted(items, key=lambda item: names.get(item.client_id, item.client_id)):
            groups.setdefault(names.get(item.client_id, item.client_id), []).append(item)
        if sum(-(-len(group) // _PER_BLOCK) for group in groups.values()) <= _MOST_BLOCKS and len(items) <= 200:
            return [self._box(item, name, zone) for name, group in groups.items() for item in group]
        safe = {name: [item for item in group if not self.risk(item)] for name, group in groups.items()}
        return [
            Box(f"{name} · {len(group)}", ", ".join(item.title for item in group), group, ticked=True)
            for name, group in safe.items()
            if group
        ]

    def _box(self, item: WorkItem, client: str, zone: str | None) -> Box:
        at = f"{item.due_at.astimezone(ZoneInfo(zone or 'UTC')):%H:%M} " if item.due_at else ""
        risk = self.risk(item)
        text = f"{'⚠️ ' if risk else ''}{at}{wording.place(item.platform, item.surface)}: {item.title}"
        return Box(text, risk or str(item.body.get("text") or item.body.get("reason") or ""), [item], not risk, client)

    def _dialog(self, batch_id: UUID, boxes: Sequence[Box], left: Sequence[WorkItem]) -> Element:
        safe = sum(len(box.items) for box in boxes if box.ticked)
        whose = len({item.client_id for box in boxes if box.ticked for item in box.items})
        told = f"*{safe}* safe items of *{whose}* {'client' if whose == 1 else 'clients'} are ticked."
        blocks: list[Block] = [section(told)]
        first = 0
        while first < len(boxes):
            group = [box for box in boxes[first : first + _PER_BLOCK] if box.client == boxes[first].client]
            blocks.append(_choice(first, group))
            first += len(group)
        if left:
            blocks.append(context(f"Left for a look, one by one: {len(left)} with a risk."))
        if safe > MOST_ALONE:
            blocks.append(context(f"More than {MOST_ALONE} at once: a second person confirms."))
        return {
            "type": "modal",
            "callback_id": self.action_id,
            "private_metadata": f"batch:{batch_id}",
            "title": plain(f"{self.decision.label} safe items"),
            "submit": plain(self.decision.label),
            "close": plain("Cancel"),
            "blocks": blocks,
        }

    def _submitted(self, db: Connection, click: Click) -> Answer:
        row = item_store.held_batch(db, UUID(click.value.removeprefix("batch:")))
        if row is None or row.state != "open" or row.by != click.person.user_id:
            return _OVER
        chosen = [key for key in row.shown if key in click.ticked]
        count = sum(len(row.shown[key]) for key in chosen)
        if not count:
            return Invalid({"0": "Tick at least one."})
        state = "asked" if count > MOST_ALONE else "ordered"
        item_store.move_batch(db, row.batch_id, state, chosen=chosen)
        tell(db, row.batch_id)
        verb = self.decision.label.lower()
        if state == "asked":
            told = f"{count} items wait for a second person, who is asked in the check-in's thread."
            return Done(f"asked to {verb} {count} items", whisper=told)
        return Done(f"ordered to {verb} {count} items")


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


def _risk_of_draft(item: WorkItem) -> str:
    return str(item.body.get("risk") or "") or _in_hand(item)


def _risk_of_letting_go(item: WorkItem) -> str:
    return _LEFT_ALONE.get(item.kind, "") or _in_hand(item)


def _in_hand(item: WorkItem) -> str:
    return f"{item.owner} has it" if item.owner else ""


def batches(pods: Pods) -> tuple[Batch, Batch, Batch]:
    """The three buttons for many items at once."""
    return (
        Batch(APPROVE, pods, _risk_of_draft),
        Batch(RETRY, pods, _in_hand),
        Batch(RESOLVE, pods, _risk_of_letting_go),
    )


APPROVE_MANY, RETRY_MANY, RESOLVE_MANY = batches({})
