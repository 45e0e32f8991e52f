"""The operator's data: accounts and bills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fs_app.domain.bill import Account, Bill

MOST_BILLS = 20
"""More open bills of one account than anybody would hear to the end are not told."""


class Directory(Protocol):
    """Accounts and bills, in our tables or the operator's own database. Raises StoreUnavailable.

    Every method answers within the database deadline of the settings and never blocks the hub. A bill's ``due`` is
    what is to be paid today, where the operator is: with its late fee, less its discount and what our ledger took.
    A bill whose plain amount was taken is paid, however late that was; what remains of its fee is the operator's
    to bill.
    """

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed (digits only)."""
        ...

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number on file; None where none or several have it."""
        ...

    def by_customer_number(self, number: str) -> Account | None:
        """The one account of the customer with that number."""
        ...

    def by_bill_number(self, number: str) -> Account | None:
        """The account that the bill with that printed number is for."""
        ...

    def pin_matches(self, account: Account | None, pin: str) -> bool:
        """Compare a keyed PIN with the account's hash, off the hub. It takes as long, and is False, where there is
        no account or it has no PIN: time does not tell which."""
        ...

    def open_bills(self, account: Account) -> Sequence[Bill]:
        """The bills on which something is due, the oldest first, at most `MOST_BILLS`."""
        ...

    def bill_by_number(self, number: str) -> Bill | None:
        """The bill with that printed number, also where nothing is due on it any more."""
        ...
