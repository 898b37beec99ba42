"""What people do with a work item besides closing it: owner, aside, escalated, undo; and how it was before.

Batches: what was ticked, by whom, and who else has to agree.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIMES = ("aside_at", "aside_until", "escalated_at", "undo_until")
_TEXTS = ("owner_id", "owner", "aside")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column("work_item", sa.Column(name, sa.Text(), nullable=True))
    for name in _TIMES:
        op.add_column("work_item", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("work_item", sa.Column("turn", sa.Integer(), server_default="0", nullable=False))
    op.add_column("work_item", sa.Column("story", postgresql.JSONB(), server_default="[]", nullable=False))
    op.create_table(
        "work_item_past",
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("item_id", "version", "payload_hash", name=op.f("pk_work_item_past")),
    )
    op.create_table(
        "batch",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("shown", postgresql.JSONB(), nullable=False),
        sa.Column("chosen", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by_name", sa.Text(), nullable=True),
        sa.Column("thread_key", sa.Text(), nullable=True),
        sa.Column("results", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batch")),
    )
    op.create_index("ix_batch_at", "batch", ["at"])


def downgrade() -> None:
    op.drop_table("batch")
    op.drop_table("work_item_past")
    for name in ("story", "turn", *_TIMES, *_TEXTS):
        op.drop_column("work_item", name)
