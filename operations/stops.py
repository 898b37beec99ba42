"""The cards of kill switches: one per stop, edited from recorded to settled to resumed."""

from datetime import datetime

from sqlalchemy import Connection, Engine

from audits import Scope, switches
from messages.store import address, put
from operations import store
from operations.cards import resumed_card, stop_card
from operations.stop import scope_words

_PRIORITY = 0


def refresh(engine: Engine, channel: str) -> None:
    """Brings the card of every switch up to date; a switch that never was on has none."""
    with engine.begin() as db:
        requests = store.resume_requests(db)
        for switch in switches.switches_on(db):
            asked = requests.get(switch.scope.key)
            card = stop_card(
                switch,
                scope_words(db, switch.scope),
                switches.flights(db, switch),
                store.newest_order(db, "stop", switch.scope.key),
                asked.requested_by_name if asked else None,
                asked.reason if asked else "",
            )
            put(db, _key(switch.scope, switch.epoch), channel, card, priority=_PRIORITY)
        for scope, epoch, by, at, reason in switches.switches_off(db):
            _resumed(db, scope, epoch, by, at, reason, channel)


def _resumed(db: Connection, scope: Scope, epoch: int, by: str, at: datetime, reason: str, channel: str) -> None:
    """The stop that ended had the epoch before this one."""
    key = _key(scope, epoch - 1)
    if address(db, key):
        put(db, key, channel, resumed_card(scope_words(db, scope), by, at, reason), priority=_PRIORITY)


def _key(scope: Scope, epoch: int) -> str:
    return f"stop:{scope.key}:{epoch}"
