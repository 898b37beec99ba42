"""When a card is looked for once more, as it may stand in Slack twice; and why it stands where it does."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("card", sa.Column("sweep_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("card", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_card_sweep", "card", ["sweep_at"], postgresql_where=sa.text("sweep_at IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_card_sweep", "card")
    op.drop_column("card", "note")
    op.drop_column("card", "sweep_at")
