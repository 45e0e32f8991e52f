"""Do the ledger and the gateway agree? Every attempt is asked for by its order id, both ways, to the cent."""

from __future__ import annotations

from collections.abc import Iterable

from fs_app.domain.payment import PAID_STATES, Payment
from fs_app.ports import Gateway


def differences(payments: Iterable[Payment], gateway: Gateway) -> list[str]:
    """One sentence for each attempt that the gateway has differently; empty where they agree."""
    return [text for payment in payments for text in _compare(payment, gateway)]


def _compare(payment: Payment, gateway: Gateway) -> Iterable[str]:
    name = f"payment {payment.id} ({payment.state}, {payment.request.amount})"
    records = gateway.find(payment.order_id)
    if records is None:
        yield f"{name}: the gateway could not be asked"
        return
    captured = [record for record in records if record.captured]
    if payment.state in PAID_STATES:
        if len(captured) != 1:
            yield f"{name}: the gateway captured it {len(captured)} times"
        elif captured[0].amount != payment.request.amount:
            yield f"{name}: the gateway captured {captured[0].amount}"
        elif captured[0].transaction_id != payment.transaction_id:
            yield f"{name}: the gateway has it as transaction {captured[0].transaction_id}"
    elif captured:
        yield f"{name}: the gateway captured it all the same"
