"""What is asked of ``fs-app serve`` while it runs: ``restart``, ``status``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from fs_app.commands.context import Context
from fs_app.serve.control import ask

console = Console(highlight=False)


@click.command()
@click.pass_obj
def restart(obj: Context) -> None:
    """Replace the running processes by fresh ones, one after the other, with calls up.

    A fresh one reads settings, flows and prompts anew. If it does not become ready, the one before it stays, and
    the restart stops there. Closing this terminal does not stop the restart.
    """
    moving: dict[int, str] = {}
    with console.status("") as last_line:
        for view in ask(obj.control, "restart"):
            _tell(view, moving)
            last_line.update(", ".join(moving.values()))
    console.print("everything is replaced", style="green")


@click.command()
@click.pass_obj
def status(obj: Context) -> None:
    """The processes of `fs-app serve`: since when they run, and how many calls are up."""
    table = Table("role", "state", "pid", "since", "calls")
    for view in ask(obj.control, "status"):
        since = datetime.fromtimestamp(view["since"], UTC).astimezone().isoformat(" ", "seconds")
        calls = "" if view["calls"] is None else str(view["calls"])
        table.add_row(view["role"], view["state"], str(view["pid"]), since, calls)
    console.print(table)


def _tell(view: Mapping[str, Any], moving: dict[int, str]) -> None:
    """One state of one process: what is done stays on the terminal, what goes on is in ``moving``."""
    who = f"{view['role']} ({view['pid']})"
    moving.pop(view["pid"], None)
    match view["state"]:
        case "starting":
            moving[view["pid"]] = f"{who} starts"
        case "ready":
            console.print(f"{who} is ready")
        case "leaving":
            up = "" if view["calls"] is None else f" with {view['calls']} calls"
            moving[view["pid"]] = f"{who} leaves{up}"
        case "gone":
            console.print(f"{who} is gone" + (f", exit code {view['exit_code']}" if view["exit_code"] else ""))
