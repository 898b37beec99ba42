"""From a click to its ack over Socket Mode, measured where Slack would stand; every app is a process of its own.

Our app works on what was clicked meanwhile: each click approves an item in a real Postgres. Where only the way to the
ack counts, that work is left undone. Last our app composes check-ins and draws charts all the while.
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from bench.clients import one_more, settle
from bench.measure import Row, compared, percentile, turns
from bench.socket_mode.sender import ACK_SECONDS, Press, Sender
from clients import work_items
from clients.model import ItemKind, Seen, WorkItem
from operations.approve import APPROVE
from storage.engine import connect
from storage.migrations import upgrade
from storage.process import Child, start, wait_until
from storage.server import private_postgres

NAME = "ack"
SUMMARY = "Click → ack over Socket Mode: our app beside a bare Bolt app and a raw WebSocket echo."

# Name → what to run. Buttons are called bench.1, bench.2 …, and the last is pressed; `checkin` has those of production.
APPS: Mapping[str, Sequence[str]] = {
    "echo": ["peers", "echo"],
    "sdk": ["peers", "sdk"],
    "bolt": ["peers", "bolt", "--listeners=1"],
    "listeners-60": ["peers", "bolt", "--listeners=60", "--before-response"],
    "buttons-10": ["checkin", "--buttons=10"],
    "buttons-60": ["checkin", "--buttons=60"],
    "checkin": ["checkin"],
}
WORKING = "checkin"
IN_BURSTS = ("echo", "bolt", "buttons-60", WORKING)

# Comes last: it leaves no core to the others. These are measured once more beside it.
DRAWING = "drawing"
BESIDE = ("echo", "bolt")
CLIENTS = 40  # of the check-in that is composed

SINGLES = 100
BURST = 200
IN_FLIGHT = 50
QUIET = 0.002  # seconds before a single click, and between two looks at whether work is done


@dataclass(frozen=True)
class Figures:
    """What one app showed, a figure per round: milliseconds, and clicks per second."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    burst_p99: list[float] = field(default_factory=list)

    def told(self, took: Sequence[float]) -> None:
        """The milliseconds of one round of single clicks."""
        self.p50.append(percentile(took, 50))
        self.p99.append(percentile(took, 99))


def run(rounds: int) -> list[Row]:
    with ExitStack() as at_end:
        folder = Path(at_end.enter_context(tempfile.TemporaryDirectory(prefix="checkin-bench-")))
        folder.chmod(0o711)  # a Postgres started by root runs as another account, which must get through
        database = at_end.enter_context(private_postgres(folder)).url
        upgrade(database)
        engine = connect(database, name="bench")
        at_end.callback(engine.dispose)
        digests = one_more(database, "digests")
        settle(digests, CLIENTS)
        return rows(asyncio.run(_measured(rounds, engine, database, digests, folder)))


def rows(shown: Mapping[str, Figures]) -> list[Row]:
    """The table, from what each app showed in the same rounds."""
    ours, bolt, echo, sixty = shown[WORKING], shown["bolt"], shown["echo"], shown["buttons-60"]
    alone, many, burst = "p50, one click at a time", "p50, 60 buttons", "acks, 50 in flight, work left"
    limit = [ACK_SECONDS * 1000] * len(ours.burst_p99)
    drawing, beside = shown[DRAWING], "while a check-in is composed and charts are drawn"
    bolt_beside, echo_beside = (shown[_beside(app)] for app in ("bolt", "echo"))
    return [
        compared(alone, "ms", ours.p50, "Bolt's defaults", bolt.p50, "<= 0.1"),
        compared(alone, "ms", ours.p50, "raw WebSocket echo", echo.p50, "<= 3"),
        compared(alone, "ms", ours.p50, "slack_sdk without Bolt", shown["sdk"].p50),
        compared("p99, one click at a time", "ms", ours.p99, "Bolt's defaults", bolt.p99, "<= 1"),
        compared(many, "ms", sixty.p50, "10 buttons", shown["buttons-10"].p50, "<= 1.2"),
        compared(many, "ms", sixty.p50, "a Bolt listener for each", shown["listeners-60"].p50, "<= 1"),
        compared(burst, "clicks/s", sixty.rate, "Bolt's defaults", bolt.rate, ">= 1"),
        compared(burst, "clicks/s", sixty.rate, "raw WebSocket echo", echo.rate),
        compared("p99, 50 in flight, work done", "ms", ours.burst_p99, "Slack's limit of 3 s", limit, "<= 0.2"),
        compared(f"p50, {beside}", "ms", drawing.p50, "Bolt's defaults", bolt_beside.p50, "<= 0.1"),
        compared(f"p50, {beside}", "ms", drawing.p50, "raw WebSocket echo", echo_beside.p50, "<= 3"),
        compared(f"p99, {beside}", "ms", drawing.p99, "Bolt's defaults", bolt_beside.p99),
        compared(f"p99, {beside}", "ms", drawing.p99, "raw WebSocket echo", echo_beside.p99),
        compared(f"p99, {beside}", "ms", drawing.p99, "100 ms", [100.0] * len(drawing.p99), "<= 1"),
    ]


def _beside(app: str) -> str:
    """The name under which an app's figures stand that were taken beside the one that draws."""
    return f"{app} beside {DRAWING}"


async def _measured(rounds: int, engine: Engine, database: str, digests: str, folder: Path) -> dict[str, Figures]:
    shown = {app: Figures() for app in (*APPS, DRAWING, *map(_beside, BESIDE))}
    with ExitStack() as at_end:
        async with Sender().serving() as sender:
            for app, child in {app: _started(app, sender, database, folder, at_end) for app in APPS}.items():
                await _warm(sender, app, child, engine)
            await _settled(engine)
            for _ in range(rounds):
                for app, took in (await _singles(list(APPS), sender, engine)).items():
                    shown[app].told(took)
            for app in turns(IN_BURSTS, rounds):
                rate, took = await sender.burst(app, _presses(app, BURST, engine), IN_FLIGHT)
                await _settled(engine)
                shown[app].rate.append(rate)
                shown[app].burst_p99.append(percentile(took, 99))
            await _warm(sender, DRAWING, _started(DRAWING, sender, digests, folder, at_end), engine)
            for _ in range(rounds):
                for app, took in (await _singles([*BESIDE, DRAWING], sender, engine)).items():
                    shown[app if app == DRAWING else _beside(app)].told(took)
    return shown


async def _warm(sender: Sender, app: str, child: Child, engine: Engine) -> None:
    """Fills caches and pools."""
    await asyncio.to_thread(wait_until, partial(sender.connected, app), child, 30, "connect to Slack")
    await sender.burst(app, _presses(app, IN_FLIGHT, engine), 10)


def _started(app: str, sender: Sender, database: str, folder: Path, at_end: ExitStack) -> Child:
    module, *options = APPS.get(app, APPS["buttons-60"])
    own = {WORKING: "database", DRAWING: "composing"}.get(app)
    options += [f"--{own}={database}"] if own else []
    command = [sys.executable, "-m", f"bench.socket_mode.{module}", *options, sender.url(app)]
    child = start(command, name=app, log=folder / f"{app}.log", cwd=Path(__file__).parents[1])
    at_end.callback(child.stop)
    return child


async def _singles(apps: Sequence[str], sender: Sender, engine: Engine) -> dict[str, list[float]]:
    """Milliseconds of single clicks. Apps take turns click by click: whatever else the machine does hits all alike."""
    took: dict[str, list[float]] = {app: [] for app in apps}
    presses = {app: _presses(app, SINGLES, engine) for app in apps}
    for app in turns(apps, SINGLES):
        await asyncio.sleep(QUIET)
        took[app].append(await sender.click(app, presses[app].pop()))
        if app == WORKING:
            await _settled(engine, len(presses[app]))
    return took


def _presses(app: str, many: int, engine: Engine) -> list[Press]:
    """Approvals of new items for the app that works on them; for the others the last of their buttons."""
    if app != WORKING:
        last = 60 if app == DRAWING else app.partition("-")[2] or 1
        return [Press(f"bench.{last}", "")] * many
    waiting = [
        WorkItem(
            item_id=str(uuid4()),
            kind=ItemKind.APPROVAL,
            client_id="acme",
            title="Autumn jackets",
            severity=3,
            payload_hash="0" * 16,
            opened_at=datetime.now(UTC),
            platform="instagram",
            surface="feed",
            body={"text": "The new autumn jackets are here."},
        )
        for _ in range(many)
    ]
    with engine.begin() as db:
        work_items.open_items(db, waiting)
    return [Press(APPROVE.action_id, Seen.of(item).value) for item in waiting]


async def _settled(engine: Engine, untouched: int = 0) -> None:
    """Until every item but these is decided: work that is left would slow down whoever is next."""
    async with asyncio.timeout(60):
        while True:
            with engine.begin() as db:
                if sum(sum(kinds.values()) for kinds in work_items.open_counts(db).values()) <= untouched:
                    return
            await asyncio.sleep(QUIET)
