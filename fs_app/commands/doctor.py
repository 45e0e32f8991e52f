"""``fs-app doctor``: a table for people, JSON for monitoring, an exit code for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fs_app.app.checks import check_everything
from fs_app.app.parts import Parts
from fs_app.app.queues import named_queues
from fs_app.commands.context import Context
from fs_app.doctor.examination import CHECKS, examine
from fs_app.doctor.finding import Finding, Severity
from fs_app.doctor.own_checks import Own
from fs_app.errors import ConfigError, StoreError

_STYLES = {Severity.CRITICAL: "bold red", Severity.WRONG: "yellow", Severity.ADVICE: "cyan"}
_EXIT = {Severity.CRITICAL: 2, Severity.WRONG: 1, Severity.ADVICE: 0}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object, for monitoring.")
@click.pass_obj
def doctor(obj: Context, as_json: bool) -> None:
    """Look at FreeSWITCH and at ourselves: what is wrong, why it matters, what to change.

    Exit code 2: something is critical (a card digit could be written down or a call lost), 1: something is wrong,
    0: nothing but advice.
    """
    settings, document = obj.load()
    parts = Parts(settings)
    problems = check_everything(parts, document)
    own = Own(settings, obj.config, problems, queues=_queues(parts), agents=_agents(parts))
    findings = examine(settings, own)
    if as_json:
        click.echo(json.dumps({"checks": len(CHECKS), "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        _tell(findings, len(CHECKS))
    sys.exit(max((_EXIT[each.severity] for each in findings), default=0))


def _queues(parts: Parts) -> Mapping[str, str]:
    """Every queue that somebody names; none where flows or lines cannot be read, which is told elsewhere."""
    try:
        return named_queues(parts.settings, parts.flows, parts.lines)
    except ConfigError:
        return {}


def _agents(parts: Parts) -> Mapping[str, str]:
    """The agents among the people of the console; none where the database does not answer, which is told, too."""
    try:
        people = parts.people.users.all()
    except StoreError:
        return {}
    return {each.agent: each.name for each in people if each.agent and not each.disabled}


def _tell(findings: Sequence[Finding], checks: int) -> None:
    console = Console()
    if not findings:
        console.print(f"{checks} checks, nothing to mend", style="green")
        return
    table = Table(show_lines=True, title=f"{checks} checks, {len(findings)} findings")
    for name in ("severity", "what is wrong, and why it matters", "what to change, and where"):
        table.add_column(name, overflow="fold")
    for each in findings:
        table.add_row(
            Text(f"{each.severity}\n{each.check}", style=_STYLES[each.severity]),
            Text.assemble((each.what, "bold"), f"\n{each.why}"),
            Text.assemble(each.change, (f"\n{each.place}" if each.place else "", "dim")),
        )
    console.print(table)
