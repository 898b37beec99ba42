"""Skim engagement: what was answered and hidden since the day began, client by client, and who still waits."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from audits import ActionType, Result
from audits import store as audits
from charts.words import plural
from clients import work_items
from clients.model import ItemKind
from dashboards.times import midnight
from digests.model import Section, Step, World
from messages.blocks import escape, section

_WORDS = {
    ActionType.COMMENT_REPLY: ("comment answered", "comments answered"),
    ActionType.DM_SEND: ("message sent", "messages sent"),
    ActionType.HIDE_COMMENT: ("comment hidden", "comments hidden"),
}
_SHOWN = 20


@dataclass(frozen=True)
class Answered:
    """By client id what was done and how often; `waiting` counts the threads that need a person, by client id."""

    done: Mapping[str, Counter[ActionType]]
    failed: int
    waiting: Mapping[str, int]


def collect(world: World) -> Answered:
    since = midnight(world.since, world.pod.time_zone)
    with world.engine.begin() as db:
        # As it stood when the check-in was posted: who confirms it confirms what was shown.
        rows = audits.outcomes(db, since, world.since, list(_WORDS), world.pod.client_ids)
        opened = work_items.open_counts(db, world.pod.client_ids)
    done: dict[str, Counter[ActionType]] = defaultdict(Counter)
    for client_id, _, action, result, n in rows:
        if result == Result.SUCCESS:
            done[client_id or ""][ActionType(action)] += n
    waiting = {client_id: kinds.get(ItemKind.ESCALATION, 0) for client_id, kinds in opened.items()}
    failed = sum(n for _, _, _, result, n in rows if result == Result.FAIL)
    return Answered(done, failed, {client_id: n for client_id, n in waiting.items() if n})


def show(found: Answered, world: World) -> Step:
    totals: Counter[ActionType] = sum(found.done.values(), Counter())
    line = _counted(totals) or "nothing was answered today"
    if found.failed:
        line += f" · ⚠️ {found.failed} not sent"
    if found.waiting:
        line += f" · {plural(sum(found.waiting.values()), 'thread')} still open"
    busiest = sorted(found.done.keys() | found.waiting.keys(), key=lambda each: _place(found, each))
    lines = [_client(found, each, world) for each in busiest[:_SHOWN]]
    more = [f"… {len(busiest) - _SHOWN} more clients"] if len(busiest) > _SHOWN else []
    words = "\n".join([*lines, *more]) or "Nobody wrote, or nobody was answered."
    return Step(line=line, confirm=True, kept=True, groups=[[section(words)]])


def _place(found: Answered, client_id: str) -> tuple[int, int, str]:
    """Those who wait before those who were answered, the most first."""
    answered = found.done.get(client_id, Counter()).total()
    return -found.waiting.get(client_id, 0), -answered, client_id


def _client(found: Answered, client_id: str, world: World) -> str:
    parts = [_counted(found.done[client_id])] if client_id in found.done else []
    if waiting := found.waiting.get(client_id):
        parts.append(f"*{plural(waiting, 'thread')} open*")
    return f"*{escape(world.names.get(client_id, client_id), 60)}*: {' · '.join(parts)}"


def _counted(done: Counter[ActionType]) -> str:
    return ", ".join(
        f"{done[each]} {one if done[each] == 1 else many}" for each, (one, many) in _WORDS.items() if done[each]
    )


ANSWERED = Section("answered", "Skim engagement", collect, show)
