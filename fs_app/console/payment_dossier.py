"""Everything about one payment as finance reads it. No I/O.

The words of the ledger's own lines, of the gateway and of reasons that people typed are shown as they are.
"""

from __future__ import annotations

from typing import Any

from fs_app.console.assisting import card
from fs_app.console.words import Words
from fs_app.domain.money import Money
from fs_app.domain.payment import ENDINGS, PAID_STATES, PaymentState
from fs_app.domain.refund import STANDING
from fs_app.payments.dossier import Dossier

_VOIDABLE = frozenset({PaymentState.AUTHORISED, PaymentState.SUBMITTED})


def shown(dossier: Dossier, words: Words) -> dict[str, Any]:
    """The page."""
    payment, request = dossier.payment, dossier.payment.request
    left = _left(dossier)
    return {
        "id": payment.id,
        "state": payment.state.value,
        "said": words.of("payment_state", payment.state),
        "told": words.of("ending", ENDINGS[payment.state]),
        "amount": words.money(request.amount),
        "fee": "" if request.fee is None else words.money(request.fee),
        "card": card(request.brand, request.last_four),
        "facts": [
            (words("payment.confirmation"), payment.confirmation),
            (words("payment.account"), request.account_id),
            (words("payment.bill"), request.bill_id),
            (words("payment.channel"), words.of("channel", request.channel)),
            (words("payment.caller"), request.caller_id),
            (words("payment.opened"), words.moment(payment.opened_at)),
            (words("payment.call"), request.call_uuid),
            (words("payment.order"), payment.order_id),
            (words("payment.transaction"), payment.transaction_id or ""),
        ],
        "advice": words(f"case.{dossier.case()}"),
        "note": "" if dossier.stuck is None else dossier.stuck.note,
        "can_refund": payment.state in PAID_STATES and left.minor > 0,
        "can_void": payment.state in _VOIDABLE,
        "left": f"{left.decimal():f}",
        "left_said": words.money(left),
        "currency": request.amount.currency,
        **_lists(dossier, words),
    }


def _left(dossier: Dossier) -> Money:
    """What may still be given back."""
    given = (each.request.amount for each in dossier.refunds if each.state in STANDING)
    return dossier.payment.request.amount - sum(given, Money(0, dossier.payment.request.amount.currency))


def _lists(dossier: Dossier, words: Words) -> dict[str, Any]:
    gateway = dossier.gateway
    return {
        "history": [
            (words.moment(each.at), words.of("payment_state", each.state), each.detail) for each in dossier.history
        ],
        "refunds": [
            (words.moment(each.opened_at), words.money(each.request.amount), words.of("refund_state", each.state),
             each.request.operator, each.request.reason)
            for each in dossier.refunds
        ],
        "receipts": [
            (words.of("receipt_kind", each.kind), str(each.to), words.of("link_state", each.state))
            for each in dossier.receipts
        ],
        "disputes": [(each.id, each.status, words.money(each.amount), each.reason) for each in dossier.disputes],
        "deeds": [
            (words.moment(each.at), each.deed.operator, words.of("deed_action", each.deed.action),
             each.deed.reason, each.result)
            for each in dossier.audit
        ],
        "gateway": None if gateway is None else [
            (each.transaction_id, each.kind, each.status, words.money(each.amount)) for each in gateway
        ],
    }  # fmt: skip
