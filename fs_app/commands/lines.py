"""``fs-app lines``: what each line says and does now."""

from __future__ import annotations

from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from fs_app.app.lines import expired
from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.domain.notices import Closed
from fs_app.flow.call import Line


@click.command()
@click.pass_obj
def lines(obj: Context) -> None:
    """Show every line as a caller finds it now: its flow, whether people are there, and what is said first."""
    parts = Parts(obj.settings)
    now, found = parts.clock.now(), parts.lines
    table = Table("line", "flow", "language", "queue", "people", "said first")
    for name, line in found.items():
        plain = obj.settings.line
        table.add_row(
            name or "(none named)",
            line.flow or f"{plain.flow}*",
            line.language or f"{plain.language}*",
            line.queue or f"{plain.queue}*",
            _people(line, now),
            _said(line, now),
        )
    Console().print(table)
    click.echo("* unless the dialplan says otherwise")
    for problem in expired(obj.settings, now):
        click.echo(f"warning: {problem}", err=True)


def _people(line: Line, now: datetime) -> str:
    if line.hours is None:
        return "always"
    if line.hours.open_at(now):
        return "there"
    opens = line.hours.opens_next(now)
    back = "nobody knows when" if opens is None else f"back {opens:%a %Y-%m-%d %H:%M}"
    return f"{back}; {'the call ends' if line.closed is Closed.MESSAGE else 'self-service'}"


def _said(line: Line, now: datetime) -> str:
    said = [] if line.emergency is None else [f"EMERGENCY {line.emergency.say}, then {line.emergency.then}"]
    said += [each.say for each in line.announcements if each.holds(now)]
    return "\n".join(said)
