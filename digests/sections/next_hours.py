"""Confirm what goes out in the next six hours."""

from collections import Counter
from datetime import timedelta

from clients import store
from clients.model import CalendarItem, CalendarStatus
from digests.model import Section, Step, World
from messages.blocks import date, escape, section
from operations.wording import place

HORIZON = timedelta(hours=6)
_SHOWN = 12
_MARKS = {CalendarStatus.AWAITING_APPROVAL: "⏳ ", CalendarStatus.BLOCKED: "⚠️ "}
_OVER = {CalendarStatus.CANCELLED, CalendarStatus.FAILED}


def collect(world: World) -> list[CalendarItem]:
    with world.engine.begin() as db:
        # As it stood when the check-in was posted: who confirms it confirms what was shown.
        found = store.calendar(
            db, world.since, world.since + HORIZON, client_ids=world.pod.client_ids, told_by=world.since
        )
    return [item for item in found if item.status not in _OVER]


def show(found: list[CalendarItem], world: World) -> Step:
    if not found:
        return Step(line="nothing is scheduled", confirm=True, kept=True, groups=[[section("Nothing is scheduled.")]])
    waiting = sum(item.status is CalendarStatus.AWAITING_APPROVAL for item in found)
    posts = f"{len(found)} {'post' if len(found) == 1 else 'posts'}"
    line = posts + (f", {waiting} {'waits' if waiting == 1 else 'wait'} for approval" if waiting else "")
    per_platform = Counter(item.platform for item in found)
    counts = " · ".join(f"{escape(place(platform, None))} {n}" for platform, n in per_platform.most_common())
    lines = [_line(item, world) for item in found[:_SHOWN]]
    more = len(found) - _SHOWN
    if more > 0:
        lines.append(f"… {more} more until {date(found[-1].scheduled_at)}")
    return Step(
        line=line, confirm=True, kept=True, groups=[[section(f"*{line}*\n{counts}"), section("\n".join(lines))]]
    )


def _line(item: CalendarItem, world: World) -> str:
    client = escape(world.names.get(item.client_id, item.client_id), 60)
    where = escape(place(item.platform, item.surface))
    mark = _MARKS.get(item.status, "")
    return f"{mark}{date(item.scheduled_at)} *{client}* · {where} · {escape(item.title, 70)}"


NEXT_HOURS = Section("next_hours", "Confirm the next 6 hours", collect, show)
