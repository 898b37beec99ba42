"""Works off the batches that are ordered: every item is decided as if its own button had been pressed.

The key of each press is the batch's and the item's, so a batch that a crash cut short is finished, not repeated.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from clients import work_items
from clients.model import Seen
from operations import item_store
from operations.approve import APPROVE
from operations.batch_cards import chosen, tell
from operations.flow import perform
from operations.items import Decision
from operations.model import Click, Person
from operations.resolve import RESOLVE
from operations.retry import RETRY

_DECISIONS: Mapping[str, Decision] = {decision.label: decision for decision in (APPROVE, RETRY, RESOLVE)}


def work(engine: Engine, undo: timedelta) -> bool:
    """Finishes one batch; False when none is ordered."""
    with engine.begin() as db:
        row = item_store.next_batch(db)
        if row is None:
            return False
        results = _decide_all(engine, row, undo)
        item_store.move_batch(db, row.batch_id, "done", results=results)
        tell(db, row.batch_id)
    return True


def _decide_all(engine: Engine, row: Any, undo: timedelta) -> Mapping[str, Any]:
    decision = _DECISIONS[row.verb]
    person = Person(row.by, row.by_name, decision.role)  # checked when the batch was ordered
    refused: dict[str, list[str]] = {}
    done = 0
    for value in chosen(row):
        seen = Seen.parse(value)
        key = f"batch:{row.batch_id}:{seen.item_id if seen else value}"
        perform(engine, decision, Click(key, person, decision.action_id, value, undo=undo))
        with engine.begin() as db:
            kind, _, reason = item_store.answered(db, key).partition(":")
            item = work_items.item(db, seen.item_id) if seen and kind != "done" else None
        if kind == "done":
            done += 1
        else:
            refused.setdefault(reason, []).append(item.title if item else value)
    return {"done": done, "outcome": decision.outcome, "refused": refused}
