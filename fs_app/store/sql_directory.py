"""The Directory port on the operator's own database, with the SQL statements of the settings (`sql_reader`)."""

from __future__ import annotations

from collections.abc import Sequence

from fs_app.domain.bill import Account, Bill
from fs_app.ports import MOST_BILLS, Clock
from fs_app.settings import StatementSettings
from fs_app.store.engine import Database
from fs_app.store.pins import PinDesk
from fs_app.store.sql_reader import StatementReader, made_of
from fs_app.store.sql_rows import account_of, bill_of
from fs_app.store.taken import as_left
from fs_app.store.telephone import telephone_digits


class SqlDirectory:
    """See `fs_app.ports.Directory` for the contract. ``ours`` is where the ledger's payments are."""

    def __init__(self, theirs: Database, statements: StatementSettings, ours: Database, clock: Clock) -> None:
        self._reader = StatementReader(theirs, statements)
        self._ours = ours
        self._clock = clock
        self._pins = PinDesk()

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the statements, by name; ``url`` where their database cannot be asked at all."""
        return self._reader.problems()

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed; None where none or several have it."""
        return self._account("account_by_number", number)

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None too where the operator gave no statement for it."""
        digits = telephone_digits(caller_id)
        return None if digits is None else self._account("account_by_caller_id", digits)

    def by_customer_number(self, number: str) -> Account | None:
        """The account of the customer with that number; None too where there is no statement for it."""
        return self._account("account_by_customer_number", number)

    def by_bill_number(self, number: str) -> Account | None:
        """The account that the bill with that number is for; None too where there is no statement for it."""
        return self._account("account_by_bill_number", number)

    def pin_matches(self, account: Account | None, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        return self._pins.fits(account.pin_hash if account is not None else None, pin)

    def open_bills(self, account: Account) -> Sequence[Bill]:
        """The rows of the operator's statement, each less what our ledger took since its ``balance_as_of``."""
        found = self._bills("open_bills", account.id, account.id, MOST_BILLS)
        return [bill for bill in found if bill.due.minor > 0]

    def bill_by_number(self, number: str) -> Bill | None:
        """The bill with that number; None where there is none or several, or no statement for it."""
        found = self._bills("bill_by_number", number, None, 2)
        return found[0] if len(found) == 1 else None

    def _bills(self, name: str, value: str, account_id: str | None, most: int) -> list[Bill]:
        rows = self._reader.rows(name, value, most)
        plain = made_of(f"the statement {name}", "bill", lambda: [bill_of(account_id, row) for row in rows])
        if not plain:
            return []
        today = self._clock.today()
        return self._ours.read(
            lambda connection: [as_left(connection, bill, as_of, today) for bill, as_of in plain]
        )

    def _account(self, name: str, value: str) -> Account | None:
        rows = self._reader.rows(name, value, 2)
        if len(rows) != 1:
            return None
        return made_of(f"the statement {name}", "account", lambda: account_of(rows[0]))
