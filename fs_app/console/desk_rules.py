"""Which payment an agent may order: bills of the caller's account, an amount within the operator's rules. No I/O.

The call checks it again: between the page and the call a bill may be paid, or the caller gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fs_app.domain.money import Money
from fs_app.domain.rules import Rules
from fs_app.ports.desk import BillNote


@dataclass(frozen=True, slots=True)
class DeskRules:
    """What the operator has set of what agents do: the rules of each line, ``""`` for the one without a name, and
    the queues that a caller can be sent to."""

    lines: Mapping[str, Rules]
    queues: tuple[str, ...]

    def of_line(self, line: str) -> Rules:
        """The rules of a line; a call may be on one that was taken out of the file since."""
        return self.lines.get(line) or self.lines[""]


class NotPayable(Exception):
    """The payment that was asked for may not be. ``key`` is one of the words', ``field`` what has to be mended."""

    def __init__(self, key: str, field: str, limit: Money | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.field = field
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that may be paid."""

    least: Money
    most: Money


def span(bills: Sequence[BillNote], rules: Rules) -> Span | None:
    """What may be paid for these bills; None where there are none, or of several currencies."""
    if not bills or len({each.amount.currency for each in bills}) > 1:
        return None
    due = total(bills)
    least, most = rules.smallest(due.currency), rules.largest(due.currency)
    if not rules.overpayment and due < most:
        most = due
    return Span(min(least, due), most)


def total(bills: Sequence[BillNote]) -> Money:
    """What is due on all of them. ValueError for different currencies."""
    return sum((each.amount for each in bills[1:]), bills[0].amount)


def payable(known: Sequence[BillNote], chosen: Sequence[str], amount: str, rules: Rules) -> Money:
    """The amount of a payment for the chosen bills, as it was typed; NotPayable where it may not be."""
    bills = [each for each in known if each.id in chosen]
    if not bills or len(bills) != len(set(chosen)):
        raise NotPayable("pay.choose_bills", "bill")
    allowed = span(bills, rules)
    if allowed is None:
        raise NotPayable("pay.one_currency", "bill")
    try:
        wanted = Money.parse(_plain(amount), allowed.least.currency)
    except ValueError:
        raise NotPayable("pay.no_amount", "amount") from None
    if wanted < allowed.least:
        raise NotPayable("pay.too_small", "amount", allowed.least)
    if wanted > allowed.most:
        raise NotPayable("pay.too_large", "amount", allowed.most)
    return wanted


def _plain(text: str) -> str:
    """``42,50`` is typed as often as ``42.50``; with both there is no telling which one divides."""
    return text.replace(",", ".") if "." not in text else text
