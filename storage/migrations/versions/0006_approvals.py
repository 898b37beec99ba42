"""What a person approved, by its hash: the guard lets nothing else out."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("calendar_item_id", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.Column("refused", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("calendar_item_id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_refused", "approval", ["refused"], postgresql_where=sa.text("refused IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_approval_refused", table_name="approval")
    op.drop_table("approval")
