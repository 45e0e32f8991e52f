"""Follows a refund until the money is back; what nobody knows the end of goes to a person."""

from __future__ import annotations

from datetime import timedelta

import structlog

from fs_app.domain.refund import Refund, RefundId, RefundState
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import TAKEN, GatewayRecord, Standing
from fs_app.ports import Clock, Gateway, RefundBook, Task, Tasks

_log = structlog.get_logger(__name__)

_OPEN = frozenset({RefundState.OPENED, RefundState.UNKNOWN})
_FAILED = frozenset({Standing.DECLINED, Standing.RETURNED, Standing.GIVEN_BACK, Standing.NOT_PROCESSED})


class RefundFollower:
    """The Follower of refunds (`fs_app.jobs.runner`)."""

    def __init__(
        self, refunds: RefundBook, gateway: Gateway, tasks: Tasks, clock: Clock, schedule: Schedule
    ) -> None:
        self._refunds = refunds
        self._gateway = gateway
        self._tasks = tasks
        self._clock = clock
        self._schedule = schedule

    def work(self, task: Task) -> str:
        """Ask the gateway about the refund and say when it is looked at again."""
        refund = self._refunds.get_refund(RefundId(int(task.subject)))
        if refund.state not in _OPEN | {RefundState.SUBMITTED}:
            self._tasks.finish(task)
            return "done"
        moved, waiting = self._looked_at(refund)
        if moved.state is not refund.state:
            _log.info("refund_resolved", refund=refund.id, was=refund.state, state=moved.state)
            if refund.state is RefundState.SUBMITTED and moved.state is RefundState.DECLINED:
                _log.error("refund_needs_person", refund=refund.id, reason="it failed after it was taken")
            self._tasks.release(task)  # the move has planned the next look, or ended the task
            return "moved"
        return self._put_off(task, refund, waiting)

    def _looked_at(self, refund: Refund) -> tuple[Refund, str]:
        found = self._found(refund)
        if found is None:
            return refund, "the gateway could not be asked"
        credits = [each for each in found if each.kind == "credit"]
        if not credits:
            if refund.state in _OPEN and self._age(refund) >= self._schedule.proof:
                return self._record(refund, RefundState.NOT_SENT, "nothing at the gateway long after"), ""
            return refund, "the gateway's search finds nothing yet"
        credit = next((each for each in credits if each.standing in TAKEN), credits[-1])
        if credit.standing in TAKEN and refund.state in _OPEN:
            refund = self._record(refund, RefundState.SUBMITTED, "found at the gateway", credit)
        if credit.standing is Standing.SETTLED:
            return self._record(refund, RefundState.SETTLED, "settled", credit), ""
        if credit.standing in _FAILED:
            words = f"{credit.status} {credit.code}".strip()
            return self._record(refund, RefundState.DECLINED, words, credit), ""
        return refund, f"it is {credit.status}"

    def _found(self, refund: Refund) -> list[GatewayRecord] | None:
        if refund.transaction_id is None:
            found = self._gateway.find(refund.order_id)
            return None if found is None else list(found)
        known = self._gateway.look(refund.transaction_id)
        return None if known is None else [known]

    def _record(
        self, refund: Refund, state: RefundState, detail: str, credit: GatewayRecord | None = None
    ) -> Refund:
        return self._refunds.record_refund(refund.id, state, detail, credit.transaction_id if credit else None)

    def _age(self, refund: Refund) -> float:
        return (self._clock.now() - refund.opened_at).total_seconds()

    def _put_off(self, task: Task, refund: Refund, waiting: str) -> str:
        backoff = self._schedule.unresolved if refund.state in _OPEN else self._schedule.settlement
        pause = backoff.after(task.tries + 1)
        if pause is None and not (refund.state in _OPEN and self._age(refund) < self._schedule.proof):
            self._tasks.give_up(task, waiting)
            do = f"fs-app payments show {refund.request.payment_id}"
            _log.error("refund_needs_person", refund=refund.id, order=refund.order_id, reason=waiting, do=do)
            return "person"
        due_at = self._clock.now() + (pause or timedelta(seconds=self._schedule.proof))
        self._tasks.put_off(task, due_at, waiting)
        return "waiting"
