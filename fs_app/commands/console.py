"""``fs-app console``: the role as a process of its own."""

from __future__ import annotations

import click

from fs_app.app.console import run_console
from fs_app.commands.context import Context


@click.command()
@click.pass_obj
def console(obj: Context) -> None:
    """Serve the pages for agents, supervisors, finance and admins."""
    run_console(*obj.load())
