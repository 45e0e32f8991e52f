"""How one payment is shared out among the bills it pays. Pure; the ledger keeps it line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fs_app.domain.bill import Bill
from fs_app.domain.money import Money


@dataclass(frozen=True, slots=True)
class Allocation:
    """What of a payment goes to one bill. ``discount`` is what the payer need not pay, as they pay the rest.

    ``exclusive`` bills take one attempt at a time; a gift to a project takes any number. ``taken_before`` is what
    the ledger had taken towards the bill when its balance was told, None where nobody knows; it is compared when
    the attempt is opened, and not kept.
    """

    bill_id: str
    amount: Money
    discount: Money | None = None
    exclusive: bool = True
    taken_before: Money | None = field(default=None, compare=False)


def allocate(bills: Sequence[Bill], amount: Money) -> tuple[Allocation, ...]:
    """Share an amount out: each bill in turn up to what is due on it, what is left over to the last one; nothing
    for a bill that the amount does not reach. A gift's due is its share of the whole. ValueError without bills, for
    an amount that is not above zero, and for bills of different currencies.

    A discount is granted with a bill that is paid in full, and only then.
    """
    if not bills or amount.minor <= 0:
        raise ValueError("an amount above zero and a bill are needed")
    left, shares = amount, []
    for position, bill in enumerate(bills):
        last = position == len(bills) - 1
        part = left if last or left < bill.due else bill.due
        if part.minor > 0:
            whole = bill.discount is not None and part >= bill.due
            discount = bill.discount if whole else None
            shares.append(Allocation(bill.id, part, discount, bill.exclusive, bill.taken))
            left -= part
    return tuple(shares)


def shared(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """An amount in parts by weight that sum to it: the minor units that are left over go to the largest remainders,
    the earlier part first (Hamilton's method). ValueError for weights that are negative or all zero."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights are not negative, and one is above zero")
    parts = [amount.minor * weight // total for weight in weights]
    rest = [amount.minor * weight % total for weight in weights]
    for position in sorted(range(len(weights)), key=lambda each: -rest[each])[: amount.minor - sum(parts)]:
        parts[position] += 1
    return tuple(Money(part, amount.currency) for part in parts)
