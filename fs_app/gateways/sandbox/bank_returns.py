"""ACH returns: a bank takes the money back, days after it seemed to have arrived. The control API decides when."""

from __future__ import annotations

import re
from datetime import datetime

from fs_app.gateways.sandbox.settlement import move_to
from fs_app.gateways.sandbox.store import Books, Transaction

_CODE = re.compile(r"R[0-9]{2}")
_RETURNABLE = frozenset({"settlement_pending", "submitted_for_settlement", "settling", "settled"})


def take_back(books: Books, code: str, now: datetime, *, transaction: str = "", order_id: str = "") -> int:
    """Return the sales from bank accounts with that id or order id; how many that was. ValueError for a code that
    is none of NACHA's, R01 for example."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ValueError("code is an ACH return code, e.g. R01")
    if not (transaction or order_id):
        raise ValueError("name the transaction or the order_id")
    due = [each for each in books.transactions.values() if _is_meant(each, transaction, order_id)]
    for each in due:
        each.details["ach_return_code"] = code
        each.details["ach_return_responses"] = [{"reason_code": code, "created_at": now}]
        move_to(books, each, "settlement_declined", now)
    return len(due)


def _is_meant(sale: Transaction, transaction: str, order_id: str) -> bool:
    named = sale.id == transaction or (bool(order_id) and sale.order_id == order_id)
    return named and sale.type == "sale" and sale.bank is not None and sale.status in _RETURNABLE
