"""Our tables, once, for SQLite and for MySQL or MariaDB.

Money is integer minor units with its ISO 4217 code. Times are UTC. Text is compared byte by byte everywhere:
MySQL's default would take ``a1`` and ``A1`` for the same bill. No column holds card data but the brand and the
last four.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    false,
)
from sqlalchemy.dialects.mysql import DATETIME

from fs_app.domain.payment import OPEN_STATES

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC with microseconds; the column itself knows no zone."""

    impl = DateTime().with_variant(DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """ValueError for a naive time: nobody knows which one it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware again."""
        return None if value is None else value.replace(tzinfo=UTC)


_MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only
_open_states = ", ".join(f"'{state}'" for state in sorted(OPEN_STATES))

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(64), primary_key=True),  # the billing system's own key
    Column("number", String(20), nullable=False, unique=True),  # what callers key in
    Column("telephone", String(20), index=True),  # digits of the international number, no +
    Column("closed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("language", String(10)),
    Column("postal_code", String(12)),
    Column("pin_hash", String(255)),  # argon2
    **_MYSQL,
)

bills = Table(
    "bills",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("minimum_minor", BigInteger),  # of it, what has to be paid by the due date
    Column("currency", String(3), nullable=False),
    Column("due_date", Date),
    **_MYSQL,
)

# One row for each attempt. ``open_bill`` is the bill while the attempt is open and NULL after that: its uniqueness
# is how the database keeps a second attempt on the same bill out. No foreign key leads to accounts or bills, since
# they may live in the operator's own database.
payments = Table(
    "payments",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("order_id", String(36), nullable=False, unique=True),
    Column("confirmation", String(8), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("open_bill", String(64), unique=True),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("bill_id", String(64), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("brand", String(16), nullable=False),
    Column("last_four", String(4), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("transaction_id", String(64)),
    Column("opened_at", UtcTime, nullable=False, index=True),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint(f"(state IN ({_open_states})) = (open_bill IS NOT NULL)", name="open_bill"),
    **_MYSQL,
)

# Append-only: nothing in this package updates or deletes a row here.
payment_events = Table(
    "payment_events",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("payment_id", _Id, ForeignKey("payments.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", String(255), nullable=False),
    Column("transaction_id", String(64)),
    **_MYSQL,
)
