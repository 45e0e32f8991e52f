"""Accounts, bills, payments and their history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0001"
down_revision = None
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
    """The tables as they were first released; later versions of ``tables.py`` do not change this file."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("telephone", sa.String(20), index=True),
        sa.Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("language", sa.String(10)),
        sa.Column("postal_code", sa.String(12)),
        sa.Column("pin_hash", sa.String(255)),
        sa.UniqueConstraint("number"),
        **_MYSQL,
    )
    op.create_table(
        "bills",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(64), sa.ForeignKey("accounts.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("minimum_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("due_date", sa.Date),
        **_MYSQL,
    )
    op.create_table(
        "payments",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("confirmation", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("open_bill", sa.String(64)),
        sa.Column("call_uuid", sa.String(64), nullable=False, index=True),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("bill_id", sa.String(64), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("brand", sa.String(16), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("transaction_id", sa.String(64)),
        sa.Column("opened_at", _TIME, nullable=False, index=True),
        sa.UniqueConstraint("order_id"),
        sa.UniqueConstraint("confirmation"),
        sa.UniqueConstraint("open_bill"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.CheckConstraint(
            "(state IN ('authorised', 'opened', 'unknown')) = (open_bill IS NOT NULL)", name="open_bill"
        ),
        **_MYSQL,
    )
    op.create_table(
        "payment_events",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("transaction_id", sa.String(64)),
        **_MYSQL,
    )
