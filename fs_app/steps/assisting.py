"""A payment that an agent takes while both stay on the line: the caller keys the card, the agent sees how far.

It is made of the steps that a caller meets alone, as the flow has them, on facts of its own: what is known of the
call is changed by its result only. Laws:

1. Nothing is asked before it is proved that no key reaches the person (`Person.shielded`), nor while a transfer is
   under way; a new leg means a new proof.
2. The agent sees of a field how many keys there are, whether it was taken and why not; of the card its brand and
   last four.
3. What the gateway says is told to the agent before the caller hears it, in the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from fs_app.domain.assist import BUSY, OVER, AssistState
from fs_app.domain.card import Card
from fs_app.domain.decline import Advice, Coaching
from fs_app.domain.payment import ENDINGS
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, NotProtected, StoreError, SwitchError
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Said, Step, StepEnds
from fs_app.ports import Order, PaymentOutcome, Person
from fs_app.steps.assist_alone import LookedOnCashier
from fs_app.steps.assist_bill import AssistRefused, proposal
from fs_app.steps.assist_board import AssistBoard
from fs_app.steps.assist_meanwhile import OF_A_PAYMENT, ON_HOLD, TRANSFER, Meanwhile, Reproved, Stopped
from fs_app.steps.card_questions import CARD_FIELDS, CardField, CardQuestions, blank_card
from fs_app.steps.charge import Charge
from fs_app.steps.collect_card import CollectCard
from fs_app.steps.confirm_payment import ConfirmPayment
from fs_app.steps.tell_result import TellResult

_PARTS: tuple[type[Step], ...] = (CollectCard, ConfirmPayment, Charge, TellResult)
_OWN = (
    *("assist_start", "assist_paused", "assist_go_on", "assist_stopped", "assist_over"),
    *("assist_unprotected", "assist_code_skipped", "payment_busy"),
)
_MOST_PAUSES = 20
_FAILING: dict[str, CardField] = {
    Coaching.SECURITY_CODE.value: "security_code",
    Coaching.POSTAL_CODE.value: "postal_code",
    Coaching.EXPIRY.value: "expiry",
    Coaching.CARD_NUMBER.value: "number",
}


def assisting_phrases() -> Iterator[Said]:
    """Every phrase an assisted payment may say, for the flow check: those of the steps it is made of, too."""
    for part in _PARTS:
        yield from (Said("", said.phrase, said.gaps) for said in part().phrases())
    yield Said("", "assist_amount", frozenset({"amount"}))
    yield from (Said("", phrase, frozenset()) for phrase in _OWN)


class AssistedPayment:
    """One payment that was asked for by an order. ``handover_id`` is 0 where the hand-over was not written down."""

    def __init__(self, call: Call, person: Person, handover_id: int, order: Order) -> None:
        self._call = call
        self._person = person
        self._order = order
        self._handover_id = handover_id
        self._missing: list[CardField] = list(CARD_FIELDS)
        self._outcome = ""
        self._begun = False
        self._failures = 0

    def run(self) -> None:
        """Take it, from the proof to the result; whatever happens in the talk is told to the desk. What ends the
        talk meanwhile comes again from `Person.next`."""
        try:
            facts = proposal(self._call, self._order)
        except AssistRefused as refusal:
            self._answer(refusal.why)
            return
        self._board = AssistBoard(self._call.services.desk, self._call, self._order, self._handover_id, facts)
        cashier = LookedOnCashier(self._call.services.cashier)
        services = replace(self._call.services, cashier=cashier)
        refused = self._board.refused
        self._paying = replace(self._call, facts=facts, services=services, charged=self._charged, refused=refused)
        self._meanwhile = Meanwhile(self._call, self._person, self._board, self._handover_id)
        self._answer("done")
        self._call.keep()  # how many there were
        self._call.services.orders.follow(self._call.channel.uuid, self._ordered)
        try:
            self._take()
        except SwitchError as error:  # of the last words: what was done stands, and the talk goes on
            self._note_trouble(error)
        except CallEnded:
            if self._board.state is AssistState.CHARGING:  # the charge goes on without them
                cashier.alone = self._board.charged_alone
            raise
        finally:
            self._call.services.orders.follow(self._call.channel.uuid, self._person.order)
            self._paying.let_go()
            self._call.channel.watch(None)
            self._board.close()
            if self._meanwhile.over is not None:
                self._person.put_back(self._meanwhile.over)

    # --- the payment ---

    def _take(self) -> None:
        if not self._call.services.cashier.ready():
            self._board.ends(AssistState.UNAVAILABLE, "gateway")
            return
        self._call.channel.watch(self._board.typed)
        try:
            self._until_charged()
        except Stopped as stopped:
            self._board.ends(AssistState.CANCELLED, stopped.why)
            self._say_in_talk("assist_stopped")
        except NotProtected as refusal:
            self._board.ends(AssistState.NOT_PROTECTED, refusal.reason)
            self._say_in_talk("assist_unprotected")
        except (StoreError, SwitchError) as error:
            # Trouble like any other, but for the talk, which goes on. The caller hears nothing of their money.
            self._note_trouble(error)
            self._board.fails()
            self._say_in_talk("assist_over")
        else:
            self._tell()

    def _until_charged(self) -> None:
        """Ask, and charge, until there is a result that no field of the card could change. The shield is proved
        anew for each leg that the caller comes to talk with, and after each time it was lost; what was keyed
        stays. NotProtected where the first proof fails, or a later one too often."""
        card = blank_card()
        try:
            with self._person.shielded() as prove_again:
                act = partial(self._pay_in_talk, card)
                while not self._is_done(act):
                    act = partial(self._go_on, card, prove_again)
        finally:
            card.wipe()

    def _is_done(self, act: Callable[[], None]) -> bool:
        """False where the shield has to be proved anew."""
        try:
            try:
                act()
            except NotProtected as refusal:
                self._failures += 1
                if self._failures > _MOST_PAUSES:
                    raise
                self._meanwhile.pause(refusal.reason)
                return False
        except Reproved:
            return False
        return True

    def _go_on(self, card: Card, prove_again: Callable[[], None]) -> None:
        prove_again()
        if self._meanwhile.wants_back:
            self._meanwhile.wants_back = False
            self._step_back()
        self._pay_in_talk(card)

    def _pay_in_talk(self, card: Card) -> None:
        if self._person.on_hold or not self._person.leg:
            self._meanwhile.wait_for_talk(ON_HOLD if self._person.on_hold else TRANSFER)
        if self._begun:
            self._say("assist_go_on")
        else:
            self._begun = True
            self._call.channel.play(say("assist_amount", amount=self._board.amount) + say("assist_start"))
        self._pay(card)

    def _pay(self, card: Card) -> None:
        while True:
            self._collect(card)
            if self._board.skips_code:
                card.security_code.wipe()  # keyed before the agent said that it is not needed
            self._paying.facts.pay_with(card.copy())
            self._confirm()
            if self._paying.facts.consent is None:
                continue
            self._board.now(AssistState.CHARGING)
            self._paying.facts.forget({Fact.ENDING})  # that of an earlier try says nothing of this one
            self._outcome = self._step(Charge).run(self._paying)
            if self._outcome not in _FAILING:
                return
            self._missing = [_FAILING[self._outcome]]
            self._board.next_try(_FAILING[self._outcome])

    def _confirm(self) -> None:
        """The caller hears amount and card, and says yes; another card begins with its number."""
        self._board.now(AssistState.CONFIRMING)
        outcome = self._asked(lambda: self._step(ConfirmPayment).run(self._paying))
        if outcome == "change_amount":
            raise Stopped("other_amount")
        if outcome == "back":
            self._step_back()
        if outcome == "change_means":
            self._paying.facts.forget({Fact.MEANS, Fact.CONSENT})
            self._missing = list(CARD_FIELDS)
        elif outcome != "confirmed":
            self._paying.facts.forget({Fact.CONSENT})

    # --- the card ---

    def _collect(self, card: Card) -> None:
        """Ask for what is missing, one field after the other; the agent may go back, clear, or skip the code."""
        questions = self._step(CollectCard)
        assert isinstance(questions, CardQuestions)
        while self._missing:
            name = self._missing[0]
            if name == "security_code" and self._board.skips_code:
                self._missing.pop(0)
                continue
            self._board.asks(name, self._missing)
            ended = self._asked(partial(self._ask, questions, card, name))
            if ended == "taken":
                self._missing.pop(0)
                self._board.taken(name, card)
            elif ended == "back":
                self._step_back()

    def _ask(self, questions: CardQuestions, card: Card, name: CardField) -> str:
        questions.ask_fields(self._paying, card, [name])
        return "taken"

    def _step_back(self) -> None:
        """The field before the one that is asked is asked again, before the consent the last one; before the first
        there is none."""
        asked = [each for each in CARD_FIELDS if each != "security_code" or not self._board.skips_code]
        here = next((each for each in self._missing if each in asked), None)
        earlier = asked if here is None else asked[: asked.index(here)]
        if earlier:
            self._missing.insert(0, earlier[-1])

    def _asked(self, act: Callable[[], str]) -> str:
        """Ask something of the caller; what the agent orders meanwhile is done. ``asked_again`` where the same is
        to be asked once more."""
        try:
            return act()
        except StepEnds as ends:
            if ends.outcome == "interrupted":
                return self._meanwhile.interrupted()
            if ends.outcome == "back":
                return "back"
            raise Stopped("caller" if ends.outcome == "agent" else "no_answer") from None

    # --- the result ---

    def _charged(self, outcome: PaymentOutcome, advice: Advice | None) -> None:
        """Before the caller hears it: the agent sees the result, and the call remembers it."""
        facts = self._call.facts
        facts.payment, facts.ending = outcome.payment, ENDINGS[outcome.payment.state]
        self._call.advice = advice.phrase if advice is not None else ""
        self._board.charged(outcome.payment, self._call.advice)

    def _tell(self) -> None:
        """What is certain now; after a decline the caller has heard why, and the agent helps. Another server that
        takes the call up after it is not to tell it again."""
        ending = self._paying.facts.ending
        self._board.ends(AssistState.UNAVAILABLE, self._outcome)
        if self._board.state in (AssistState.APPROVED, AssistState.BEING_CHECKED):
            self._call.facts.forget({Fact.BILLS, Fact.AMOUNT})
        if ending is not None and self._board.state is not AssistState.DECLINED:
            self._step(TellResult).run(self._paying)
        elif self._outcome == BUSY:
            self._say("payment_busy")
        self._call.keep()
        self._say_in_talk("assist_over")

    # --- parts ---

    def _ordered(self, order: Order) -> None:
        """In the hub. While the payment is under way no other one begins, and nobody is sent elsewhere: said at
        once, so that a caller who keys is not asked again."""
        if order.kind in OF_A_PAYMENT or self._board.state in OVER:
            self._person.order(order)
        else:
            self._call.services.desk.answer(order.id, "payment_under_way")

    def _step(self, kind: type[Step]) -> Step:
        """A step as the flow has it, or as it is without settings."""
        found = self._call.places.step(kind.do)
        return found if isinstance(found, kind) else kind()

    def _say(self, phrase: str) -> None:
        self._call.channel.play(say(phrase), interruptible=False)

    def _say_in_talk(self, phrase: str) -> None:
        """What says that the caller is back with their representative, unless the talk is over."""
        if self._person.talking:
            self._say(phrase)

    def _note_trouble(self, error: Exception) -> None:
        self._call.journal.note({"trouble": f"assisted payment: {type(error).__name__}"})

    def _answer(self, result: str) -> None:
        if self._order.id:
            self._call.services.desk.answer(self._order.id, result)
