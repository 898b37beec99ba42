"""How the card of a check-in looks: its steps and what stands of them. Their details are left to `thread.py`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audits.switches import Switch
from clients.model import WorkItem
from digests.checkins import Checkin
from digests.effort import Effort, minutes
from digests.model import Pod, Section, Slot, Step, Tick
from messages.blocks import Block, Element, Message, actions, context, date, escape, header, picture, section
from operations.batch import Batch
from operations.cards import banner
from operations.stop import STOP


@dataclass(frozen=True)
class Progress:
    """A step with what stands of it: confirmed by whom, or missing because its source did not answer."""

    section: Section
    step: Step | None
    problem: str = ""
    tick: Tick | None = None

    @property
    def finished(self) -> bool:
        if self.step is None:
            return False
        return self.step.done == self.step.total and (self.tick is not None or not self.step.confirm)


def parent_card(
    checkin: Checkin,
    slot: Slot,
    pod: Pod,
    steps: Sequence[Progress],
    stops: Sequence[tuple[Switch, str]],
    effort: Effort,
) -> Message:
    finished = sum(progress.finished for progress in steps)
    state = _done_line(slot, steps) if slot.finished_at else _standing(slot, steps, effort)
    if not checkin.asks:
        state = "The last 24 hours · the numbers behind it and the chart of the cost are in the thread"
    title = f"{checkin.title} · {slot.local_date:%A} {slot.local_date.day} {slot.local_date:%B}"
    todo = "\n".join(_step_line(n, progress) for n, progress in enumerate(steps, 1))
    words = {switch.scope: name for switch, name in stops}
    blocks: list[Block] = [header(title), *banner([switch for switch, _ in stops], words)]
    blocks += [context(line) for line in slot.late.splitlines()]
    if pod.on:
        blocks.append(context(f"On today: {' '.join(pod.on)}"))
    chart = picture(slot.card_key, slot.chart_alt or "Chart of the last 24 hours")
    later = sum(progress.step.later for progress in steps if progress.step)
    since = [f"{later} more came in since: they wait in App Home"] if later else []
    also = [progress.step.also for progress in steps if progress.step and progress.step.also]
    blocks += [
        section(todo),
        chart,
        context(state, *since),
        *map(context, also),
        actions(*_many(slot, steps), STOP.button()),
    ]
    left = [progress.section.title.lower() for progress in steps if not progress.finished]
    spoken = f"{title}: " + (f"{finished} of {len(steps)} done. Left: {', '.join(left)}." if left else "all done.")
    if not checkin.asks:
        spoken = f"{title}. {steps[0].section.title}: {steps[0].step.line if steps[0].step else steps[0].problem}."
    return Message(" ".join([spoken, *also, slot.chart_alt]).strip(), blocks)


def _many(slot: Slot, steps: Sequence[Progress]) -> list[Element]:
    """A button for each kind of decision, for what waits for it in all steps."""
    asked: dict[str, tuple[Batch, list[WorkItem]]] = {}
    for step in (progress.step for progress in steps if progress.step):
        for each in step.many:
            asked.setdefault(each.action_id, (each, []))[1].extend(step.waiting.values())
    buttons = (each.button(slot.pod, waiting, slot.card_key, slot.posted_at) for each, waiting in asked.values())
    return [button for button in buttons if button]


def _step_line(number: int, progress: Progress) -> str:
    mark = "✅" if progress.finished else "⬜"
    title = f"*{number}. {progress.section.title}*"
    if progress.step is None:
        return f"⚠️ {title} · {progress.problem}"
    step = progress.step
    if step.mark:
        return f"{step.mark} {title} · {step.line}"
    if progress.tick:
        line = progress.tick.line or step.line
        return f"{mark} {title} · {line} · confirmed by {escape(progress.tick.by, 60)} {date(progress.tick.at)}"
    counted = f" · {step.done} of {step.total} done" if 0 < step.done < step.total else ""
    decided = f" · {_decided(step.decided)}" if step.total and step.done == step.total else ""
    failed = f" · ⚠️ {len(step.failed)} failed at the platform" if step.failed else ""
    return f"{mark} {title} · {step.line}{counted}{decided}{failed}"


def _standing(slot: Slot, steps: Sequence[Progress], effort: Effort) -> str:
    """`6 of 9 done · 7 min · since 09:00`; a step that somebody has to confirm counts as one."""
    known = [(progress.step, progress.tick) for progress in steps if progress.step]
    done = sum(step.done + bool(tick) for step, tick in known)
    total = sum(step.total + (step.confirm or bool(tick)) for step, tick in known)
    parts = [f"{done} of {total} done", *([minutes(effort.took)] if effort.clicks else [])]
    parts += [f"since {date(slot.posted_at)}"] if slot.posted_at else []
    return " · ".join([*parts, "details and buttons are in the thread"])


def _done_line(slot: Slot, steps: Sequence[Progress]) -> str:
    decided: Counter[str] = Counter()
    people: set[str] = set()
    for progress in steps:
        if progress.step:
            decided.update(progress.step.decided)
            people |= progress.step.people
        if progress.tick:
            people.add(progress.tick.by)
    took = minutes(slot.finished_at - slot.posted_at) if slot.finished_at and slot.posted_at else ""
    by = f" by {', '.join(escape(person, 40) for person in sorted(people))}" if people else ""
    failed = sum(len(progress.step.failed) for progress in steps if progress.step)
    but = f" · ⚠️ {failed} failed at the platform: see the thread" if failed else ""
    return f"🏁 *Done in {took}{by}*: {_decided(decided) or 'nothing had to be decided'}{but}"


def _decided(decided: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {escape(outcome, 60)}" for outcome, count in sorted(decided.items()))
