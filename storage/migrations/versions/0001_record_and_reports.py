"""The record, the kill switches, and what the platform reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Anybody may set a setting of that kind; only a superuser's counts, or the bot's own role could date the record back.
_CLOCK = """
CREATE FUNCTION checkin_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT clock_timestamp() + CASE WHEN current_setting('is_superuser')::boolean
    THEN coalesce(nullif(current_setting('checkin.clock_offset', true), '')::interval, '0') ELSE '0' END
$$
"""

# A row trigger does not see TRUNCATE, so there are two.
_APPEND_ONLY = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_event is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_event_rows_stay BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_table_stays BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
"""

_SWITCH_OF_EVERYTHING = """
INSERT INTO kill_switch (scope, stopped, set_by, reason) VALUES ('everything', false, 'installation', 'never stopped')
"""


def upgrade() -> None:
    op.execute(_CLOCK)
    op.create_table(
        "audit_event",
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
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_event_audit_id")),
    )
    op.create_index(
        "ix_audit_event_client_newest", "audit_event", ["client_id", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(op.f("ix_audit_event_command_id"), "audit_event", ["command_id"], unique=False)
    op.create_table(
        "calendar_item",
        sa.Column("calendar_item_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("blueprint_id", sa.Text(), nullable=True),
        sa.Column("plan_id", sa.Text(), nullable=True),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("post_url", sa.Text(), nullable=True),
        sa.Column("error_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("calendar_item_id", name=op.f("pk_calendar_item")),
    )
    op.create_index("ix_calendar_item_client", "calendar_item", ["client_id", "scheduled_at"], unique=False)
    op.create_index("ix_calendar_item_scheduled", "calendar_item", ["scheduled_at"], unique=False)
    op.create_table(
        "client",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("budget_usd_per_day", sa.Numeric(precision=12, scale=4), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client")),
    )
    op.create_table(
        "connection",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_refresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_refresh_ok", sa.Boolean(), nullable=True),
        sa.Column("challenge_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client_id", "platform", name=op.f("pk_connection")),
    )
    op.create_table(
        "funnel_step",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("stage", "item_id", name=op.f("pk_funnel_step")),
    )
    op.create_index("ix_funnel_step_client_at", "funnel_step", ["client_id", "at"], unique=False)
    op.create_table(
        "kill_switch",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_kill_switch")),
    )
    op.create_table(
        "permit",
        sa.Column("command_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("command_id", name=op.f("pk_permit")),
    )
    op.create_index(
        "ix_permit_in_flight", "permit", ["granted_at"], unique=False, postgresql_where=sa.text("settled_at IS NULL")
    )
    op.create_table(
        "policy_snapshot",
        sa.Column("policy_snapshot_id", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("policy_snapshot_id", name=op.f("pk_policy_snapshot")),
    )
    op.create_table(
        "provider_usage",
        sa.Column("usage_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("task_class", sa.Text(), nullable=False),
        sa.Column("usd", sa.Numeric(precision=14, scale=6), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("blueprint_id", sa.Text(), nullable=True),
        sa.Column("episode_id", sa.Text(), nullable=True),
        sa.Column("job_id", sa.Text(), nullable=True),
        sa.Column("retry_of", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("usage_id", name=op.f("pk_provider_usage")),
    )
    op.create_index("ix_provider_usage_at", "provider_usage", ["at"], unique=False)
    op.create_table(
        "work_item",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("surface", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=True),
        sa.Column("calendar_item_id", sa.Text(), nullable=True),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_work_item")),
    )
    op.create_index("ix_work_item_closed_at", "work_item", ["closed_at"], unique=False)
    op.create_index(
        "ix_work_item_open",
        "work_item",
        ["severity", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.execute(_APPEND_ONLY)
    op.execute(_SWITCH_OF_EVERYTHING)


def downgrade() -> None:

    op.drop_index("ix_work_item_open", table_name="work_item", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_work_item_closed_at", table_name="work_item")
    op.drop_table("work_item")
    op.drop_index("ix_provider_usage_at", table_name="provider_usage")
    op.drop_table("provider_usage")
    op.drop_table("policy_snapshot")
    op.drop_index("ix_permit_in_flight", table_name="permit", postgresql_where=sa.text("settled_at IS NULL"))
    op.drop_table("permit")
    op.drop_table("kill_switch")
    op.drop_index("ix_funnel_step_client_at", table_name="funnel_step")
    op.drop_table("funnel_step")
    op.drop_table("connection")
    op.drop_table("client")
    op.drop_index("ix_calendar_item_scheduled", table_name="calendar_item")
    op.drop_index("ix_calendar_item_client", table_name="calendar_item")
    op.drop_table("calendar_item")
    op.drop_index(op.f("ix_audit_event_command_id"), table_name="audit_event")
    op.drop_index("ix_audit_event_client_newest", table_name="audit_event")
    op.drop_table("audit_event")
    op.execute("DROP FUNCTION audit_refuse_change()")
    op.execute("DROP FUNCTION checkin_now()")
