"""What was stopped and resumed in the last 24 hours, by whom and why, and what still is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from audits import switches
from audits.model import Scope
from audits.switches import Switch
from charts.words import plural
from digests import happened
from digests.model import Section, Step, World
from messages.blocks import date, escape, section
from operations.stop import scope_words
from operations.wording import DAY_AND_TIME

WINDOW = timedelta(hours=24)
_SHOWN = 20


@dataclass(frozen=True)
class Stopped:
    """`turns` are rows of (scope, stopped, by, asked_by, reason, at), oldest first; `words` say what a scope is."""

    on: Sequence[Switch]
    turns: Sequence[Any]
    words: Mapping[str, str]


def collect(world: World) -> Stopped:
    with world.engine.begin() as db:
        on = switches.switches_on(db)
        turns = happened.turns(db, world.since - WINDOW, world.since)
        scopes = {switch.scope for switch in on} | {Scope.of(row.scope) for row in turns}
        return Stopped(on, turns, {scope.key: scope_words(db, scope) for scope in scopes})


def show(found: Stopped, world: World) -> Step:  # noqa: ARG001
    stops = sum(row.stopped for row in found.turns)
    still = ", ".join(escape(found.words[switch.scope.key], 60) for switch in found.on)
    parts = [plural(stops, "stop")] if stops else []
    parts += [f"*still stopped: {still}*"] if still else []
    lines = [_turn(row, found) for row in found.turns[-_SHOWN:]]
    lines += [
        f"⛔ {escape(found.words[switch.scope.key], 80)}: stopped since {date(switch.set_at, DAY_AND_TIME)}"
        for switch in found.on
    ]
    return Step(
        line=" · ".join(parts) or "nothing was stopped",
        mark="🔴" if found.on else "🟠" if stops else "🟢",
        groups=[[section("\n".join(lines) or "Nothing was stopped, nothing is.")]],
    )


def _turn(row: Any, found: Stopped) -> str:
    did = "Stopped" if row.stopped else "Resumed"
    by = f"{escape(row.asked_by, 40)} and {escape(row.by, 40)}" if row.asked_by else escape(row.by, 40)
    words = escape(found.words[row.scope], 80)
    return f"{date(row.at, DAY_AND_TIME)} {did} by {by}: {words} · {escape(row.reason, 200)}"


STOPPED = Section("stopped", "Stops", collect, show)
