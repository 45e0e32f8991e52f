"""Everything there is to know about one payment, for whoever has to decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fs_app.domain.payment import ENDINGS, OPEN_STATES, Payment, PaymentId, PaymentState
from fs_app.domain.refund import Refund
from fs_app.ports import (
    Audit,
    AuditEntry,
    Dispute,
    DisputeBook,
    Gateway,
    GatewayRecord,
    Ledger,
    LedgerEvent,
    Outbox,
    Receipt,
    RefundBook,
    Task,
    TaskKind,
    Tasks,
)


class Case(StrEnum):
    """What is to be done about a payment, as a word for whoever says it in words of their own."""

    NOTHING = "nothing"
    JOBS_LOOK = "jobs_look"
    GATEWAY_SILENT = "gateway_silent"
    NOT_AT_GATEWAY = "not_at_gateway"
    LOOK_AGAIN = "look_again"
    STUCK = "stuck"
    DISPUTE = "dispute"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A payment, its history and what hangs on it. ``gateway`` is None where the gateway could not be asked."""

    payment: Payment
    history: Sequence[LedgerEvent]
    refunds: Sequence[Refund]
    receipts: Sequence[Receipt]
    disputes: Sequence[Dispute]
    audit: Sequence[AuditEntry]
    stuck: Task | None
    gateway: Sequence[GatewayRecord] | None

    def case(self) -> Case:
        """What is to be done about it, if anything."""
        payment = self.payment
        if payment.state in OPEN_STATES and self.stuck is None:
            return Case.JOBS_LOOK
        if payment.state in OPEN_STATES:
            if self.gateway is None:
                return Case.GATEWAY_SILENT
            return Case.LOOK_AGAIN if self.gateway else Case.NOT_AT_GATEWAY
        if self.stuck is not None:
            return Case.STUCK
        if any(dispute.status == "open" for dispute in self.disputes):
            return Case.DISPUTE
        return Case.RETURNED if payment.state is PaymentState.RETURNED else Case.NOTHING

    def advice(self) -> str:
        """The same in words."""
        note = "" if self.stuck is None else self.stuck.note
        return _ADVICE[self.case()].format(id=self.payment.id, note=note)

    def as_dict(self) -> dict[str, Any]:
        """For programs; amounts as text with their currency, times in UTC."""
        request = self.payment.request
        return {
            "id": self.payment.id,
            "state": self.payment.state,
            "told": ENDINGS[self.payment.state],
            "confirmation": self.payment.confirmation,
            "amount": str(request.amount),
            "account": request.account_id,
            "bill": request.bill_id,
            "card": f"{request.brand} {request.last_four}".strip(),
            "channel": request.channel,
            "call": request.call_uuid,
            "caller_id": request.caller_id,
            "opened_at": self.payment.opened_at.isoformat(),
            "order_id": self.payment.order_id,
            "transaction_id": self.payment.transaction_id,
            "history": [[line.at.isoformat(), line.state, line.detail] for line in self.history],
            "refunds": [
                {
                    "id": refund.id,
                    "state": refund.state,
                    "amount": str(refund.request.amount),
                    "operator": refund.request.operator,
                    "reason": refund.request.reason,
                    "key": refund.request.key,
                }
                for refund in self.refunds
            ],
            "receipts": [[each.kind, str(each.to), each.state, each.sends] for each in self.receipts],
            "disputes": [[each.id, each.status, str(each.amount), each.reason] for each in self.disputes],
            "audit": [
                [e.at.isoformat(), e.deed.operator, e.deed.action, e.deed.reason, e.result] for e in self.audit
            ],
            "gateway": None
            if self.gateway is None
            else [[each.transaction_id, each.kind, each.status, str(each.amount)] for each in self.gateway],
            "needs_person": self.stuck is not None,
            "advice": self.advice(),
        }


_ADVICE = {
    Case.NOTHING: "nothing",
    Case.JOBS_LOOK: "nothing: the jobs are finding out how it ended; the caller was told that it is being checked",
    Case.GATEWAY_SILENT: "the gateway cannot be asked now: see to that first, then `fs-app payments check`",
    Case.NOT_AT_GATEWAY: "the gateway shows nothing for this order id: look for it in the control panel; if "
    "nothing is there, `fs-app payments close {id} --reason ...` frees the bill",
    Case.LOOK_AGAIN: "`fs-app payments check {id}` looks once more; if it does not help, ask the gateway",
    Case.STUCK: "look at the transaction in the gateway's control panel: {note}",
    Case.DISPUTE: "a dispute is open: answer it in the gateway's control panel before its date",
    Case.RETURNED: "the money did not arrive: the bill is due again, tell the customer",
}


class Records:
    """Puts dossiers together. Raises StoreUnavailable, and KeyError for a payment that does not exist."""

    def __init__(
        self,
        ledger: Ledger,
        refunds: RefundBook,
        outbox: Outbox,
        disputes: DisputeBook,
        audit: Audit,
        tasks: Tasks,
        gateway: Gateway,
    ) -> None:
        self._ledger = ledger
        self._refunds = refunds
        self._outbox = outbox
        self._disputes = disputes
        self._audit = audit
        self._tasks = tasks
        self._gateway = gateway

    def dossier(self, payment_id: PaymentId) -> Dossier:
        """Everything about one payment, as it stands."""
        payment = self._ledger.get(payment_id)
        stuck = (task for task in self._tasks.stuck() if task.kind is TaskKind.PAYMENT)
        return Dossier(
            payment=payment,
            history=self._ledger.history(payment_id),
            refunds=self._refunds.refunds(payment_id=payment_id),
            receipts=self._outbox.receipts(payment_id=payment_id),
            disputes=self._disputes.disputes(payment_id=payment_id),
            audit=self._audit.entries(payment_id),
            stuck=next((task for task in stuck if task.subject == str(payment_id)), None),
            gateway=self._gateway.find(payment.order_id),
        )
