"""App Home as blocks: what waits for this person, mine first, and what they should know before they begin; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audits.switches import Switch
from clients.model import CalendarStatus, ItemKind, WorkItem
from messages.blocks import Block, Element, actions, context, divider, header, offered, option, plain, section
from operations import wording
from operations.batch import APPROVE_MANY, CONFIRM_BLOCK_MANY, RESOLVE_MANY, RETRY_MANY, SEND_REPLY_MANY
from operations.cards import banner, item_blocks
from operations.stop import STOP

FILTER = "home."
"""Prefix of the action_ids of the filters; the rest is the filter's name."""
ALL, ASIDE = "", "aside"

_SHOWN = 24
"""Items: with three blocks each and what stands above them they fit the 100 blocks of a Home."""


@dataclass(frozen=True)
class Queue:
    """Everything that is open, and what goes with it. `due` counts the next six hours by status."""

    items: Sequence[WorkItem]
    names: Mapping[str, str]
    stops: Sequence[tuple[Switch, str]]
    due: Mapping[CalendarStatus, int]
    on_call: str
    now: datetime
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
        return (
            item.waits(now) is (kind != ASIDE)
            and kind in (ALL, ASIDE, item.kind)
            and self.filters.get("client", ALL) in (ALL, item.client_id)
            and self.filters.get("platform", ALL) in (ALL, item.platform)
        )


def home_blocks(queue: Queue, looking: Looking, notice: str = "") -> list[Block]:
    """At most 100 blocks. `notice` is said once, on top."""
    found = [item for item in queue.items if looking.finds(item, queue.now)]
    mine = [item for item in found if item.owner_id == looking.user_id]
    others = [item for item in found if item.owner_id != looking.user_id]
    blocks: list[Block] = [section(notice)] if notice else []
    blocks.append(header("Your queue"))
    blocks += banner([switch for switch, _ in queue.stops], {switch.scope: name for switch, name in queue.stops})
    blocks.append(section(_summary(queue, looking, found, mine)))
    blocks.append(context(_next_hours(queue), f"On call: {queue.on_call}"))
    blocks.append(actions(*_filters(queue, looking), block_id="filters"))
    blocks.append(actions(*_many(queue, looking), STOP.button(), block_id="many"))
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


def _summary(queue: Queue, looking: Looking, found: Sequence[WorkItem], mine: Sequence[WorkItem]) -> str:
    if not found and looking.narrowed:
        return "*Nothing waits here.* Choose all clients, platforms and kinds to see the rest."
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


def _filters(queue: Queue, looking: Looking) -> list[Element]:
    waiting = [item for item in queue.items if item.waits(queue.now)]
    aside = len(queue.items) - len(waiting)
    by_client = Counter(item.client_id for item in waiting)
    clients = sorted(by_client, key=lambda one: queue.names.get(one, one))
    by_platform = Counter(item.platform for item in waiting if item.platform)
    by_kind = Counter(item.kind for item in waiting)
    return [
        _filter(
            "client", "All clients", {one: (queue.names.get(one, one), by_client[one]) for one in clients}, looking
        ),
        _filter(
            "platform",
            "All platforms",
            {one: (wording.place(one, None), by_platform[one]) for one in sorted(by_platform)},
            looking,
        ),
        _filter(
            "kind",
            "All kinds",
            {kind.value: (wording.KINDS[kind], by_kind[kind]) for kind in ItemKind if by_kind[kind]}
            | ({ASIDE: ("Put aside", aside)} if aside else {}),
            looking,
        ),
    ]


def _filter(name: str, everything: str, values: Mapping[str, tuple[str, int]], looking: Looking) -> Element:
    chosen = looking.filters.get(name, ALL)
    known = dict(values) if chosen in (ALL, *values) else {chosen: (chosen, 0), **values}
    whole = option(everything, "all")
    options = [whole, *(option(f"{title[:60]} · {count}", value) for value, (title, count) in known.items())]
    return {
        "type": "static_select",
        "action_id": FILTER + name,
        "placeholder": plain(everything),
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
