"""People who work with the console: passwords, sessions, one-time links, tries, what they did."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0010"
down_revision = "0009"
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
_BOOL = sa.Boolean(create_constraint=False)


def upgrade() -> None:
    """New tables only."""
    _create_users()
    _create_sessions()
    _create_audit()


def _create_users() -> None:
    op.create_table(
        "console_users",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("full_name", sa.String(128), nullable=False, server_default=""),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(129), unique=True),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("disabled", _BOOL, nullable=False, server_default=sa.false()),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("code_secret", sa.String(255)),
        sa.Column("code_confirmed", _BOOL, nullable=False, server_default=sa.false()),
        sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", _TIME, nullable=False),
        **_MYSQL,
    )


def _create_sessions() -> None:
    op.create_table(
        "console_sessions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", _ID, sa.ForeignKey("console_users.id"), nullable=False, index=True),
        sa.Column("waits_for_code", _BOOL, nullable=False, server_default=sa.false()),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False, index=True),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("browser", sa.String(255), nullable=False),
        **_MYSQL,
    )
    op.create_table(
        "console_links",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", _ID, sa.ForeignKey("console_users.id"), nullable=False, index=True),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("expires_at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "console_tries",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("free_at", _TIME, nullable=False),
        sa.Column("at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "console_keys",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(64), nullable=False),
        **_MYSQL,
    )


def _create_audit() -> None:
    op.create_table(
        "console_audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _TIME, nullable=False, index=True),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("roles", sa.String(64), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False, index=True),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("result", sa.String(255), nullable=False),
        **_MYSQL,
    )
    op.create_index("ix_console_audit_who", "console_audit", ["who", "id"])
