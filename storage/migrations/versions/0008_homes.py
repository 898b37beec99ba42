"""Who has opened App Home, what they look for there, and what it shows: so that it is refreshed when that changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "home",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("checkin_now()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_home")),
    )


def downgrade() -> None:
    op.drop_table("home")
