"""The control API under ``/_control``, for tests and demos: JSON, from loopback only, not part of Braintree's API.

``GET orders`` tells what happened per order id, ``GET transactions`` everything there is; ``POST settle`` settles
what is submitted; ``GET``, ``POST`` and ``DELETE faults`` show, plan and clear faults; ``POST search_lag`` lets the
search index lag behind; ``POST clock`` moves the gateway's clock; ``GET``, ``POST`` and ``DELETE webhooks`` show,
register and forget URLs for notifications, ``POST webhooks/send`` sends one; ``POST disputes`` tells
how a dispute goes on, or opens one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fs_app.gateways.sandbox import disputes
from fs_app.gateways.sandbox.bank_returns import take_back
from fs_app.gateways.sandbox.faults import Faults
from fs_app.gateways.sandbox.settlement import expire_all, settle_all, settle_one
from fs_app.gateways.sandbox.store import Books, Store, Transaction
from fs_app.gateways.sandbox.webhooks import Webhooks


class Clock:
    """The gateway's clock, in whole seconds as the gateway tells them; it can be moved ahead."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """The time in UTC."""
        return self._now() + self.ahead


class Control:
    """What the control API does, for use over HTTP or in the same process."""

    def __init__(self, store: Store, faults: Faults, clock: Clock, webhooks: Webhooks) -> None:
        self._store, self._clock = store, clock
        self.routes: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
            ("GET", "orders"): lambda _: self.orders(),
            ("GET", "transactions"): lambda _: self.transactions(),
            ("POST", "settle"): lambda wanted: {"settled": self.settle(**wanted)},
            ("GET", "faults"): lambda _: [fault.told() for fault in faults.planned],
            ("POST", "faults"): lambda wanted: faults.plan(**wanted).told(),
            ("DELETE", "faults"): lambda _: faults.planned.clear(),
            ("POST", "search_lag"): lambda wanted: self.lag(**wanted),
            ("POST", "ach_return"): lambda wanted: {"returned": self.ach_return(**wanted)},
            ("POST", "clock"): lambda wanted: self.advance(**wanted),
            ("POST", "disputes"): lambda wanted: self.dispute(**wanted),
            ("GET", "webhooks"): lambda _: webhooks.told(),
            ("POST", "webhooks"): lambda wanted: webhooks.register(**wanted),
            ("DELETE", "webhooks"): lambda _: webhooks.clear(),
            ("POST", "webhooks/send"): lambda wanted: webhooks.send(**wanted),
        }

    def orders(self) -> dict[str, dict[str, Any]]:
        """Per order id: sales made, sales ever authorised, sales captured, the sums captured and refunded."""
        counts: dict[str, dict[str, Any]] = {}
        for books, sale in self._all():
            if sale.type != "sale" or sale.order_id is None:
                continue
            count = counts.setdefault(sale.order_id, dict(_NOTHING))
            captured, whole = sale.captured, sale.whole_id is None
            count["transactions"] += whole
            count["authorised"] += whole and sale.entered("authorized") is not None
            count["captured"] += captured
            count["voided"] += sale.status == "voided"
            count["captured_amount"] += sale.amount if captured else 0
            count["refunded_amount"] += sum(refund.amount for refund in books.refunds_of(sale))
        return {order: {name: _plain(value) for name, value in count.items()} for order, count in counts.items()}

    def transactions(self) -> list[dict[str, Any]]:
        """Every sale and credit of every merchant, the oldest first; ``history`` is status and time in seconds."""
        return [
            {
                "merchant": books.merchant.id,
                "id": each.id,
                "type": each.type,
                "status": each.status,
                "amount": _plain(each.amount),
                "currency": each.currency,
                "order_id": each.order_id,
                "refunds": each.refunded_id,
                "batch": each.batch_id,
                "history": [[event.status, event.exactly] for event in each.history],
            }
            for books, each in self._all()
        ]

    def settle(self, transaction: str | None = None) -> int:
        """Settle everything that is submitted, of every merchant, or one transaction; how many that was."""
        now = self._clock()
        if transaction is None:
            return sum(settle_all(books, now) for books in self._store.books.values())
        return sum(settle_one(books, transaction, now) for books in self._store.books.values())

    def ach_return(self, code: str, transaction: str = "", order_id: str = "") -> int:
        """Let a bank take its money back; how many sales that was."""
        now, everyone = self._clock(), self._store.books.values()
        return sum(take_back(books, code, now, transaction=transaction, order_id=order_id) for books in everyone)

    def lag(self, seconds: float) -> dict[str, float]:
        """A transaction is found by search only so many seconds after it was made."""
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError("seconds is a number from 0")
        for books in self._store.books.values():
            books.search_lag_seconds = float(seconds)
        return {"seconds": seconds}

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the gateway's clock ahead, and let authorisations expire that are too old by then."""
        if not isinstance(seconds, int | float) or seconds < 0:
            raise ValueError("seconds is a number from 0")
        self._clock.ahead += timedelta(seconds=seconds)
        now = self._clock()
        expired = sum(expire_all(books, now) for books in self._store.books.values())
        return {"now": now.isoformat(), "expired": expired}

    def dispute(
        self,
        dispute: str | None = None,
        status: str | None = None,
        *,
        transaction: str | None = None,
        amount: str | None = None,
        kind: str = "chargeback",
        reason: str = "fraud",
    ) -> dict[str, str]:
        """Tell how a dispute goes on, or open one on a transaction. ValueError for what makes no sense."""
        for books in self._store.books.values():
            if dispute is not None and dispute in books.disputes:
                found = books.disputes[dispute]
                disputes.decide(books, found, status or "", self._clock())
                return {"dispute": found.id, "status": found.status}
            if transaction is not None and transaction in books.transactions:
                subject = books.transactions[transaction]
                found = disputes.open_wanted(books, subject, self._clock(), amount, kind, reason)
                return {"dispute": found.id, "status": found.status}
        raise ValueError("dispute or transaction is the id of one there is")

    def _all(self) -> Iterator[tuple[Books, Transaction]]:
        for books in self._store.books.values():
            for transaction in books.transactions.values():
                yield books, transaction


_NOTHING = {
    "transactions": 0,
    "authorised": 0,
    "captured": 0,
    "voided": 0,
    "captured_amount": Decimal("0.00"),
    "refunded_amount": Decimal("0.00"),
}


def _plain(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
