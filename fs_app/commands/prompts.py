"""``fs-app prompts``: the recordings."""

from __future__ import annotations

import click

from fs_app.commands.context import Context
from fs_app.errors import ConfigError
from fs_app.prompts.check import check_sounds
from fs_app.prompts.script import voice_script


@click.group()
def prompts() -> None:
    """The recordings."""


@prompts.command()
@click.pass_obj
def check(obj: Context) -> None:
    """Find missing, clipped, silent and wrong-rate files."""
    report = check_sounds(obj.settings.sounds)
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)
    if report.problems:
        raise ConfigError(report.problems)
    click.secho(report.summary, fg="green")


@prompts.command()
@click.option("--format", "style", type=click.Choice(["csv", "markdown"]), default="csv", show_default=True)
@click.option("--language", default="en", show_default=True)
@click.pass_obj
def script(obj: Context, style: str, language: str) -> None:
    """Write the list a voice talent reads."""
    click.echo(voice_script(obj.settings.sounds, language, style), nl=False)
