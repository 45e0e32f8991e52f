"""A gateway that answers what it is told to, and a clock that stands until it is moved."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence
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

    def today(self) -> date:
        """The day in UTC."""
        return self.at.date()

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


def _all_is_well(_: None) -> GatewayTrouble | None:
    return None


class ScriptedGateway:
    """The Gateway port from a script: ``script["authorise"]`` and so on hold the next answers, oldest first.

    An answer is a value, an exception to raise, or a callable that gets the method's arguments. Without one the
    gateway approves, submits and voids. ``captures`` counts per order id; ``calls`` names what was asked, in order.
    """

    def __init__(self) -> None:
        methods = ("authorise", "submit", "void", "refund", "check")
        self.script: dict[str, deque[Any]] = {method: deque() for method in methods}
        self.calls: list[str] = []
        self.captures: Counter[OrderId] = Counter()
        self.voided: set[TransactionId] = set()
        self._orders: dict[TransactionId, ChargeRequest] = {}

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        """Approve in full, unless the script says otherwise."""
        transaction_id = TransactionId(f"fake{len(self._orders) + 1}")
        self._orders[transaction_id] = request
        return self._next("authorise", lambda _: Approved(transaction_id, request.amount), request)

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        """Capture, and count it, unless the script says otherwise."""
        return self._next("submit", self.capture, transaction_id)

    def capture(self, transaction_id: TransactionId) -> Submitted:
        """What `submit` does by itself; a script may call it and answer something else."""
        self.captures[self._orders[transaction_id].order_id] += 1
        return Submitted(transaction_id)

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        """Give back, unless the script says otherwise."""

        def give_back(_: TransactionId) -> Voided:
            self.voided.add(transaction_id)
            return Voided(transaction_id)

        return self._next("void", give_back, transaction_id)

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        """Refund, unless the script says otherwise."""
        return self._next("refund", lambda _: Submitted(TransactionId(f"{transaction_id}-refund")), transaction_id)

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        """Every authorisation with that order id."""
        return [
            GatewayRecord(
                transaction_id,
                order_id,
                "submitted_for_settlement" if self.captures[order_id] else "authorized",
                request.amount,
                captured=bool(self.captures[order_id]),
                created_at=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
            )
            for transaction_id, request in self._orders.items()
            if request.order_id == order_id
        ]

    def check(self) -> GatewayTrouble | None:
        """All is well, unless the script says otherwise."""
        return self._next("check", _all_is_well, None)

    def _next(self, method: str, otherwise: Callable[[A], R], argument: A) -> R:
        self.calls.append(method)
        answer: Any = self.script[method].popleft() if self.script[method] else otherwise
        if isinstance(answer, BaseException):
            raise answer
        result: R = answer(argument) if callable(answer) else answer
        return result
