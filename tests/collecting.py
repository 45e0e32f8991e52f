"""An account with a bill and a saved method, the ledger, a gateway from a script, and the jobs beside them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, insert, select, update

from fs_app.domain.agreement import Agreement, AgreementRequest, Instalment, InstalmentId
from fs_app.domain.collection import CollectionPolicy
from fs_app.domain.contact import MessageKind
from fs_app.domain.money import Money
from fs_app.domain.payment import PAID_STATES, Payment, PaymentRequest
from fs_app.domain.schedule import Schedule
from fs_app.jobs.agreements import InstalmentFollower
from fs_app.jobs.payments import PaymentFollower
from fs_app.jobs.receipts import ReceiptSender
from fs_app.jobs.runner import Follower
from fs_app.payments.cashier import GatewayCashier
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import Delivery, Message, Receipt, ReceiptKind, Task, TaskKind
from fs_app.store.agreements import SqlAgreements
from fs_app.store.directory import TableDirectory
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.methods import SqlSavedMethods
from fs_app.store.outbox import SqlOutbox
from fs_app.store.tables import accounts, bills, tasks
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock
from tests.agreements import AUTOPAY, TO, agreed

_KINDS = (TaskKind.RECEIPT, TaskKind.PAYMENT, TaskKind.INSTALMENT)
_FOLLOWED = (TaskKind.RECEIPT, TaskKind.INSTALMENT)


class Postman:
    """Takes every message, unless he is ``away``."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.away = False

    def send(self, message: Message) -> Delivery:
        if self.away:
            return Delivery.NOT_SENT
        self.messages.append(message)
        return Delivery.SENT


class LocalClock(StandingClock):
    """A clock whose day is the operator's."""

    def __init__(self, policy: CollectionPolicy, at: datetime) -> None:
        super().__init__(at)
        self._policy = policy

    def today(self) -> date:
        return self.at.astimezone(self._policy.zone).date()


class Collection:
    """Everything that a due date meets. Account 10001 owes ``owed`` cents."""

    def __init__(
        self,
        database: Database,
        *,
        policy: CollectionPolicy | None = None,
        at: datetime = datetime(2026, 3, 14, 15, tzinfo=UTC),
        owed: int = 1_000_000,
        account: str = "10001",
    ) -> None:
        self.database, self.policy = database, policy or CollectionPolicy()
        self.clock, self.account = LocalClock(self.policy, at), account
        self.gateway = ScriptedGateway(self.clock.now)
        schedule = Schedule()
        self.ledger = SqlLedger(database, self.clock, schedule=schedule)
        self.agreements = SqlAgreements(database, self.clock, self.policy)
        self.outbox, self.tasks = SqlOutbox(database, self.clock), SqlTasks(database, self.clock)
        self.directory, self.methods = TableDirectory(database, self.clock), SqlSavedMethods(database, self.clock)
        self.postman = Postman()
        resolver = PaymentResolver(self.ledger, self.gateway, self.clock, schedule)
        self.cashier = GatewayCashier(self.ledger, self.gateway, self.clock, resolver=resolver)
        self.follower = InstalmentFollower(
            self.agreements, self.cashier, self.methods, self.directory, self.tasks, self.clock, self.policy
        )
        messengers = {MessageKind.SMS: self.postman, MessageKind.MAIL: self.postman}
        self.followers: dict[TaskKind, Follower] = {
            TaskKind.INSTALMENT: self.follower,
            TaskKind.PAYMENT: PaymentFollower(self.ledger, self.tasks, resolver, self.clock, schedule),
            TaskKind.RECEIPT: ReceiptSender(self.outbox, messengers, _written, self.tasks, self.clock, schedule),
        }
        database.write(lambda connection: self._open_account(connection, owed))

    def _open_account(self, connection: Connection, owed: int) -> None:
        identity, bill = f"demo-{self.account}", f"bill-{self.account}"
        connection.execute(insert(accounts).values(id=identity, number=self.account, receipt_to=str(TO)))
        connection.execute(insert(bills).values(id=bill, account_id=identity, amount_minor=owed, currency="USD"))

    def agree(self, request: AgreementRequest = AUTOPAY) -> Agreement:
        mine = replace(request, account_id=f"demo-{self.account}", account_number=self.account)
        return self.agreements.open(agreed(self.database, mine))

    def bill(self, minor: int) -> None:
        """The bill is now of that amount, before anything was paid on it."""
        changed = update(bills).where(bills.c.id == f"bill-{self.account}").values(amount_minor=minor)
        self.database.write(lambda connection: connection.execute(changed))

    def pay_by_phone(self, minor: int) -> None:
        """The payer calls, and pays with another card."""
        request = PaymentRequest("call", f"demo-{self.account}", f"bill-{self.account}", Money(minor, "USD"))
        method = self.methods.of_account(f"demo-{self.account}")[0]
        self.cashier.pay(request, method)

    def due(self) -> datetime | None:
        """When something can be done next: what is claimed when its lease ends, what waits for a person never."""
        chosen = select(tasks).where(~tasks.c.stuck, tasks.c.kind.in_(_FOLLOWED))
        rows = self.database.read(lambda connection: connection.execute(chosen).all())
        return min((max(row.due_at, row.claimed_until or row.due_at) for row in rows), default=None)

    def work(self, kinds: tuple[TaskKind, ...] = _KINDS) -> list[str]:
        """Do what is due now; the outcomes."""
        outcomes = []
        while claimed := self.tasks.claim(kinds, limit=1, lease_seconds=600):
            outcomes.append(f"{claimed[0].kind} {self.followers[claimed[0].kind].work(claimed[0])}")
        return outcomes

    def live_until(self, day: str) -> None:
        """Let time pass to the end of a day (UTC), and do everything when it is due."""
        end = datetime.fromisoformat(f"{day}T23:59:59+00:00")
        turns = 0
        while (at := self.due()) is not None and at <= end:
            turns += 1
            assert turns < 5000, "what is due is never done"
            self.clock.at = max(self.clock.at, at)
            self.work()
        self.clock.at = max(self.clock.at, end)

    def next_task(self) -> Task:
        """Claim the instalment that is due."""
        (task,) = self.tasks.claim([TaskKind.INSTALMENT], limit=1, lease_seconds=600)
        return task

    def instalments(self, agreement: Agreement) -> list[Instalment]:
        return list(self.agreements.instalments(agreement.id))

    def states(self, agreement: Agreement) -> list[str]:
        return [each.state.value for each in self.instalments(agreement)]

    def paid(self) -> list[tuple[str, int]]:
        """What was charged: local day and cents."""
        found = [each for each in self.mine() if each.state in PAID_STATES]
        days = [each.opened_at.astimezone(self.policy.zone).date() for each in found]
        amounts = [each.request.amount.minor for each in found]
        return [(day.isoformat(), minor) for day, minor in zip(days, amounts, strict=True)]

    def mine(self) -> list[Payment]:
        """The attempts by agreement on the account."""
        every = self.ledger.payments()
        return [
            each for each in every if each.request.instalment and each.request.account_id.endswith(self.account)
        ]

    def charges(self) -> Counter[str]:
        """How often money was taken, at the gateway and for each instalment."""
        found: Counter[str] = Counter()
        for order_id, captures in self.gateway.captures.items():
            payment = self.ledger.by_order(order_id)
            if payment is not None and payment.request.instalment is not None:
                found[payment.request.instalment] += captures
        return found

    def told(self, agreement: Agreement) -> list[ReceiptKind]:
        return [each.kind for each in self.outbox.receipts(agreement_id=agreement.id)]

    def instalment(self, agreement: Agreement, number: int = 1) -> InstalmentId:
        return self.instalments(agreement)[number - 1].id


def _written(receipt: Receipt) -> Message:
    return Message(receipt.to, receipt.kind, str(receipt.id))
