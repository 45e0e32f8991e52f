"""One process of the ``jobs`` role: what is due is followed, metrics tell how it goes."""

from __future__ import annotations

from datetime import timedelta

import gevent
import structlog

from fs_app.app.checks import checked_parts
from fs_app.app.parts import Parts
from fs_app.app.roles import begin, forbid_dumps, until_told_to_stop
from fs_app.domain.people import TRIES_FORGOTTEN_AFTER
from fs_app.jobs.agreements import InstalmentFollower
from fs_app.jobs.disputes import DisputeFollower
from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.jobs.payments import PaymentFollower
from fs_app.jobs.receipts import ReceiptSender
from fs_app.jobs.refunds import RefundFollower
from fs_app.jobs.returns import ReturnWatch
from fs_app.jobs.runner import Follower, Runner
from fs_app.metrics import MetricsServer
from fs_app.ports import TaskKind
from fs_app.serve.plan import JOBS_METRICS
from fs_app.serve.sockets import inherited
from fs_app.settings import Settings
from fs_app.settings.rules import LONGEST_LOCKOUT
from fs_app.store.desk_messages import SqlDeskMessages
from fs_app.store.desk_upkeep import LostHandovers, OldDeskRows, UntakenOrders
from fs_app.store.people_upkeep import EndedSessions, ExpiredLinks, OldTries
from fs_app.store.said import SpokenConsents, UnclaimedRecordings
from fs_app.store.velocity import SqlVelocity
from fs_app.store.webhooks import SqlHints
from fs_app.yamlfile import Document

log = structlog.get_logger()


def run_jobs(settings: Settings, document: Document) -> None:
    """The ``jobs`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    forbid_dumps()
    jobs = Jobs(settings, checked_parts(settings, document))
    begin(jobs.start, document, ("jobs", "metrics"))
    working = gevent.spawn(jobs.run)
    log.info("jobs ready", at_once=settings.jobs.at_once)
    until_told_to_stop(working)
    log.info("no new tasks")
    jobs.stop()
    working.get()  # what ended it, if it was not us: the process ends too, and is started again


class Jobs:
    """Claims and follows what is due until it is stopped."""

    def __init__(self, settings: Settings, parts: Parts | None = None) -> None:
        self._parts = parts = parts or Parts(settings)
        part = settings.jobs
        self.metrics = parts.metrics
        self.runner = Runner(
            parts.tasks,
            followers(parts),
            parts.clock,
            at_once=part.at_once,
            poll_seconds=part.poll_seconds,
            lease_seconds=part.lease_seconds,
            worked=self.metrics.task_worked,
        )
        self._housekeepers = [
            Housekeeper(chores(parts), parts.clock),
            Housekeeper(watched(parts), parts.clock, pause_seconds=60),
        ]
        self._return_watch = ReturnWatch(parts.office, parts.ledger, parts.tasks, parts.clock)
        self._metrics_server = MetricsServer(self.metrics, inherited(JOBS_METRICS, part.metrics))

    def start(self) -> None:
        """Serve the metrics; OSError where their port is taken."""
        self._metrics_server.start()

    def run(self) -> None:
        """Work until `stop`, then finish what is claimed."""
        besides: list[Housekeeper | ReturnWatch] = [*self._housekeepers, self._return_watch]
        running = [gevent.spawn(each.run) for each in besides]
        self.runner.run()
        for each in besides:
            each.stop()
        gevent.joinall(running)
        self._parts.close()

    def stop(self) -> None:
        """Claim nothing more. The metrics are those of the process that takes over."""
        self._metrics_server.stop()
        self.runner.stop()


def followers(parts: Parts) -> dict[TaskKind, Follower]:
    """Who follows what."""
    return {
        TaskKind.PAYMENT: PaymentFollower(
            parts.ledger, parts.tasks, parts.resolver, parts.clock, parts.schedule, parts.returned_debits
        ),
        TaskKind.REFUND: RefundFollower(parts.refunds, parts.gateway, parts.tasks, parts.clock, parts.schedule),
        TaskKind.DISPUTE: DisputeFollower(parts.disputes, parts.office, parts.tasks, parts.clock, parts.schedule),
        TaskKind.INSTALMENT: InstalmentFollower(
            parts.agreements,
            parts.cashier,
            parts.methods,
            parts.directory,
            parts.tasks,
            parts.clock,
            parts.collection,
        ),
        TaskKind.RECEIPT: ReceiptSender(
            parts.outbox,
            parts.messengers,
            parts.receipt_texts.message,
            parts.tasks,
            parts.clock,
            parts.schedule,
        ),
    }


def chores(parts: Parts) -> list[Chore]:
    """What is forgotten, and when. The gateway repeats a webhook for a day at most; a month is for looking back."""
    longest = max(limit.hours for limit in parts.settings.payments.velocity.limits().values())
    said, console = parts.settings.recordings, parts.settings.console
    return [
        Chore("attempts counted", SqlVelocity(parts.database), timedelta(hours=longest)),
        Chore("checkpoints of calls", parts.checkpoints, timedelta(days=1)),
        Chore("webhooks", SqlHints(parts.database, parts.clock), timedelta(days=30)),
        Chore("wrong proofs", parts.proofs, LONGEST_LOCKOUT),
        Chore("recordings of consents", SpokenConsents(parts.database, said), timedelta()),
        Chore("recordings of nobody's", UnclaimedRecordings(parts.database, said), timedelta(days=30)),
        Chore("callers", parts.remembered, timedelta(days=parts.settings.callers.keep_days)),
        Chore("calls that were up", parts.live_calls, timedelta(days=1)),
        Chore("orders that no call took", UntakenOrders(parts.database, parts.clock), timedelta(hours=1)),
        Chore("the desk", OldDeskRows(parts.database), timedelta(days=parts.settings.jobs.desk_keep_days)),
        Chore(
            "messages at the desk",
            SqlDeskMessages(parts.database, parts.clock),
            timedelta(days=parts.settings.jobs.desk_keep_days),
        ),
        Chore("sessions of the console", EndedSessions(parts.database, console.times().idle), timedelta()),
        Chore("links that set passwords", ExpiredLinks(parts.database), timedelta()),
        Chore("tries to sign in", OldTries(parts.database), TRIES_FORGOTTEN_AFTER),
    ]


def watched(parts: Parts) -> list[Chore]:
    """What people see, and must not see for long when it is not so any more."""
    return [Chore("hand-overs that nobody tells of", LostHandovers(parts.database), timedelta(minutes=5))]
