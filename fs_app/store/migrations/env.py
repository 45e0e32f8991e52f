"""Alembic's entry: runs the migrations on the connection that `fs_app.store.schema` hands over."""

from __future__ import annotations

from alembic import context

from fs_app.store import console_tables, desk_tables, people_tables  # noqa: F401  their tables are part of the metadata
from fs_app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
)
with context.begin_transaction():
    context.run_migrations()
