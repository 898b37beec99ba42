"""Work in a process that is killed at a named point: `python -m tests.scenarios.killed` forks one per order.

An order is a line of JSON on stdin (`Order`), the answer the signal that ended the work, 0 if it came to its end.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from sqlalchemy.exc import IntegrityError

from audits import guard, switches
from audits import store as audits
from clients import work_items
from messages import outbox, tables
from messages import store as messages
from messages.blocks import Message
from messages.slack import Slack
from operations import platform as commands
from operations import store as operations
from operations import unfinished
from operations.platform import Platform
from storage.engine import connect
from tests.factories import effect
from tests.operations.receiving import SECRET

JOBS = 3
"""Pieces of work of one guard order; the seed says at which of them it dies."""


@dataclass(frozen=True)
class Order:
    work: str
    database_url: str
    slack_url: str
    platform_url: str
    batch: str
    point: str = ""
    call: int = 0


Points = dict[str, tuple[Any, str, str, Callable[[int], int]] | None]
# Name → (where, what, before or after it, the call of it at piece n). Those without a place are in the work itself.
GUARD: Points = {
    "nothing asked": (switches, "stopped_by", "before", lambda n: n),
    "switches read": (switches, "stopped_by", "after", lambda n: n),
    "permit and intent written": (switches, "grant", "after", lambda n: n),
    "permit committed": None,
    "acted": None,
    "outcome to be written": (audits, "record", "before", lambda n: n),
    "outcome written": (audits, "record", "after", lambda n: n),  # with the end of its permit, and committed
    "outcome committed": None,
}
SWEEP: Points = {
    "permit abandoned": (switches, "abandon", "after", lambda n: n),
    "unknown recorded": (audits, "conclude", "after", lambda n: n),
    "item opened": (work_items, "open_items", "after", lambda n: n),
}
OUTBOX: Points = {
    "card claimed": (messages, "claim", "after", lambda n: n),
    "before the post": (Slack, "post", "before", lambda n: n),
    "after the post": (Slack, "post", "after", lambda n: n),
    "post remembered": (messages, "shown", "after", lambda n: n),
    "post committed": (outbox, "_send", "after", lambda n: n),
}
EDITS: Points = {
    "before the edit": (Slack, "update", "before", lambda n: n),
    "after the edit": (Slack, "update", "after", lambda n: n),
}
COMMANDS: Points = {
    "command claimed": (operations, "claim_command", "after", lambda n: n),
    "before the order": (Platform, "send", "before", lambda n: n),
    "after the order": (Platform, "send", "after", lambda n: n),
    "order settled": (operations, "settle_command", "after", lambda n: n),
}
POINTS = GUARD | SWEEP | OUTBOX | EDITS | COMMANDS


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def trap(owner: Any, name: str, when: str, fatal: int) -> None:
    """From now on the process dies before or after the call number `fatal` of this function."""
    original, calls = getattr(owner, name), iter(range(10**6))

    @wraps(original)
    def trapped(*given: Any, **named: Any) -> Any:
        mine = next(calls) == fatal
        if mine and when == "before":
            die()
        answer = original(*given, **named)
        if mine:
            die()
        return answer

    setattr(owner, name, trapped)


def command_id(batch: str, piece: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{batch}/{piece}")


class World:
    """Where effects happen; it does not know our transactions, and shows what happens twice as often as it does."""

    def __init__(self, order: Order) -> None:
        self._db = psycopg.connect(order.database_url.replace("+psycopg", ""), autocommit=True)

    def cause(self, command: UUID) -> None:
        self._db.execute("INSERT INTO world_effect VALUES (%s)", [command])

    def told(self, command: UUID) -> bool:
        return self._db.execute("SELECT 1 FROM world_told WHERE command = %s", [command]).fetchone() is not None

    def tell(self, command: UUID) -> None:
        self._db.execute("INSERT INTO world_told VALUES (%s)", [command])


def guarded(order: Order, at: Callable[[str, int], None]) -> None:
    engine, world = connect(order.database_url, name="killed", pool_size=2), World(order)
    for piece in range(JOBS):
        command = command_id(order.batch, piece)
        try:
            with guard(engine, effect(command_id=command)) as permit:
                at("permit committed", piece)
                world.cause(command)
                at("acted", piece)
                permit.succeeded(post_url="https://x.test/1")
        except IntegrityError:  # it had its permit in another life
            continue
        at("outcome committed", piece)


def naive_repeats(order: Order, at: Callable[[str, int], None]) -> None:
    """Acts, then writes it down."""
    world = World(order)
    for piece in range(JOBS):
        command = command_id(order.batch, piece)
        if not world.told(command):
            world.cause(command)
            at("acted", piece)
            world.tell(command)


def naive_forgets(order: Order, at: Callable[[str, int], None]) -> None:
    """Writes it down, then acts."""
    world = World(order)
    for piece in range(JOBS):
        command = command_id(order.batch, piece)
        if not world.told(command):
            world.tell(command)
            at("permit committed", piece)
            world.cause(command)


def sweep(order: Order, at: Callable[[str, int], None]) -> None:
    engine = connect(order.database_url, name="killed", pool_size=2)
    while unfinished.surface(engine):
        pass


def cards(order: Order, at: Callable[[str, int], None]) -> None:
    engine = connect(order.database_url, name="killed", pool_size=2)
    slack = Slack("xoxb-local", base_url=order.slack_url)
    while outbox.deliver(engine, slack, pace=timedelta(0)):
        pass


def naive_cards(order: Order, at: Callable[[str, int], None]) -> None:
    """Posts, then remembers; whatever is not remembered is posted."""
    engine = connect(order.database_url, name="killed", pool_size=2)
    slack, world = Slack("xoxb-local", base_url=order.slack_url), World(order)
    with engine.connect() as db:
        due = list(db.execute(tables.card.select().order_by(tables.card.c.key)))
    for number, row in enumerate(each for each in due if not world.told(command_id(each.key, 0))):
        slack.post(slack.channel_id("ops"), Message(**row.wanted), thread_ts=None, key=row.key)
        at("after the post", number)
        world.tell(command_id(row.key, 0))


def orders(order: Order, at: Callable[[str, int], None]) -> None:
    engine, platform = connect(order.database_url, name="killed", pool_size=2), Platform(order.platform_url, SECRET)
    while commands.deliver(engine, platform):
        pass


WORKS = {work.__name__: work for work in (guarded, naive_repeats, naive_forgets, sweep, cards, naive_cards, orders)}


def obey(order: Order) -> None:
    place = POINTS.get(order.point)
    if place and not order.work.startswith("naive"):
        owner, name, when, number = place
        trap(owner, name, when, number(order.call))

    def at(point: str, piece: int) -> None:
        if (point, piece) == (order.point, order.call):
            die()

    WORKS[order.work](order, at)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                obey(Order(**json.loads(line)))
                os._exit(0)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
        _, status = os.waitpid(child, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
