"""Search for disputes: whole pages by number, not ids first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from fs_app.gateways.sandbox import criteria
from fs_app.gateways.sandbox.criteria import PAGE_SIZE, Searchable
from fs_app.gateways.sandbox.disputes import Dispute, dispute_view, reply_by
from fs_app.gateways.sandbox.exchange import Answer, Call, Route
from fs_app.gateways.sandbox.store import Books
from fs_app.gateways.sandbox.xml import Collection

_SEARCHABLE: Searchable[Dispute] = Searchable(
    {
        "id": lambda d: d.id,
        "amount_disputed": lambda d: d.amount,
        "amount_won": lambda d: d.amount if d.status == "won" else Decimal(),
        "case_number": lambda d: f"CASE-{d.id}",
        "chargeback_protection_level": lambda d: d.protection,
        "customer_id": lambda d: d.customer_id,
        "disbursement_date": lambda d: [event.at.date() for event in d.history],
        "effective_date": lambda d: [event.at.date() for event in d.history],
        "kind": lambda d: d.kind,
        "merchant_account_id": lambda d: d.account,
        "pre_dispute_program": lambda d: d.program,
        "reason": lambda d: d.reason,
        "reason_code": lambda _: None,
        "received_date": lambda d: d.received_on,
        "reference_number": lambda d: f"REF-{d.id}",
        "reply_by_date": reply_by,
        "status": lambda d: d.status,
        "transaction_id": lambda d: d.about["id"],
        "transaction_source": lambda _: "api",
    },
    lambda _: (),
    "disputes",
    "dispute",
)


def search(call: Call) -> Answer:
    """POST /disputes/advanced_search?page=N: a page of the disputes that match, newest first."""
    found = criteria.matching(call, _SEARCHABLE, _newest_first(call.books))
    asked = re.fullmatch("page=([1-9][0-9]{0,5})", call.query)
    page = int(asked[1]) if asked else 1
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    head: dict[str, Any] = {"current_page_number": page, "page_size": PAGE_SIZE, "total_items": len(found)}
    return Answer(200, "disputes", Collection(head, "dispute", [dispute_view(each) for each in shown]))


def _newest_first(books: Books) -> Iterator[Dispute]:
    return reversed(books.disputes.values())


ROUTES: tuple[Route, ...] = (("POST", "/disputes/advanced_search", search),)
