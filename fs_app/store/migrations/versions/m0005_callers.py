"""What a caller can ask of a payment line: several bills in a payment, fees, saved methods, consents, surveys."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0005"
down_revision = "0004"
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

# A payment so far was for one bill, and all of it.
_ONE_BILL = """
    INSERT INTO allocations (payment_id, position, bill_id, amount_minor, discount_minor, before_minor, open_bill)
    SELECT id, 0, bill_id, amount_minor, 0, 0, open_bill FROM payments
"""


def upgrade() -> None:
    """What a payment is for moves into a table of its own; new columns and tables."""
    _widen_accounts_and_bills()
    op.create_table(
        "allocations",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("bill_id", sa.String(64), nullable=False, index=True),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("discount_minor", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("before_minor", sa.BigInteger, nullable=False),
        sa.Column("open_bill", sa.String(64)),
        sa.UniqueConstraint("payment_id", "position"),
        sa.UniqueConstraint("open_bill"),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        **_MYSQL,
    )
    op.execute(_ONE_BILL)
    with op.batch_alter_table("payments") as batch:
        batch.drop_constraint(op.f("ck_payments_open_bill"), type_="check")
        batch.drop_constraint(op.f("uq_payments_open_bill"), type_="unique")
        batch.drop_column("open_bill")
        batch.add_column(sa.Column("fee_minor", sa.BigInteger, nullable=False, server_default="0"))
        batch.add_column(sa.Column("means", sa.String(8), nullable=False, server_default="card"))
        batch.add_column(sa.Column("instalment_id", sa.String(36)))
        batch.add_column(sa.Column("instalment_key", sa.String(36)))
        batch.create_unique_constraint(op.f("uq_payments_instalment_key"), ["instalment_key"])
        batch.create_index(op.f("ix_payments_instalment_id"), ["instalment_id"])
        batch.create_check_constraint("fee", "fee_minor >= 0 AND fee_minor < amount_minor")
    _create_memory()


def _widen_accounts_and_bills() -> None:
    with op.batch_alter_table("accounts") as batch:
        batch.add_column(sa.Column("customer_number", sa.String(20)))
        batch.add_column(sa.Column("birth_date", sa.Date))
        batch.add_column(sa.Column("credit_minor", sa.BigInteger))
        batch.add_column(sa.Column("credit_currency", sa.String(3)))
        for name, length in _HOLDER.items():
            batch.add_column(sa.Column(name, sa.String(length)))
        batch.create_unique_constraint(op.f("uq_accounts_customer_number"), ["customer_number"])
    with op.batch_alter_table("bills") as batch:
        batch.add_column(sa.Column("number", sa.String(20)))
        batch.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="bill"))
        batch.add_column(sa.Column("late_fee_minor", sa.BigInteger))
        batch.add_column(sa.Column("discount_minor", sa.BigInteger))
        batch.add_column(sa.Column("discount_until", sa.Date))
        batch.create_unique_constraint(op.f("uq_bills_number"), ["number"])


_HOLDER = {
    "first_name": 64, "last_name": 64, "business_name": 128, "street": 128, "locality": 64, "region": 32
}  # fmt: skip


def _create_memory() -> None:
    op.create_table(
        "consents",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("call_uuid", sa.String(64), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("recording", sa.String(255)),
        sa.Column("keep_until", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "saved_methods",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("brand", sa.String(32), nullable=False),
        sa.Column("last_four", sa.String(4), nullable=False),
        sa.Column("consent_id", _ID, sa.ForeignKey("consents.id"), nullable=False),
        sa.Column("saved_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
        sa.Column("deleted_at", _TIME),
        sa.UniqueConstraint("token"),
        **_MYSQL,
    )
    op.create_table(
        "callers",
        sa.Column("telephone", sa.String(20), primary_key=True),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("account_number", sa.String(20)),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "wrong_proofs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("subject", sa.String(64), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )
    op.create_table(
        "survey_answers",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("survey", sa.String(32), nullable=False),
        sa.Column("question", sa.String(64), nullable=False),
        sa.Column("answer", sa.Integer, nullable=False),
        sa.Column("call_uuid", sa.String(64), nullable=False),
        sa.Column("payment_id", _ID, sa.ForeignKey("payments.id")),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("at", _TIME, nullable=False, index=True),
        sa.UniqueConstraint("call_uuid", "question"),
        **_MYSQL,
    )
