"""``fs-app calls``: the role as a process of its own."""

from __future__ import annotations

import click

from fs_app.app.calls import run_calls
from fs_app.commands.context import Context


@click.command()
@click.option(
    "--slot", type=click.IntRange(0, 63), default=0, hidden=True, help="Which of several workers this is."
)
@click.pass_obj
def calls(obj: Context, slot: int) -> None:
    """Run the event socket server that FreeSWITCH connects to."""
    run_calls(*obj.load(), slot=slot)
