"""The cards of kill switches: one per stop, edited from recorded to settled to resumed."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, Engine

from audits import Scope, switches
from audits.switches import Switch
from messages.blocks import Block
from messages.store import put
from operations import store
from operations.cards import banner, resumed_card, stop_card
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


def standing(db: Connection) -> list[tuple[Switch, str]]:
    """Every switch that is on, with what it stops in words."""
    return [(switch, scope_words(db, switch.scope)) for switch in switches.switches_on(db)]


def told(stops: Sequence[tuple[Switch, str]]) -> list[Block]:
    """The banner of these stops; nothing when there are none."""
    return banner([switch for switch, _ in stops], {switch.scope: words for switch, words in stops})


def _key(scope: Scope, epoch: int) -> str:
    return f"stop:{scope.key}:{epoch}"
