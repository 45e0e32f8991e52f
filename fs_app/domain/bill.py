"""An account and what is owed on it, as the operator's billing data tells them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's account. ``id`` is the billing system's own key; ``number`` is what callers key in.

    ``postal_code`` and ``pin_hash`` are what a second factor is compared with; None where there is none.
    ``receipt_to`` is where its receipts go, None where nobody wants any.
    """

    id: str
    number: str
    closed: bool = False
    language: str | None = None
    postal_code: str | None = field(default=None, repr=False)
    pin_hash: str | None = field(default=None, repr=False)
    receipt_to: Contact | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Bill:
    """What is still due on one bill. ``due`` is zero or negative where nothing is owed; ``minimum`` is the part
    that has to be paid by the due date, where the operator's data tell one. ``taken`` is what our ledger had taken
    towards it, ever, when it was looked up: whoever pays then pays what they were told."""

    id: str
    account_id: str
    due: Money
    due_date: date | None = None
    minimum: Money | None = None
    taken: Money | None = field(default=None, compare=False)

    def less(self, taken: Money) -> Bill:
        """The bill after a payment: a minimum that has been reached is none any more."""
        minimum = None if self.minimum is None or self.minimum <= taken else self.minimum - taken
        return replace(self, due=self.due - taken, minimum=minimum)
