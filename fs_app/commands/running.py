"""``fs-app serve`` and what is asked of it while it runs: ``restart``, ``status``."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from fs_app.commands.context import Context
from fs_app.errors import ConfigError
from fs_app.settings import Settings, load_settings

console = Console(highlight=False)

_ROLES = ("sandbox", "calls", "jobs", "web")


@click.command()
@click.argument("roles", nargs=-1, type=click.Choice(_ROLES))
@click.pass_obj
def serve(obj: Context, roles: tuple[str, ...]) -> None:
    """Run every role this machine needs, or ROLES alone, watched and restarted.

    SIGHUP is a rolling restart, as `fs-app restart`. SIGTERM and Ctrl-C finish what has begun, the second one
    kills.
    """
    from fs_app.serve.control import ControlServer
    from fs_app.serve.plan import seats
    from fs_app.serve.process import ChildProcess
    from fs_app.serve.supervisor import Supervisor

    settings, document = obj.load()
    config = obj.config.resolve()
    hint = "is another one running?"
    try:
        supervisor = Supervisor(lambda: seats(load_settings(config)[0], roles), partial(ChildProcess, config))
    except OSError as error:
        place = tuple(str(error.filename).split("."))
        raise ConfigError([document.problem(place, f"cannot listen there: {error.strerror}", hint)]) from None
    try:
        control = ControlServer(
            _path(settings, config), {"restart": supervisor.restart, "status": supervisor.status}
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError([document.problem(("run",), f"{_path(settings, config)}: {reason}", hint)]) from None
    control.start()
    try:
        code = supervisor.run()
    finally:
        control.stop()
    sys.exit(code)


@click.command()
@click.pass_obj
def restart(obj: Context) -> None:
    """Replace the running processes by fresh ones, one after the other, with calls up.

    A fresh one reads settings, flows and prompts anew. If it does not become ready, the one before it stays, and
    the restart stops there. Closing this terminal does not stop the restart.
    """
    from fs_app.serve.control import ask

    moving: dict[int, str] = {}
    with console.status("") as last_line:
        for view in ask(_path(obj.settings, obj.config.resolve()), "restart"):
            _tell(view, moving)
            last_line.update(", ".join(moving.values()))
    console.print("everything is replaced", style="green")


@click.command()
@click.pass_obj
def status(obj: Context) -> None:
    """The processes of `fs-app serve`: since when they run, and how many calls are up."""
    from fs_app.serve.control import ask

    table = Table("role", "state", "pid", "since", "calls")
    for view in ask(_path(obj.settings, obj.config.resolve()), "status"):
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


def _path(settings: Settings, config: Path) -> Path:
    """One socket for each settings file, so that several may run."""
    return settings.run / f"{config.stem}.sock"
