"""The control API under ``/_control``, for tests and demos: JSON, from loopback only, not part of Braintree's API.

``GET orders`` counts what happened per order id; ``POST settle`` settles everything that is submitted; ``GET``,
``POST`` and ``DELETE faults`` show, plan and clear faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from fs_app.gateways.sandbox.faults import Faults
from fs_app.gateways.sandbox.store import CAPTURED, Store
from fs_app.gateways.sandbox.transactions import settle_all


class Control:
    """What the control API does, for use over HTTP or in the same process."""

    def __init__(self, store: Store, faults: Faults, now: Callable[[], datetime]) -> None:
        self._store, self._faults, self._now = store, faults, now
        self.routes: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Any]] = {
            ("GET", "orders"): lambda _: self.orders(),
            ("POST", "settle"): lambda _: {"settled": self.settle()},
            ("GET", "faults"): lambda _: [asdict(fault) for fault in faults.planned],
            ("POST", "faults"): lambda wanted: asdict(faults.plan(**wanted)),
            ("DELETE", "faults"): lambda _: faults.planned.clear(),
        }

    def orders(self) -> dict[str, dict[str, Any]]:
        """Per order id: sales made, sales ever authorised, sales captured, the sums captured and refunded."""
        counts: dict[str, dict[str, Any]] = {}
        for books in self._store.books.values():
            for sale in books.transactions.values():
                if sale.type != "sale" or sale.order_id is None:
                    continue
                count = counts.setdefault(sale.order_id, dict(_NOTHING))
                captured = sale.status in CAPTURED
                count["transactions"] += 1
                count["authorised"] += sale.entered("authorized") is not None
                count["captured"] += captured
                count["captured_amount"] += sale.amount if captured else 0
                count["refunded_amount"] += sum(refund.amount for refund in books.refunds_of(sale))
        return {order: {name: _plain(value) for name, value in count.items()} for order, count in counts.items()}

    def settle(self) -> int:
        """Settle everything that is submitted, of every merchant; how many transactions that was."""
        return sum(settle_all(books, self._now()) for books in self._store.books.values())


_NOTHING = {
    "transactions": 0,
    "authorised": 0,
    "captured": 0,
    "captured_amount": Decimal("0.00"),
    "refunded_amount": Decimal("0.00"),
}


def _plain(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value
