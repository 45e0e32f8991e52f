"""``fs-app payments``: look at payments, give money back, settle by hand what nothing else can settle.

Exit codes: 0 done, 1 refused, 3 no trusted answer yet: the jobs find out.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import sys
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Column, Table

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.domain.money import Money
from fs_app.domain.payment import OPEN_STATES, Payment, PaymentId, Unavailable
from fs_app.errors import FsAppError
from fs_app.payments.dossier import Dossier
from fs_app.payments.refunds import DeedEnd, DeedResult
from fs_app.ports import Deed, Ledger, ReceiptState, TaskKind

# What goes into a pipe or a file is not cut to the width of a screen.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
_COLUMNS = ("id", "opened (UTC)", "amount", "account", "card", "state", "confirmation")
_SENDABLE = frozenset({ReceiptState.WAITING, ReceiptState.FAILED})
_EXIT_CODES = {DeedEnd.DONE: 0, DeedEnd.SAME: 0, DeedEnd.REFUSED: 1, DeedEnd.UNKNOWN: 3}

_operator = click.option("--operator", default=getpass.getuser, show_default="login name", help="Who does it.")
_reason = click.option("--reason", required=True, help="Why; kept in the audit.")


@click.group()
def payments() -> None:
    """Payments: look, refund, void, settle by hand."""


@payments.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only attempts whose end nobody knows yet.")
@click.option("--stuck", is_flag=True, help="Only what waits for a person.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Opened on this day (UTC) or later.")
@click.pass_obj
def list_payments(obj: Context, only_open: bool, stuck: bool, since: datetime | None) -> None:
    """List payments, the newest last."""
    parts = Parts(obj.settings)
    waiting = {task.subject: task.note for task in parts.tasks.stuck() if task.kind is TaskKind.PAYMENT}
    table = Table(*(Column(name, no_wrap=True) for name in _COLUMNS), "waits for a person")
    for payment in parts.ledger.payments(since=since.replace(tzinfo=UTC) if since else None):
        note = waiting.get(str(payment.id))
        if (only_open and payment.state not in OPEN_STATES) or (stuck and note is None):
            continue
        request = payment.request
        card = f"{request.brand} {request.last_four}"
        at = f"{payment.opened_at:%Y-%m-%d %H:%M:%S}"
        cells = (str(payment.id), at, str(request.amount), request.account_id, card, payment.state)
        table.add_row(*cells, payment.confirmation, note or "")
    console.print(table)


@payments.command()
@click.argument("payment")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def show(obj: Context, payment: str, as_json: bool) -> None:
    """Everything about PAYMENT, which is an id or a confirmation number."""
    parts = Parts(obj.settings)
    dossier = parts.records.dossier(_found(parts.ledger, payment).id)
    if as_json:
        click.echo(json.dumps(dossier.as_dict(), indent=2))
    else:
        _print(dossier)


@payments.command()
@click.argument("payment")
@click.option("--amount", help="In the payment's currency, e.g. 12.34; all of it if absent.")
@click.option("--key", help="A repeat with the same key is the same refund. [default: the amount]")
@_reason
@_operator
@click.pass_obj
def refund(obj: Context, payment: str, amount: str | None, key: str | None, reason: str, operator: str) -> None:
    """Give settled money back."""
    parts = Parts(obj.settings)
    found = _found(parts.ledger, payment)
    try:
        wanted = None if amount is None else Money.parse(amount, found.request.amount.currency)
    except ValueError:
        raise FsAppError(f"--amount {amount} is no sum in {found.request.amount.currency}") from None
    _told(parts.refund_desk.refund(Deed("refund", found.id, operator, reason, "cli"), wanted, key))


@payments.command()
@click.argument("payment")
@_reason
@_operator
@click.pass_obj
def void(obj: Context, payment: str, reason: str, operator: str) -> None:
    """Give back what is not settled yet, whole."""
    parts = Parts(obj.settings)
    found = _found(parts.ledger, payment)
    _told(parts.refund_desk.void(Deed("void", found.id, operator, reason, "cli")))


@payments.command()
@click.argument("payment")
@click.pass_obj
def check(obj: Context, payment: str) -> None:
    """Ask the gateway about PAYMENT now, and act on what it says."""
    parts = Parts(obj.settings)
    found = _found(parts.ledger, payment)
    resolved = parts.resolver.resolve(found)
    parts.tasks.wake(TaskKind.PAYMENT, str(found.id))
    console.print(f"payment {found.id} is {resolved.payment.state}", markup=False)
    if resolved.waiting or resolved.person:
        console.print(resolved.waiting or resolved.person, markup=False, style="yellow")
        sys.exit(3)


@payments.command()
@click.argument("payment")
@click.pass_obj
def receipt(obj: Context, payment: str) -> None:
    """Try once more to send the receipts of PAYMENT that are not known to have arrived; never a third time."""
    parts = Parts(obj.settings)
    found = _found(parts.ledger, payment)
    again = [each for each in parts.outbox.receipts(payment_id=found.id) if each.state in _SENDABLE]
    for each in again:
        parts.tasks.wake(TaskKind.RECEIPT, str(each.id))
        console.print(f"{each.kind} to {each.to} is due now", markup=False)
    if not again:
        raise FsAppError(f"payment {found.id} has no receipt that may still be sent")


@payments.command()
@click.argument("payment")
@_reason
@_operator
@click.pass_obj
def close(obj: Context, payment: str, reason: str, operator: str) -> None:
    """Declare that PAYMENT was never charged, which frees its bill.

    For an attempt that waits for a person, after looking for it in the gateway's control panel. Refused where the
    gateway shows anything for it, or cannot be asked.
    """
    parts = Parts(obj.settings)
    found = _found(parts.ledger, payment)
    deed = Deed("close", found.id, operator, reason, "cli")
    problem = _not_closable(parts.records.dossier(found.id))
    if problem:
        raise FsAppError(problem)
    parts.audit.write(deed, "asked")
    parts.ledger.record(found.id, Unavailable(f"closed by {operator}: {reason}"), payer_knows=False)
    parts.audit.write(deed, "done: not charged")
    console.print(f"payment {found.id} is closed as not charged; its bill can be paid again", markup=False)


def _not_closable(dossier: Dossier) -> str | None:
    payment = dossier.payment
    if payment.state not in OPEN_STATES or payment.transaction_id is not None:
        return (
            f"payment {payment.id} is {payment.state}: only an attempt that nobody knows the end of can be closed"
        )
    if dossier.stuck is None:
        return f"payment {payment.id} is still being looked for: wait until `payments list --stuck` shows it"
    if dossier.gateway is None:
        return "the gateway cannot be asked now: nothing is closed in the dark"
    if dossier.gateway:
        return f"the gateway shows {len(dossier.gateway)} transactions for it: `fs-app payments check {payment.id}`"
    return None


def _found(ledger: Ledger, text: str) -> Payment:
    """The payment with that id, or that confirmation number."""
    found = ledger.by_confirmation(text)
    if found is None and text.isdigit():
        with contextlib.suppress(KeyError):
            found = ledger.get(PaymentId(int(text)))
    if found is None:
        raise FsAppError(f"there is no payment {text}")
    return found


def _told(result: DeedResult) -> None:
    console.print(f"{result.end}: {result.words}", markup=False)
    sys.exit(_EXIT_CODES[result.end])


def _print(dossier: Dossier) -> None:
    told = dossier.as_dict()
    facts = Table(show_header=False, box=None)
    for name in ("id", "state", "told", "amount", "confirmation", "account", "bill", "card", "channel", "caller_id",
                 "call", "opened_at", "order_id", "transaction_id"):  # fmt: skip
        facts.add_row(name.replace("_", " "), str(told[name] or ""))
    console.print(facts)
    parts = (
        ("history", ("at", "state", "what")), ("audit", ("at", "who", "what", "why", "result")),
        ("receipts", ("what", "to", "state", "sends")), ("disputes", ("id", "status", "amount", "reason")),
        ("gateway", ("transaction", "kind", "status", "amount")),
    )  # fmt: skip
    for name, columns in parts:
        if told[name]:
            table = Table(*columns, title=name, title_justify="left")
            for row in told[name]:
                table.add_row(*(str(cell) for cell in row))
            console.print(table)
    for refund in told["refunds"]:
        line = "refund {id} of {amount}: {state}, by {operator}: {reason} (key {key})"
        console.print(line.format(**refund), markup=False)
    if told["gateway"] is None:
        console.print("the gateway cannot be asked now", style="yellow")
    console.print(f"what to do: {told['advice']}", markup=False, style="bold")
