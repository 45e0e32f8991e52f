"""The operator's data: accounts and bills."""

from __future__ import annotations

from typing import Protocol

from fs_app.domain.bill import Account, Bill


class Directory(Protocol):
    """Accounts and bills, in our tables or the operator's own database. Raises StoreUnavailable.

    Every method answers within the database deadline of the settings and never blocks the hub.
    """

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed (digits only)."""
        ...

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number on file; None where none or several have it."""
        ...

    def pin_matches(self, account: Account, pin: str) -> bool:
        """Compare a keyed PIN with the account's hash, in constant time and off the hub."""
        ...

    def open_bill(self, account: Account) -> Bill | None:
        """What is due on the account: its oldest open bill, less what our ledger took since; None without one."""
        ...
