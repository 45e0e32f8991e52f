"""``fs-app db``: our tables."""

from __future__ import annotations

import click

from fs_app.app.parts import SystemClock, open_database
from fs_app.commands.context import Context
from fs_app.store.demo_data import DEMO_ACCOUNTS, insert_demo_data
from fs_app.store.schema import migrate


@click.group()
def db() -> None:
    """Our tables."""


@db.command()
@click.pass_obj
def upgrade(obj: Context) -> None:
    """Create our tables, or bring them to this version's schema."""
    database = open_database(obj.settings)
    migrate(database)
    click.echo(f"{database.describe()} is at this version's schema")


@db.command()
@click.pass_obj
def demo(obj: Context) -> None:
    """Add the demo accounts."""
    insert_demo_data(open_database(obj.settings), SystemClock(obj.settings.timezone).today())
    numbers = ", ".join(account.number for account in DEMO_ACCOUNTS)
    click.echo(f"demo accounts {numbers}; README.md tells what each shows")
