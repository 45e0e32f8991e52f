"""The tables of the console: people, what they prove themselves by, their sessions, and what they did.

No token is in them, only its SHA-256: who reads the database cannot sign in. Passwords are argon2id hashes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
)

from fs_app.store.tables import MYSQL, Id, UtcTime, metadata

# Who works with the console. ``roles`` are words with a blank between them, in the order of the alphabet.
# ``code_secret`` is the secret of the second step, sealed where the settings have a key; it counts once
# ``code_confirmed``, and ``code_step`` is the last half minute whose code was used: none is taken twice.
# ``provider_account`` is the SHA-256 of an OpenID provider and of the account there that is theirs.
console_users = Table(
    "console_users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("full_name", String(128), nullable=False, server_default=""),
    Column("roles", String(64), nullable=False),
    Column("agent", String(129), unique=True),  # in mod_callcenter
    Column("language", String(10), nullable=False),
    Column("disabled", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("password_hash", String(255)),  # argon2
    Column("code_secret", String(255)),
    Column("code_confirmed", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("code_step", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("provider_account", String(64)),
    Index("ix_console_users_provider_account", "provider_account", unique=True),
    **MYSQL,
)

# Who is signed in. A session that was ended is deleted: what became of it is in the audit.
console_sessions = Table(
    "console_sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("user_id", Id, ForeignKey("console_users.id"), nullable=False, index=True),
    Column("waits_for_code", Boolean(create_constraint=False), nullable=False, server_default=false()),
    Column("opened_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("address", String(45), nullable=False),
    Column("browser", String(255), nullable=False),
    **MYSQL,
)

# Links that set a password once. One that was used, or is worth nothing any more, is deleted.
console_links = Table(
    "console_links",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("console_users.id"), nullable=False, index=True),
    Column("purpose", String(8), nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# How often was tried, by the SHA-256 of what was tried: a name, an address. Nobody may again before ``free_at``.
console_tries = Table(
    "console_tries",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("free_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    **MYSQL,
)

# What was done in the console, and what was refused. Append-only; no foreign key, since it outlives everybody.
console_audit = Table(
    "console_audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("who", String(64), nullable=False),  # a login name, empty for nobody who is known
    Column("roles", String(64), nullable=False),
    Column("address", String(45), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False, index=True),
    Column("detail", String(255), nullable=False),
    Column("result", String(255), nullable=False),
    Index("ix_console_audit_who", "who", "id"),
    **MYSQL,
)

# What all console processes share and nobody has to set: ``cookies`` signs those that live for minutes.
console_keys = Table(
    "console_keys",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", String(64), nullable=False),
    **MYSQL,
)
