"""Sends receipts, at least once and at most twice; what cannot be sent goes to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from fs_app.domain.contact import MessageKind
from fs_app.domain.schedule import Schedule
from fs_app.ports import Clock, Message, Messenger, Outbox, Receipt, ReceiptState, Task, Tasks

_log = structlog.get_logger(__name__)

_PERSON = {
    ReceiptState.WAITING: "not taken at any try",
    ReceiptState.UNCONFIRMED: "sent twice without a trusted answer",
    ReceiptState.FAILED: "refused by the provider",
}


class ReceiptSender:
    """The Follower of receipts (`fs_app.jobs.runner`). ``write`` makes the message of a receipt."""

    def __init__(
        self,
        outbox: Outbox,
        messengers: Mapping[MessageKind, Messenger],
        write: Callable[[Receipt], Message],
        tasks: Tasks,
        clock: Clock,
        schedule: Schedule,
    ) -> None:
        self._outbox = outbox
        self._messengers = messengers
        self._write = write
        self._tasks = tasks
        self._clock = clock
        self._schedule = schedule

    def work(self, task: Task) -> str:
        """Send the receipt where it may still be sent, and say when it is tried again."""
        receipt = self._outbox.receipt(int(task.subject))
        message = self._write(receipt)  # before the send is counted: what fails in here has sent nothing
        if self._outbox.sending(receipt.id) is None:
            return self._ended(task, self._outbox.receipt(receipt.id))
        delivery = self._messengers[message.to.kind].send(message)
        receipt = self._outbox.sent(receipt.id, delivery)
        _log.info("receipt", receipt=receipt.id, **_about(receipt), delivery=delivery, sends=receipt.sends)
        return self._ended(task, receipt)

    def _ended(self, task: Task, receipt: Receipt) -> str:
        if receipt.state is ReceiptState.SENT:
            self._tasks.finish(task)
            return "done"
        pause = self._schedule.receipt.after(task.tries) if receipt.state is ReceiptState.WAITING else None
        if pause is None:
            return self._give_up(task, receipt)
        self._tasks.put_off(task, self._clock.now() + pause, "not taken yet")
        return "waiting"

    def _give_up(self, task: Task, receipt: Receipt) -> str:
        reason = _PERSON[receipt.state]
        self._tasks.give_up(task, reason)
        _log.error(
            "receipt_needs_person",
            receipt=receipt.id,
            kind=receipt.kind,
            **_about(receipt),
            by=receipt.to.kind,
            reason=reason,
            do=_where_to_look(receipt),
        )
        return "person"


def _about(receipt: Receipt) -> dict[str, str | int]:
    """What the message is about, for a line of the log."""
    if receipt.payment is not None:
        return {"payment": receipt.payment.id, "confirmation": receipt.payment.confirmation}
    if receipt.link is not None:
        return {"account": receipt.link.account_id}
    return {} if receipt.news is None else {"agreement": receipt.news.number}


def _where_to_look(receipt: Receipt) -> str:
    if receipt.payment is not None:
        return f"fs-app payments show {receipt.payment.id}"
    return "" if receipt.news is None else f"fs-app agreements show {receipt.news.number}"
