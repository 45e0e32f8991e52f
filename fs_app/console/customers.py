"""A customer as an agent sees them: what was paid, what was noted, which links were sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fs_app.console.assisting import card
from fs_app.console.handovers import View
from fs_app.console.words import Words
from fs_app.domain.payment import Payment
from fs_app.ports import LinkRecord, Links, PaymentHistory
from fs_app.ports.console import DeskView, NoteRecord

MOST_PAYMENTS = 8
MOST_NOTES = 20
MOST_LINKS = 6


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one account, the newest first."""

    payments: Sequence[Payment]
    notes: Sequence[NoteRecord]
    links: Sequence[LinkRecord]


class Customers:
    """Raises StoreUnavailable."""

    def __init__(self, payments: PaymentHistory, desk: DeskView, links: Links) -> None:
        self._payments = payments
        self._desk = desk
        self._links = links

    def known(self, account_id: str) -> Known:
        """Everything about one account."""
        return Known(
            self._payments.of_account(account_id, MOST_PAYMENTS),
            self._desk.notes_of(account_id, MOST_NOTES),
            self._links.links_of(account_id=account_id)[:MOST_LINKS],
        )


def shown(known: Known, words: Words) -> View:
    """All of it."""
    return {
        "payments": [_payment(each, words) for each in known.payments],
        "no_payments": not known.payments,
        "notes": [
            {"key": each.id, "by": each.by, "at": words.moment(each.at), "text": each.text} for each in known.notes
        ],
        "no_notes": not known.notes,
        "links": [_link(each, words) for each in known.links],
        "no_links": not known.links,
    }


def _payment(payment: Payment, words: Words) -> View:
    request = payment.request
    return {
        "key": payment.id,
        "at": words.moment(payment.opened_at),
        "amount": words.money(request.amount),
        "state": payment.state.value,
        "said": words.of("payment_state", payment.state),
        "card": card(request.brand, request.last_four),
        "confirmation": payment.confirmation,
    }


def _link(link: LinkRecord, words: Words) -> View:
    return {
        "key": link.receipt_id,
        "to": link.to.address,
        "amount": words.money(link.amount),
        "at": words.moment(link.created_at),
        "sent": words.of("link_state", link.state),
        "state": "paid" if link.paid else ("opened" if link.opened_at else link.state.value),
        "opened": _opened(link, words),
        "paid": words("link.paid") if link.paid else "",
    }


def _opened(link: LinkRecord, words: Words) -> str:
    if link.opens is None:
        return words("link.opens_not_known")
    return (
        words("link.not_opened")
        if link.opened_at is None
        else words("link.opened", at=words.moment(link.opened_at))
    )
