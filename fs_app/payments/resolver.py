"""Asks the gateway what became of an attempt, and acts on the answer until nothing more can be done now.

The policy is in ``domain/resolution.py``. Everything done here can be done twice: by two resolvers, or by a
resolver and the cashier who is still at work. Submitting and voiding again is harmless at the gateway, recording
again is harmless in the ledger, and a refund of an extra capture carries the attempt's own order id, so that the
next look finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from fs_app.domain.payment import (
    Approved,
    Declined,
    Payment,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.resolution import AskPerson, Book, Done, GiveBack, Submit, Wait, decide
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import GatewayRecord, Standing
from fs_app.errors import IllegalTransition
from fs_app.ports import Clock, Gateway, Ledger

_log = structlog.get_logger(__name__)

_STEPS = 12  # an attempt takes four at most, an extra capture two


@dataclass(frozen=True, slots=True)
class Resolved:
    """How far it went: the attempt as it stands now, and why it is not at its end, if it is not."""

    payment: Payment
    waiting: str = ""
    person: str = ""


class PaymentResolver:
    """Raises StoreUnavailable only; a gateway that cannot be asked leaves the attempt waiting."""

    def __init__(self, ledger: Ledger, gateway: Gateway, clock: Clock, schedule: Schedule) -> None:
        self._ledger = ledger
        self._gateway = gateway
        self._clock = clock
        self._schedule = schedule

    def resolve(self, payment: Payment) -> Resolved:
        """Ask, decide, act, until it waits, needs a person, or is done. The payer hears of it in writing."""
        records = self._records(payment)
        for _ in range(_STEPS):
            decision = decide(payment, records, self._age(payment), self._schedule)
            match decision:
                case Book(event):
                    try:
                        payment = self._ledger.record(payment.id, event, payer_knows=False)
                    except IllegalTransition:  # somebody else has moved it meanwhile
                        payment = self._ledger.get(payment.id)
                    if isinstance(event, Approved):
                        records = self._records(payment)
                case Submit(record):
                    answer = self._gateway.submit(record.transaction_id, record.amount)
                    if not isinstance(answer, Submitted):
                        return Resolved(payment, waiting=f"not submitted: {answer.reason}")
                    records = _with(records, record.transaction_id, Standing.CAPTURED)
                case GiveBack(record, reason):
                    problem = self._give_back(payment, record, reason)
                    if problem:
                        return Resolved(payment, waiting=problem)
                    records = _with(records, record.transaction_id, Standing.GIVEN_BACK)
                case Wait(reason):
                    return Resolved(payment, waiting=reason)
                case AskPerson(reason):
                    return Resolved(payment, person=reason)
                case Done():
                    return Resolved(payment)
        return Resolved(payment, person="the attempt and the gateway do not come to rest")

    def _age(self, payment: Payment) -> float:
        return (self._clock.now() - payment.opened_at).total_seconds()

    def _records(self, payment: Payment) -> Sequence[GatewayRecord] | None:
        """The sales of the attempt: by search, and the recorded one by its id, which needs no index."""
        found = self._gateway.find(payment.order_id)
        known = None if payment.transaction_id is None else self._gateway.look(payment.transaction_id)
        if found is None and known is None:
            return None
        records = [each for each in found or () if known is None or each.transaction_id != known.transaction_id]
        if known is not None:
            records = sorted([*records, known], key=lambda each: each.created_at)
        refunded = {each.refunds for each in records if each.kind == "credit" and each.captured}
        return [
            _given_back(each) if each.transaction_id in refunded - {payment.transaction_id} else each
            for each in records
            if each.kind == "sale"
        ]

    def _give_back(self, payment: Payment, record: GatewayRecord, reason: str) -> str:
        """Void it, or refund it where it is too late for that; why that failed, or nothing."""
        answer = self._gateway.void(record.transaction_id)
        if isinstance(answer, Unavailable) and record.captured:
            refund = self._gateway.refund(record.transaction_id, record.amount, payment.order_id)
            if not isinstance(refund, Submitted):
                return f"{record.transaction_id} is neither voided nor refunded: {_words(refund)}"
        elif not isinstance(answer, Voided):
            return f"{record.transaction_id} is not voided: {answer.reason}"
        _log.warning("given_back", payment=payment.id, transaction=record.transaction_id, reason=reason)
        self._ledger.note(payment.id, f"{record.transaction_id} of {record.amount} given back: {reason}")
        return ""


def _with(
    records: Sequence[GatewayRecord] | None, changed: TransactionId, standing: Standing
) -> list[GatewayRecord]:
    return [replace(each, standing=standing) if each.transaction_id == changed else each for each in records or ()]


def _given_back(record: GatewayRecord) -> GatewayRecord:
    return replace(record, standing=Standing.GIVEN_BACK, status="refunded")


def _words(answer: Declined | Unavailable | Unknown) -> str:
    return f"declined {answer.code}" if isinstance(answer, Declined) else answer.reason
