"""Follows a payment from an open attempt to settled money; what stays open goes to a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from fs_app.domain.payment import OPEN_STATES, Payment, PaymentId, PaymentState
from fs_app.domain.schedule import Schedule
from fs_app.payments.resolver import PaymentResolver, Resolved
from fs_app.payments.returned import ReturnedDebits
from fs_app.ports import Clock, Ledger, Task, Tasks

_log = structlog.get_logger(__name__)


class PaymentFollower:
    """The Follower of payments (`fs_app.jobs.runner`)."""

    def __init__(
        self,
        ledger: Ledger,
        tasks: Tasks,
        resolver: PaymentResolver,
        clock: Clock,
        schedule: Schedule,
        returned: ReturnedDebits | None = None,
    ) -> None:
        self._ledger = ledger
        self._tasks = tasks
        self._resolver = resolver
        self._clock = clock
        self._schedule = schedule
        self._returned = returned

    def work(self, task: Task) -> str:
        """Resolve the attempt as far as it goes now, and say when it is looked at again."""
        payment = self._ledger.get(PaymentId(int(task.subject)))
        resolved = self._resolver.resolve(payment)
        if resolved.payment.state is not payment.state:
            _log.info("payment_resolved", payment=payment.id, was=payment.state, state=resolved.payment.state)
        if self._returned is not None and payment.state is PaymentState.RETURNED and not resolved.person:
            resolved = replace(resolved, waiting=resolved.waiting or self._returned.let_go(payment))
        if resolved.person:
            return self._give_up(task, resolved.payment, resolved.person)
        moved = resolved.payment.state is not payment.state
        if moved and resolved.payment.state is PaymentState.RETURNED:
            self._tasks.release(task)  # the move has planned a look at what is saved
            return "moved"
        if not resolved.waiting:
            self._tasks.finish(task)
            return "done"
        if moved and _followed(resolved.payment):
            self._tasks.release(task)  # the move has planned the next look
            return "moved"
        return self._put_off(task, resolved)

    def _put_off(self, task: Task, resolved: Resolved) -> str:
        state = resolved.payment.state
        backoff = self._schedule.unresolved if state in OPEN_STATES else self._schedule.settlement
        pause = backoff.after(task.tries + 1)
        if pause is None and not self._may_still_be_proved(resolved.payment):
            return self._give_up(task, resolved.payment, resolved.waiting)
        due_at = self._clock.now() + (pause or timedelta(seconds=self._schedule.proof))
        self._tasks.put_off(task, due_at, resolved.waiting)
        return "waiting"

    def _may_still_be_proved(self, payment: Payment) -> bool:
        """An attempt is not given up before an empty search would have meant something."""
        age = (self._clock.now() - payment.opened_at).total_seconds()
        return payment.state in OPEN_STATES and age < self._schedule.proof

    def _give_up(self, task: Task, payment: Payment, reason: str) -> str:
        self._tasks.give_up(task, reason)
        _log.error(
            "payment_needs_person",
            payment=payment.id,
            confirmation=payment.confirmation,
            state=payment.state,
            amount=str(payment.request.amount),
            account=payment.request.account_id,
            order=payment.order_id,
            transaction=payment.transaction_id,
            reason=reason,
            do="fs-app payments show " + str(payment.id),
        )
        return "person"


def _followed(payment: Payment) -> bool:
    return payment.state in OPEN_STATES or payment.state is PaymentState.SUBMITTED
