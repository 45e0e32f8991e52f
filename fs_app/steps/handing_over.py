"""One hand-over of one caller, from the line they wait in to the end of the talk.

What happens on it is told to the desk as it happens. A desk that does not answer changes nothing for the caller:
they reach a person all the same, who then knows no more than what they say.
"""

from __future__ import annotations

import re

from fs_app.domain.destination import QUEUE_NAME, FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import menu
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, StoreError, SwitchError
from fs_app.flow.asking import ask
from fs_app.flow.briefing import briefing
from fs_app.flow.call import Call
from fs_app.flow.places import SendTo
from fs_app.flow.step import MOVED, StepEnds
from fs_app.ports import (
    Answered,
    Coded,
    HandoverTicket,
    Joined,
    Order,
    Ordered,
    OrderKind,
    Over,
    Parted,
    Person,
)
from fs_app.steps.assisting import AssistedPayment
from fs_app.steps.calling_back import NOT_KEPT, ask_to_call_back
from fs_app.steps.hand_over_words import Words
from fs_app.steps.waiting_line import ALONE, CALL_BACK, WaitingLine

_HANDED, _TALKED, _SENT_TO = "handover", "talked", "sent to"
_TOLD = "0"  # in place of the id of a hand-over that was not written down, or whose end was
_QUEUE = re.compile(QUEUE_NAME)
_ALIVE_SECONDS = 5.0


class HandOver:
    """One hand-over."""

    def __init__(self, call: Call, queue: str, words: Words) -> None:
        self._call = call
        self._queue = queue
        self._words = words
        self._desk = call.services.desk
        self._rules = call.line.help
        self._ticket: HandoverTicket | None = None
        self._end = HandoverEnd.OPEN
        self._closed = self._transferred = False
        self._waits_on = False  # without us, until another server has the call

    def ended_elsewhere(self) -> bool:
        """Whether the caller has talked with a person since another server, which is gone, led them to one."""
        handed = self._call.within.pop(_HANDED, "")
        if not handed:
            return False
        talked = self._call.within.pop(_TALKED, "") == "yes" or self._call.talked
        if int(handed):
            self._desk.ended(int(handed), HandoverEnd.TALKED if talked else HandoverEnd.LOST)
        self._call.counts["talked"] += talked
        return talked

    def run(self, *, transferred: bool) -> str:
        """Lead the caller to a person; the outcome of the step."""
        self._transferred = transferred
        self._open()
        destination = self._rules.destination(self._queue)
        reference = self._ticket.reference if self._ticket is not None else ""
        person = self._call.channel.seek(destination, reference=reference, codes=self._rules.codes)
        self._call.services.orders.follow(self._call.channel.uuid, person.order)
        try:
            return self._led(
                person, destination.waits, self._words.transferring if transferred else self._words.say
            )
        except CallEnded:
            if self._end is HandoverEnd.OPEN and person.talking:
                self._end = HandoverEnd.TALKED
            elif self._end is HandoverEnd.OPEN and self._call.channel.hung_up:
                self._end = HandoverEnd.GAVE_UP
            elif self._end is HandoverEnd.OPEN and _HANDED not in self._call.within:
                self._end = HandoverEnd.LOST  # the next server begins anew
            self._waits_on = self._end is HandoverEnd.OPEN
            raise
        finally:
            self._close(person)

    def _led(self, person: Person, waits: bool, first: str) -> str:
        line = WaitingLine(self._call, self._queue, self._words, person, self._ticket, waits=waits)
        if line.is_full():
            return self._alternatives(HandoverEnd.FULL)
        self._call.channel.play(say(first), interruptible=False)
        self._keep(_HANDED, str(self._ticket.id) if self._ticket is not None else _TOLD)
        person.join()
        waited = line.wait()
        if isinstance(waited, Answered):
            return self._talk(person, waited)
        if waited is HandoverEnd.CALL_BACK:
            return self._call_back()
        self._end = waited
        if waited is HandoverEnd.SELF_SERVICE:
            self._call.channel.play(say(self._words.on_your_own))
            return "self_service"
        return self._alternatives(waited)

    def _close(self, person: Person) -> None:
        """Nobody takes orders for this call any more, and how it ended is told; harmless when repeated."""
        self._call.services.orders.leave(self._call.channel.uuid)
        for order in person.untaken():
            self._answer(order, "not_talking")
        if self._ticket is not None and not self._closed and not self._waits_on:
            self._desk.ended(self._ticket.id, self._end or HandoverEnd.FAILED)
        self._closed = True

    def _open(self) -> None:
        """Write down why, so that the agent knows; without a database they ask."""
        try:
            self._ticket = self._desk.open(briefing(self._call), self._queue)
        except StoreError as error:
            self._call.journal.note({"trouble": f"hand-over without its context: {type(error).__name__}"})

    def _keep(self, name: str, value: str) -> None:
        self._call.within[name] = value
        self._call.keep()

    # --- nobody answered ---

    def _alternatives(self, end: HandoverEnd) -> str:
        """Say why, and what else there is; ``not_answered`` or ``failed`` where the caller wants none of it. Who
        wants a person all the same waits again, unless there is nothing to wait in."""
        self._end = end
        reasons = {HandoverEnd.FULL: self._words.full, HandoverEnd.NO_AGENTS: self._words.no_agents}
        back = self._rules.call_back
        choices = CALL_BACK + ALONE if back else ALONE
        question = say(self._words.alternatives if back else self._words.alternatives_alone)
        why = say(reasons.get(end, self._words.not_answered))
        try:
            choice = ask(self._call, menu("alternatives", choices), why + question, question, tries=1).reveal()
            if choice == CALL_BACK:
                return self._call_back()
        except StepEnds as ends:
            if end is HandoverEnd.FAILED:
                return "failed"
            return self._wait_again() if ends.outcome == "agent" else "not_answered"
        self._call.channel.play(say(self._words.on_your_own))
        return "self_service"

    def _call_back(self) -> str:
        """Ask where. Who does not say goes on alone, and who wants a person now waits again. Whose wish cannot be
        kept goes on alone, too, and is told so: they would wait for the call."""
        try:
            ask_to_call_back(self._call, self._queue, self._ticket.id if self._ticket is not None else None)
        except (StepEnds, StoreError) as error:
            alone = say(self._words.on_your_own)
            if isinstance(error, StoreError):
                self._call.journal.note({"trouble": f"call back not kept: {type(error).__name__}"})
                alone = say(NOT_KEPT) + alone
            self._end = HandoverEnd.SELF_SERVICE
            if isinstance(error, StepEnds) and error.outcome == "agent":
                return self._wait_again()
            self._call.channel.play(alone)
            return "self_service"
        self._end = HandoverEnd.CALL_BACK
        return "call_back"

    def _wait_again(self) -> str:
        """The engine comes back to this very step."""
        self._call.queue = self._queue if self._transferred else ""
        self._call.sent_to = self._call.places.here()
        return "sent"

    # --- the talk ---

    def _talk(self, person: Person, answered: Answered) -> str:
        """Until the talk is over, or the agent sends the caller elsewhere."""
        self._end = HandoverEnd.TALKED
        self._call.counts["talked"] += 1
        self._keep(_TALKED, "yes")
        self._tell_talk(answered.agent, answered.leg)
        while True:
            match event := person.next(_ALIVE_SECONDS):
                case Over():
                    return self._go_on_in_the_dialplan(person)
                case Ordered():
                    if (outcome := self._obey(person, event.order)) is not None:
                        return outcome
                case Coded():
                    if (outcome := self._obey(person, self._coded(person, event.code))) is not None:
                        return outcome
                case Parted():
                    pass
                case Joined():
                    self._tell_talk("", event.leg)
                case _:
                    self._tell_talk(person.agent, person.leg)

    def _go_on_in_the_dialplan(self, person: Person) -> str:
        """A caller whom the switch has parked notices the death of this server only as a prompt ends: first they go
        back to their place in the dialplan, and to this very step."""
        self._close(person)
        self._call.within[_HANDED] = _TOLD
        if self._call.moves():
            raise StepEnds(MOVED)
        return self.go_on()

    def go_on(self) -> str:
        """After the talk: where the agent sent the caller, or whatever they want."""
        target = self._call.within.pop(_SENT_TO, "")
        return self._sent(target) if target else self.ask_what_else()

    def ask_what_else(self) -> str:
        """The talk is over and the caller is still there: another person, alone, or nothing."""
        question = say(self._words.after)
        try:
            ask(self._call, menu("after a talk", ALONE), question, question, tries=1)
        except StepEnds as ends:
            if ends.outcome != "agent":
                return "talked"
            self._call.queue, self._call.sent_to = self._queue, self._call.places.here()
            return "sent"
        self._call.channel.play(say(self._words.on_your_own))
        return "self_service"

    def _tell_talk(self, agent: str, leg: str) -> None:
        if self._ticket is not None:
            self._desk.talking(self._ticket.id, agent, leg)

    def _coded(self, person: Person, code: FeatureCode) -> Order:
        """What the agent keyed, as an order; 0 is no order of the desk's."""
        kinds = {FeatureCode.TAKE_PAYMENT: OrderKind.TAKE_PAYMENT, FeatureCode.SEND_BACK: OrderKind.SEND_TO}
        kind = kinds.get(code, OrderKind.CANCEL)
        target = SendTo.PAY.value if kind is OrderKind.SEND_TO else ""
        return Order(0, self._call.channel.uuid, kind, person.agent or "telephone", target=target)

    def _obey(self, person: Person, order: Order) -> str | None:
        """Do it, and tell the desk what came of it; an outcome where it ends the talk."""
        match order.kind:
            case OrderKind.TAKE_PAYMENT:
                ticket = self._ticket.id if self._ticket is not None else 0
                AssistedPayment(self._call, person, ticket, order).run()
                return None
            case OrderKind.SEND_TO if self._call.places.has(order.target):
                return self._send_back(person, order)
            case OrderKind.TRANSFER if _QUEUE.fullmatch(order.target):
                return self._transfer(person, order)
            case OrderKind.SEND_TO | OrderKind.TRANSFER:
                self._answer(order, "no_such_place")
            case _:
                self._answer(order, "no_payment")
        return None

    def _take_back(self, person: Person, order: Order, end: HandoverEnd) -> None:
        try:
            person.take_back()
        except (CallEnded, SwitchError):
            self._answer(order, "not_talking")
            raise
        self._end = end
        self._answer(order, "done")

    def _send_back(self, person: Person, order: Order) -> str:
        self._take_back(person, order, HandoverEnd.SENT_BACK)
        self._call.within[_SENT_TO] = order.target
        return self._go_on_in_the_dialplan(person)

    def _sent(self, target: str) -> str:
        pays = target == SendTo.PAY
        self._call.channel.play(say(self._words.sent_to_pay if pays else self._words.sent_back))
        if target == SendTo.SELF_SERVICE:
            return "self_service"
        self._call.sent_to = target
        return "sent"

    def _transfer(self, person: Person, order: Order) -> str:
        """The caller goes to another queue; the engine comes back to this very step for it."""
        self._take_back(person, order, HandoverEnd.TRANSFERRED)
        self._call.queue = order.target
        self._call.sent_to = self._call.places.here()
        return "sent"

    def _answer(self, order: Order, result: str) -> None:
        if order.id:
            self._desk.answer(order.id, result)
