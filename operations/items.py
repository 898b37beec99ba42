"""The common part of the buttons of a work item: compare-and-set on what was seen, the dialog, the command.

A button's own file says what it is called, who may press it and what comes of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Connection

from audits import ActionType, Scope, switches
from audits.approvals import approve
from clients import store as clients
from clients import work_items
from clients.model import ItemKind, ItemState, Seen, WorkItem
from messages.blocks import Element, button, cut, date, escape, option, plain, section, shorten
from operations import wording
from operations.item_store import hold_back
from operations.model import Answer, Ask, Click, Done, Invalid, Operation, Refused, Role, Subject
from operations.store import put_command
from storage import clock

_LEAST = 3
_UNKNOWN = Refused("unknown_item", "This item is not known any more. Open the newest check-in.")


class ItemButton(Operation, Protocol):
    """A button of a work item: of these kinds it may be pressed on, on those it stands in front."""

    @property
    def label(self) -> str: ...

    @property
    def kinds(self) -> frozenset[ItemKind]: ...

    @property
    def first(self) -> frozenset[ItemKind]: ...

    @property
    def style(self) -> str | None: ...


@dataclass(frozen=True)
class Question:
    """What is asked before the button acts. With `choices` one of them is to be picked, and words are optional."""

    label: str
    hint: str
    choices: tuple[str, ...] = ()
    starts_as: str = ""
    """The field of the item's body whose words are there to begin with."""
    longest: int = 500

    def inputs(self, item: WorkItem) -> list[Element]:
        field: Element = {"type": "plain_text_input", "action_id": "answer", "multiline": True}
        begun = cut(str(item.body.get(self.starts_as) or ""), self.longest)
        typed: Element = {
            "type": "input",
            "block_id": "words",
            "label": plain("In your words" if self.choices else self.label),
            "hint": plain(self.hint),
            "optional": bool(self.choices),
            "element": field | {"max_length": self.longest} | ({"initial_value": begun} if begun else {}),
        }
        offered = [option(choice, choice) for choice in self.choices]
        return [*([selection("choice", self.label, offered)] if offered else []), typed]

    def words(self, answers: Mapping[str, str]) -> str | Invalid:
        chosen, typed = answers.get("choice", ""), answers.get("words", "")
        if not chosen and len(typed) < _LEAST:
            return Invalid({"words": "Say it in a few words: it is what others will read."})
        return ": ".join(part for part in (chosen, typed) if part)


def selection(block_id: str, label: str, options: list[Element]) -> Element:
    element = {"type": "static_select", "action_id": "answer", "initial_option": options[0], "options": options}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element}


def pressable(one: ItemButton, item: WorkItem) -> Element:
    return button(one.label, one.action_id, Seen.of(item).value, style=one.style)


def dialog(db: Connection, one: ItemButton, item: WorkItem, *inputs: Element) -> Ask:
    """Asks, with the whole item before the eyes."""
    client = clients.one_client(db, item.client_id)
    headline = wording.headline(item, client.name if client else item.client_id)
    told = "\n".join([headline, *wording.body(item, clock.now(db), 2000)])
    return Ask(
        {
            "type": "modal",
            "callback_id": one.action_id,
            "private_metadata": Seen.of(item).value,
            "title": plain(one.label.rstrip("…"), 24),
            "submit": plain(one.label.rstrip("…"), 24),
            "close": plain("Cancel"),
            "blocks": [section(shorten(told, 3000), wording.thumbnail(item)), *inputs],
        }
    )


def as_seen(db: Connection, click: Click, kinds: frozenset[ItemKind]) -> tuple[Seen, WorkItem] | Refused:
    """What was pressed on, if the button is for it; whether it still is what was seen is told by the change."""
    seen = Seen.parse(click.value)
    item = work_items.item(db, seen.item_id) if seen else None
    if seen is None or item is None or item.kind not in kinds:
        return _UNKNOWN
    return seen, item


def as_it_is(db: Connection, click: Click, kinds: frozenset[ItemKind]) -> tuple[Seen, WorkItem] | Refused:
    """Like `as_seen`, and it is open and still what was seen: so that nobody fills in a dialog in vain."""
    found = as_seen(db, click, kinds)
    if isinstance(found, Refused):
        return found
    seen, item = found
    return found if seen == Seen.of(item) and item.state is ItemState.OPEN else too_late(db, seen)


def subject(item: WorkItem) -> Subject:
    return Subject(item.client_id, item.platform, item.surface, item.lane, item.calendar_item_id, item.item_id)


def too_late(db: Connection, seen: Seen) -> Refused:
    """Who or what was faster."""
    now = work_items.item(db, seen.item_id)  # read again: it may have changed since
    if now is None:
        return _UNKNOWN
    if now.state is ItemState.CLOSED and now.closed_at:
        when = date(now.closed_at, "{time_secs}")
        told = f"{escape(now.closed_by)} was faster: {escape(now.outcome, 60)} at {when}. Nothing was done twice."
        return Refused("already_closed", told, subject(now))
    if (now.version, now.payload_hash) != (seen.version, seen.payload_hash):
        before = work_items.past(db, seen)
        what = wording.difference(before, now) if before else ""
        told = "The draft was changed after this card was shown. Look at the new one, then decide again."
        return Refused("changed", "\n".join(part for part in (told, what) if part), subject(now))
    last = now.story[-1] if now.story else {"by": "The platform", "did": "told it anew"}
    told = f"{escape(last['by'])} was faster: {escape(last['did'])}. Nothing was done twice; decide on the new card."
    return Refused("moved", told, subject(now))


def stopped(db: Connection, item: WorkItem) -> Refused | None:
    """What would go out is not decided while its way is stopped."""
    covering = set(Scope(item.client_id, item.platform, item.lane).covering())
    on = [switch for switch in switches.switches_on(db) if switch.scope.key in covering]
    if not on:
        return None
    why = f"Publishing is stopped here by {escape(on[0].set_by)}: {escape(on[0].reason)}."
    return Refused("stopped", f"{why} Nothing was done: press again when it runs.", subject(item))


def command_id(item: WorkItem) -> UUID:
    """Of the command that follows from the item's last turn."""
    return uuid5(NAMESPACE_URL, f"{item.item_id}/{item.version}/{item.turn}")


@dataclass(frozen=True)
class Decision:
    """A button that closes an item: its words, and the command that follows once it cannot be undone any more."""

    action_id: str
    label: str
    outcome: str
    kinds: frozenset[ItemKind]
    command: str
    audited_as: ActionType
    ttl: timedelta | None = None
    first: frozenset[ItemKind] = frozenset(ItemKind)
    style: str | None = None
    role: Role = Role.OPERATOR
    asks: Question | None = None
    sends: bool = False
    """Something goes out because of it, so not while that is stopped."""

    def button(self, item: WorkItem) -> Element:
        return pressable(self, item)

    def question(self, item: WorkItem) -> Question | None:  # noqa: ARG002 - some depend on the item
        """What is asked before it acts on this item."""
        return self.asks

    def told(self, item: WorkItem, words: str) -> Mapping[str, str]:  # noqa: ARG002 - some depend on them
        """What the platform has to know besides."""
        return {}

    def run(self, db: Connection, click: Click) -> Answer:
        found = as_it_is(db, click, self.kinds)
        if isinstance(found, Refused):
            return found
        seen, item = found
        if self.sends and (held := stopped(db, item)):
            return held
        question = self.question(item)
        if question and not click.answers:
            return dialog(db, self, item, *question.inputs(item))
        words = question.words(click.answers) if question else ""
        if isinstance(words, Invalid):
            return words
        closed = work_items.decide(db, seen, self.outcome, click.person.name, words, click.undo)
        if closed is None:
            return too_late(db, seen)
        self._tell(db, closed, click, words)
        return Done(f"{self.outcome}: {item.title}", subject(item))

    def _tell(self, db: Connection, item: WorkItem, click: Click, words: str) -> None:
        body: dict[str, Any] = {
            "item_id": item.item_id,
            "calendar_item_id": item.calendar_item_id,
            "client_id": item.client_id,
            "platform": item.platform,
            "payload_hash": item.payload_hash,
            "version": item.version,
            "by": click.person.user_id,
            "by_name": click.person.name,
            "reason": words or None,
            **self.told(item, words),
        }
        mine = item.calendar_item_id and clients.calendar_of(db, item.calendar_item_id)
        if self.command == "publish" and item.calendar_item_id and (not mine or mine.client_id == item.client_id):
            approve(db, item.calendar_item_id, item.payload_hash, item.closed_by or "", click.undo)
        put_command(db, command_id(item), self.command, body, ttl=self.ttl + click.undo if self.ttl else None)
        hold_back(db, command_id(item), click.undo)
