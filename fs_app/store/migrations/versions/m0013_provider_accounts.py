"""Whose account at an OpenID provider is whose here: names there can be changed, and given to somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A new column only."""
    op.add_column("console_users", sa.Column("provider_account", sa.String(64)))
    op.create_index("ix_console_users_provider_account", "console_users", ["provider_account"], unique=True)
