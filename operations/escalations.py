"""Every escalation has a card in its pod's channel, with a thread: kept up to date until it is closed.

Escalated is what a person escalated, and a conversation whose deadline comes before anybody took it.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine

from clients import store as clients
from clients import work_items
from messages.store import put
from operations.escalation_cards import REMIND, escalation_card, thread
from storage import clock

_PRIORITY = 1
_REMEMBERED = timedelta(days=1)


def refresh(engine: Engine, channel_of: Callable[[str], str], leads: str) -> None:
    """`channel_of` a client; `leads` is how those are mentioned who have the last word."""
    with engine.begin() as db:
        now = clock.now(db)
        work_items.escalate_due(db, now, now + REMIND)
        names = {client.client_id: client.name for client in clients.all_clients(db)}
        for item in work_items.escalated(db, closed_since=now - _REMEMBERED):
            key, channel = f"escalation:{item.item_id}", channel_of(item.client_id)
            card = escalation_card(item, names.get(item.client_id, item.client_id), leads, now)
            put(db, key, channel, card, priority=_PRIORITY)
            for name, message in thread(item, leads, now).items():
                put(db, f"{key}:{name}", channel, message, priority=_PRIORITY, thread_key=key)
