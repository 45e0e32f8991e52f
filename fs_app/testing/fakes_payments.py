"""A gateway that answers what it is told to, and a clock that stands until it is moved."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    ChargeResult,
    Declined,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.standing import TAKEN, Standing
from fs_app.ports import ChargeRequest, GatewayRecord, GatewayTrouble

A = TypeVar("A")
R = TypeVar("R")


class StandingClock:
    """The Clock port, standing at ``at`` until `move` is called; the operator lives in UTC."""

    def __init__(self, at: datetime = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time in UTC."""
        return self.at

    def day(self, moment: datetime) -> date:
        """The day in UTC."""
        return moment.astimezone(UTC).date()

    def today(self) -> date:
        """The day in UTC."""
        return self.day(self.at)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def _all_is_well(_: None) -> GatewayTrouble | None:
    return None


class ScriptedGateway:
    """The Gateway port in memory, and from a script: ``script["authorise"]`` and so on hold the next answers.

    An answer is a value, an exception to raise, or a callable that gets the method's arguments and may call the
    method's ordinary doing, e.g. `hold`, before it answers something else. Without one the gateway approves,
    submits, voids, refunds and finds. ``books`` is what it has; ``calls`` names what was asked, in order.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: StandingClock().at) -> None:
        methods = ("authorise", "submit", "void", "refund", "find", "look", "check")
        self.script: dict[str, deque[Any]] = {method: deque() for method in methods}
        self.calls: list[str] = []
        self.books: dict[TransactionId, GatewayRecord] = {}
        self._now = now

    @property
    def captures(self) -> Counter[OrderId]:
        """How many sales are captured, per order id."""
        return Counter(each.order_id for each in self.books.values() if each.kind == "sale" and each.captured)

    @property
    def voided(self) -> set[TransactionId]:
        """What was given back."""
        return {each.transaction_id for each in self.books.values() if each.standing is Standing.GIVEN_BACK}

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        """Approve in full, unless the script says otherwise."""
        return self._next("authorise", self.hold, request)

    def hold(self, request: ChargeRequest) -> Approved:
        """What `authorise` does by itself."""
        made = self.add(request.order_id, request.amount, Standing.HELD)
        return Approved(made, request.amount)

    def add(self, order_id: OrderId, amount: Money, standing: Standing, **more: Any) -> TransactionId:
        """Put a transaction into the books as if it had come some other way; its id is ``fake1`` and so on."""
        made = TransactionId(f"fake{len(self.books) + 1}")
        self.books[made] = GatewayRecord(made, order_id, standing, standing.value, amount, self._now(), **more)
        return made

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        """Capture what is held, unless the script says otherwise."""
        return self._next("submit", self.capture, transaction_id)

    def capture(self, transaction_id: TransactionId) -> Submitted | Unavailable:
        """What `submit` does by itself."""
        standing = self.books[transaction_id].standing
        if standing not in TAKEN | {Standing.HELD}:
            return Unavailable(f"not submitted: the transaction is {standing}")
        if standing is Standing.HELD:
            self._enter(transaction_id, Standing.CAPTURED)
        return Submitted(transaction_id)

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        """Give back what is not settled, unless the script says otherwise."""
        return self._next("void", self.give_back, transaction_id)

    def give_back(self, transaction_id: TransactionId) -> Voided | Unavailable:
        """What `void` does by itself."""
        if self.books[transaction_id].standing is Standing.SETTLED:
            return Unavailable("not voided: it is settled")
        self._enter(transaction_id, Standing.GIVEN_BACK)
        return Voided(transaction_id)

    def settle(self) -> None:
        """Settle everything that is captured."""
        for each in list(self.books.values()):
            if each.standing is Standing.CAPTURED:
                self._enter(each.transaction_id, Standing.SETTLED)

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        """Refund what is settled, unless the script says otherwise."""

        def pay_back(_: TransactionId) -> Submitted | Unavailable:
            if self.books[transaction_id].standing is not Standing.SETTLED:
                return Unavailable("not refunded: it is not settled")
            return Submitted(self.add(order_id, amount, Standing.CAPTURED, kind="credit", refunds=transaction_id))

        return self._next("refund", pay_back, transaction_id)

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        """Every transaction with that order id, unless the script says otherwise."""
        return self._next("find", self.search, order_id)

    def search(self, order_id: OrderId) -> Sequence[GatewayRecord]:
        """What `find` does by itself."""
        return [each for each in self.books.values() if each.order_id == order_id]

    def look(self, transaction_id: TransactionId) -> GatewayRecord | None:
        """One transaction, unless the script says otherwise."""
        return self._next("look", self.books.get, transaction_id)

    def check(self) -> GatewayTrouble | None:
        """All is well, unless the script says otherwise."""
        return self._next("check", _all_is_well, None)

    def _enter(self, transaction_id: TransactionId, standing: Standing) -> None:
        self.books[transaction_id] = replace(self.books[transaction_id], standing=standing, status=standing.value)

    def _next(self, method: str, otherwise: Callable[[A], R], argument: A) -> R:
        self.calls.append(method)
        answer: Any = self.script[method].popleft() if self.script[method] else otherwise
        if isinstance(answer, BaseException):
            raise answer
        result: R = answer(argument) if callable(answer) else answer
        return result
