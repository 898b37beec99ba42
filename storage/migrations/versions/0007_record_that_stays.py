"""The record in months, each event once, sealed; what Postgres itself refuses to have done to it.

The refusals are told in docs/record.md. Privileges are given to roles by `audits.protect.grant`, as roles belong to the
whole server and not to one database.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = (
    "seq, audit_id, command_id, phase, client_id, actor_type, actor_id, action_type, platform, surface, lane, "
    "payload_hash, payload_summary, policy_snapshot_id, result, proof, ids, created_at"
)

_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_ARGV[0], TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$
"""

# A partitioned table cannot hold a unique audit_id by itself: its key must contain the month.
_ONCE = """
CREATE FUNCTION audit_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.audit_key VALUES (NEW.audit_id) ON CONFLICT DO NOTHING;
  IF FOUND THEN RETURN NEW; END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER audit_event_once BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_once();
"""

# ALWAYS: session_replication_role = replica does not silence them.
_STAYS = """
CREATE TRIGGER {table}_rows_stay BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_change('{table}');
CREATE TRIGGER {table}_table_stays BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change('{table}');
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_rows_stay;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_table_stays;
INSERT INTO audit_guarded VALUES ('public.{table}');
"""

# What is guarded is known by its OID, so a new name does not hide it; regclass is dumped as a name and comes back as
# the OID of the database it is restored in. Only what is gone may leave the list.
_GUARDED_STAYS = """
CREATE FUNCTION audit_guarded_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM pg_class WHERE oid = OLD.relation) THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'audit_guarded is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_guarded_rows_stay BEFORE UPDATE OR DELETE ON audit_guarded
  FOR EACH ROW EXECUTE FUNCTION audit_guarded_stays();
CREATE TRIGGER audit_guarded_table_stays BEFORE TRUNCATE ON audit_guarded
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change('audit_guarded');
ALTER TABLE audit_guarded ENABLE ALWAYS TRIGGER audit_guarded_rows_stay;
ALTER TABLE audit_guarded ENABLE ALWAYS TRIGGER audit_guarded_table_stays;
INSERT INTO audit_guarded VALUES ('public.audit_guarded');
"""

# Row triggers come to a partition from its parent, the one against TRUNCATE does not. The partitions have a schema of
# their own, to which nobody else has a key.
_PARTITIONS = """
CREATE SCHEMA audit_month;

CREATE FUNCTION audit_guard_partition(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM public.audit_guarded WHERE relation = format('audit_month.%I', name)::regclass) THEN
    RETURN;  -- by the event trigger
  END IF;
  EXECUTE format('CREATE TRIGGER audit_event_table_stays BEFORE TRUNCATE ON audit_month.%I
    FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change(''audit_event'')', name);
  EXECUTE format('ALTER TABLE audit_month.%I ENABLE ALWAYS TRIGGER audit_event_table_stays', name);
  INSERT INTO public.audit_guarded VALUES (format('audit_month.%I', name)::regclass);
END
$$;

CREATE FUNCTION audit_make_partition(month date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  name text := 'm' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass(format('audit_month.%I', name)) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format(
    'CREATE TABLE audit_month.%I PARTITION OF public.audit_event FOR VALUES FROM (%L) TO (%L)', name,
    month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
  PERFORM audit_guard_partition(name);
  RETURN true;
EXCEPTION WHEN check_violation THEN
  RETURN false;  -- rows of that month are in the partition of all other times, and stay there
END
$$;

CREATE FUNCTION audit_make_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first date := date_trunc('month', checkin_now() AT TIME ZONE 'UTC');
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7264002);
  FOR i IN 0..ahead LOOP
    IF audit_make_partition((first + make_interval(months => i))::date) THEN made := made + 1; END IF;
  END LOOP;
  RETURN made;
END
$$;

CREATE TABLE audit_month.other PARTITION OF audit_event DEFAULT;
SELECT audit_guard_partition('other');
REVOKE EXECUTE ON FUNCTION audit_make_partitions(integer) FROM PUBLIC;
"""

# The only way out: a past month whose every row is sealed and was exported. What goes is told in the record itself,
# with the places of its rows in the sealed order, so that `verify` knows which may be missing. A month that goes may
# hold the retirements of earlier ones: what they told is told again.
_RETIRE = """
CREATE FUNCTION audit_retire(month date) RETURNS uuid LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first date := date_trunc('month', month);
  told text := to_char(first, 'YYYY-MM');
  partition text := format('audit_month.%I', 'm' || to_char(first, 'YYYY_MM'));
  place regclass := to_regclass(partition);
  id uuid := gen_random_uuid();
  rows bigint; sealed bigint; spans jsonb; exported jsonb;
BEGIN
  IF place IS NULL THEN RAISE EXCEPTION '% has no partition', told; END IF;
  IF (first + interval '1 month') AT TIME ZONE 'UTC' > checkin_now() THEN
    RAISE EXCEPTION '% is not over', told;
  END IF;
  EXECUTE format('LOCK TABLE %s IN SHARE MODE', place);
  EXECUTE format('SELECT count(*), count(l.leaf_index) FROM %s e LEFT JOIN audit_leaf l USING (audit_id)', place)
    INTO rows, sealed;
  IF sealed < rows THEN RAISE EXCEPTION '% of % rows of % are not sealed', rows - sealed, rows, told; END IF;
  SELECT proof INTO exported FROM audit_event
    WHERE action_type = 'export' AND proof->>'month' = told AND proof->>'rows' = rows::text
    ORDER BY seq DESC LIMIT 1;
  IF exported IS NULL THEN RAISE EXCEPTION '% was not exported as it is now', told; END IF;
  EXECUTE format('SELECT coalesce(jsonb_agg(jsonb_build_array(a, b) ORDER BY a), ''[]'') FROM (
    SELECT min(i) AS a, max(i) AS b FROM (
      SELECT leaf_index AS i, leaf_index - row_number() OVER (ORDER BY leaf_index) AS run
      FROM %s JOIN audit_leaf USING (audit_id)) AS placed GROUP BY run) AS spans', place) INTO spans;
  EXECUTE format('SELECT %L || coalesce(jsonb_agg(span ORDER BY span), ''[]'')
    FROM %s, jsonb_path_query(proof, ''lax $.spans[*]'') AS span WHERE action_type = ''retire''', spans, place)
    INTO spans;
  INSERT INTO policy_snapshot (policy_snapshot_id, body) VALUES (encode(sha256('{}'), 'hex'), '{}')
    ON CONFLICT DO NOTHING;
  INSERT INTO audit_event (audit_id, command_id, phase, actor_type, actor_id, action_type, payload_hash,
    payload_summary, policy_snapshot_id, result, proof, ids)
  VALUES (id, id, 'outcome', 'operator', session_user, 'retire', exported->>'sha256',
    format('retired %s: %s rows', told, rows), encode(sha256('{}'), 'hex'), 'success',
    jsonb_build_object('month', told, 'rows', rows, 'partition', partition, 'spans', spans), '{}');
  EXECUTE format('DROP TABLE %s', place);
  DELETE FROM audit_guarded WHERE relation = place;
  RETURN id;
END
$$;
REVOKE EXECUTE ON FUNCTION audit_retire(date) FROM PUBLIC;
"""

# The owner of a table may detach a partition (which takes its triggers away), rename, drop, or disable a trigger.
# Event triggers see that; only a superuser may make them (`audit_arm`), and who makes them owns their functions and the
# schema of these, so that the tables' owner can neither replace nor drop them. A superuser can always turn them off:
# from there on, sealing tells.
_ARM = """
CREATE SCHEMA audit_guard;

CREATE FUNCTION audit_guard.ddl() RETURNS event_trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done record;
  month regclass;
BEGIN
  FOR done IN
    SELECT c.command_tag, c.object_identity FROM pg_event_trigger_ddl_commands() c
    WHERE c.command_tag NOT IN ('CREATE INDEX', 'COMMENT', 'GRANT', 'REVOKE') AND (
      c.classid = 'pg_class'::regclass AND c.objid IN (SELECT relation FROM public.audit_guarded)
      OR c.classid = 'pg_trigger'::regclass AND EXISTS (
        SELECT FROM pg_trigger t JOIN public.audit_guarded g ON t.tgrelid = g.relation WHERE t.oid = c.objid)
      OR c.classid = 'pg_rewrite'::regclass AND EXISTS (
        SELECT FROM pg_rewrite r JOIN public.audit_guarded g ON r.ev_class = g.relation WHERE r.oid = c.objid)
      OR c.classid = 'pg_policy'::regclass AND EXISTS (
        SELECT FROM pg_policy p JOIN public.audit_guarded g ON p.polrelid = g.relation WHERE p.oid = c.objid)
      OR c.classid = 'pg_namespace'::regclass AND EXISTS (
        SELECT FROM pg_class r JOIN public.audit_guarded g ON r.oid = g.relation WHERE r.relnamespace = c.objid)
      OR c.classid = 'pg_class'::regclass AND EXISTS (
        SELECT FROM pg_inherits i JOIN public.audit_guarded g ON i.inhparent = g.relation
        JOIN pg_class p ON p.oid = i.inhrelid
        WHERE p.oid = c.objid AND NOT (p.relispartition AND p.relkind = 'r' AND p.relpersistence = 'p'))
      OR c.classid = 'pg_proc'::regclass AND c.objid IN (
        SELECT t.tgfoid FROM pg_trigger t JOIN public.audit_guarded g ON t.tgrelid = g.relation
        UNION SELECT evtfoid FROM pg_event_trigger WHERE evtname LIKE 'audit\\_guard\\_%'
        UNION SELECT d.refobjid FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid
          JOIN public.audit_guarded g ON a.adrelid = g.relation
          WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_proc'::regclass))
  LOOP
    RAISE EXCEPTION 'the record is append-only: % of % refused', done.command_tag, done.object_identity
      USING ERRCODE = 'insufficient_privilege';
  END LOOP;
  FOR month IN  -- that the owner made by hand
    SELECT c.objid FROM pg_event_trigger_ddl_commands() c JOIN pg_inherits i ON i.inhrelid = c.objid
    JOIN public.audit_guarded g ON g.relation = i.inhparent
    WHERE c.command_tag = 'CREATE TABLE' AND c.classid = 'pg_class'::regclass
  LOOP
    EXECUTE format('CREATE TRIGGER audit_event_table_stays BEFORE TRUNCATE ON %s
      FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse_change(''audit_event'')', month);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_event_table_stays', month);
    INSERT INTO public.audit_guarded VALUES (month);
  END LOOP;
END
$$;

CREATE FUNCTION audit_guard.dropped() RETURNS event_trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone record;
BEGIN
  FOR gone IN
    SELECT d.object_type, d.object_identity FROM pg_event_trigger_dropped_objects() d
    WHERE d.classid = 'pg_class'::regclass AND d.objid IN (SELECT relation FROM public.audit_guarded)
      AND NOT EXISTS (
        SELECT FROM public.audit_event e WHERE e.xid = pg_current_xact_id()::text::bigint
          AND e.action_type = 'retire' AND e.proof->>'partition' = d.object_identity)
    OR d.classid = ANY (ARRAY['pg_trigger', 'pg_rewrite', 'pg_policy']::regclass[])
      AND to_regclass(format('%I.%I', d.address_names[1], d.address_names[2]))
        IN (SELECT relation FROM public.audit_guarded)
  LOOP
    RAISE EXCEPTION 'the record is append-only: DROP of % % refused', gone.object_type, gone.object_identity
      USING ERRCODE = 'insufficient_privilege';
  END LOOP;
END
$$;

CREATE FUNCTION audit_arm() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DROP EVENT TRIGGER IF EXISTS audit_guard_ddl;
  DROP EVENT TRIGGER IF EXISTS audit_guard_drop;
  ALTER SCHEMA audit_guard OWNER TO CURRENT_USER;
  ALTER FUNCTION audit_guard.ddl() OWNER TO CURRENT_USER;
  ALTER FUNCTION audit_guard.dropped() OWNER TO CURRENT_USER;
  CREATE EVENT TRIGGER audit_guard_ddl ON ddl_command_end EXECUTE FUNCTION audit_guard.ddl();
  CREATE EVENT TRIGGER audit_guard_drop ON sql_drop EXECUTE FUNCTION audit_guard.dropped();
  ALTER EVENT TRIGGER audit_guard_ddl ENABLE ALWAYS;
  ALTER EVENT TRIGGER audit_guard_drop ENABLE ALWAYS;
END
$$;
REVOKE EXECUTE ON FUNCTION audit_arm() FROM PUBLIC;
"""

_ARM_IF_ALLOWED = """
DO $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN PERFORM audit_arm(); END IF;
END $$
"""

_KEEP = "CREATE TEMPORARY TABLE audit_kept ON COMMIT DROP AS SELECT * FROM audit_event"
_PUT_BACK = f"""
INSERT INTO audit_event ({_COLUMNS}) OVERRIDING SYSTEM VALUE SELECT {_COLUMNS} FROM audit_kept ORDER BY seq;
DROP TABLE audit_kept;
SELECT setval(pg_get_serial_sequence('audit_event', 'seq'), max(seq)) FROM audit_event;
"""  # noqa: S608 - names of our own columns


def upgrade() -> None:
    op.execute(_KEEP)
    op.drop_table("audit_event")
    op.create_table(
        "audit_guarded",
        sa.Column("relation", postgresql.REGCLASS(), nullable=False),
        sa.PrimaryKeyConstraint("relation", name=op.f("pk_audit_guarded")),
    )
    op.create_table(
        "audit_key",
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_key")),
    )
    op.create_table(
        "audit_event",
        *_event_columns(),
        sa.Column("seen_version", sa.BigInteger(), nullable=True),
        sa.Column("seen_hash", sa.Text(), nullable=True),
        sa.Column("xid", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", "created_at", name=op.f("pk_audit_event")),
        sa.CheckConstraint("phase IN ('intent', 'outcome')", name=op.f("ck_audit_event_phase")),
        sa.CheckConstraint(
            "CASE phase WHEN 'intent' THEN result IS NULL ELSE coalesce(result, '') IN "
            "('success', 'fail', 'blocked', 'unknown') END",
            name=op.f("ck_audit_event_result"),
        ),
        postgresql_partition_by="RANGE (created_at)",
    )
    _event_indexes()
    op.create_index("ix_audit_event_sealing", "audit_event", ["xid", "seq"], unique=False)
    op.create_table(
        "audit_leaf",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_leaf_audit_id")),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("peaks", sa.LargeBinary(), nullable=False),
        sa.Column("system", sa.BigInteger(), nullable=False),
        sa.Column("upto_xid", sa.BigInteger(), nullable=False),
        sa.Column("upto_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_checkpoint")),
    )
    op.execute(_REFUSE_CHANGE)
    op.execute(_ONCE)
    op.execute(_GUARDED_STAYS)
    for table in ("audit_event", "audit_key", "audit_leaf", "audit_checkpoint", "policy_snapshot"):
        op.execute(_STAYS.format(table=table))
    op.execute(_PARTITIONS)
    op.execute(
        "SELECT audit_make_partition(month::date) FROM "
        "(SELECT DISTINCT date_trunc('month', created_at AT TIME ZONE 'UTC') AS month FROM audit_kept) AS months"
    )
    op.execute("SELECT audit_make_partitions(3)")
    op.execute(_PUT_BACK)
    op.execute(_RETIRE)
    op.execute(_ARM)
    op.execute(_ARM_IF_ALLOWED)


def downgrade() -> None:
    op.execute("DROP EVENT TRIGGER IF EXISTS audit_guard_ddl; DROP EVENT TRIGGER IF EXISTS audit_guard_drop")
    op.execute("DROP SCHEMA audit_guard CASCADE")
    for function in ("arm()", "retire(date)", "make_partitions(integer)"):
        op.execute(f"DROP FUNCTION audit_{function}")
    op.execute(_KEEP)
    for table in ("audit_event", "audit_checkpoint", "audit_leaf", "audit_key", "audit_guarded"):
        op.drop_table(table)
    op.execute("DROP TRIGGER policy_snapshot_rows_stay ON policy_snapshot")
    op.execute("DROP TRIGGER policy_snapshot_table_stays ON policy_snapshot")
    for function in ("make_partition(date)", "guard_partition(text)", "once()", "guarded_stays()"):
        op.execute(f"DROP FUNCTION audit_{function}")
    op.execute("DROP SCHEMA audit_month")
    op.create_table(
        "audit_event",
        *_event_columns(),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_event_audit_id")),
    )
    _event_indexes()
    op.execute(_PUT_BACK)
    op.execute(
        "CREATE TRIGGER audit_event_rows_stay BEFORE UPDATE OR DELETE ON audit_event "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change('audit_event');"
        "CREATE TRIGGER audit_event_table_stays BEFORE TRUNCATE ON audit_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change('audit_event')"
    )


def _event_columns() -> list[sa.Column[object]]:
    """Those that were there before."""
    return [
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("actor_type", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("action_type", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("surface", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("payload_summary", sa.Text(), nullable=False),
        sa.Column("policy_snapshot_id", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("proof", postgresql.JSONB(), nullable=False),
        sa.Column("ids", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
    ]


def _event_indexes() -> None:
    op.create_index(
        "ix_audit_event_client_newest", "audit_event", ["client_id", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(op.f("ix_audit_event_command_id"), "audit_event", ["command_id"], unique=False)
