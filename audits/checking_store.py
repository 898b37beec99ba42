"""What the database shows that no seal does: rows written or taken away past Postgres' refusals, rows not sealed yet.

Leaves and checkpoints are read by `audits/sealing_store.py` and judged by `audits/verify.py`.
"""

from datetime import datetime

from sqlalchemy import Connection, select, text

from audits.model import payload_hash
from audits.sealing_store import Progress
from audits.store import policy_snapshot

# A place in the sealed order is the server's: after a restore into another one it tells nothing yet.
_HERE = ":system = (SELECT system_identifier FROM pg_control_system())"
_FRESH = "NOT EXISTS (SELECT FROM audit_leaf l WHERE l.audit_id = e.audit_id)"

_SLIPPED_IN = f"""
SELECT format('%s was put among rows that were sealed before it', audit_id) FROM audit_event e
  WHERE {_HERE} AND (xid, seq) <= (:xid, :seq) AND {_FRESH} LIMIT 1
"""  # noqa: S608 - our own words

_WITHOUT_KEY = """
SELECT format('%s was written past what keeps each event to one row', audit_id) FROM audit_event e
  WHERE NOT EXISTS (SELECT FROM audit_key k WHERE k.audit_id = e.audit_id) LIMIT 1
"""

_WITHOUT_TRACE = """
SELECT format('%s was taken away, and no seal of it is left', audit_id) FROM audit_key k
  WHERE NOT EXISTS (SELECT FROM audit_leaf l WHERE l.audit_id = k.audit_id)
    AND NOT EXISTS (SELECT FROM audit_event e WHERE e.audit_id = k.audit_id) LIMIT 1
"""

# What a service elsewhere was judged by stays there: its id is "source:id".
_WITHOUT_POLICY = """
SELECT format('the policy %s is gone', policy_snapshot_id)
  FROM (SELECT DISTINCT policy_snapshot_id FROM audit_event WHERE policy_snapshot_id NOT LIKE '%:%') AS named
  WHERE NOT EXISTS (SELECT FROM policy_snapshot p WHERE p.policy_snapshot_id = named.policy_snapshot_id)
"""

_PLACE = """
SELECT upto_xid AS xid, upto_seq AS seq FROM audit_checkpoint WHERE size = (SELECT max(size) FROM audit_checkpoint)
  AND system = (SELECT system_identifier FROM pg_control_system())
"""
_OLDEST_UNSEALED = f"SELECT min(created_at) FROM audit_event e WHERE (xid, seq) > (:xid, :seq) AND {_FRESH}"  # noqa: S608


def contradictions(db: Connection, done: Progress) -> list[str]:
    """What cannot be unless somebody went round the refusals; of each kind the first that is found."""
    xid, seq = done.upto
    place = {"system": done.system, "xid": xid, "seq": seq}
    found = [
        words
        for query in (_SLIPPED_IN, _WITHOUT_KEY, _WITHOUT_TRACE)
        for words in db.execute(text(query), place).scalars()
    ]
    if done.head and done.tree.root().hex() != done.head.root:
        found.append("the place where sealing goes on is not what was sealed")
    return found + _policies(db)


def oldest_unsealed(db: Connection) -> datetime | None:
    """When the oldest row was written that waits for its seal."""
    # Asked for before, so that Postgres knows how few rows come after it: this is asked every few seconds.
    place = db.execute(text(_PLACE)).mappings().first() or {"xid": -1, "seq": -1}
    oldest: datetime | None = db.execute(text(_OLDEST_UNSEALED), dict(place)).scalar_one()
    return oldest


def _policies(db: Connection) -> list[str]:
    """The id of a policy is made from its content."""
    rows = db.execute(select(policy_snapshot.c.policy_snapshot_id, policy_snapshot.c.body)).all()
    changed = [policy for policy, body in rows if payload_hash(body) != policy]
    gone = db.execute(text(_WITHOUT_POLICY)).scalars()
    return [*(f"the policy {policy} is not what its id was made from" for policy in changed), *gone]
