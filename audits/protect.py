"""What Postgres itself refuses to have done to the record: privileges per role, and a look at whether all of it stands.

Triggers and functions are made by the migration. A role is made by the server's administrator, and what it may do is
granted here, so that it works where nobody is a superuser.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from psycopg import sql
from sqlalchemy import Connection, text

from audits.store import EVENT_FIELDS

MONTHS_AHEAD = 3

_RECORD = ("audit_event", "policy_snapshot", "audit_key", "audit_leaf", "audit_checkpoint", "audit_guarded")
_WRITABLE = {
    "audit_event": [name for name in EVENT_FIELDS if name != "created_at"],
    "policy_snapshot": ["policy_snapshot_id", "body"],
}
_SEALING = {
    "audit_leaf": ["leaf_index", "audit_id", "leaf"],
    "audit_checkpoint": ["size", "body", "signature", "peaks", "system", "upto_xid", "upto_seq"],
}


# What the platform reports, and what it guards its effects with. Cards and commands are the bot's alone.
_SERVICES = ("client", "calendar_item", "connection", "provider_usage", "funnel_step", "work_item", "work_item_past",
             "permit", "kill_switch", "switch_turn")  # fmt: skip


class Part(StrEnum):
    """What a role is for."""

    APP = "app"
    """The bot: reads, appends to the record and seals it, works with all other tables."""
    SERVICE = "service"
    """A service that reports and guards its side effects itself. It can neither seal nor approve nor end a stop."""
    AUDITOR = "auditor"
    """Reads the record, and nothing else."""
    RETENTION = "retention"
    """May have a month retired that is over, sealed and exported."""


@dataclass(frozen=True)
class Standing:
    """`gaps`: protection that should be there and is not. `limits`: what this server or setup cannot give."""

    gaps: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)


def make_partitions(db: Connection) -> int:
    """Makes the record's months up to three ahead; how many were missing. Without them rows go to the default one."""
    made: int = db.execute(text("SELECT audit_make_partitions(:ahead)"), {"ahead": MONTHS_AHEAD}).scalar_one()
    return made


def grant(db: Connection, role: str, part: Part) -> None:
    """Gives an existing role what its part needs and takes away the rest; as the owner, again after each migration."""
    cursor = db.connection.cursor()
    to = sql.Identifier(role)
    record = _tables(_RECORD)

    def run(statement: str, **parts: sql.Composable) -> None:
        cursor.execute(sql.SQL(statement).format(to=to, **parts))

    run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {to}")
    run("REVOKE ALL ON FUNCTION audit_make_partitions(integer), audit_retire(date) FROM {to}")
    run("GRANT USAGE ON SCHEMA public TO {to}")
    if part is Part.APP:
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {to}")
        run("REVOKE ALL ON {record}, public.alembic_version FROM {to}", record=record)
    if part in (Part.APP, Part.SERVICE):
        run("GRANT EXECUTE ON FUNCTION audit_make_partitions(integer) TO {to}")
        for table, names in (_WRITABLE | (_SEALING if part is Part.APP else {})).items():
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            run("GRANT INSERT ({columns}) ON {table} TO {to}", columns=columns, table=sql.Identifier("public", table))
    if part is Part.SERVICE:
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON {theirs} TO {to}", theirs=_tables(_SERVICES))
        run("GRANT SELECT, UPDATE (refused) ON public.approval TO {to}")
        run("REVOKE UPDATE, DELETE ON public.kill_switch, public.switch_turn FROM {to}")
        run("GRANT UPDATE (stopped, epoch, set_by, reason, set_at) ON public.kill_switch TO {to}")
    if part is Part.RETENTION:
        run("GRANT EXECUTE ON FUNCTION audit_retire(date) TO {to}")
    run("GRANT SELECT ON {record} TO {to}", record=record)


def _tables(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier("public", name) for name in names)


def standing(db: Connection) -> Standing:
    """How well the record is protected here."""
    gaps = list(db.execute(text(_GAPS)).scalars())
    limits = list(db.execute(text(_LIMITS)).scalars())
    return Standing(gaps, limits)


_GAPS = """
WITH kept AS (
  SELECT relid AS oid FROM pg_partition_tree('audit_event')
  UNION SELECT unnest(
    ARRAY['policy_snapshot', 'audit_key', 'audit_leaf', 'audit_checkpoint', 'audit_guarded']::regclass[])
), needed AS (
  SELECT oid, type FROM kept, (VALUES (8, 'DELETE'), (16, 'UPDATE'), (32, 'TRUNCATE')) AS types (bit, type)
  WHERE NOT EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = kept.oid AND t.tgtype & bit > 0 AND t.tgtype & 2 > 0
      AND t.tgenabled = 'A'
      AND t.tgfoid IN ('audit_refuse_change'::regproc, 'audit_guarded_stays'::regproc))
)
SELECT format('%s of %s is not refused', type, oid::regclass) FROM needed
UNION ALL
SELECT format('%s is not on the list of what is guarded', oid::regclass) FROM kept
  WHERE oid NOT IN (SELECT relation FROM audit_guarded)
UNION ALL
SELECT format('%s may be written twice', oid::regclass) FROM kept
  WHERE oid IN (SELECT relid FROM pg_partition_tree('audit_event')) AND NOT EXISTS (
    SELECT FROM pg_trigger t WHERE t.tgrelid = kept.oid AND t.tgfoid = 'audit_once'::regproc AND t.tgenabled <> 'D')
UNION ALL
SELECT DISTINCT format('the role %s may %s %s', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
    privilege_type, c.oid::regclass)
  FROM kept JOIN pg_class c USING (oid), aclexplode(array_cat(c.relacl,
    (SELECT array_agg(one) FROM pg_attribute a, unnest(a.attacl) one WHERE a.attrelid = c.oid))) granted
  WHERE privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER') AND grantee <> c.relowner
"""

_LIMITS = """
SELECT 'the owner could detach or drop a month: there are no event triggers; a superuser makes them: checkin audits arm'
  WHERE (SELECT count(*) FROM pg_event_trigger
    WHERE evtname IN ('audit_guard_ddl', 'audit_guard_drop') AND evtenabled = 'A') < 2
UNION ALL
SELECT format('this connection is %s, a superuser, who can turn every refusal off', current_user)
  FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT format('this connection is %s, the owner of the record; the bot should come as another role', current_user)
  FROM pg_tables t JOIN pg_roles r ON r.rolname = current_user
  WHERE t.schemaname = 'public' AND t.tablename = 'audit_event' AND t.tableowner = current_user AND NOT r.rolsuper
UNION ALL
SELECT 'rows of a month without a partition of its own cannot be retired'
  FROM pg_partition_tree('audit_event') JOIN pg_class ON oid = relid
  WHERE relname = 'other' AND pg_relation_size(relid) > 0
"""
