"""The command line: ``fs-app --help``. Thin: every command calls one function of the package and prints for people.

Exit codes: 0 fine, 1 a check found something or a command failed, 78 (EX_CONFIG) nothing can start like this.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from fs_app import __version__
from fs_app.commands.context import Context
from fs_app.commands.doctor import doctor
from fs_app.commands.payments import payments
from fs_app.commands.reconcile import reconcile
from fs_app.commands.running import restart, serve, status
from fs_app.errors import ConfigError, FsAppError
from fs_app.log import configure_logging
from fs_app.serve import EX_CONFIG
from fs_app.serve.notices import tell_problems

_DEFAULT_CONFIG = Path("conf/fs_app.yaml")
console = Console()
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


class _Commands(click.Group):
    """Turns our own errors into words and exit codes."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            tell_problems(error.problems)
            for problem in error.problems:
                complaints.print(str(problem), markup=False)
            count = len(error.problems)
            complaints.print(f"{count} problem{'s' if count != 1 else ''}; nothing was started", style="bold red")
            sys.exit(EX_CONFIG)
        except FsAppError as error:
            complaints.print(f"fs-app: {error}", markup=False, style="bold red")
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
    configure_logging()  # structlog's own default prints local variables with a traceback
    ctx.obj = Context(config)


# --- running ---------------------------------------------------------------------------------------------------


main.add_command(serve)
main.add_command(restart)
main.add_command(status)


@main.command()
@click.option(
    "--slot", type=click.IntRange(0, 63), default=0, hidden=True, help="Which of several workers this is."
)
@click.pass_obj
def calls(obj: Context, slot: int) -> None:
    """Run the event socket server that FreeSWITCH connects to."""
    from fs_app.app import run_calls

    run_calls(*obj.load(), slot=slot)


@main.command()
@click.pass_obj
def jobs(obj: Context) -> None:
    """Settle what is open, send receipts: everything that is due."""
    from fs_app.app import run_jobs

    run_jobs(*obj.load())


@main.command()
@click.pass_obj
def web(obj: Context) -> None:
    """Take the gateway's webhooks and serve the internal API."""
    from fs_app.app import run_web

    run_web(*obj.load())


@main.command()
@click.pass_obj
def sandbox(obj: Context) -> None:
    """Run the local gateway, which speaks Braintree's API."""
    from fs_app.app import run_sandbox

    run_sandbox(*obj.load())


@main.command(context_settings={"ignore_unknown_options": False})
@click.option("--auto", is_flag=True, help="Play whole calls without a person; exit 0 only if all accounts agree.")
@click.option("--freeswitch", is_flag=True, help="Use the FreeSWITCH installed on this machine.")
@click.pass_obj
def demo(obj: Context, auto: bool, freeswitch: bool) -> None:
    """The server, the local gateway, demo accounts, and a phone in this terminal."""
    from fs_app.demo.run import run_demo

    sys.exit(run_demo(obj.config, auto=auto, freeswitch=freeswitch, console=console))


# --- checking --------------------------------------------------------------------------------------------------


@main.command()
@click.pass_obj
def check(obj: Context) -> None:
    """Settings, flows, prompts, database and gateway: every problem with its place."""
    from fs_app.app import check_everything

    settings, document = obj.load()
    problems = check_everything(settings, document, gateway_must_answer=settings.gateway.kind != "local")
    if problems:
        raise ConfigError(problems)
    console.print("everything is in order", style="green")


@main.command()
@click.argument("flow")
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write an SVG picture (needs graphviz)."
)
@click.pass_obj
def graph(obj: Context, flow: str, svg: Path | None) -> None:
    """Draw FLOW: Mermaid text, or an SVG picture."""
    from fs_app.app import load_all_flows, load_prompts
    from fs_app.flow.graph import mermaid
    from fs_app.flow.graph import svg as draw_svg
    from fs_app.yamlfile import did_you_mean

    flows = load_all_flows(obj.settings, load_prompts(obj.settings))
    if flow not in flows:
        hint = did_you_mean(flow, flows) or f"there are: {', '.join(sorted(flows))}"
        raise FsAppError(f"no flow is called {flow!r}; {hint}")
    if svg is None:
        click.echo(mermaid(flows[flow]))
    else:
        svg.write_text(draw_svg(flows[flow]), encoding="utf-8")
        console.print(f"wrote {svg}")


# --- database --------------------------------------------------------------------------------------------------


@main.group()
def db() -> None:
    """Our tables."""


@db.command()
@click.pass_obj
def upgrade(obj: Context) -> None:
    """Create our tables, or bring them to this version's schema."""
    from fs_app.app import open_database
    from fs_app.store.schema import migrate

    database = open_database(obj.settings)
    migrate(database)
    console.print(f"{database.describe()} is at this version's schema")


@db.command("demo")
@click.pass_obj
def db_demo(obj: Context) -> None:
    """Add the demo accounts."""
    from fs_app.app import SystemClock, open_database
    from fs_app.store.demo_data import DEMO_ACCOUNTS, insert_demo_data

    insert_demo_data(open_database(obj.settings), SystemClock(obj.settings.timezone).today())
    numbers = ", ".join(account.number for account in DEMO_ACCOUNTS)
    console.print(f"demo accounts {numbers}; README.md tells what each shows")


# --- prompts ---------------------------------------------------------------------------------------------------


@main.group()
def prompts() -> None:
    """The recordings."""


@prompts.command("check")
@click.pass_obj
def prompts_check(obj: Context) -> None:
    """Find missing, clipped, silent and wrong-rate files."""
    from fs_app.prompts.check import check_sounds

    report = check_sounds(obj.settings.sounds)
    for warning in report.warnings:
        complaints.print(f"warning: {warning}", markup=False)
    if report.problems:
        raise ConfigError(report.problems)
    console.print(report.summary, style="green")


@prompts.command("script")
@click.option("--format", "style", type=click.Choice(["csv", "markdown"]), default="csv", show_default=True)
@click.option("--language", default="en", show_default=True)
@click.pass_obj
def prompts_script(obj: Context, style: str, language: str) -> None:
    """Write the list a voice talent reads."""
    from fs_app.prompts.script import voice_script

    click.echo(voice_script(obj.settings.sounds, language, style), nl=False)


main.add_command(doctor)

# --- back office -----------------------------------------------------------------------------------------------

main.add_command(payments)
main.add_command(reconcile)
