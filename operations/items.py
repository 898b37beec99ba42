"""The common part of the buttons that decide a work item: compare-and-set on what was seen, then the command.

A button's own file says what it is called, who may press it and what the platform is told.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from audits import ActionType
from clients import work_items
from clients.model import ItemKind, ItemState, WorkItem
from messages.blocks import Element, button, date, escape
from operations.model import Answer, Click, Done, Refused, Role, Seen, Subject
from operations.store import put_command


@dataclass(frozen=True)
class Decision:
    """A button that decides an item: its words, and the command that follows."""

    action_id: str
    label: str
    outcome: str
    kinds: frozenset[ItemKind]
    command: str
    audited_as: ActionType
    ttl: timedelta | None
    style: str | None = None
    role: Role = Role.OPERATOR

    def button(self, item: WorkItem) -> Element:
        seen = Seen(item.item_id, item.version, item.payload_hash)
        return button(self.label, self.action_id, seen.value, style=self.style)

    def run(self, db: Connection, click: Click) -> Answer:
        seen = Seen.parse(click.value)
        item = work_items.item(db, seen.item_id) if seen else None
        if seen is None or item is None or item.kind not in self.kinds:
            return Refused("unknown_item", "This item is not known any more. Open the newest check-in.")
        closed = work_items.close_item(
            db,
            item.item_id,
            version=seen.version,
            payload_hash=seen.payload_hash,
            outcome=self.outcome,
            by=click.person.name,
        )
        if closed is None:
            return _too_late(db, item)
        put_command(
            db,
            uuid5(NAMESPACE_URL, f"{item.item_id}/{seen.version}/{self.command}"),
            self.command,
            {
                "item_id": item.item_id,
                "calendar_item_id": item.calendar_item_id,
                "client_id": item.client_id,
                "platform": item.platform,
                "payload_hash": item.payload_hash,
                "version": item.version,
                "by": click.person.user_id,
                "by_name": click.person.name,
            },
            ttl=self.ttl,
        )
        return Done(f"{self.outcome}: {item.title}", _subject(item))


def _subject(item: WorkItem) -> Subject:
    return Subject(item.client_id, item.platform, item.surface, item.lane, item.calendar_item_id)


def _too_late(db: Connection, item: WorkItem) -> Refused:
    now = work_items.item(db, item.item_id)  # read again: it may have changed since
    if now and now.state is ItemState.CLOSED and now.closed_at:
        when = date(now.closed_at, "{time_secs}")
        told = f"{escape(now.closed_by)} was faster: {now.outcome} at {when}. Nothing was done twice."
        return Refused("already_closed", told, _subject(item))
    told = "The draft was changed after this card was shown. Look at the new one, then decide again."
    return Refused("changed", told, _subject(item))
