"""``fs-app demo``: the whole on this machine, and a phone."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from fs_app.commands.context import Context
from fs_app.demo.run import run_demo


@click.command()
@click.option("--auto", is_flag=True, help="Play whole calls without a person; exit 0 only if all accounts agree.")
@click.option("--freeswitch", is_flag=True, help="Use the FreeSWITCH installed on this machine.")
@click.pass_obj
def demo(obj: Context, auto: bool, freeswitch: bool) -> None:
    """The server, the local gateway, demo accounts, and a phone in this terminal."""
    sys.exit(run_demo(obj.config, auto=auto, freeswitch=freeswitch, console=Console()))
