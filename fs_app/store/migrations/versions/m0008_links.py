"""A message may be a link to pay, which is about no payment and no agreement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What a message is about: one of three."""
    with op.batch_alter_table("receipts") as batch:
        batch.drop_constraint("about", type_="check")
        batch.add_column(sa.Column("account_id", sa.String(64)))
        batch.add_column(sa.Column("currency", sa.String(3)))
        batch.add_column(sa.Column("link", sa.Text))
        batch.create_check_constraint(
            "about", "(payment_id IS NOT NULL) + (agreement_id IS NOT NULL) + (link IS NOT NULL) = 1"
        )
