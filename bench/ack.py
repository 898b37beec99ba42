"""From a click to its ack over Socket Mode, measured where Slack would stand; every app is a process of its own.

Our app works on what was clicked meanwhile: each click approves an item in a real Postgres. Where only the way to the
ack counts, that work is left undone.
"""

import asyncio
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine

from bench.measure import Row, compared, percentile, turns
from bench.socket_mode.sender import ACK_SECONDS, Press, Sender
from clients import store as clients
from clients.model import ItemKind, WorkItem
from operations.approve import APPROVE
from operations.model import Seen
from storage.engine import connect
from storage.migrations import upgrade
from storage.process import Child, start, wait_until
from storage.server import private_postgres

NAME = "ack"
SUMMARY = "Click → ack over Socket Mode: our app beside a bare Bolt app and a raw WebSocket echo."

SINGLES = 100
BURST = 200
IN_FLIGHT = 50
PAUSE = 0.002  # seconds between two looks at whether the work is done

Apps = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Lap:
    """What one app showed in one round, in milliseconds and clicks per second."""

    p50: float
    p99: float
    rate: float
    burst_p99: float


def run(rounds: int) -> list[Row]:
    with ExitStack() as at_end:
        folder = Path(at_end.enter_context(tempfile.TemporaryDirectory(prefix="checkin-bench-")))
        folder.chmod(0o711)  # a Postgres started by root runs as another account, which must get through
        database = at_end.enter_context(private_postgres(folder)).url
        upgrade(database)
        engine = connect(database, name="bench")
        at_end.callback(engine.dispose)
        return rows(asyncio.run(_laps(_apps(database), rounds, engine, folder)))


def rows(laps: Mapping[str, Sequence[Lap]]) -> list[Row]:
    """The table, from each app's laps of the same rounds."""

    def figures(app: str, figure: str) -> list[float]:
        return [getattr(lap, figure) for lap in laps[app]]

    def row(case: str, unit: str, figure: str, app: str, against: str, peer: str, aim: str = "") -> Row:
        return compared(case, unit, figures(app, figure), against, figures(peer, figure), aim)

    slowest = figures("checkin", "burst_p99")
    limit = [ACK_SECONDS * 1000] * len(slowest)
    return [
        row("p50, one click at a time", "ms", "p50", "checkin", "Bolt's defaults", "bolt", "<= 0.1"),
        row("p50, one click at a time", "ms", "p50", "checkin", "raw WebSocket echo", "echo", "<= 3"),
        row("p50, one click at a time", "ms", "p50", "checkin", "slack_sdk without Bolt", "sdk"),
        row("p99, one click at a time", "ms", "p99", "checkin", "Bolt's defaults", "bolt", "<= 1"),
        row("p50, 60 buttons", "ms", "p50", "buttons-60", "10 buttons", "buttons-10", "<= 1.2"),
        row("p50, 60 buttons", "ms", "p50", "buttons-60", "a Bolt listener for each", "listeners-60", "<= 1"),
        row("acks, 50 in flight, work left", "clicks/s", "rate", "buttons-60", "Bolt's defaults", "bolt", ">= 1"),
        row("acks, 50 in flight, work left", "clicks/s", "rate", "buttons-60", "raw WebSocket echo", "echo"),
        compared("p99, 50 in flight, work done", "ms", slowest, "Slack's limit of 3 s", limit, "<= 0.2"),
    ]


def _apps(database: str) -> Apps:
    """Name → what to run, before the address of Slack; the button clicked is the last that an app knows."""
    return {
        "echo": ["peers", "echo"],
        "sdk": ["peers", "sdk"],
        "bolt": ["peers", "bolt", "--listeners=1"],
        "listeners-60": ["peers", "bolt", "--listeners=60", "--before-response"],
        "buttons-10": ["checkin", "--buttons=10"],
        "buttons-60": ["checkin", "--buttons=60"],
        "checkin": ["checkin", f"--database={database}"],
    }


async def _laps(apps: Apps, rounds: int, engine: Engine, folder: Path) -> dict[str, list[Lap]]:
    laps: defaultdict[str, list[Lap]] = defaultdict(list)
    with ExitStack() as at_end:
        async with Sender().serving() as sender:
            children = {app: _started(app, command, sender, folder) for app, command in apps.items()}
            for child in children.values():
                at_end.callback(child.stop)
            for app, child in children.items():
                await asyncio.to_thread(wait_until, partial(sender.connected, app), child, 30, "connect to Slack")
                await _lap(sender, app, engine)  # the first of everything is slower: connections, caches
            for app in turns(list(apps), rounds):
                laps[app].append(await _lap(sender, app, engine))
    return laps


def _started(app: str, command: Sequence[str], sender: Sender, folder: Path) -> Child:
    module, *options = command
    return start(
        [sys.executable, "-m", f"bench.socket_mode.{module}", *options, sender.url(app)],
        name=app,
        log=folder / f"{app}.log",
        cwd=Path(__file__).parents[1],
    )


async def _lap(sender: Sender, app: str, engine: Engine) -> Lap:
    async def settled(still_open: int) -> None:
        """Until no click is worked on any more: that would slow down whoever is next."""
        async with asyncio.timeout(60):
            while True:
                await asyncio.sleep(PAUSE)
                with engine.begin() as db:
                    if sum(sum(kinds.values()) for kinds in clients.open_counts(db).values()) <= still_open:
                        return

    singles = await sender.one_by_one(app, _presses(app, SINGLES, engine), settled)
    rate, burst = await sender.at_once(app, _presses(app, BURST, engine), IN_FLIGHT)
    await settled(0)
    return Lap(percentile(singles, 50), percentile(singles, 99), rate, percentile(burst, 99))


def _presses(app: str, many: int, engine: Engine) -> list[Press]:
    """Approvals of new items for the app that works on them; for the others the last of their buttons."""
    if app != "checkin":
        return [Press(f"bench.{app.partition('-')[2] or 1}", "")] * many
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
        clients.open_items(db, waiting)
    return [Press(APPROVE.action_id, Seen(item.item_id, item.version, item.payload_hash).value) for item in waiting]
