"""The agents' desk: hand-overs, assisted payments, orders, calls that are up, calls back, notes, links to pay."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import DATETIME

revision = "0009"
down_revision = "0008"
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
    _create_handovers()
    _create_assists()
    _create_call_orders()
    _create_live_calls()
    _create_callbacks()
    _create_notes()
    _create_pay_links()


def _create_handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("call_uuid", sa.String(64), nullable=False, index=True),
        sa.Column("reference", sa.String(16), nullable=False, unique=True),
        sa.Column("queue", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("end", sa.String(16), nullable=False, server_default="", index=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("caller_id", sa.String(32), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("agent", sa.String(128), nullable=False, server_default="", index=True),
        sa.Column("leg", sa.String(64), nullable=False, server_default=""),
        sa.Column("place", sa.Integer),
        sa.Column("expected_seconds", sa.Integer),
        sa.Column("created_at", _TIME, nullable=False, index=True),
        sa.Column("offered_at", _TIME),
        sa.Column("answered_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.Column("alive_at", _TIME, nullable=False),
        **_MYSQL,
    )
    op.create_index("ix_handovers_queue", "handovers", ["queue", "ended_at"])


def _create_assists() -> None:
    op.create_table(
        "assists",
        sa.Column("call_uuid", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("handover_id", _ID, nullable=False),
        sa.Column("by_user", sa.String(128), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("view", sa.Text, nullable=False),
        sa.Column("payment_id", _ID, index=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False, index=True),
        **_MYSQL,
    )


def _create_call_orders() -> None:
    op.create_table(
        "call_orders",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("call_uuid", sa.String(64), nullable=False, index=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by_user", sa.String(128), nullable=False),
        sa.Column("bills", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        sa.Column("target", sa.String(128), nullable=False),
        sa.Column("account", sa.String(20), nullable=False, server_default=""),
        sa.Column("created_at", _TIME, nullable=False, index=True),
        sa.Column("taken_at", _TIME),
        sa.Column("result", sa.String(64), nullable=False, server_default=""),
        sa.Column("answered_at", _TIME),
        **_MYSQL,
    )


def _create_live_calls() -> None:
    op.create_table(
        "live_calls",
        sa.Column("uuid", sa.String(64), primary_key=True),
        sa.Column("worker", sa.String(128), nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("line", sa.String(64), nullable=False),
        sa.Column("caller_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("secret", sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false()),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("step_since", _TIME, nullable=False),
        sa.Column("alive_at", _TIME, nullable=False, index=True),
        sa.Column("outcome", sa.String(32), nullable=False, server_default=""),
        sa.Column("ended_at", _TIME, index=True),
        **_MYSQL,
    )


def _create_callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("call_uuid", sa.String(64), nullable=False, unique=True),
        sa.Column("queue", sa.String(128), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("handover_id", _ID),
        sa.Column("asked_at", _TIME, nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("taken_by", sa.String(128), nullable=False, server_default=""),
        sa.Column("taken_at", _TIME),
        sa.Column("closed_at", _TIME),
        sa.Column("note", sa.String(255), nullable=False, server_default=""),
        **_MYSQL,
    )


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("by_user", sa.String(128), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        **_MYSQL,
    )


def _create_pay_links() -> None:
    op.create_table(
        "pay_links",
        sa.Column("receipt_id", _ID, sa.ForeignKey("receipts.id"), primary_key=True, autoincrement=False),
        sa.Column("token_hash", sa.String(64), unique=True),
        sa.Column("call_uuid", sa.String(64), nullable=False, index=True),
        sa.Column("account_id", sa.String(64), nullable=False, index=True),
        sa.Column("bill_id", sa.String(64), nullable=False),
        sa.Column("listed", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("by_user", sa.String(128), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("opened_at", _TIME),
        sa.Column("last_opened_at", _TIME),
        sa.Column("opens", sa.Integer, nullable=False, server_default="0"),
        **_MYSQL,
    )
