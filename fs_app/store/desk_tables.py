"""The tables of the agents' desk: who was handed over to whom, what agents did there, which calls are up.

They are part of the same `metadata` as all others. No column holds a key that a caller pressed; of a card the brand
and the last four at most, in what agents saw. Only ``pay_links`` has a foreign key: what calls tell "soon" must not
be refused for a row that housekeeping has deleted.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, false

from fs_app.store.tables import MYSQL, Id, UtcTime, metadata

# A caller who was handed over. ``end`` is empty until it is over. ``context`` is JSON of `ports.desk.Context`; what
# is looked for stands in columns besides. ``reference`` is what the agent's leg bears, ``alive_at`` when a worker
# last told of it.
handovers = Table(
    "handovers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("reference", String(16), nullable=False, unique=True),
    Column("queue", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("end", String(16), nullable=False, server_default="", index=True),
    Column("reason", String(16), nullable=False),
    Column("context", Text, nullable=False),
    Column("account_id", String(64), nullable=False, index=True),
    Column("caller_id", String(32), nullable=False),
    Column("language", String(10), nullable=False),
    Column("agent", String(128), nullable=False, server_default="", index=True),
    Column("leg", String(64), nullable=False, server_default=""),
    Column("place", Integer),
    Column("expected_seconds", Integer),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("offered_at", UtcTime),
    Column("answered_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("alive_at", UtcTime, nullable=False),
    Index("ix_handovers_queue", "queue", "ended_at"),
    **MYSQL,
)

# An assisted payment, as the agent sees it: ``view`` is JSON of `domain.assist.AssistView`.
assists = Table(
    "assists",
    metadata,
    Column("call_uuid", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("handover_id", Id, nullable=False),
    Column("by_user", String(128), nullable=False),
    Column("state", String(16), nullable=False),
    Column("view", Text, nullable=False),
    Column("payment_id", Id, index=True),
    Column("started_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# What agents told calls. ``taken_at`` is set by the one worker that takes it. ``bills`` is a JSON list of ids.
call_orders = Table(
    "call_orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("by_user", String(128), nullable=False),
    Column("bills", Text, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("target", String(128), nullable=False),
    Column("account", String(20), nullable=False, server_default=""),
    Column("created_at", UtcTime, nullable=False, index=True),
    Column("taken_at", UtcTime),
    Column("result", String(64), nullable=False, server_default=""),
    Column("answered_at", UtcTime),
    **MYSQL,
)

# Calls that are up, or were until lately. ``secret`` is whether a secret is asked for; ``alive_at`` is when the
# worker last told of it.
live_calls = Table(
    "live_calls",
    metadata,
    Column("uuid", String(64), primary_key=True),
    Column("worker", String(128), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("step", String(64), nullable=False),
    Column("language", String(10), nullable=False),
    Column("line", String(64), nullable=False),
    Column("caller_id", String(32), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("secret", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("since", UtcTime, nullable=False),
    Column("step_since", UtcTime, nullable=False),
    Column("alive_at", UtcTime, nullable=False, index=True),
    Column("outcome", String(32), nullable=False, server_default=""),
    Column("ended_at", UtcTime, index=True),
    **MYSQL,
)

# Who wants to be called back: once for a call.
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_uuid", String(64), nullable=False, unique=True),
    Column("queue", String(128), nullable=False),
    Column("number", String(20), nullable=False),
    Column("language", String(10), nullable=False),
    Column("handover_id", Id),
    Column("asked_at", UtcTime, nullable=False, index=True),
    Column("state", String(16), nullable=False, index=True),
    Column("taken_by", String(128), nullable=False, server_default=""),
    Column("taken_at", UtcTime),
    Column("closed_at", UtcTime),
    Column("note", String(255), nullable=False, server_default=""),
    **MYSQL,
)

# What people wrote down about an account. Append-only.
notes = Table(
    "notes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("by_user", String(128), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("text", Text, nullable=False),
    **MYSQL,
)

# Links to pay, each with the message that it is in. ``token_hash`` is the SHA-256 of what the payer's link ends in,
# NULL where the link leads to the operator's page without us; ``url`` is where it leads. ``listed`` is whether the
# directory lists that kind of bill among the open ones, so that it is paid once it does not any more. ``opens``
# counts what looks like a person, and ``last_opened_at`` is when one was counted.
pay_links = Table(
    "pay_links",
    metadata,
    Column("receipt_id", Id, ForeignKey("receipts.id"), primary_key=True, autoincrement=False),
    Column("token_hash", String(64), unique=True),
    Column("call_uuid", String(64), nullable=False, index=True),
    Column("account_id", String(64), nullable=False, index=True),
    Column("bill_id", String(64), nullable=False),
    Column("listed", Boolean(create_constraint=False), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("url", Text, nullable=False),
    Column("by_user", String(128), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime),
    Column("last_opened_at", UtcTime),
    Column("opens", Integer, nullable=False, server_default="0"),
    **MYSQL,
)
