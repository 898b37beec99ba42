"""App Home as blocks: what waits for this person, mine first, and what they should know before they begin; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from audits.switches import Switch
from clients.model import CalendarStatus, ItemKind, WorkItem
from messages.blocks import Block, Element, actions, context, divider, escape, header, offered, option, plain, section
from operations import wording
from operations.batch import APPROVE_MANY, CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY
from operations.cards import banner, item_blocks
from operations.stop import STOP

FILTER = "home."
"""Prefix of the action_ids of the filters; the rest is the filter's name."""
FILTERS = {"client": "All clients", "platform": "All platforms", "kind": "All kinds"}
"""What a Home can be narrowed down by, in this order, and what each is called when it is not."""
ALL, ASIDE = "", "aside"

_SHOWN, _UNDOABLE = 24, 8
"""Items: with three blocks each, the decided ones with one, and what stands above they fit the 100 blocks of a Home."""


@dataclass(frozen=True)
class Queue:
    """Everything that is open, and what goes with it. `due` counts the next six hours by status."""

    items: Sequence[WorkItem]
    names: Mapping[str, str]
    stops: Sequence[tuple[Switch, str]]
    due: Mapping[CalendarStatus, int]
    on_call: str
    now: datetime
    undoable: Sequence[WorkItem] = ()
    """What was decided just now and can be taken back."""
    thread_key: str = ""
    """The newest check-in's card: where it is told what came of many items at once."""


@dataclass(frozen=True)
class Looking:
    """Who looks, and for what; `kind` may be an ItemKind or ASIDE."""

    user_id: str
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        return any(self.filters.values())

    def finds(self, item: WorkItem, now: datetime) -> bool:
        kind = self.filters.get("kind", ALL)
        return item.waits(now) is (kind != ASIDE) and kind in (ALL, ASIDE, item.kind) and self.lies_in(item)

    def lies_in(self, item: WorkItem) -> bool:
        """It is of the client and platform looked for, whatever its kind."""
        client, platform = self.filters.get("client", ALL), self.filters.get("platform", ALL)
        return client in (ALL, item.client_id) and platform in (ALL, item.platform)


def home_blocks(queue: Queue, looking: Looking, notice: str = "") -> list[Block]:
    """At most 100 blocks. What `looking` has chosen is `fitting`; `notice` is said once, on top."""
    found = [item for item in queue.items if looking.finds(item, queue.now)]
    mine = [item for item in found if item.owner_id == looking.user_id]
    others = [item for item in found if item.owner_id != looking.user_id]
    blocks: list[Block] = [section(notice)] if notice else []
    blocks.append(header("Your queue"))
    blocks += banner([switch for switch, _ in queue.stops], {switch.scope: name for switch, name in queue.stops})
    blocks.append(section(_summary(queue, found, mine)))
    blocks.append(context(_next_hours(queue), f"On call: {queue.on_call}"))
    if queue.items:
        blocks.append(actions(*_filters(queue, looking), block_id="filters"))
    blocks.append(actions(*_many(queue, looking), STOP.button(), block_id="many"))
    if queue.undoable:
        blocks.append(section("*Just decided*"))
        for item in queue.undoable[:_UNDOABLE]:
            blocks += item_blocks(item, queue.names, queue.now)
    left = _SHOWN
    for title, items in (("Yours", mine), ("Everybody's" if mine else "", others)):
        shown = items[:left]
        left -= len(shown)
        if shown and title:
            blocks.append(section(f"*{title}*"))
        for item in shown:
            blocks += [divider(), *item_blocks(item, queue.names, queue.now)]
    if len(found) > _SHOWN:
        blocks.append(context(f"… {_rest([*mine, *others][_SHOWN:])}"))
    return blocks


def _summary(queue: Queue, found: Sequence[WorkItem], mine: Sequence[WorkItem]) -> str:
    aside = sum(not item.waits(queue.now) for item in queue.items)
    overdue = sum(item.due_at is not None and item.due_at < queue.now for item in found)
    counts = ((len(mine), "yours"), (sum(item.escalated_at is not None for item in found), "escalated"))
    more = [f"{n} {what}" for n, what in (*counts, (overdue, "past their time"), (aside, "put aside")) if n]
    verb = "item waits" if len(found) == 1 else "items wait"
    return " · ".join([f"*{len(found)} {verb} for a person*" if found else "*Nothing waits.*", *more])


def _next_hours(queue: Queue) -> str:
    total = sum(queue.due.values())
    waiting = queue.due.get(CalendarStatus.AWAITING_APPROVAL, 0)
    posts = f"{total} {'post' if total == 1 else 'posts'}" if total else "nothing"
    return f"Next 6 hours: {posts}" + (f", {waiting} of them not approved yet" if waiting else "")


def fitting(queue: Queue, looking: Looking) -> tuple[Looking, dict[str, str]]:
    """The choices that find something, each under those before it; name → what to say of one that does not."""
    aside = looking.filters.get("kind") == ASIDE and any(not item.waits(queue.now) for item in queue.items)
    kept = Looking(looking.user_id, {"kind": ASIDE} if aside else {})
    gone = {}
    for name, everything in FILTERS.items():
        value = looking.filters.get(name, ALL)
        narrower = replace(kept, filters={**kept.filters, name: value})
        if value and any(narrower.finds(item, queue.now) for item in queue.items):
            kept = narrower
        elif value:
            nothing = f"Nothing waits under {escape(_title(queue, name, value), 60)}"
            gone[name] = f"{nothing}: {everything.lower()} are shown."
    return kept, gone


def _title(queue: Queue, name: str, value: str) -> str:
    if name == "client":
        return queue.names.get(value, value)
    if name == "platform":
        return wording.place(value, None)
    return "Put aside" if value == ASIDE else next((wording.KINDS[kind] for kind in ItemKind if kind == value), value)


def _filters(queue: Queue, looking: Looking) -> list[Element]:
    """Each offers, with its count, what there is under the choices before it."""
    kind = looking.filters.get("kind", ALL)
    under = replace(looking, filters={"kind": ASIDE if kind == ASIDE else ALL})
    found = [item for item in queue.items if under.finds(item, queue.now)]
    clients = Counter(item.client_id for item in found)
    found = [item for item in found if looking.filters.get("client", ALL) in (ALL, item.client_id)]
    platforms = Counter(item.platform for item in found if item.platform)
    here = [item for item in queue.items if looking.lies_in(item)]
    kinds = Counter(item.kind if item.waits(queue.now) else ASIDE for item in here)
    by_name = sorted(clients, key=lambda one: _title(queue, "client", one))
    return [
        _filter(queue, "client", {one: clients[one] for one in by_name}, looking),
        _filter(queue, "platform", {one: platforms[one] for one in sorted(platforms)}, looking),
        _filter(queue, "kind", {one: kinds[one] for one in (*ItemKind, ASIDE) if kinds[one]}, looking),
    ]


def _filter(queue: Queue, name: str, counts: Mapping[str, int], looking: Looking) -> Element:
    whole = option(FILTERS[name], "all")
    options = [whole, *(option(f"{_title(queue, name, one)[:60]} · {n}", one) for one, n in counts.items())]
    chosen = looking.filters.get(name, ALL)
    return {
        "type": "static_select",
        "action_id": FILTER + name,
        "placeholder": plain(FILTERS[name]),
        "initial_option": next((each for each in options if each["value"] == chosen), whole),
        **offered(options),
    }


def _many(queue: Queue, looking: Looking) -> list[Element]:
    """For the whole queue only: a button must not decide more than it seems to."""
    if looking.narrowed or not queue.thread_key:
        return []
    waiting = [item for item in queue.items if item.waits(queue.now)]
    many = (APPROVE_MANY, SEND_REPLY_MANY, RETRY_MANY, RESOLVE_MANY, CONFIRM_BLOCK_MANY)
    buttons = (each.button("", waiting, queue.thread_key) for each in many)
    return [button for button in buttons if button]


def _rest(items: Sequence[WorkItem]) -> str:
    kinds = Counter(wording.KINDS[item.kind].lower() for item in items)
    named = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    return f"{len(items)} more ({named}). Narrow the list down above; they come up as these are done."
