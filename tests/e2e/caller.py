"""Somebody who calls a house: what they do on their telephone, and what the desk knows of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
from canary import CARD, EXPIRY, SECURITY_CODE

from fs_app.domain.assist import AssistState, AssistView, FieldState
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.payment import Payment
from fs_app.ports import HandoverRecord, OrderKind
from fs_app.store.demo_data import DEMO_PIN
from fs_app.testing.freeswitch_agents import TestAgent
from fs_app.testing.freeswitch_call import TestCall

if TYPE_CHECKING:
    from house import House

POSTAL_CODE = "94107"
WRONG_CODE = "200"  # a security code that the local gateway declines
_SECONDS = 20.0


def account_of(number: int) -> str:
    """The account number of the caller of that number."""
    return str(30_000 + number)


def telephone_of(number: int) -> str:
    """What their telephone is known by."""
    return str(1_415_555_2000 + number)


class Caller:
    """One caller, what they do on their telephone, and what the desk knows of them."""

    def __init__(self, house: House, call: TestCall, number: int) -> None:
        self._house = house
        self.call = call
        self.account, self.number, self.telephone = f"caller-{number}", account_of(number), telephone_of(number)

    @property
    def line(self) -> str:
        """The uuid of the call at the switch, as soon as it is there."""
        assert self.call.line is not None
        return self.call.line

    # --- the telephone ---

    def hears(self, *phrases: str, seconds: float = _SECONDS) -> set[str]:
        """Hear these one after the other, others between them; all that the last prompt is made of."""
        files: tuple[Path, ...] = ()
        for phrase in phrases:
            files = self.call.hears(phrase, seconds)
        return {path.name.split(".")[0] for path in files}

    @property
    def heard(self) -> list[str]:
        """The phrases that were said so far."""
        return [path.name.split(".")[0] for files in self.call.said for path in files]

    def press(self, keys: str) -> None:
        self.call.press(keys)

    def pauses(self, seconds: float = 1.5) -> None:
        """Press nothing: by default until what was pressed has been heard."""
        gevent.sleep(seconds)

    def answers(self, **answers: str) -> None:
        """Hear each question and press the answer to it."""
        for question, keys in answers.items():
            self.hears(question)
            self.press(keys)

    def identifies(self) -> None:
        """As far as the balance."""
        self.hears("welcome")
        self.press(DEMO_PIN)
        self.hears("balance_is")

    def wants_a_person(self) -> None:
        self.identifies()
        self.press("0")
        self.hears("connecting_agent")

    def talks_with(self, agent: TestAgent, *, answers: float = 0.0) -> None:
        """Come as far as a talk with that agent."""
        agent.logs_in(answers=answers)
        self.wants_a_person()
        agent.talks()
        self.is_at(HandoverState.TALKING)

    def begins_a_card(self) -> None:
        """The agent takes a payment, and the caller is in the middle of the number: six keys of it."""
        self.orders(OrderKind.TAKE_PAYMENT)
        self.hears("enter_card_number")
        self.press(CARD[:6])
        self.has_keyed("number", 6)

    def keys_the_card(self, code: str = SECURITY_CODE) -> None:
        """All fields of the card, from the first question."""
        self.answers(enter_card_number=CARD)
        self.keys_the_rest(code)

    def keys_the_rest(self, code: str = SECURITY_CODE) -> None:
        """What follows the number."""
        self.answers(enter_expiry=EXPIRY, enter_security_code=code, enter_postal_code=POSTAL_CODE)

    def hangs_up(self) -> None:
        self.call.hang_up()

    # --- what the desk knows ---

    @property
    def handover(self) -> HandoverRecord:
        """The last one of this call."""
        return self._house.view.handovers_of(self.line)[-1]

    @property
    def payment(self) -> AssistView:
        """The last payment that an agent took, or takes."""
        return self._house.view.assists_of([self.line])[-1].view

    def fields(self) -> list[FieldState]:
        """How far the fields of it are: number, expiry, security code, postal code."""
        return [field.state for field in self.payment.fields]

    def has_keyed(self, field: str, keys: int) -> None:
        """Wait until the agent's page shows so many keys of a field."""

        def shows() -> bool:
            return any(one.name == field and one.keys == keys for one in self.payment.fields)

        self._house.waits_for(shows, lambda: f"{self.payment.fields}, not {keys} of {field}")

    def keeps(self, field: str) -> None:
        """The agent's page shows that a field is taken."""

        def shows() -> bool:
            return any(one.name == field and one.state is FieldState.ACCEPTED for one in self.payment.fields)

        self._house.waits_for(shows, lambda: f"{self.payment.fields}, {field} not accepted")

    def is_over(self, end: HandoverEnd) -> None:
        """Wait until the desk is told how the hand-over ended."""
        self._house.waits_for(lambda: self.handover.end is end, lambda: f"{self.handover}, not {end}")

    def is_with(self, agent: TestAgent) -> None:
        """Wait until the desk is told of the leg to which the switch has bridged the caller, and it is hers."""

        def legs() -> tuple[str, str, str]:
            leg = self._house.switch.api(f"uuid_getvar {self.line} signal_bond")
            return self.handover.leg, leg, self._house.switch.api(f"uuid_getvar {leg} destination_number")

        def is_hers() -> bool:
            told, leg, number = legs()
            return told == leg and number.partition("-")[0] == agent.name

        self._house.waits_for(is_hers, lambda: f"{legs()}, not {agent.name}")

    def is_at(self, state: HandoverState) -> None:
        """Wait until the desk is told that the hand-over is there."""
        self._house.waits_for(lambda: self.handover.state is state, lambda: f"{self.handover.state}, not {state}")

    def sees(self, state: AssistState, why: str | None = None) -> AssistView:
        """The agent's page comes to show that state of the payment."""

        def shows() -> bool:
            found = self._house.view.assists_of([self.line])
            return bool(found) and found[-1].view.state is state and why in (None, found[-1].view.why)

        self._house.waits_for(shows, lambda: f"{self._house.view.assists_of([self.line])}, not {state} {why}")
        return self.payment

    def orders(self, kind: OrderKind, **what: Any) -> int:
        """What an agent clicks on their page."""
        return self._house.view.give_order(self.line, kind, "maria", **what)

    def told(self, order: int) -> str:
        """What came of it."""
        record = self._house.view.order(order)
        assert record is not None
        return record.result

    def paid(self) -> list[Payment]:
        """The payments of the caller's account."""
        return [one for one in self._house.parts.ledger.payments() if one.request.account_id == self.account]
