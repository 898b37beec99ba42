"""Requests of the HTTP ingest that were stored."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ingest_request",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("response", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_ingest_request")),
    )
    op.create_index(op.f("ix_ingest_request_at"), "ingest_request", ["at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_ingest_request_at"), table_name="ingest_request")
    op.drop_table("ingest_request")
