"""``fs-app web``: the role as a process of its own."""

from __future__ import annotations

import click

from fs_app.app.web import run_web
from fs_app.commands.context import Context


@click.command()
@click.pass_obj
def web(obj: Context) -> None:
    """Take the gateway's webhooks and serve the internal API."""
    run_web(*obj.load())
