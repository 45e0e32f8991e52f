"""``fs-app serve``: the processes of this machine, watched. What they do, they load themselves."""

from __future__ import annotations

import os
import sys
from functools import partial

import click

from fs_app.commands.context import Context
from fs_app.errors import ConfigError
from fs_app.serve.control import ControlServer
from fs_app.serve.plan import seats
from fs_app.serve.process import ChildProcess
from fs_app.serve.supervisor import Supervisor
from fs_app.settings import load_settings

_ROLES = ("sandbox", "calls", "jobs", "web", "console")


@click.command()
@click.argument("roles", nargs=-1, type=click.Choice(_ROLES))
@click.pass_obj
def serve(obj: Context, roles: tuple[str, ...]) -> None:
    """Run every role this machine needs, or ROLES alone, watched and restarted.

    SIGHUP is a rolling restart, as `fs-app restart`. SIGTERM and Ctrl-C finish what has begun, the second one
    kills.
    """
    _, document = obj.load()
    config = obj.config.resolve()
    hint = "is another one running?"
    try:
        supervisor = Supervisor(lambda: seats(load_settings(config)[0], roles), partial(ChildProcess, config))
    except OSError as error:
        place = tuple(str(error.filename).split("."))
        raise ConfigError([document.problem(place, f"cannot listen there: {error.strerror}", hint)]) from None
    try:
        control = ControlServer(obj.control, {"restart": supervisor.restart, "status": supervisor.status})
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise ConfigError([document.problem(("run",), f"{obj.control}: {reason}", hint)]) from None
    control.start()
    try:
        code = supervisor.run()
    finally:
        control.stop()
    sys.exit(code)
