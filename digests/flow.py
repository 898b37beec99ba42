"""A check-in from its slot to its last tick: plan → collect → claim → cards in the outbox → refresh until done.

The claim and the card are one transaction, so a slot is posted once however many replicas run this. Its thread, long
where there are many clients, follows; should a crash come between, `refresh` brings it.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from audits import switches
from charts import Chart, ChartError, Renderer
from clients import store as clients
from clients import work_items
from digests import away, store
from digests import chart as pictures
from digests.calendar import plan
from digests.cards import Progress, parent_card
from digests.checkins import CHECKINS, Checkin
from digests.effort import Effort, measured
from digests.model import Pod, Section, Slot, Tick, World
from digests.thread import thread_cards, thread_key, thread_keys
from messages.blocks import Message
from messages.pictures import put_picture
from messages.store import known, put, put_all
from metrics.reader import Reader
from operations.stop import scope_words
from storage import clock

CATCH_UP = timedelta(hours=3)
"""A check-in missed by more than this is skipped: its successor is near."""
SECTION_DEADLINE = 8.0
OPEN_DAYS = 1
LOOK_ANYWAY = timedelta(seconds=30)
"""So old may be what the card says of runners, tokens and the calendar, which are not looked at for news."""
_PARENT, _THREAD = 2, 3

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Digests:
    """What every check-in needs; wired once."""

    engine: Engine
    reader: Reader
    renderer: Renderer
    pods: tuple[Pod, ...]
    pool: ThreadPoolExecutor
    owner: Pod | None = None
    """Who is sent the daily summary, written as a pod."""
    shown: dict[tuple[str, str], tuple[Slot, tuple[Any, ...], datetime]] = field(default_factory=dict)
    """By pod and check-in: the slot and the version that its cards were last brought up to date with, and when."""

    @property
    def everybody(self) -> tuple[Pod, ...]:
        return (*self.pods, self.owner) if self.owner else self.pods

    def channel_of(self, client_id: str) -> str:
        """Where a client's pod meets; the first pod's, for a client that none has."""
        own = (pod.channel for pod in self.pods if not pod.clients or client_id in pod.clients)
        return next(own, self.pods[0].channel)


def tick(digests: Digests) -> None:
    """Plans ahead and posts what is due. Woken every few seconds; does nothing most of the time."""
    with digests.engine.begin() as db:
        now = clock.now(db)
        away.beat(db, now)
        store.plan(db, plan(digests.everybody, now))
        waiting = store.due(db, now)
    pods = {pod.name: pod for pod in digests.everybody}
    for slot in waiting:
        if slot.pod not in pods or slot.checkin not in CHECKINS:
            continue  # a replica with other settings knows it
        if now - slot.due_at < CATCH_UP:
            try:
                post(digests, slot, pods[slot.pod])
            except Exception:  # the next tick tries again; the other pods do not wait for it
                log.exception("checkin_not_posted", slot=slot.key, status="error")
        else:
            with digests.engine.begin() as db:
                store.claim(db, slot, "skipped")
            log.warning("checkin_skipped", slot=slot.key, status="error")


def post_now(digests: Digests, checkin: str, pod: Pod) -> Slot | None:
    """Posts today's check-in by hand, also one that was skipped; None when it was posted before."""
    with digests.engine.begin() as db:
        now = clock.now(db)
        slot = Slot(pod.name, checkin, now.astimezone(pod.zone).date(), now, "due")
        store.plan(db, [slot])
        store.unskip(db, slot)
    return post(digests, slot, pod)


def preview(digests: Digests, checkin: str, pod: Pod) -> list[Message]:
    """The card and the thread as they would be posted now; nothing is claimed or sent."""
    with digests.engine.begin() as db:
        now = clock.now(db)
        stops = [(switch, scope_words(db, switch.scope)) for switch in switches.switches_on(db)]
        world = _world(digests, db, pod, since=now, now=now)
    slot = Slot(pod.name, checkin, now.astimezone(pod.zone).date(), now, "due", now)
    steps = _collect(digests, world, CHECKINS[checkin], slot)
    thread = [card for number, step in enumerate(steps, 1) for card in thread_cards(slot, number, step).values()]
    return [parent_card(CHECKINS[checkin], slot, pod, steps, stops, Effort()), *thread]


def post(digests: Digests, slot: Slot, pod: Pod) -> Slot | None:
    """Collects, then claims the slot and writes its card; None when a replica was faster. Thread and picture follow."""
    with digests.engine.begin() as db:
        if not store.waits(db, slot):
            return None
        checkin = CHECKINS[slot.checkin]
        if checkin.asks:
            work_items.wake(db, pod.client_ids)
        now = clock.now(db)
        world = _world(digests, db, pod, since=now, now=now)
    steps = _collect(digests, world, checkin, slot)
    with digests.engine.begin() as db:
        late = away.explain(db, slot, pod, now)
        claimed = store.claim(db, slot, "posted", late)
        if claimed is None:
            return None
        _write_parent(db, checkin, claimed, pod, steps, Effort())
        if not checkin.asks:
            _write_thread(db, claimed, pod, steps)  # nobody brings it later
    if checkin.asks:
        with digests.engine.begin() as db:
            _write_thread(db, claimed, pod, steps)
    log.info("checkin_posted", slot=claimed.key, status="ok")
    told = _illustrate(digests, world, claimed, steps)
    if not checkin.asks:
        with digests.engine.begin() as db:
            _write_parent(db, checkin, replace(claimed, chart_alt=told), pod, steps, Effort())  # nobody does it later
    return claimed


def _illustrate(digests: Digests, world: World, slot: Slot, steps: list[Progress]) -> str:
    """The pictures follow the cards, for their source may be slow; without them the cards stand.

    Returns the words of the check-in's own picture; "" when there is none.
    """
    details = {thread_key(slot, each.section): each.step.chart for each in steps if each.step and each.step.chart}
    try:
        chart = pictures.collect(world)
        with digests.engine.begin() as db:
            store.describe_chart(db, slot, chart.alt_text)
        pictured: dict[str, Chart] = {slot.card_key: chart, **details}
        for key, each in pictured.items():
            png = digests.renderer.draw(each)
            with digests.engine.begin() as db:
                put_picture(db, key, key, png, each.alt_text)
    except (ChartError, SQLAlchemyError) as problem:
        log.warning("chart_not_drawn", slot=slot.key, error_message=str(problem), status="error")
        return ""
    return chart.alt_text


def refresh(digests: Digests) -> None:
    """Brings the cards of the open check-ins up to date with what was done; cheap where nothing was."""
    for pod in digests.pods:
        with digests.engine.begin() as db:
            now = clock.now(db)
            recent = store.newest_posted(db, pod.name, _days_ago(now, pod, OPEN_DAYS))
        newest: dict[str, Slot] = {}
        for slot in recent:
            newest.setdefault(slot.checkin, slot)
        for slot in newest.values():
            with digests.engine.begin() as db:
                version = store.version(db, slot, now, pod.client_ids)
            place = (slot.pod, slot.checkin)
            last = digests.shown.get(place)
            if last and last[:2] == (slot, version) and now - last[2] < LOOK_ANYWAY:
                continue
            if _refresh(digests, slot, pod, now):
                digests.shown[place] = (slot, version, now)


def _refresh(digests: Digests, slot: Slot, pod: Pod, now: datetime) -> bool:
    """False when a source did not answer, so that it is asked again."""
    with digests.engine.begin() as db:
        world = _world(digests, db, pod, since=slot.posted_at or now, now=now)
    checkin = CHECKINS[slot.checkin]
    steps = _collect(digests, world, checkin, slot)
    with digests.engine.begin() as db:
        if slot.finished_at is None and all(step.finished for step in steps):
            store.finish(db, slot)
            slot = replace(slot, finished_at=clock.now(db))
        _write_parent(db, checkin, slot, pod, steps, measured(store.effort(db, slot, pod.client_ids)))
        # Where a source is silent just now, what it said before stays in the thread, buttons and all.
        _write_thread(db, slot, pod, steps, only_known=True)
        for progress in steps:
            if progress.tick and progress.step and progress.step.kept:
                store.keep(db, slot.key, progress.section.name, progress.step.line)
    return all(progress.step for progress in steps)


def _days_ago(now: datetime, pod: Pod, days: int) -> date:
    return now.astimezone(pod.zone).date() - timedelta(days=days)


def _world(digests: Digests, db: Connection, pod: Pod, *, since: datetime, now: datetime) -> World:
    mine = [client for client in clients.all_clients(db) if not pod.clients or client.client_id in pod.clients]
    return World(digests.engine, digests.reader, pod, mine, since, now, digests.pods)


def _collect(digests: Digests, world: World, checkin: Checkin, slot: Slot) -> list[Progress]:
    """All sections at once, all with one deadline: one that does not answer never holds up the rest."""
    running = [(each, digests.pool.submit(each.collect, world)) for each in checkin.steps]
    with digests.engine.begin() as db:
        ticks = store.ticks(db, slot.key)
    wait((answer for _, answer in running), timeout=SECTION_DEADLINE)
    return [_progress(each, world, answer, ticks) for each, answer in running]


def _progress(section: Section, world: World, answer: Future[Any], ticks: Mapping[str, Tick]) -> Progress:
    if not answer.done():
        answer.cancel()
        return Progress(section, None, f"no answer within {SECTION_DEADLINE:.0f} s")
    try:
        step = section.show(answer.result(), world)
    except Exception as problem:
        log.exception("section_failed", section=section.name, status="error")
        return Progress(section, None, f"no data: {type(problem).__name__}")
    return Progress(section, step, tick=ticks.get(section.name))


def _write_parent(
    db: Connection, checkin: Checkin, slot: Slot, pod: Pod, steps: list[Progress], effort: Effort
) -> None:
    stops = [(switch, scope_words(db, switch.scope)) for switch in switches.switches_on(db)]
    # It comes before other threads, but changes with every decision: its edits take turns with those of its thread.
    priority = _THREAD if effort.clicks else _PARENT
    put(db, slot.card_key, pod.channel, parent_card(checkin, slot, pod, steps, stops, effort), priority=priority)


def _kept(progress: Progress) -> bool:
    """What was confirmed stays as it was seen then."""
    return progress.tick is not None and progress.tick.line is not None


def _write_thread(db: Connection, slot: Slot, pod: Pod, steps: list[Progress], *, only_known: bool = False) -> None:
    told = [
        (number, progress)
        for number, progress in enumerate(steps, 1)
        if not (only_known and progress.step is None) and not _kept(progress)
    ]
    there = known(db, [key for _, progress in told for key in thread_keys(slot, progress)])
    cards = {
        key: message
        for number, progress in told
        for key, message in thread_cards(slot, number, progress, there).items()
    }
    put_all(db, cards, pod.channel, priority=_THREAD, thread_key=slot.card_key)
