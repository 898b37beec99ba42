"""When we were first told of a work item or a calendar item: a check-in is about what was there when it was posted."""

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
    op.drop_index("ix_permit_in_flight", "permit")
    op.create_index("ix_permit_granted", "permit", ["granted_at"])


def downgrade() -> None:
    op.drop_index("ix_permit_granted", "permit")
    op.create_index("ix_permit_in_flight", "permit", ["granted_at"], postgresql_where=sa.text("settled_at IS NULL"))
    for table in _TABLES:
        op.drop_column(table, "first_told_at")
