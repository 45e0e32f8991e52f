"""What people at the desk tell each other."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    """A new table only."""
    op.create_table(
        "console_messages",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("to_user", sa.String(64), nullable=False),
        sa.Column("by_user", sa.String(64), nullable=False),
        sa.Column("call_uuid", sa.String(64), nullable=False, server_default="", index=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME),
        **_MYSQL,
    )
    op.create_index("ix_console_messages_to_user", "console_messages", ["to_user", "seen_at"])
