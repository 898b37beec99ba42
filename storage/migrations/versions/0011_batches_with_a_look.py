"""What of a batch is looked at next, page by page."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batch", sa.Column("left", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("batch", "left")
