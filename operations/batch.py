"""One press for many items: a dialog grouped by client, the safe ones ticked, each item then decided by itself.

What has a risk comes after, page by page, each item to be read before all of its page is decided. More than twenty at
once need a second person. What came of it is said once, in the thread it was asked for in.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from audits import ActionType
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, Seen, WorkItem
from messages.blocks import Element, button
from messages.store import card_at
from operations import item_store
from operations.approve import APPROVE
from operations.batch_cards import of_many, tell
from operations.batch_dialogs import MOST_ALONE, boxes, boxes_dialog, look_dialog
from operations.confirm_block import CONFIRM_BLOCK
from operations.items import Decision
from operations.model import Answer, Ask, Click, Done, Invalid, Person, Refused, Role
from operations.reply import SEND_REPLY
from operations.resolve import RESOLVE
from operations.retry import RETRY
from storage import clock

_LOOKED = "looked"
_LEFT_ALONE = {
    ItemKind.ESCALATION: "somebody waits for an answer",
    ItemKind.PUBLISH_FAILURE: "it would never go out",
    ItemKind.UNKNOWN_OUTCOME: "it may be out: look at the platform",
}
_OVER = Refused("batch_over", "This dialog has had its turn. Open it anew.")

Pods = Mapping[str, frozenset[str] | None]
"""Name → its clients, None being all."""


@dataclass(frozen=True)
class Batch:
    """Decides many items like the button it is named after."""

    decision: Decision
    pods: Pods
    risk: Callable[[WorkItem], str]
    """Why a person should look at the item itself; empty when it is safe."""
    apart: frozenset[ItemKind] = frozenset()
    """Another button is the likely one for these, so they are not looked at in a row either."""
    role: Role = Role.OPERATOR
    audited_as: ActionType = ActionType.BATCH

    @property
    def action_id(self) -> str:
        return f"{self.decision.action_id}_many"

    def button(
        self, pod: str, items: Iterable[WorkItem], thread_key: str = "", told_by: datetime | None = None
    ) -> Element | None:
        """None when there are not two for it: their own buttons are as near. Only for what was told by then."""
        mine = [item for item in items if self._fits(item)]
        safe = sum(not self.risk(item) for item in mine)
        looked_at = sum(self._needs_a_look(item) for item in mine)
        if safe + looked_at < 2:
            return None
        label = self.decision.label
        many = of_many(label, safe, "safe") if safe > 1 else f"{of_many(label, safe + looked_at)} after a look"
        value = f"{pod}|{thread_key}|{told_by.isoformat() if told_by else ''}"
        return button(f"{many}…", self.action_id, value)

    def run(self, db: Connection, click: Click) -> Answer:
        if click.value.startswith("batch:"):
            return self._submitted(db, click)
        pod, thread_key, told_by = (*click.value.split("|"), "", "")[:3]
        if "|" not in click.value or (pod and pod not in self.pods):
            return Refused("unknown_pod", "This button is of a check-in that is no more. Open the newest one.")
        thread_key = thread_key or (card_at(db, *click.thread) if click.thread else None) or ""
        return self._open(db, click.person, self.pods.get(pod), thread_key, _moment(told_by))

    def _fits(self, item: WorkItem) -> bool:
        """It is for this button, which has nothing to ask about it."""
        return item.kind in self.decision.kinds and self.decision.question(item) is None

    def _needs_a_look(self, item: WorkItem) -> bool:
        return bool(self.risk(item)) and not item.owner and item.kind not in self.apart

    def _open(
        self,
        db: Connection,
        person: Person,
        client_ids: frozenset[str] | None,
        thread_key: str,
        told_by: datetime | None,
    ) -> Answer:
        now = clock.now(db)
        found = work_items.items_of(db, self.decision.kinds, closed_since=now, client_ids=client_ids, told_by=told_by)
        items = [item for item in found if self._fits(item) and item.waits(now)]
        risky = [Seen.of(item).value for item in items if self._needs_a_look(item)]
        if all(self.risk(item) for item in items):
            page = self._page(db, person, risky, thread_key)
            return page or Refused("nothing_safe", "Nothing is left that several can be decided of at once.")
        names = {client.client_id: client.name for client in clients.all_clients(db)}
        ticks = boxes(items, names, person.time_zone, self.risk, now)
        shown = {str(n): [Seen.of(item).value for item in box.items] for n, box in enumerate(ticks)}
        batch_id = self._remember(db, person, shown, risky, thread_key)
        return Ask(boxes_dialog(self.decision, self.action_id, batch_id, ticks, len(risky)))

    def _page(
        self, db: Connection, person: Person, risky: Sequence[str], thread_key: str, before: str = ""
    ) -> Ask | None:
        """The next ones to look at, of those that still are as they were seen; None when there are none."""
        now = clock.now(db)
        asked = {seen.item_id for value in risky if (seen := Seen.parse(value))}
        still = {Seen.of(item).value: item for item in work_items.items_with(db, asked) if item.waits(now)}
        left = [value for value in risky if value in still]
        here, later = left[:MOST_ALONE], left[MOST_ALONE:]
        if not here:
            return None
        batch_id = self._remember(db, person, {str(n): [value] for n, value in enumerate(here)}, later, thread_key)
        names = {client.client_id: client.name for client in clients.all_clients(db)}
        items = [still[value] for value in here]
        value = f"batch:{batch_id}|{_LOOKED}"
        view = look_dialog(self.decision, self.action_id, value, items, names, now, more=len(later), before=before)
        return Ask(view)

    def _remember(
        self, db: Connection, person: Person, shown: Mapping[str, Sequence[str]], risky: Sequence[str], thread_key: str
    ) -> UUID:
        return item_store.open_batch(
            db, self.decision.label, shown, person.user_id, person.name, thread_key, left=risky
        )

    def _submitted(self, db: Connection, click: Click) -> Answer:
        batch_id, _, how = click.value.removeprefix("batch:").partition("|")
        row = item_store.named_batch(db, batch_id)
        if row is None or (row.state, row.by, row.verb) != ("open", click.person.user_id, self.decision.label):
            return _OVER
        chosen = [key for key in row.shown if (key in click.ticked) is not (how == _LOOKED)]
        values = [value for key in chosen for value in row.shown[key]]
        if not values and not how and not row.left:
            return Invalid({"0": "Tick at least one."})
        state = "asked" if len(values) > MOST_ALONE else "ordered" if values else "done"
        item_store.move_batch(db, row.batch_id, state, chosen=chosen)
        told = None
        if values:
            tell(db, row.batch_id)
        if state == "asked":
            told = f"{len(values)} items wait for a second person, who is asked in the check-in's thread."
        risky = [value for value in row.left if value not in values]
        then = self._page(db, click.person, risky, row.thread_key, told or "")
        return Done(
            f"{'asked' if state == 'asked' else 'ordered'} to {of_many(self.decision.label, len(values)).lower()}",
            whisper=told,
            then=then,
        )


def _moment(told: str) -> datetime | None:
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return None


def _risk_of_draft(item: WorkItem) -> str:
    anew = "a new version, after changes were asked for" if item.changes_asked else ""
    return str(item.body.get("risk") or "") or anew or _in_hand(item)


def _risk_of_letting_go(item: WorkItem) -> str:
    return _LEFT_ALONE.get(item.kind, "") or _in_hand(item)


def _in_hand(item: WorkItem) -> str:
    return f"{item.owner} has it" if item.owner else ""


def _risk_of_a_block(item: WorkItem) -> str:
    return str(item.body.get("reason") or "a policy held it back")


def _risk_of_a_reply(_item: WorkItem) -> str:
    return "somebody reads it who complained"


def batches(pods: Pods) -> tuple[Batch, Batch, Batch, Batch, Batch]:
    """The buttons for many items at once."""
    return (
        Batch(APPROVE, pods, _risk_of_draft),
        Batch(RETRY, pods, _in_hand),
        Batch(RESOLVE, pods, _risk_of_letting_go, apart=frozenset({ItemKind.PUBLISH_FAILURE, ItemKind.ESCALATION})),
        Batch(CONFIRM_BLOCK, pods, _risk_of_a_block),
        Batch(SEND_REPLY, pods, _risk_of_a_reply),
    )


APPROVE_MANY, RETRY_MANY, RESOLVE_MANY, CONFIRM_BLOCK_MANY, SEND_REPLY_MANY = batches({})
