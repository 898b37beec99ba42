"""Seals the record: final rows become leaves of a growing Merkle tree, whose root is signed now and then.

What a seal proves, and what it cannot, is told in docs/record.md; checking it is left to `audits/verify.py`.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from audits import checkpoints, sealing_store
from audits.merkle import leaf_hash
from audits.model import event_line

if TYPE_CHECKING:
    from audits.signing import Signer

BATCH = 1000
"""No checkpoint is over more new rows than these, but for the first and the first after a restore."""
_RESTORED_BATCH = 20_000


def seal(db: Connection, signer: "Signer", now: datetime, limit: int = BATCH) -> int:
    """Seals up to `limit` rows that are final and says how many; 0 also while another process is at it.

    Called every 10 s, and again at once after `limit` rows or more, it leaves no row unsealed for longer.
    """
    # A large first batch takes longer than the 5 s that statements have by default, and the 10 s between two of them.
    db.execute(text("SET LOCAL statement_timeout = '60s'"))
    db.execute(text("SET LOCAL idle_in_transaction_session_timeout = '60s'"))
    if not sealing_store.lock(db):
        return 0
    done = sealing_store.progress(db)
    events, done = sealing_store.unsealed(db, done, limit, max(limit, _RESTORED_BATCH))
    if not events:
        return 0
    leaves = []
    for index, event in enumerate(events, start=done.tree.size):
        leaf = leaf_hash(event_line(event))
        done.tree.add(leaf)
        leaves.append((index, event["audit_id"], leaf))
    head = checkpoints.signed(signer, done.tree.size, done.tree.root(), done.head, now)
    sealing_store.save(db, leaves, head, done)
    return len(leaves)
