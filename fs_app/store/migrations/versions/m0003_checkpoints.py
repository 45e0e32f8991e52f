"""Where calls are that are up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One more table."""
    op.create_table(
        "checkpoints",
        sa.Column("uuid", sa.String(64), primary_key=True),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column(
            "at", sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb"), nullable=False, index=True
        ),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_bin",
    )
