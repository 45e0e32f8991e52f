"""The tables of the console's own: what people at the desk tell each other. Part of the same `metadata` as all
others."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from fs_app.store.tables import MYSQL, Id, UtcTime, metadata

# What a supervisor told an agent, by login names. ``seen_at`` is empty until the agent has seen it.
console_messages = Table(
    "console_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("to_user", String(64), nullable=False),
    Column("by_user", String(64), nullable=False),
    Column("call_uuid", String(64), nullable=False, server_default="", index=True),
    Column("text", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
    Index("ix_console_messages_to_user", "to_user", "seen_at"),
    **MYSQL,
)
