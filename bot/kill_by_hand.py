"""`checkin kill`: a stop from a terminal. It needs neither the bot nor Slack and, if it must be, not even the database.

recorded → sent → settled, as on the card in Slack. Without the database the signed order goes straight to the platform.
"""

import os
import pwd
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from audits import Scope, switches
from bot.kill import unknown_words
from bot.reach import OutOfReach, reach_tables
from bot.settings import StopSettings
from digests import away
from messages.blocks import visible
from operations import platform as commands
from operations import store
from operations.flow import perform
from operations.model import Click, Person, Refused, Role
from operations.named import Unknown, named, named_unseen
from operations.platform import Platform, PlatformError
from operations.stop import STOP, ordered, scope_words
from operations.store import Command, issued_command
from storage import clock
from storage.engine import connect

# Longer than the server lets a forgotten transaction hold up a stop.
_PATIENCE = 12.0
_LOOK_EVERY = 0.2
_BOT = "the running bot goes on and tells it on the card."
_NO_BOT = (
    "no bot is running that would go on. Run the same command again, or start the bot with `checkin run`; "
    "if the platform does not take the order, call its engineers."
)


class Ended(IntEnum):
    """Exit codes."""

    SETTLED = 0
    UNSETTLED = 1
    MISUNDERSTOOD = 2
    UNRECORDED = 3
    NOTHING = 4


@dataclass(frozen=True)
class Hand:
    """Who stops, and with what. Whoever holds the settings' secrets may: there is nobody to ask about roles."""

    engine: Engine
    platform: Platform
    say: Callable[[str], None]
    person: Person = field(default_factory=lambda: _person())


def kill(settings: StopSettings, words: str, reason: str, *, wait: float, say: Callable[[str], None]) -> Ended:
    """Stops what the words name and tells what comes of it for up to `wait` seconds."""
    engine = connect(settings.database_url.get_secret_value(), name="checkin kill", pool_size=1)
    platform = Platform(settings.platform.commands_url, settings.platform.secret.get_secret_value())
    hand = Hand(engine, platform, say)
    try:
        try:
            reach_tables(engine)
            with engine.begin() as db:
                scope = named(db, words)
            if isinstance(scope, Unknown):
                say(unknown_words(scope))
                return Ended.MISUNDERSTOOD
            _record(hand, scope, reason)
        except (OutOfReach, OperationalError) as problem:
            why = str(problem) if isinstance(problem, OutOfReach) else f"Postgres did not take the stop: {problem.orig}"
            return _straight(hand, words, reason, why)
        try:
            return _follow(hand, scope, time.monotonic() + wait)
        except OperationalError:
            say("Postgres has stopped answering. The stop is recorded; whether all has settled is not known.")
            return Ended.UNSETTLED
    finally:
        platform.close()
        engine.dispose()


def _person() -> Person:
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user often has no name
        user = str(os.getuid())
    return Person(f"cli:{user}", f"{user} (command line)", Role.OPERATOR)


def _record(hand: Hand, scope: Scope, reason: str) -> None:
    """Presses the last button of the dialog; again if the database was busy, which then knows the press."""
    click = Click(f"cli:{uuid4()}", hand.person, STOP.action_id, ordered(scope, reason))
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            answer = perform(hand.engine, STOP, click)
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            continue
        if isinstance(answer, Refused):
            hand.say("It was stopped before; the first stop stands.")
        return


def _follow(hand: Hand, scope: Scope, deadline: float) -> Ended:
    """Tells each change until nothing is on the way and the platform has taken the order."""
    told: list[str] = []
    while True:
        with hand.engine.begin() as db:
            switch = next((each for each in switches.switches_on(db) if each.scope == scope), None)
            if switch is None:
                hand.say("Somebody has resumed it meanwhile.")
                return Ended.UNSETTLED
            flights = switches.flights(db, switch)
            order = store.newest_order(db, "stop", scope.key)
            what = scope_words(db, scope)
        taken = order is None or order.state == "accepted"
        recorded = f"Recorded, {flights.in_flight} in flight; nothing new starts."
        now = [f"Stopped: {visible(what)}.", recorded, _sent(order)]
        for line in now:
            if line not in told:
                hand.say(line)
        told = now
        if taken and not flights.in_flight:
            became = f"{flights.published} published, {flights.aborted} aborted, {flights.unknown} unknown"
            hand.say(f"Settled: {became}.")
            return Ended.SETTLED
        if time.monotonic() > deadline or (order is not None and order.state == "refused"):
            with hand.engine.begin() as db:
                goes_on = away.running(db, clock.now(db))
            hand.say(f"Not settled yet. The stop stays recorded; {_BOT if goes_on else _NO_BOT}")
            return Ended.UNSETTLED
        if order is not None:
            commands.deliver(hand.engine, hand.platform, only=order.command_id)
        time.sleep(_LOOK_EVERY)


def _sent(order: Any | None) -> str:
    """`order` is row(command_id, state, problem)."""
    if order is None or order.state == "accepted":
        return "The platform has taken the order."
    if order.state == "refused":
        return f"The platform refused the order ({order.problem}): call its engineers."
    return f"The platform has not taken the order ({order.problem})." if order.problem else "The order is on its way."


def _straight(hand: Hand, words: str, reason: str, why: str) -> Ended:
    """The last way: the platform is told, and nobody else knows."""
    scope = named_unseen(words)
    hand.say(why)
    if isinstance(scope, Unknown):
        hand.say(f"Without the database a client goes by its id, and “{visible(scope.word)}” cannot be placed.")
        return Ended.MISUNDERSTOOD
    now = datetime.now(UTC)
    body = issued_command(uuid4(), "stop", commands.order(scope, hand.person, reason, None), now, None)
    try:
        hand.platform.send(Command(UUID(body["command_id"]), "stop", body, 1), now)
    except PlatformError as problem:
        hand.say(
            f"The platform did not take the stop either ({problem}). NOTHING IS STOPPED by this command. "
            "While Postgres does not answer our guard lets nothing begin; what does not ask it, stop by hand."
        )
        return Ended.NOTHING
    hand.say(
        f"The platform has taken a signed stop for {scope.key}, and nobody looked up whether there is such a client.\n"
        "It is NOT RECORDED: no card, no banner, and our guard does not know of it.\n"
        "Run the same command again as soon as Postgres answers."
    )
    return Ended.UNRECORDED
