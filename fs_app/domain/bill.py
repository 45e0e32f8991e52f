"""An account and what is owed on it, as the operator's billing data tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money


class BillKind(StrEnum):
    """What a bill is; phrases that name it are called ``item_<kind>``."""

    BILL = "bill"
    FINE = "fine"
    RENEWAL = "renewal"
    COPAY = "copay"
    RENT = "rent"
    DEBT = "debt"
    GIFT = "gift"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose account it is, as a bank asks for it; nothing of it is ever spoken."""

    first_name: str = ""
    last_name: str = ""
    business_name: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's account. ``id`` is the billing system's own key; ``number`` is what callers key in.

    ``postal_code``, ``birth_date`` and ``pin_hash`` are what a second factor is compared with; None where there is
    none. ``receipt_to`` is where its receipts go, None where nobody wants any. ``credit`` is what may still be
    drawn on it, where the operator grants any.
    """

    id: str
    number: str
    closed: bool = False
    language: str | None = None
    postal_code: str | None = field(default=None, repr=False)
    pin_hash: str | None = field(default=None, repr=False)
    receipt_to: Contact | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    credit: Money | None = field(default=None, repr=False)
    holder: Holder | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Bill:
    """Something that can be paid: a bill, a fine, a renewal, a co-payment, a gift to a project.

    ``due`` is what is still to be paid: with the late fee in it, less the discount, less what was taken; zero or
    negative where nothing is owed. ``minimum`` is the part that has to be paid by the due date, where the
    operator's data tell one. ``discount`` is what need not be paid if the rest is paid by ``discount_until``.
    ``taken`` is what our ledger had taken towards it, ever, when it was looked up: whoever pays then pays what they
    were told. ``number`` is what is printed on it, and keyed by who knows no more. ``exclusive`` bills take one
    attempt at a time.
    """

    id: str
    account_id: str
    due: Money
    due_date: date | None = None
    minimum: Money | None = None
    taken: Money | None = field(default=None, compare=False)
    number: str = ""
    kind: BillKind = BillKind.BILL
    late_fee: Money | None = None
    discount: Money | None = None
    discount_until: date | None = None
    exclusive: bool = True

    @property
    def whole(self) -> bool:
        """Whether it is paid as a whole or not at all: half a renewal would be nothing."""
        return self.kind is BillKind.RENEWAL

    def less(self, taken: Money) -> Bill:
        """The bill after a payment: a minimum that has been reached is none any more."""
        minimum = None if self.minimum is None or self.minimum <= taken else self.minimum - taken
        return replace(self, due=self.due - taken, minimum=minimum)


def combined(bills: Sequence[Bill]) -> Bill:
    """Several bills as one: what is due on all, by the earliest date. ValueError for none, or for bills of
    different
    currencies. A minimum is told of a single bill only."""
    if not bills:
        raise ValueError("no bill")
    first, *others = bills
    if not others:
        return first
    dates = [bill.due_date for bill in bills if bill.due_date is not None]
    due = sum((bill.due for bill in others), first.due)
    return replace(first, due=due, due_date=min(dates, default=None), minimum=None, taken=None, number="")


def dated(bill: Bill, today: date) -> Bill:
    """A bill whose ``due`` is the plain amount, as it stands on a day: with its late fee from the day after the due
    date on, less its discount through the last day of that. What does not count on that day is not told."""
    late = bill.late_fee if bill.due_date is not None and today > bill.due_date else None
    early = bill.discount if bill.discount_until is not None and today <= bill.discount_until else None
    due = bill.due if late is None else bill.due + late
    return replace(
        bill,
        due=due if early is None else due - early,
        late_fee=late,
        discount=early,
        discount_until=bill.discount_until if early is not None else None,
    )
