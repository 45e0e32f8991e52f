"""What the back office needs: refunds, disputes, audit, receipts, due work, webhooks, velocity."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0002"
down_revision = "0001"
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

# Attempts that the first version left open, and payments it never saw settled: they are due at once.
_LEFT = """
    INSERT INTO tasks (kind, subject, due_at, tries)
    SELECT 'payment', CAST(id AS CHAR(20)), opened_at, 0 FROM payments
    WHERE state IN ('opened', 'unknown', 'authorised', 'submitted')
"""


def upgrade() -> None:
    """New columns for receipts and call-backs, new tables, and a task for what was left open."""
    op.add_column("accounts", sa.Column("receipt_to", sa.String(255)))
    op.add_column("payments", sa.Column("caller_id", sa.String(32), nullable=False, server_default=""))
    op.add_column("payments", sa.Column("language", sa.String(10), nullable=False, server_default="en"))
    op.add_column("payments", sa.Column("receipt_to", sa.String(255)))
    op.create_index("ix_payments_transaction_id", "payments", ["transaction_id"])
    _create_money()
    _create_work()
    op.execute(_LEFT)


def _create_money() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("order_id", sa.String(36), nullable=False),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request_key", sa.String(64), nullable=False),
        sa.Column("standing_key", sa.String(64)),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.Column("transaction_id", sa.String(64), index=True),
        sa.Column("opened_at", _TIME, nullable=False, index=True),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.UniqueConstraint("order_id"),
        sa.UniqueConstraint("standing_key"),
        **_MYSQL,
    )
    op.create_table(
        "refund_events",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("refund_id", _ID, sa.ForeignKey("refunds.id"), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        sa.Column("transaction_id", sa.String(64)),
        **_MYSQL,
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("transaction_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("received_on", sa.Date),
        sa.Column("reply_by", sa.Date),
        sa.Column("updated_at", _TIME, nullable=False),
        **_MYSQL,
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("at", _TIME, nullable=False, index=True),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("payment_id", _ID, nullable=False, index=True),
        sa.Column("reason", sa.String(255), nullable=False),
        sa.Column("result", sa.String(255), nullable=False),
        **_MYSQL,
    )


def _create_work() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("cause", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("send_to", sa.String(255), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sends", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("sent_at", _TIME),
        sa.UniqueConstraint("cause"),
        **_MYSQL,
    )
    op.create_table(
        "tasks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("due_at", _TIME, nullable=False, index=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("claim", sa.String(64), nullable=False, server_default=""),
        sa.Column("claimed_until", _TIME),
        sa.Column("stuck", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("note", sa.String(255), nullable=False, server_default=""),
        sa.UniqueConstraint("kind", "subject"),
        **_MYSQL,
    )
    op.create_table(
        "webhooks",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("received_at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "velocity",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False, index=True),
        sa.Column("trait", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("at", _TIME, nullable=False, index=True),
        sa.Column("declined", sa.Boolean, nullable=False, server_default=sa.false()),
        **_MYSQL,
    )
    op.create_index("ix_velocity_trait", "velocity", ["trait", "subject", "at"])
