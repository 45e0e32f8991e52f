"""What a campaign has to say: for people a table and a chart, for machines the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from fs_app.chaos.campaign import Outcome
from fs_app.chaos.invariants import Violation
from fs_app.domain.payment import Payment

_BAR = 30


def report(outcome: Outcome, console: Console, *, seed: int) -> None:
    """Counts per fault, what was told, and the history of every payment that broke a rule."""
    console.print(_faults(outcome))
    console.print(_summary(outcome, seed))
    for violation in outcome.violations:
        console.print(f"\n[bold red]{violation.rule}[/]: {violation.what}", highlight=False)
        for line in history(outcome, violation):
            console.print(f"  {line}", markup=False, highlight=False)


def _faults(outcome: Outcome) -> Table:
    table = Table(title="Payments by fault", title_justify="left")
    for name, justify in (("fault", "left"), ("payments", "right"), ("attempts", "right"), ("paid", "right"),
                          ("checked", "right"), ("wrong", "right")):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("paid of payments", min_width=_BAR)
    bills = {f"b{each.number}": each for each in outcome.planned}
    planned = Counter(each.fault.name for each in outcome.planned)
    attempts = Counter(bills[each.request.bill_id].fault.name for each in outcome.evidence.payments)
    paid = Counter(
        bills[each.request.bill_id].fault.name
        for each in outcome.evidence.payments
        if outcome.evidence.order(each).kept_minor
    )
    checked = Counter(
        bills[f"b{word.number}"].fault.name for word in outcome.evidence.words if word.told == "being_checked"
    )
    wrong = Counter(bills[each.bill_id].fault.name for each in outcome.violations if each.bill_id)
    for name, count in planned.items():
        bar = "█" * round(_BAR * paid[name] / count)
        style = "bold red" if wrong[name] else None
        table.add_row(
            name, str(count), str(attempts[name]), str(paid[name]), str(checked[name]), str(wrong[name]), bar,
            style=style,
        )  # fmt: skip
    return table


def _summary(outcome: Outcome, seed: int) -> str:
    evidence = outcome.evidence
    told = Counter(word.told.value for word in evidence.words)
    states = Counter(payment.state.value for payment in evidence.payments)
    ledger = sum(each.request.amount.minor for each in evidence.payments if each.state in ("submitted", "settled"))
    gateway = sum(order.kept_minor for order in evidence.orders.values())
    lines = [
        f"{len(outcome.planned)} payments, {len(evidence.payments)} attempts, {outcome.seconds:.0f} s; seed {seed}",
        f"attempts ended as: {_counts(states)}",
        f"callers were told: {_counts(told)}",
        f"processes killed: {_counts(Counter(outcome.deaths))}",
        f"ledger {ledger / 100:,.2f}, gateway {gateway / 100:,.2f}; receipts sent: {len(evidence.sent)}",
        "; ".join(outcome.failures) or "no violations: ledger and gateway agree to the cent",
    ]
    if outcome.missed:
        lines.insert(-1, f"faults of the gateway that met nobody: {_counts(outcome.missed)}")
    return "\n".join(lines)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def history(outcome: Outcome, violation: Violation) -> Iterator[str]:
    """Everything that is known of the payment: what was planned, booked, told and found at the gateway, by time."""
    for planned in outcome.planned:
        if f"b{planned.number}" == violation.bill_id:
            yield f"payment {planned.number} of {planned.minor / 100:.2f}, fault {planned.fault.name}"
            lines = [*_booked(outcome, violation.bill_id), *_told(outcome, planned.number)]
            yield from (line for _, line in sorted(lines))
            yield from _at_gateway(outcome, violation.bill_id)


def _attempts(outcome: Outcome, bill_id: str) -> list[Payment]:
    return [payment for payment in outcome.evidence.payments if payment.request.bill_id == bill_id]


def _booked(outcome: Outcome, bill_id: str) -> Iterator[tuple[float, str]]:
    for payment in _attempts(outcome, bill_id):
        for event in outcome.evidence.history.get(payment.id, ()):
            words = f"ledger  {payment.id} {event.state}: {event.detail}"
            if event.state == "opened":
                words += f" for {payment.request.call_uuid}, order {payment.order_id}"
            yield event.at.timestamp(), f"{event.at:%H:%M:%S.%f} {words}"


def _told(outcome: Outcome, number: int) -> Iterator[tuple[float, str]]:
    for word in outcome.words.get(number, ()):
        yield word.at.timestamp(), f"{word.at:%H:%M:%S.%f} told    {word.payer} {word.told} {word.confirmation}"


def _at_gateway(outcome: Outcome, bill_id: str) -> Iterator[str]:
    for payment in _attempts(outcome, bill_id):
        order = outcome.evidence.order(payment)
        yield (
            f"gateway {payment.id}: {order.captures} captures, {order.kept_minor / 100:.2f} kept;"
            f" ledger {payment.state}"
        )
