"""Agreements to pay later or again; receipts and the audit may be about one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0006"
down_revision = "0005"
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
    """New tables; what a message or a deed is about need not be a payment."""
    _create_agreements()
    _create_instalments()
    with op.batch_alter_table("receipts") as batch:
        batch.alter_column("payment_id", existing_type=_ID, nullable=True)
        batch.add_column(sa.Column("agreement_id", _ID))
        batch.add_column(sa.Column("due_on", sa.Date))
        batch.add_column(sa.Column("next_on", sa.Date))
        batch.create_foreign_key(op.f("fk_receipts_agreement_id"), "agreements", ["agreement_id"], ["id"])
        batch.create_index(op.f("ix_receipts_agreement_id"), ["agreement_id"])
        batch.create_check_constraint("about", "(payment_id IS NULL) <> (agreement_id IS NULL)")
    with op.batch_alter_table("audit") as batch:
        batch.alter_column("payment_id", existing_type=_ID, nullable=True)
        batch.add_column(sa.Column("agreement_id", _ID))
        batch.create_index(op.f("ix_audit_agreement_id"), ["agreement_id"])


def _create_agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("number", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("account_number", sa.String(20), nullable=False),
        sa.Column("call_uuid", sa.String(64), nullable=False),
        sa.Column("consent_id", _ID, sa.ForeignKey("consents.id"), nullable=False),
        sa.Column("method_id", _ID, sa.ForeignKey("saved_methods.id"), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("month_day", sa.Integer),
        sa.Column("every_count", sa.Integer),
        sa.Column("every_unit", sa.String(8)),
        sa.Column("last_on", sa.Date),
        sa.Column("times", sa.Integer),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("told_minor", sa.BigInteger),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("receipt_to", sa.String(255)),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("consent_id"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        **_MYSQL,
    )


def _create_instalments() -> None:
    op.create_table(
        "instalments",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("agreement_id", _ID, sa.ForeignKey("agreements.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("charge_on", sa.Date, nullable=False),
        sa.Column("announced_minor", sa.BigInteger),
        sa.Column("begun_at", _TIME),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("released", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("agreement_id", "number"),
        sa.UniqueConstraint("agreement_id", "due_on", name="uq_instalments_due_on"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        **_MYSQL,
    )
    op.create_table(
        "agreement_events",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("agreement_id", _ID, sa.ForeignKey("agreements.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("detail", sa.String(255), nullable=False),
        **_MYSQL,
    )
