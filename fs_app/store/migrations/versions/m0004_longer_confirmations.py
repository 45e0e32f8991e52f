"""Room for longer confirmation numbers: nine million of eight digits are not enough for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """SQLite keeps a text of any length."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "payments", "confirmation", existing_type=sa.String(8), type_=sa.String(16), existing_nullable=False
        )
