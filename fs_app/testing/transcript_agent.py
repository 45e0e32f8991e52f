"""The agent of a transcript: what they do on the page and on the telephone, and what they see there."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent

from fs_app.domain.assist import AssistView
from fs_app.domain.money import Money
from fs_app.ports import DeskView, OrderKind
from fs_app.testing.switch import Call
from fs_app.testing.transcript import AGENT_DOES

_SECONDS = 15.0
_LOOK_SECONDS = 0.02
_BY = "maria"
_CURRENCY = "USD"
_ORDERS = {
    "clears": OrderKind.CLEAR,
    "goes back": OrderKind.BACK,
    "skips the code": OrderKind.SKIP_CODE,
    "stops": OrderKind.CANCEL,
}


class Agent:
    """The agent who has one call. Without a ``desk`` there is a telephone and no page."""

    def __init__(self, call: Call, desk: DeskView | None) -> None:
        self._call = call
        self._desk = desk

    @property
    def talks(self) -> bool:
        """Whether they are in the talk."""
        return self._call.talk is not None

    def does(self, text: str) -> str:
        """Do it; what was done, or what is seen instead."""
        (what,) = [match.groupdict() for form in AGENT_DOES if (match := form.fullmatch(text))]
        if sight := what.get("sight"):
            return f"sees {self._sees(sight)}"
        self._wait_for_the_talk()
        if keys := what.get("press"):
            self._call.agent.press(keys.removeprefix("presses "))
        elif place := what.get("place"):
            self._order(OrderKind.SEND_TO, target=place)
        elif queue := what.get("queue"):
            self._order(OrderKind.TRANSFER, target=queue)
        elif act := what.get("act"):
            self._acts(act)
        else:
            amount = what["amount"]
            self._order(OrderKind.TAKE_PAYMENT, amount=Money.parse(amount, _CURRENCY) if amount else None)
        return text

    def _acts(self, act: str) -> None:
        match act:
            case "hangs up":
                self._call.agent_hangs_up()
            case "hands over":
                self._call.agent.transfer("tom@default")
            case _:
                self._order(_ORDERS[act])

    def _order(self, kind: OrderKind, *, target: str = "", amount: Money | None = None) -> None:
        assert self._desk is not None, "a transcript with orders needs a desk"
        self._desk.give_order(self._call.uuid, kind, _BY, target=target, amount=amount)

    def _wait_for_the_talk(self) -> None:
        """Who does something talks with the caller; on a page it is seen a moment later."""
        if self._desk is not None:
            self._sees("talking")

    def _sees(self, sight: str) -> str:
        """The sight once it is there; else all that is."""
        assert self._desk is not None, "a transcript in which an agent sees something needs a desk"
        until = time.monotonic() + _SECONDS
        while sight not in (seen := list(_sights(self._desk, self._call.uuid))):
            if time.monotonic() >= until:
                return ", ".join(seen) or "nothing"
            gevent.sleep(_LOOK_SECONDS)
        return sight


def _sights(desk: DeskView, uuid: str) -> Iterator[str]:
    """What the page shows of a call, a line each."""
    handovers = desk.handovers_of(uuid)
    if handovers:
        last = handovers[-1]
        yield str(last.end or last.state)
        yield f"{last.context.identified} {last.context.account_number} {last.context.reason}".strip()
    assists = desk.assists_of([uuid])
    if assists:
        yield from _assist(assists[-1].view)


def _assist(view: AssistView) -> Iterator[str]:
    yield str(view.state)
    yield f"{view.state} {view.why}".strip()
    yield f"{view.brand} {view.last_four}".strip()
    for field in view.fields:
        yield f"{field.name} {field.state}"
        yield f"{field.name} {field.keys} of {field.of}"
        yield f"{field.name} {field.state} {field.why}".strip()
