"""Which check-ins were done, by whom, and what they cost: clicks, minutes, items per click."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from charts.words import plural
from digests import store
from digests.effort import Effort, measured, minutes
from digests.model import OWNER, Section, Slot, Step, World
from messages.blocks import date, escape, section

WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Worked:
    slot: Slot
    effort: Effort
    people: Sequence[str]


def collect(world: World) -> list[Worked]:
    pods = {pod.name: pod.client_ids for pod in world.pods}
    with world.engine.begin() as db:
        slots = store.ended_between(db, world.since - WINDOW, world.since)
        return [
            Worked(slot, measured(store.effort(db, slot, pods[slot.pod])), store.people(db, slot, pods[slot.pod]))
            for slot in slots
            if slot.pod in pods and slot.pod != OWNER
        ]


def show(found: list[Worked], world: World) -> Step:  # noqa: ARG001
    if not found:
        return Step(line="none was due", mark="⚪", groups=[[section("No check-in was due.")]])
    done = sum(one.slot.finished_at is not None for one in found)
    clicks, items = sum(one.effort.clicks for one in found), sum(one.effort.items for one in found)
    took = minutes(sum((one.effort.took for one in found), timedelta(0)))
    line = f"{done} of {len(found)} done · {plural(items, 'item')} in {took} and {plural(clicks, 'click')}"
    return Step(
        line=line,
        mark="🟢" if done == len(found) else "🟠",
        groups=[[section("\n".join(map(_line, found)))]],
    )


def _line(one: Worked) -> str:
    slot = one.slot
    what = f"*{escape(slot.pod, 60)} · {slot.checkin}* {date(slot.posted_at or slot.due_at)}"
    if slot.state == "skipped":
        return f"⚠️ {what}: not posted, the bot was not running"
    by = f" by {', '.join(escape(person, 40) for person in one.people)}" if one.people else ""
    if slot.finished_at and slot.posted_at:
        state = f"done{by}, {minutes(slot.finished_at - slot.posted_at)} after it came"
    else:
        state = f"not finished{by}" if one.effort.clicks else "nobody has begun"
    if not one.effort.clicks:
        return f"{'✅' if slot.finished_at else '⚠️'} {what}: {state}"
    each = f" ({one.effort.items / one.effort.clicks:.1f} per click)" if one.effort.items else ""
    spent = f"{plural(one.effort.items, 'item')}{each}, {one.effort.words}"
    return f"{'✅' if slot.finished_at else '⚠️'} {what}: {state} · {spent}"


WORKED = Section("worked", "Check-ins", collect, show)
