"""What holds: a draft until it is approved, a stop until the bot's role ends it, a post from going out twice."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Whoever opens an item need not know the guard, and a service may ask for an approval but not give one: so Postgres
# writes it down, as the owner. Opened, decided, reopened or put aside: what was approved before no longer is, and who
# approves says so afterwards in the same transaction. What is another client's is none of its business.
_ASKED = """
CREATE FUNCTION approval_is_asked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.approval (calendar_item_id) SELECT NEW.calendar_item_id WHERE NOT EXISTS (
    SELECT FROM public.calendar_item c
    WHERE c.calendar_item_id = NEW.calendar_item_id AND c.client_id <> NEW.client_id)
  ON CONFLICT (calendar_item_id)
    DO UPDATE SET payload_hash = NULL, by = NULL, at = public.checkin_now(), refused = NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER work_item_asks AFTER INSERT OR UPDATE OF state, aside ON work_item FOR EACH ROW
  WHEN (NEW.kind = 'approval' AND NEW.calendar_item_id IS NOT NULL
    AND (NEW.state = 'open' OR NEW.undo_until IS NOT NULL)) EXECUTE FUNCTION approval_is_asked();
"""

_ASKED_BEFORE = """
UPDATE approval SET payload_hash = NULL, by = NULL WHERE calendar_item_id IN (
  SELECT calendar_item_id FROM work_item WHERE kind = 'approval' AND state = 'open');
INSERT INTO approval (calendar_item_id)
  SELECT DISTINCT calendar_item_id FROM work_item
  WHERE kind = 'approval' AND calendar_item_id IS NOT NULL AND outcome IS DISTINCT FROM 'approved'
  ON CONFLICT DO NOTHING;
"""

# Whoever could delete the switch may end its stop: a service's role can do neither (see audits/protect.py). And a
# switch covers what its name says, so that none can be made beforehand that stops nothing when a person turns it.
_STOPS = """
CREATE FUNCTION kill_switch_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT has_table_privilege(TG_RELID, 'DELETE') THEN
    RAISE EXCEPTION 'permission denied to end the stop of %', OLD.scope USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER kill_switch_stays BEFORE UPDATE ON kill_switch FOR EACH ROW
  WHEN (OLD.stopped AND NEW.stopped IS NOT TRUE) EXECUTE FUNCTION kill_switch_stays();
ALTER TABLE kill_switch ADD CONSTRAINT ck_kill_switch_scope CHECK (scope = coalesce(nullif(concat_ws('/',
  'client:' || replace(replace(client_id, '%', '%25'), '/', '%2F'),
  'platform:' || replace(replace(platform, '%', '%25'), '/', '%2F'),
  'lane:' || replace(replace(lane, '%', '%25'), '/', '%2F')), ''), 'everything'));
"""


def upgrade() -> None:
    for column in ("payload_hash", "by"):
        op.alter_column("approval", column, existing_type=sa.Text(), nullable=True)
    op.execute(_ASKED)
    op.execute(_ASKED_BEFORE)
    op.execute(_STOPS)
    op.add_column("permit", sa.Column("once", sa.Text(), nullable=True))
    op.create_index("ux_permit_once", "permit", ["once"], unique=True, postgresql_where=sa.text("once IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ux_permit_once", "permit")
    op.drop_column("permit", "once")
    op.execute("ALTER TABLE kill_switch DROP CONSTRAINT ck_kill_switch_scope")
    op.execute("DROP TRIGGER kill_switch_stays ON kill_switch; DROP FUNCTION kill_switch_stays()")
    op.execute("DROP TRIGGER work_item_asks ON work_item; DROP FUNCTION approval_is_asked()")
    op.execute("DELETE FROM approval WHERE payload_hash IS NULL")
    for column in ("payload_hash", "by"):
        op.alter_column("approval", column, existing_type=sa.Text(), nullable=False)
