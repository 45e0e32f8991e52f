"""``fs-app reconcile DAY``: the ledger against the gateway.

Exit codes: 0 no difference, 1 differences, 2 the gateway or the database could not be asked: nothing is known.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.errors import StoreError
from fs_app.payments.differences import ADVICE, CAUSES, Difference
from fs_app.payments.reconciler import GatewaySilent, Reconciler, span_of
from fs_app.payments.reconciliation import Report

SAME, DIFFERENT, NOT_KNOWN = 0, 1, 2
_COLUMNS = ("kind", "at", "order_id", "transaction_id", "payment_id", "ledger", "gateway", "cause", "advice")
_complaints = Console(stderr=True, highlight=False, soft_wrap=True)


@click.command()
@click.argument("day")
@click.option("--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@click.option("--strict", is_flag=True, help="Nothing else uses the merchant account: what is not ours differs.")
@click.pass_obj
def reconcile(obj: Context, day: str, style: str, strict: bool) -> None:
    """Compare the gateway with the ledger for DAY: YYYY-MM-DD, today or yesterday.

    Exit code 0: no difference; 1: differences; 2: the gateway or the database could not be asked.
    """
    parts = Parts(obj.settings)
    try:
        span = span_of(_day(day, parts.clock.today()), ZoneInfo(obj.settings.timezone), parts.clock.now())
        sides = (parts.ledger, parts.refunds, parts.disputes, parts.gateway, parts.office)
        report = Reconciler(*sides).reconcile(span, strict=strict)
    except (GatewaySilent, StoreError) as error:
        _complaints.print(f"fs-app: nothing is known about {day}: {error}", markup=False, style="bold red")
        sys.exit(NOT_KNOWN)
    finally:
        parts.close()
    click.echo(_STYLES[style](report), nl=False)
    sys.exit(DIFFERENT if report.differences else SAME)


def _day(text: str, today: date) -> date:
    match text:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("a day is YYYY-MM-DD, today or yesterday", param_hint="DAY") from None
    if day > today:
        raise click.BadParameter(f"{day} has not begun yet", param_hint="DAY")
    return day


def _row(difference: Difference) -> dict[str, Any]:
    row = {name: getattr(difference, name) for name in _COLUMNS}
    return {**row, "at": difference.at.isoformat() if difference.at else None}


def _json(report: Report) -> str:
    told = {
        "day": report.day.isoformat(),
        "payments": report.payments,
        "under_way": report.under_way,
        "foreign": report.foreign,
        "differences": [_row(each) for each in report.differences],
    }
    return json.dumps(told, indent=2) + "\n"


def _csv(report: Report) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS)
    writer.writeheader()
    writer.writerows(map(_row, report.differences))
    return text.getvalue()


def _table(report: Report) -> str:
    """The differences, then each kind among them explained once, then the sums."""
    text = io.StringIO()
    console = Console(file=text, width=max(Console().width, 170), highlight=False, markup=False)
    if report.differences:
        table = Table("difference", "at (UTC)", "payment")
        table.add_column("order id", no_wrap=True)
        for name in ("transaction", "ledger", "gateway"):
            table.add_column(name, overflow="fold")
        for each in report.differences:
            at = f"{each.at:%Y-%m-%d %H:%M:%S}" if each.at else ""
            payment = str(each.payment_id or "")
            cells = (
                each.kind,
                at,
                payment,
                each.order_id or "",
                each.transaction_id or "",
                each.ledger,
                each.gateway,
            )
            table.add_row(*cells)
        console.print(table)
        for kind in dict.fromkeys(each.kind for each in report.differences):
            console.print(f"{kind}: {CAUSES[kind]}.\n    What to do: {ADVICE[kind]}.", soft_wrap=True)
    console.print(_summary(report), soft_wrap=True)
    return text.getvalue()


def _summary(report: Report) -> str:
    count = len(report.differences)
    words = f"{report.day}: {_counted(report.payments, 'payment')} compared, "
    words += _counted(count, "difference") if count else "no difference"
    if report.under_way:
        words += f"; {report.under_way} still under way, look again in a quarter of an hour"
    if report.foreign:
        others = _counted(report.foreign, "transaction")
        words += f"; {others} of others on the merchant account left out (--strict shows them)"
    return words


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'s' if count != 1 else ''}"


_STYLES: dict[str, Callable[[Report], str]] = {"table": _table, "json": _json, "csv": _csv}
