"""Why a check-in came late, when no replica was running; and clicks by time, from which its effort is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("checkin_slot", sa.Column("late", sa.Text(), server_default="", nullable=False))
    op.add_column("checkin_tick", sa.Column("line", sa.Text(), nullable=True))
    op.create_table(
        "checkin_alive",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("away_since", _TIME, nullable=True),
        sa.Column("away_until", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checkin_alive")),
    )
    op.create_index("ix_click_at", "click", ["at"])


def downgrade() -> None:
    op.drop_index("ix_click_at", "click")
    op.drop_table("checkin_alive")
    op.drop_column("checkin_tick", "line")
    op.drop_column("checkin_slot", "late")
