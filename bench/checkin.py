"""A check-in as a work session: what it costs the operator in clicks, and the bot in queries and time.

The operator works in the demo, with all of its servers; queries and times are counted beside it, at sizes it never has.
"""

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

from sqlalchemy import Engine

from bench import composing
from bench.measure import Row
from bench.operator import Operator, Worked
from charts import Renderer
from clients import work_items
from digests import flow as digests
from digests.checkins import MIDDAY, MORNING
from digests.flow import Digests
from digests.model import Pod
from metrics.reader import Reader as Prometheus
from sandbox import people
from sandbox.reader import Reader
from sandbox.world import World, start_world
from storage.engine import connect

NAME = "checkin"
SUMMARY = "A check-in: an operator's clicks in the demo; queries and time to compose it at 50 to 2,000 clients."

MOST_CLICKS: Mapping[int, int] = {40: 25, 300: 60}
"""By clients; each has three open items."""
_MOST_MESSAGES = 2


@dataclass(frozen=True)
class Session:
    """The check-ins of one demo, by name, and how many items were open before the first."""

    items: int
    worked: Mapping[str, Worked]


def run(rounds: int) -> list[Row]:
    with _folder() as folder:
        composed = list(composing.rows(composing.measured(folder, rounds)))
    return [*composed, *(row for clients in MOST_CLICKS for row in rows(clients, session(clients)))]


def rows(clients: int, session: Session) -> list[Row]:
    """An operator's part of the table."""
    return [row for checkin, worked in session.worked.items() for row in _rows(clients, session, checkin, worked)]


def _rows(clients: int, session: Session, checkin: str, worked: Worked) -> Iterator[Row]:
    case = f"{checkin}, {clients} clients, {session.items} items"
    most = MOST_CLICKS[clients]
    aim = "<= 1" if checkin == MORNING.name or clients > 100 else ""
    yield Row(f"{case}: clicks", worked.clicks, "clicks", f"{most} at most", worked.clicks / most, aim)
    told = f"{_MOST_MESSAGES} at most"
    yield Row(f"{case}: in the channel", worked.messages, "messages", told, worked.messages / _MOST_MESSAGES, "<= 1")
    yield Row(f"{case}: ticked", worked.ticked, "steps", f"{worked.steps} steps", worked.ticked / worked.steps, ">= 1")


def session(clients: int) -> Session:
    """Both check-ins of a demo of so many clients."""
    with ExitStack() as at_end:
        folder = at_end.enter_context(_folder())
        world = start_world(folder / "world", lambda _: None, clients=clients)
        at_end.callback(world.close)
        engine = connect(world.database_url, name="bench")
        at_end.callback(engine.dispose)
        with engine.begin() as db:
            items = sum(sum(kinds.values()) for kinds in work_items.open_counts(db).values())
        slack = Reader(world.slack_url)
        morning = Operator(slack, MORNING.title).work()
        _post_midday(world, engine)
        return Session(items, {MORNING.name: morning, MIDDAY.name: Operator(slack, MIDDAY.title).work()})


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="checkin-bench-") as folder:
        Path(folder).chmod(0o711)  # a Postgres started by root runs as another account, which must get through
        yield Path(folder)


def _post_midday(world: World, engine: Engine) -> None:
    """What `checkin digest midday` does: nobody waits for noon."""
    pod = Pod("main", f"#{people.CHECKIN}", world.zone, {MIDDAY.name: time(13)})
    with Renderer() as renderer, ThreadPoolExecutor() as pool:
        digests.post_now(Digests(engine, Prometheus(world.prometheus_url), renderer, (pod,), pool), MIDDAY.name, pod)
