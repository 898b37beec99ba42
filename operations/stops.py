"""The cards of kill switches: one per stop, edited from recorded to settled to resumed."""

from datetime import timedelta

from sqlalchemy import Engine

from audits import Scope, switches
from messages.store import put
from operations import store
from operations.cards import resumed_card, stop_card
from operations.stop import scope_words
from storage import clock

_PRIORITY = 0
_REMEMBERED = timedelta(days=1)


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
        for switch, turn in switches.stops_ended(db, clock.now(db) - _REMEMBERED):
            put(
                db,
                _key(switch.scope, switch.epoch),
                channel,
                resumed_card(switch, scope_words(db, switch.scope), turn),
                priority=_PRIORITY,
            )


def _key(scope: Scope, epoch: int) -> str:
    return f"stop:{scope.key}:{epoch}"
