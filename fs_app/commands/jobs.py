"""``fs-app jobs``: the role as a process of its own."""

from __future__ import annotations

import click

from fs_app.app.jobs import run_jobs
from fs_app.commands.context import Context


@click.command()
@click.pass_obj
def jobs(obj: Context) -> None:
    """Settle what is open, send receipts: everything that is due."""
    run_jobs(*obj.load())
