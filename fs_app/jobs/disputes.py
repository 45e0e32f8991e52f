"""Follows a dispute: asks the gateway how it stands and keeps that with the payment."""

from __future__ import annotations

from datetime import timedelta

import structlog

from fs_app.domain.schedule import Schedule
from fs_app.ports import Clock, Dispute, DisputeBook, GatewayOffice, Task, Tasks

_log = structlog.get_logger(__name__)

_LOOKS_FOR_OURS = 4


class DisputeFollower:
    """The Follower of disputes (`fs_app.jobs.runner`). A dispute that changes makes the gateway send a webhook, so
    a look is over when it was answered."""

    def __init__(
        self, disputes: DisputeBook, office: GatewayOffice, tasks: Tasks, clock: Clock, schedule: Schedule
    ) -> None:
        self._disputes = disputes
        self._office = office
        self._tasks = tasks
        self._clock = clock
        self._schedule = schedule

    def work(self, task: Task) -> str:
        """Look once; again later where the gateway could not be asked."""
        dispute = self._office.dispute(task.subject)
        if dispute is None:
            return self._put_off(task)
        if not self._disputes.book(dispute):
            return self._foreign(task, dispute)
        _log.warning("dispute", dispute=dispute.id, status=dispute.status, amount=str(dispute.amount))
        self._tasks.finish(task)
        return "done"

    def _put_off(self, task: Task) -> str:
        """The gateway could not be asked, or does not know it."""
        reason = "the gateway does not tell of this dispute"
        pause: timedelta | None = self._schedule.unresolved.after(task.tries + 1)
        if pause is None:
            self._tasks.give_up(task, reason)
            _log.error("dispute_needs_person", dispute=task.subject, reason=reason)
            return "person"
        self._tasks.put_off(task, self._clock.now() + pause, reason)
        return "waiting"

    def _foreign(self, task: Task, dispute: Dispute) -> str:
        """No payment of ours was captured as its transaction: perhaps not yet, a webhook can be faster than the
        record of the charge. After some looks it is another application's."""
        pause = self._schedule.unresolved.after(task.tries)
        if pause is None or task.tries >= _LOOKS_FOR_OURS:
            _log.warning("foreign_dispute", dispute=dispute.id, transaction=dispute.transaction_id)
            self._tasks.finish(task)
            return "foreign"
        self._tasks.put_off(task, self._clock.now() + pause, "not the dispute of a payment that we know")
        return "waiting"
