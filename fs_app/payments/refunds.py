"""Refunds and voids that a person asks for: checked, written down, done once.

Laws: the deed is in the audit before the gateway is asked; a refund is committed with its own order id before it is
sent; what has no trusted answer is left to the jobs and told as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Declined,
    Payment,
    PaymentState,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.refund import Refund, RefundRequest, RefundState
from fs_app.errors import IllegalTransition, RefundRefused
from fs_app.payments.answer import answer_of
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import Audit, Deed, Gateway, Ledger, RefundBook, TaskKind, Tasks

_VOIDABLE = frozenset({PaymentState.AUTHORISED, PaymentState.SUBMITTED})


class DeedEnd(StrEnum):
    """How something that a person asked for ended."""

    DONE = "done"
    SAME = "same"  # it was asked for before: nothing new was done
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no trusted answer yet: the jobs find out


@dataclass(frozen=True, slots=True)
class DeedResult:
    """What came of it, in words for whoever asked. ``why`` is a word of a closed set, for who says it otherwise."""

    end: DeedEnd
    words: str
    payment: Payment
    refund: Refund | None = None
    why: str = ""


class RefundDesk:
    """Raises StoreUnavailable, and KeyError for a payment that does not exist."""

    def __init__(
        self,
        ledger: Ledger,
        refunds: RefundBook,
        gateway: Gateway,
        resolver: PaymentResolver,
        tasks: Tasks,
        audit: Audit,
    ) -> None:
        self._ledger = ledger
        self._refunds = refunds
        self._gateway = gateway
        self._resolver = resolver
        self._tasks = tasks
        self._audit = audit

    def refund(self, deed: Deed, amount: Money | None = None, key: str | None = None) -> DeedResult:
        """Give settled money back, all that was paid unless ``amount`` says less.

        The same ``key`` again is the same refund. Without one the amount is the key, so that a second refund of the
        same amount needs a key of its own.
        """
        payment = self._ledger.get(deed.payment_id)
        wanted = payment.request.amount if amount is None else amount
        self._audit.write(deed, f"asked: {wanted}")
        result = self._refunded(deed, payment, wanted, key or f"{payment.id}:{wanted.minor}")
        self._audit.write(deed, f"{result.end}: {result.words}")
        return result

    def void(self, deed: Deed) -> DeedResult:
        """Give back what is not settled yet, whole. A payment that already is voided is fine."""
        payment = self._ledger.get(deed.payment_id)
        self._audit.write(deed, "asked")
        result = self._voided(deed, payment)
        self._audit.write(deed, f"{result.end}: {result.words}")
        return result

    def _refunded(self, deed: Deed, payment: Payment, amount: Money, key: str) -> DeedResult:
        if amount.minor <= 0:
            return _refused("no_amount", "a refund needs an amount above zero", payment)
        payment, why, problem = self._settled(payment)
        if problem:
            return _refused(why, problem, payment)
        request = RefundRequest(payment.id, amount, deed.operator, deed.reason, key)
        try:
            refund, new = self._refunds.open_refund(request)
        except RefundRefused as refusal:
            return _refused("too_much", str(refusal), payment)
        if not new:
            words = f"refund {refund.id} of {refund.request.amount} was asked for before: it is {refund.state}"
            return DeedResult(DeedEnd.SAME, words, payment, refund)
        return self._sent(payment, refund)

    def _settled(self, payment: Payment) -> tuple[Payment, str, str]:
        """The payment, brought up to date with the gateway, and why it cannot be refunded, if it cannot: as a word,
        and in words."""
        if payment.transaction_id is None or payment.state in (PaymentState.VOIDED, PaymentState.DECLINED):
            words = f"payment {payment.id} is {payment.state}: there is nothing captured to give back"
            return payment, "nothing_captured", words
        payment = self._resolver.resolve(payment).payment
        record = self._gateway.look(payment.transaction_id) if payment.transaction_id else None
        if record is None:
            return payment, "gateway_silent", "the gateway cannot be asked now: nothing was done, try again later"
        if payment.state is PaymentState.SUBMITTED and record.status != "settling":
            words = f"payment {payment.id} is not settled yet: void it whole, or refund it when it is"
            return payment, "not_settled", words
        return payment, "", ""

    def _sent(self, payment: Payment, refund: Refund) -> DeedResult:
        transaction_id = payment.transaction_id
        assert transaction_id is not None
        amount = refund.request.amount
        match answer_of(lambda: self._gateway.refund(transaction_id, amount, refund.order_id)):
            case Submitted(transaction_id=made):
                refund = self._book(refund, RefundState.SUBMITTED, "submitted", made)
                return DeedResult(DeedEnd.DONE, f"{amount} is on its way back, transaction {made}", payment, refund)
            case Declined(code=code, transaction_id=made):
                refund = self._book(refund, RefundState.DECLINED, f"declined {code}", made)
                return _refused("declined", f"the processor declined it ({code})", payment, refund)
            case Unavailable(reason=reason):
                refund = self._book(refund, RefundState.NOT_SENT, reason)
                return _refused("not_taken", f"the gateway did not take it: {reason}", payment, refund)
            case Unknown(reason=reason):
                refund = self._book(refund, RefundState.UNKNOWN, reason)
                words = f"no trusted answer yet ({reason}); do not repeat it, the jobs find out"
                return DeedResult(DeedEnd.UNKNOWN, words, payment, refund)

    def _book(
        self, refund: Refund, state: RefundState, detail: str, transaction_id: TransactionId | None = None
    ) -> Refund:
        """Record an answer; where the jobs were faster, what they have recorded stands."""
        try:
            return self._refunds.record_refund(refund.id, state, detail, transaction_id)
        except IllegalTransition:
            return self._refunds.get_refund(refund.id)

    def _book_void(self, payment: Payment, event: Voided) -> Payment:
        try:
            return self._ledger.record(payment.id, event, payer_knows=False)
        except IllegalTransition:
            return self._ledger.get(payment.id)

    def _voided(self, deed: Deed, payment: Payment) -> DeedResult:
        transaction_id = payment.transaction_id
        if payment.state is PaymentState.VOIDED:
            return DeedResult(DeedEnd.SAME, f"payment {payment.id} was voided before", payment)
        if payment.state not in _VOIDABLE or transaction_id is None:
            words = f"payment {payment.id} is {payment.state}: only what is not settled can be voided"
            return _refused("not_voidable", words, payment)
        match answer_of(lambda: self._gateway.void(transaction_id)):
            case Voided():
                payment = self._book_void(
                    payment, Voided(transaction_id, f"voided by {deed.operator}: {deed.reason}")
                )
                return DeedResult(DeedEnd.DONE, f"{payment.request.amount} will not be collected", payment)
            case Unavailable(reason=reason):
                payment = self._resolver.resolve(payment).payment
                words = f"the gateway did not void it: {reason}; payment {payment.id} is {payment.state}"
                return _refused("not_taken", words, payment)
            case Unknown(reason=reason):
                self._tasks.wake(TaskKind.PAYMENT, str(payment.id))
                words = f"no trusted answer yet ({reason}); the jobs find out"
                return DeedResult(DeedEnd.UNKNOWN, words, payment)


def _refused(why: str, words: str, payment: Payment, refund: Refund | None = None) -> DeedResult:
    return DeedResult(DeedEnd.REFUSED, words, payment, refund, why)
