"""Subscriptions and what can be bought for them; appointments and what callers say about them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0007"
down_revision = "0006"
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
    """New tables only."""
    _create_subscriptions()
    _create_appointments()


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(64), sa.ForeignKey("accounts.id"), nullable=False, index=True),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("as_of", _TIME),
        **_MYSQL,
    )
    op.create_table(
        "subscription_offers",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("for_plan", sa.String(16), nullable=False, index=True),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("months", sa.Integer, nullable=False),
        sa.Column("price_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.CheckConstraint("price_minor > 0", name="price"),
        sa.CheckConstraint("months >= 0 AND (months > 0 OR plan <> for_plan)", name="buys_something"),
        **_MYSQL,
    )


def _create_appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(64), sa.ForeignKey("accounts.id"), nullable=False, index=True),
        sa.Column("day", sa.Date, nullable=False, index=True),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("copay_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        **_MYSQL,
    )
    op.create_table(
        "appointment_replies",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("appointment_id", sa.String(58), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("reply", sa.String(16), nullable=False),
        sa.Column("call_uuid", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
