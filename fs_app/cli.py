"""The command line: ``fs-app --help``. Thin: a command is a file of `commands`, loaded when it is asked for.

Exit codes: 0 fine, 1 a check found something or a command failed, 78 (EX_CONFIG) nothing can start like this.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path

import click

from fs_app import __version__
from fs_app.commands.context import Context
from fs_app.errors import ConfigError, FsAppError
from fs_app.log import configure_logging
from fs_app.serve import EX_CONFIG
from fs_app.serve.notices import tell_problems

_DEFAULT_CONFIG = Path("conf/fs_app.yaml")
_HOMES = {
    "serve": "serve",
    "restart": "restarting",
    "status": "restarting",
    **{role: role for role in ("calls", "jobs", "web", "console", "sandbox")},
    **{name: name for name in ("check", "graph", "db", "prompts", "doctor", "reconcile", "demo", "flow")},
    **{name: name for name in ("payments", "agreements", "lines", "user")},
}
"""Each command, and the module of `commands` that holds it."""


class _Commands(click.Group):
    """Loads a command when it is asked for; turns our own errors into words and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _HOMES:
            return None
        command = getattr(import_module(f"fs_app.commands.{_HOMES[cmd_name]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            tell_problems(error.problems)
            for problem in error.problems:
                click.echo(str(problem), err=True)
            count = len(error.problems)
            _complain(f"{count} problem{'s' if count != 1 else ''}; nothing was started")
            sys.exit(EX_CONFIG)
        except FsAppError as error:
            _complain(f"fs-app: {error}")
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_DEFAULT_CONFIG,
    show_default=True,
    envvar="FS_APP_CONFIG",
    help="The settings file.",
)
@click.version_option(__version__, prog_name="fs-app")
@click.pass_context
def main(ctx: click.Context, config: Path) -> None:
    """Phone payments on your own FreeSWITCH."""
    if not gc.isenabled():  # see __main__: the command is loaded now
        gc.freeze()
        gc.enable()
    configure_logging()  # structlog's own default prints local variables with a traceback
    ctx.obj = Context(config)


def _complain(text: str) -> None:
    click.secho(text, err=True, fg="red", bold=True)
