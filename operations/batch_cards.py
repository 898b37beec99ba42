"""The card of a batch in the check-in's thread: asked, ordered, done; and the press of the second person."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from audits import ActionType
from clients import store as clients
from clients import work_items
from clients.model import Seen
from messages.blocks import Message, actions, button, escape, section
from messages.store import channel_of, put
from operations import item_store
from operations.model import Answer, Click, Done, Refused, Role

_PRIORITY = 1
_NAMED = 5
_BECAUSE = {
    "changed": "changed since",
    "already_closed": "decided meanwhile",
    "moved": "in somebody's hands",
    "stopped": "publishing is stopped",
    "unknown_item": "gone",
}


class ConfirmBatch:
    """The second of two people agrees."""

    action_id = "operations.confirm_batch"
    role = Role.OPERATOR
    audited_as = ActionType.BATCH

    def run(self, db: Connection, click: Click) -> Answer:
        row = item_store.named_batch(db, click.value)
        if row is None or row.state != "asked":
            return Refused("not_asked", "Nobody asks for this any more.")
        if row.by == click.person.user_id:
            return Refused("same_person", "You asked for it yourself: a second person has to confirm.")
        confirmed = {"confirmed_by": click.person.user_id, "confirmed_by_name": click.person.name}
        item_store.move_batch(db, row.batch_id, "ordered", **confirmed)
        tell(db, row.batch_id)
        return Done(f"confirmed to {_asked(row)} for {row.by_name}")


CONFIRM_BATCH = ConfirmBatch()


def tell(db: Connection, batch_id: UUID) -> None:
    """Brings the batch's card up to date; nowhere when it was asked for outside of a thread."""
    row = item_store.held_batch(db, batch_id)
    channel = channel_of(db, row.thread_key) if row and row.thread_key else None
    if row is None or channel is None:
        return
    put(db, f"batch:{batch_id}", channel, batch_card(db, row), priority=_PRIORITY, thread_key=row.thread_key)


def batch_card(db: Connection, row: Any) -> Message:
    who = f"*{escape(row.by_name, 60)}*"
    if row.confirmed_by_name:
        who += f" and *{escape(row.confirmed_by_name, 60)}*"
    asked = _asked(row)
    match row.state:
        case "asked":
            told = f"{who} wants to *{asked}*: {_whose(db, row)}.\nA second person confirms."
            confirm = button(f"Confirm {len(chosen(row))}", CONFIRM_BATCH.action_id, str(row.batch_id), style="primary")
            return Message(f"A second person confirms: {asked}.", [section(told), actions(confirm)])
        case "ordered":
            told = f"⏳ {who}: {asked}…"
        case _:
            told = f"{who}: {asked} · {outcome(row.results)}"
    return Message(told.replace("*", ""), [section(told)])


def outcome(results: Mapping[str, Any]) -> str:
    """`18 approved, skipped 2: changed since (Acme “Boots”, …), refused 1: publishing is stopped (…)`."""
    parts = [f"✅ *{results['done']}* {escape(results['outcome'])}"] if results["done"] else []
    because: dict[str, list[str]] = results["refused"]
    for reason, titles in sorted(because.items()):
        named = ", ".join(f"“{escape(title, 60)}”" for title in titles[:_NAMED])
        more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
        verb = "refused" if reason == "stopped" else "skipped"
        parts.append(f"{verb} *{len(titles)}*: {_BECAUSE.get(reason, escape(reason))} ({named}{more})")
    return " · ".join(parts)


def chosen(row: Any) -> list[str]:
    """What was seen of each item that was ticked."""
    return [value for key in row.chosen for value in row.shown[key]]


def of_many(label: str, many: int, how: str = "") -> str:
    """The words of a decision's button for many items: `Approve 3 safe items`, `Send reply` as `Send 2 replies`."""
    verb, _, thing = label.partition(" ")
    thing = thing or "item"
    things = thing if many == 1 else f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
    return " ".join(filter(None, [verb, str(many), how, things]))


def _asked(row: Any) -> str:
    return of_many(row.verb, len(chosen(row))).lower()


def _whose(db: Connection, row: Any) -> str:
    ids = [seen.item_id for value in chosen(row) if (seen := Seen.parse(value))]
    names = {client.client_id: client.name for client in clients.all_clients(db)}
    owners = work_items.owners_of_items(db, ids)
    counts = Counter(names.get(owners[one], owners[one]) for one in ids if one in owners)
    named = ", ".join(f"{escape(name, 60)} {n}" for name, n in counts.most_common(12))
    return named + (f" and {len(counts) - 12} more clients" if len(counts) > 12 else "")
