"""Charges what is due by agreement: looks, decides by the policy, acts, and looks again.

The policy is in ``domain/collection.py``. Whatever happens here can happen twice: a decision is written only where
nobody has moved the instalment since it was read, and the ledger opens no second attempt on an instalment that is
paid or being paid. An attempt whose end is not known is the resolver's; the ledger wakes us when it has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fs_app.domain.agreement import Agreement, AgreementState, InstalmentId
from fs_app.domain.allocation import Allocation, allocate, shared
from fs_app.domain.bill import Account, Bill
from fs_app.domain.collection import (
    Announce,
    AskPerson,
    Case,
    Charge,
    CollectionPolicy,
    Decision,
    Done,
    End,
    Fail,
    Retry,
    Wait,
    by_due,
    by_ledger,
)
from fs_app.domain.means import SavedMethod
from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentRequest
from fs_app.errors import BillBusy, TooManyAttempts
from fs_app.ports import Agreements, Cashier, Clock, Directory, SavedMethods, Task, Tasks

_log = structlog.get_logger(__name__)

_LOOKS = 8  # charged, declined, booked, looked at again: no instalment needs more at once
_STALE_SECONDS = 60.0  # whoever was stopped for so long after setting out to charge does not charge
_BUSY_PAUSE = timedelta(minutes=10)
CHANNEL = "agreement"


@dataclass(frozen=True, slots=True)
class Debt:
    """What an agreement may pay now: the account, and the bills that are due; for a gift there are none."""

    account: Account
    bills: Sequence[Bill]

    @property
    def owed(self) -> Money | None:
        """The sum of the bills; None where there is none."""
        return sum((bill.due for bill in self.bills[1:]), self.bills[0].due) if self.bills else None


class InstalmentFollower:
    """The Follower of instalments (`fs_app.jobs.runner`)."""

    def __init__(
        self,
        agreements: Agreements,
        cashier: Cashier,
        methods: SavedMethods,
        directory: Directory,
        tasks: Tasks,
        clock: Clock,
        policy: CollectionPolicy,
    ) -> None:
        self._agreements = agreements
        self._cashier = cashier
        self._methods = methods
        self._directory = directory
        self._tasks = tasks
        self._clock = clock
        self._policy = policy

    def work(self, task: Task) -> str:
        """Take the instalment as far as it goes now, and say when it is looked at again."""
        for _ in range(_LOOKS):
            case = self._agreements.case(InstalmentId(task.subject))
            debt = self._debt(case.agreement)
            decision = self._decision(case, debt)
            match decision:
                case Done():
                    self._tasks.finish(task)
                    return "done"
                case Wait(until=until, reason=reason):
                    self._tasks.put_off(task, until, reason)
                    return "waiting"
                case AskPerson(reason=reason):
                    return self._give_up(task, case, reason)
                case Charge():
                    waiting = self._charge(case, decision, debt)
                    if waiting is not None:
                        self._tasks.put_off(task, self._clock.now() + _BUSY_PAUSE, waiting)
                        return "waiting"
                case Announce() | Retry():
                    if self._booked(case, decision):
                        self._tasks.release(task)  # the decision has planned the next look
                        return "moved"
                case End() | Fail():
                    self._booked(case, decision)
        self._tasks.put_off(task, self._clock.now() + _BUSY_PAUSE, "it does not come to rest")
        return "waiting"

    def _decision(self, case: Case, debt: Debt | None) -> Decision:
        now = self._clock.now()
        known = by_ledger(case, now, self._policy)
        if known is not None:
            return known
        if debt is None and case.agreement.state is AgreementState.ACTIVE:
            return AskPerson("its account is closed, or not there any more")
        request = case.agreement.request
        nothing = None if request.is_gift else Money(0, request.terms.amount.currency)
        return by_due(case, (debt.owed if debt else None) or nothing, now, self._policy)

    def _debt(self, agreement: Agreement) -> Debt | None:
        """What there is to pay; None where the account is closed or gone."""
        request = agreement.request
        account = self._directory.by_number(request.account_number)
        if account is None or account.closed or account.id != request.account_id:
            return None
        if request.is_gift:
            return Debt(account, ())
        wanted, currency = {target.id for target in request.targets}, request.terms.amount.currency
        due = [bill for bill in self._directory.open_bills(account) if bill.due.currency == currency]
        return Debt(account, [bill for bill in due if bill.due.minor > 0 and (not wanted or bill.id in wanted)])

    def _charge(self, case: Case, decision: Charge, debt: Debt | None) -> str | None:
        """Set out to charge, and charge; why that has to wait, or None: then the ledger knows more."""
        method = self._methods.get(case.agreement.request.method_id)
        if method is None or debt is None:
            self._booked(case, Fail("the saved method was deleted", stops=True))
            return None
        begun = self._clock.now()
        if not self._booked(case, decision):
            return None
        if (self._clock.now() - begun).total_seconds() > _STALE_SECONDS:
            return "this process was stopped before it could charge"
        try:
            outcome = self._cashier.pay(_request(case, decision.amount, method, debt), method)
        except BillBusy as error:
            return str(error)
        except TooManyAttempts as error:
            return str(error)
        _log.info(
            "instalment_charged",
            agreement=case.agreement.number,
            number=case.instalment.number,
            payment=outcome.payment.id,
            late=decision.late,
            result=type(outcome.result).__name__,
        )
        return None

    def _booked(self, case: Case, decision: Charge | Announce | Retry | End | Fail) -> bool:
        booked = self._agreements.book(case, decision)
        if booked and not isinstance(decision, Charge):
            _log.info(
                "instalment",
                agreement=case.agreement.number,
                number=case.instalment.number,
                due_on=str(case.instalment.due_on),
                decision=decision.state if isinstance(decision, End) else type(decision).__name__.lower(),
            )
        return booked

    def _give_up(self, task: Task, case: Case, reason: str) -> str:
        self._tasks.give_up(task, reason)
        _log.error(
            "instalment_needs_person",
            agreement=case.agreement.number,
            account=case.agreement.request.account_id,
            number=case.instalment.number,
            due_on=str(case.instalment.due_on),
            reason=reason,
            do=f"fs-app agreements show {case.agreement.number}",
        )
        return "person"


def _request(case: Case, amount: Money, method: SavedMethod, debt: Debt) -> PaymentRequest:
    """The payment of an instalment. It belongs to no call, so that no call takes it for its own."""
    request, allocations = case.agreement.request, _allocations(case.agreement, amount, debt)
    return PaymentRequest(
        call_uuid=case.instalment.id,
        account_id=request.account_id,
        bill_id=allocations[0].bill_id,
        amount=amount,
        brand=method.brand,
        last_four=method.last_four,
        channel=CHANNEL,
        language=request.language,
        receipt_to=debt.account.receipt_to or request.receipt_to,
        means=method.kind,
        instalment=case.instalment.id,
        allocations=allocations,
    )


def _allocations(agreement: Agreement, amount: Money, debt: Debt) -> tuple[Allocation, ...]:
    """What goes to which bill, the oldest first; of a gift, what goes to which project."""
    targets = agreement.request.targets
    if not agreement.request.is_gift:
        return allocate(debt.bills, amount)
    parts = shared(amount, [target.share for target in targets])
    given = zip(targets, parts, strict=True)
    return tuple(Allocation(target.id, part, exclusive=False) for target, part in given if part.minor)
