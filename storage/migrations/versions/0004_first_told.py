"""When we were first told of work and calendar items, and every turn of a kill switch.

A check-in is about what was there when it was posted; the card of a stop tells who stopped, who asked, who confirmed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = ("work_item", "calendar_item")


def upgrade() -> None:
    for table in _TABLES:
        told = sa.Column(
            "first_told_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False
        )
        op.add_column(table, told)
    op.create_table(
        "switch_turn",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("scope", "epoch", name=op.f("pk_switch_turn")),
    )
    op.drop_index("ix_permit_in_flight", "permit")
    op.create_index("ix_permit_granted", "permit", ["granted_at"])


def downgrade() -> None:
    op.drop_index("ix_permit_granted", "permit")
    op.create_index("ix_permit_in_flight", "permit", ["granted_at"], postgresql_where=sa.text("settled_at IS NULL"))
    op.drop_table("switch_turn")
    for table in _TABLES:
        op.drop_column(table, "first_told_at")
