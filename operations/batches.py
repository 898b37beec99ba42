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
from operations.confirm_block import CONFIRM_BLOCK
from operations.flow import perform
from operations.items import Decision
from operations.model import Click, Person
from operations.reply import SEND_REPLY
from operations.resolve import RESOLVE
from operations.retry import RETRY

# Few enough for the batch's own transaction, which waits meanwhile, not to be taken for a forgotten one.
_STEP = 25

_DECISIONS: Mapping[str, Decision] = {
    decision.label: decision for decision in (APPROVE, RETRY, RESOLVE, CONFIRM_BLOCK, SEND_REPLY)
}


def work(engine: Engine, undo: timedelta) -> bool:
    """Takes one batch a few items further; False when none is ordered."""
    with engine.begin() as db:
        row = item_store.next_batch(db)
        if row is None:
            return False
        decision = _DECISIONS[row.verb]
        results = {"outcome": decision.outcome, "done": 0, "refused": {}, **row.results}
        values = chosen(row)
        begun = results["done"] + sum(len(titles) for titles in results["refused"].values())
        for value in values[begun : begun + _STEP]:
            reason, title = _decide(engine, decision, row, value, undo)
            if reason:
                results["refused"].setdefault(reason, []).append(title)
            else:
                results["done"] += 1
        item_store.move_batch(db, row.batch_id, "ordered" if begun + _STEP < len(values) else "done", results=results)
        tell(db, row.batch_id)
    return True


def _decide(engine: Engine, decision: Decision, row: Any, value: str, undo: timedelta) -> tuple[str, str]:
    """(why it was refused, its title); two empty strings when it was decided."""
    key = f"batch:{row.batch_id}:{value}"
    person = Person(row.by, row.by_name, decision.role)  # checked when the batch was ordered
    perform(engine, decision, Click(key, person, decision.action_id, value, undo=undo))
    with engine.begin() as db:
        kind, _, reason = item_store.answered(db, key).partition(":")
        seen = Seen.parse(value)
        item = work_items.item(db, seen.item_id) if seen and kind != "done" else None
    return ("", "") if kind == "done" else (reason, item.title if item else value)
