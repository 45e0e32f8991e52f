"""Our tables, once, for SQLite and for MySQL or MariaDB.

Money is integer minor units with its ISO 4217 code. Times are UTC. Text is compared byte by byte everywhere:
MySQL's default would take ``a1`` and ``A1`` for the same bill. No column holds card data but the brand and the
last four. The tables stand in one file: they name each other, and a reader looks for one here. Only those of the
agents' desk have a file of their own, `desk_tables`.
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
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.mysql import DATETIME

from fs_app.domain.bill import BillKind
from fs_app.domain.means import MeansKind

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


MYSQL: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
APPOINTMENT_ID_LENGTH = 58
"""As long as an id can be: the bill of its co-payment is called ``copay:<id>``."""

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys only

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
    Column("receipt_to", String(255)),  # sms:+15551230001 or mail:name@example.org
    Column("customer_number", String(20), unique=True),
    Column("birth_date", Date),
    Column("credit_minor", BigInteger),  # what may still be drawn on it
    Column("credit_currency", String(3)),
    # Whose account it is, as a bank asks for it.
    Column("first_name", String(64)),
    Column("last_name", String(64)),
    Column("business_name", String(128)),
    Column("street", String(128)),
    Column("locality", String(64)),
    Column("region", String(32)),
    **MYSQL,
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
    Column("number", String(20), unique=True),  # what is printed on it and may be keyed
    Column("kind", String(16), nullable=False, server_default=BillKind.BILL),
    Column("late_fee_minor", BigInteger),  # what is due besides, after the due date
    Column("discount_minor", BigInteger),  # what need not be paid if the rest is, by the day in discount_until
    Column("discount_until", Date),
    **MYSQL,
)

# One row for each attempt. ``bill_id`` is the bill it pays, or the first of several: what goes to which is in
# ``allocations``. ``amount_minor`` is all that is charged, ``fee_minor`` of it the fee. ``instalment_key`` is the
# instalment that the attempt pays, until it has failed: its uniqueness is why none is ever charged twice. No
# foreign key leads to accounts or bills, since they may live in the operator's own database.
payments = Table(
    "payments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", String(36), nullable=False, unique=True),
    Column("confirmation", String(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("bill_id", String(64), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("brand", String(16), nullable=False),
    Column("last_four", String(4), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("transaction_id", String(64), index=True),
    Column("opened_at", UtcTime, nullable=False, index=True),
    Column("caller_id", String(32), nullable=False, server_default=""),
    Column("language", String(10), nullable=False, server_default="en"),
    Column("receipt_to", String(255)),
    Column("fee_minor", BigInteger, nullable=False, server_default="0"),
    Column("means", String(8), nullable=False, server_default=MeansKind.CARD),
    Column("instalment_id", String(36), index=True),
    Column("instalment_key", String(36), unique=True),
    CheckConstraint("amount_minor > 0", name="amount"),
    CheckConstraint("fee_minor >= 0 AND fee_minor < amount_minor", name="fee"),
    **MYSQL,
)

# What of a payment goes to which bill. ``before_minor`` is what the fee and the allocations before it take up, so
# that a refund of a part takes from the last bill first and from the fee last. ``open_bill`` is the bill while the
# attempt is open, for bills that take one attempt at a time, and NULL after that: its uniqueness is how the
# database keeps a second attempt on the same bill out.
allocations = Table(
    "allocations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, ForeignKey("payments.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("bill_id", String(64), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False, server_default="0"),
    Column("before_minor", BigInteger, nullable=False),
    Column("open_bill", String(64), unique=True),
    UniqueConstraint("payment_id", "position"),
    CheckConstraint("amount_minor > 0", name="amount"),
    **MYSQL,
)

# Append-only: nothing in this package updates or deletes a row here.
payment_events = Table(
    "payment_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, ForeignKey("payments.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", String(255), nullable=False),
    Column("transaction_id", String(64)),
    **MYSQL,
)

# A refund of a payment. ``standing_key`` is the key of the request while the refund has not failed and NULL after
# that: its uniqueness makes a repeated request the same refund.
refunds = Table(
    "refunds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("order_id", String(36), nullable=False, unique=True),
    Column("payment_id", Id, ForeignKey("payments.id"), nullable=False, index=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("state", String(16), nullable=False),
    Column("request_key", String(64), nullable=False),
    Column("standing_key", String(64), unique=True),
    Column("operator", String(64), nullable=False),
    Column("reason", String(255), nullable=False),
    Column("transaction_id", String(64), index=True),
    Column("opened_at", UtcTime, nullable=False, index=True),
    CheckConstraint("amount_minor > 0", name="amount"),
    **MYSQL,
)

# Append-only, as payment_events.
refund_events = Table(
    "refund_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("refund_id", Id, ForeignKey("refunds.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", String(255), nullable=False),
    Column("transaction_id", String(64)),
    **MYSQL,
)

# Disputes as the gateway last told them; their history is in their payment's.
disputes = Table(
    "disputes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("payment_id", Id, ForeignKey("payments.id"), nullable=False, index=True),
    Column("transaction_id", String(64), nullable=False),
    Column("status", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("received_on", Date),
    Column("reply_by", Date),
    Column("updated_at", UtcTime, nullable=False),
    **MYSQL,
)

# What a person did, by name, before and after the gateway was asked. Append-only.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("operator", String(64), nullable=False),
    Column("source", String(16), nullable=False),  # cli or api
    Column("action", String(32), nullable=False),
    Column("payment_id", Id, index=True),
    Column("agreement_id", Id, index=True),  # what it was done to, where that is no payment
    Column("reason", String(255), nullable=False),
    Column("result", String(255), nullable=False),
    **MYSQL,
)

# Receipts and what else a payer is told in writing, written in the transaction of what it tells of: of a payment,
# or of an agreement. ``cause`` is that, e.g. ``paid:17``: its uniqueness keeps a second message for the same thing
# out.
receipts = Table(
    "receipts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, ForeignKey("payments.id"), index=True),
    Column("agreement_id", Id, ForeignKey("agreements.id"), index=True),
    Column("cause", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("send_to", String(255), nullable=False),
    Column("language", String(10), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("due_on", Date),  # of an agreement: the due date it is about, and the day of the next charge
    Column("next_on", Date),
    Column("state", String(16), nullable=False),
    Column("sends", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("account_id", String(64)),  # of a link to pay, with the currency of its amount
    Column("currency", String(3)),
    Column("link", Text),
    CheckConstraint("(payment_id IS NOT NULL) + (agreement_id IS NOT NULL) + (link IS NOT NULL) = 1", name="about"),
    **MYSQL,
)

# What is due, claimed here by whoever does it. ``stuck`` waits for a person.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    Column("tries", Integer, nullable=False),
    Column("claim", String(64), nullable=False, server_default=""),
    Column("claimed_until", UtcTime),
    Column("stuck", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("note", String(255), nullable=False, server_default=""),
    UniqueConstraint("kind", "subject"),
    **MYSQL,
)

# Webhooks that came, by the SHA-256 of what was signed: each has its effect once.
webhooks = Table(
    "webhooks",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("received_at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# What velocity limits count: one row for each trait of an attempt. ``subject`` is a keyed hash.
velocity = Table(
    "velocity",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, ForeignKey("payments.id"), nullable=False, index=True),
    Column("trait", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("declined", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Index("ix_velocity_trait", "trait", "subject", "at"),
    **MYSQL,
)

# Where calls are that are up, so that another server can go on with them: JSON of ``flow/checkpoint.py``.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("uuid", String(64), primary_key=True),
    Column("place", Text, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# What callers agreed to, as it was said to them: the text with its version, and where a recording of their own
# words lies. Kept until ``keep_until`` and longer.
consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("account_id", String(64), nullable=False, index=True),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("language", String(10), nullable=False),
    Column("version", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("recording", String(255)),
    Column("keep_until", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# Cards and bank accounts that the gateway keeps for an account, by its token. Of a card no number and no date is
# here.
saved_methods = Table(
    "saved_methods",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("token", String(64), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("brand", String(32), nullable=False),
    Column("last_four", String(4), nullable=False),
    Column("consent_id", Id, ForeignKey("consents.id"), nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    **MYSQL,
)

# Who has called from a telephone number before: what they are offered the next time. Never a proof of who they are.
callers = Table(
    "callers",
    metadata,
    Column("telephone", String(20), primary_key=True),
    Column("language", String(10), nullable=False),
    Column("account_number", String(20)),
    Column("calls", Integer, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# Wrong proofs, by a keyed hash of what was claimed, whether or not there is such an account; removed by a right
# one.
wrong_proofs = Table(
    "wrong_proofs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subject", String(64), nullable=False, index=True),
    Column("at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# Answers to the questions after a payment.
survey_answers = Table(
    "survey_answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("survey", String(32), nullable=False),
    Column("question", String(64), nullable=False),
    Column("answer", Integer, nullable=False),
    Column("call_uuid", String(64), nullable=False),
    Column("payment_id", Id, ForeignKey("payments.id")),
    Column("language", String(10), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    UniqueConstraint("call_uuid", "question"),
    **MYSQL,
)

# What accounts are subscribed to. ``expires_on`` is right as of ``as_of``; what was paid for it since then, or ever
# where that is NULL, is in the ledger, and nothing here changes with a payment.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("plan", String(16), nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("as_of", UtcTime),
    **MYSQL,
)

# What can be bought by who has a plan: months of the same one, or another one (``plan``) for the difference.
subscription_offers = Table(
    "subscription_offers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("for_plan", String(16), nullable=False, index=True),
    Column("plan", String(16), nullable=False),
    Column("months", Integer, nullable=False),
    Column("price_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    CheckConstraint("price_minor > 0", name="price"),
    CheckConstraint("months >= 0 AND (months > 0 OR plan <> for_plan)", name="buys_something"),
    **MYSQL,
)

# Who is expected when, by the clock on the wall there, and what is to be paid besides.
appointments = Table(
    "appointments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", String(64), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("day", Date, nullable=False, index=True),
    Column("starts", Time, nullable=False),
    Column("copay_minor", BigInteger),
    Column("currency", String(3)),
    **MYSQL,
)

# What callers said about appointments, ours or the operator's: of one at that time, and of no other. Append-only;
# the last word counts. No foreign key, as in ``payments``.
appointment_replies = Table(
    "appointment_replies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("appointment_id", String(APPOINTMENT_ID_LENGTH), nullable=False),
    Column("account_id", String(64), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("starts", Time, nullable=False),
    Column("reply", String(16), nullable=False),
    Column("call_uuid", String(64), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# What payers have agreed to pay later or again. An amount of NULL is what is due then. ``targets`` is JSON: bills,
# or projects with their shares; ``told_minor`` the amount that the payer was told last. One agreement for each
# consent.
agreements = Table(
    "agreements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("account_number", String(20), nullable=False),
    Column("call_uuid", String(64), nullable=False),
    Column("consent_id", Id, ForeignKey("consents.id"), nullable=False, unique=True),
    Column("method_id", Id, ForeignKey("saved_methods.id"), nullable=False, index=True),
    Column("amount_minor", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("first_on", Date, nullable=False),
    Column("month_day", Integer),
    Column("every_count", Integer),
    Column("every_unit", String(8)),
    Column("last_on", Date),
    Column("times", Integer),
    Column("targets", Text, nullable=False),
    Column("told_minor", BigInteger),
    Column("language", String(10), nullable=False),
    Column("receipt_to", String(255)),
    Column("opened_at", UtcTime, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    **MYSQL,
)

# One row for each due date. ``charge_on`` is the day of the next try, ``seen`` how many attempts there were when
# somebody last set out to charge, ``released`` whether a person has decided that it is charged. ``version`` goes up
# with each move: of two workers one moves it.
instalments = Table(
    "instalments",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("agreement_id", Id, ForeignKey("agreements.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("amount_minor", BigInteger),
    Column("state", String(16), nullable=False),
    Column("charge_on", Date, nullable=False),
    Column("announced_minor", BigInteger),
    Column("begun_at", UtcTime),
    Column("version", Integer, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("released", Boolean(create_constraint=False), nullable=False, server_default=false()),
    UniqueConstraint("agreement_id", "number"),
    UniqueConstraint("agreement_id", "due_on", name="uq_instalments_due_on"),
    CheckConstraint("amount_minor > 0", name="amount"),
    **MYSQL,
)

# Append-only, as payment_events. ``number`` is the instalment's, NULL where the line is about the agreement.
agreement_events = Table(
    "agreement_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agreement_id", Id, ForeignKey("agreements.id"), nullable=False, index=True),
    Column("number", Integer),
    Column("at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", String(255), nullable=False),
    **MYSQL,
)
