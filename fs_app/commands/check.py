"""``fs-app check``: everything that a start looks at."""

from __future__ import annotations

import click

from fs_app.app.checks import check_everything
from fs_app.app.lines import expired
from fs_app.app.parts import Parts
from fs_app.app.queues import named_queues, unnamed_destinations
from fs_app.commands.context import Context
from fs_app.errors import ConfigError


@click.command()
@click.pass_obj
def check(obj: Context) -> None:
    """Settings, flows, prompts, database and gateway: every problem with its place."""
    settings, document = obj.load()
    parts = Parts(settings)
    problems = check_everything(parts, document, gateway_must_answer=settings.gateway.kind != "local")
    if problems:
        raise ConfigError(problems)
    named = named_queues(settings, parts.flows, parts.lines)
    for problem in (*expired(settings, parts.clock.now()), *unnamed_destinations(settings, document, named)):
        click.echo(f"warning: {problem}", err=True)
    click.secho("everything is in order", fg="green")
