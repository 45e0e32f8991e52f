"""``fs-app agreements``: what payers pay later or again, and what of it waits for a person.

Exit codes: 0 done, 1 refused.
"""

from __future__ import annotations

import getpass
import json
import sys

import click
from rich.console import Console
from rich.table import Column, Table

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.domain.agreement import UNDER_WAY, Agreement, AgreementState, Instalment
from fs_app.errors import FsAppError
from fs_app.payments.agreement_file import AgreementFile, in_words
from fs_app.ports import AgreementDeed

# What goes into a pipe or a file is not cut to the width of a screen.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_COLUMNS = ("number", "account", "kind", "state", "terms", "next")

_operator = click.option("--operator", default=getpass.getuser, show_default="login name", help="Who does it.")
_reason = click.option("--reason", required=True, help="Why; kept in the audit.")


@click.group()
def agreements() -> None:
    """Agreements: payments on a chosen date, plans, recurring payments."""


@agreements.command("list")
@click.option("--all", "ended_too", is_flag=True, help="Also what is done, cancelled or stopped.")
@click.option("--stuck", is_flag=True, help="Only what waits for a person.")
@click.option("--account", help="Only of the account with this id.")
@click.pass_obj
def list_agreements(obj: Context, ended_too: bool, stuck: bool, account: str | None) -> None:
    """List agreements, the newest last."""
    parts = Parts(obj.settings)
    waiting = parts.agreement_records.stuck()
    table = Table(*(Column(name, no_wrap=True) for name in _COLUMNS), "waits for a person")
    for agreement in parts.agreements.all():
        request = agreement.request
        if account is not None and request.account_id != account:
            continue
        instalments = parts.agreements.instalments(agreement.id)
        notes = [waiting[each.id] for each in instalments if each.id in waiting]
        if (stuck and not notes) or not (ended_too or notes or agreement.state is AgreementState.ACTIVE):
            continue
        left = [each.charge_on for each in instalments if each.state in UNDER_WAY]
        cells = (agreement.number, request.account_id, request.kind, agreement.state, in_words(request))
        table.add_row(*cells, str(min(left)) if left else "", "; ".join(notes))
    console.print(table)


@agreements.command()
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def show(obj: Context, number: str, as_json: bool) -> None:
    """Everything about the agreement with this NUMBER: consent, instalments, history."""
    parts = Parts(obj.settings)
    found = parts.agreement_records.file(_found(parts, number))
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        _print(found)


@agreements.command()
@click.argument("number")
@_reason
@_operator
@click.pass_obj
def cancel(obj: Context, number: str, reason: str, operator: str) -> None:
    """Charge nothing more by the agreement with this NUMBER; its payer gets a message."""
    parts = Parts(obj.settings)
    found = _found(parts, number)
    if found.state is not AgreementState.ACTIVE:
        raise FsAppError(f"agreement {number} is {found.state} already")
    deed = AgreementDeed("cancel", found.id, operator, reason)
    parts.audit.write(deed, "asked")
    cancelled = parts.agreements.cancel(found.id, f"by {operator}: {reason}")
    late = cancelled.under_way
    words = "cancelled" if late is None else f"cancelled; instalment {late.number} is being charged right now"
    parts.audit.write(deed, f"done: {words}")
    console.print(f"agreement {number} is {words}", markup=False)


@agreements.command()
@click.argument("number")
@click.argument("instalment", type=int)
@_reason
@_operator
@click.pass_obj
def charge(obj: Context, number: str, instalment: int, reason: str, operator: str) -> None:
    """Charge an INSTALMENT of agreement NUMBER now, although it is late or was not announced."""
    parts = Parts(obj.settings)
    found = _found(parts, number)
    wanted = _instalment(parts, found, instalment)
    deed = AgreementDeed("charge", found.id, operator, f"instalment {instalment}: {reason}")
    parts.audit.write(deed, "asked")
    done = parts.agreements.release(wanted.id, f"by {operator}: {reason}")
    _told(parts, deed, done, f"instalment {instalment} of agreement {number} is due now: the jobs charge it")


@agreements.command()
@click.argument("number")
@click.argument("instalment", type=int)
@_reason
@_operator
@click.pass_obj
def skip(obj: Context, number: str, instalment: int, reason: str, operator: str) -> None:
    """Leave an INSTALMENT of agreement NUMBER out; the agreement goes on."""
    parts = Parts(obj.settings)
    found = _found(parts, number)
    wanted = _instalment(parts, found, instalment)
    deed = AgreementDeed("skip", found.id, operator, f"instalment {instalment}: {reason}")
    parts.audit.write(deed, "asked")
    done = parts.agreements.leave_out(wanted.id, f"by {operator}: {reason}")
    _told(parts, deed, done, f"instalment {instalment} of agreement {number} is not charged")


def _told(parts: Parts, deed: AgreementDeed, done: bool, words: str) -> None:
    parts.audit.write(deed, "done" if done else "refused")
    if not done:
        raise FsAppError("it has ended, or is being charged: `fs-app agreements show` tells more")
    console.print(words, markup=False)


def _found(parts: Parts, number: str) -> Agreement:
    found = parts.agreements.by_number(number)
    if found is None:
        raise FsAppError(f"there is no agreement {number}")
    return found


def _instalment(parts: Parts, agreement: Agreement, number: int) -> Instalment:
    every = parts.agreements.instalments(agreement.id)
    wanted = next((each for each in every if each.number == number), None)
    if wanted is None:
        raise FsAppError(f"agreement {agreement.number} has no instalment {number}")
    return wanted


def _print(found: AgreementFile) -> None:
    told = found.as_dict()
    facts = Table(show_header=False, box=None)
    for name in ("number", "kind", "state", "account", "terms", "for", "method", "told", "receipt_to", "call",
                 "opened_at"):  # fmt: skip
        value = told[name]
        facts.add_row(name.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value or ""))
    console.print(facts)
    if told["consent"]:
        consent = told["consent"]
        line = f"agreed to on {consent['at']} in {consent['language']} (version {consent['version']}):"
        console.print(line, markup=False)
        console.print(f"  {consent['text']}", markup=False)
    table = Table("no", "due", "charged on", "amount", "announced", "state", "payments", title="instalments",
                  title_justify="left")  # fmt: skip
    for each in told["instalments"]:
        payments = ", ".join(f"{confirmation} {state}" for _, confirmation, _, state in each["payments"])
        cells = (each[name] for name in ("number", "due_on", "charge_on", "amount", "announced", "state"))
        table.add_row(*(str(cell or "") for cell in cells), payments)
    console.print(table)
    parts = (
        ("history", ("at", "instalment", "state", "what")), ("audit", ("at", "who", "what", "why", "result")),
        ("messages", ("what", "to", "state", "sends")),
    )  # fmt: skip
    for name, columns in parts:
        if told[name]:
            table = Table(*columns, title=name, title_justify="left")
            for row in told[name]:
                table.add_row(*(str(cell) for cell in row))
            console.print(table)
    console.print(f"what to do: {told['advice']}", markup=False, style="bold")
