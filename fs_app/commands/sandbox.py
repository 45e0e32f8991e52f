"""``fs-app sandbox``: the role as a process of its own."""

from __future__ import annotations

import click

from fs_app.app.sandbox import run_sandbox
from fs_app.commands.context import Context


@click.command()
@click.pass_obj
def sandbox(obj: Context) -> None:
    """Run the local gateway, which speaks Braintree's API."""
    run_sandbox(*obj.load())
