"""What the agent sees of an assisted payment, told to the desk at each change. No key is in it, ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fs_app.domain.assist import BUSY, OVER, TROUBLE, TROUBLE_BEFORE, AssistState, AssistView, FieldState, FieldView
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import ENDINGS, Ending, Payment
from fs_app.errors import BillBusy, StoreError, TooManyAttempts
from fs_app.flow.call import Call
from fs_app.flow.facts import Facts, proved
from fs_app.ports import Desk, Order, PaymentOutcome
from fs_app.steps.card_questions import CARD_FIELDS, CardField
from fs_app.steps.charge import advice_on

_COUNTED = "assisted payments"
_NAMES: dict[str, CardField] = {  # `domain.fields` names them for people
    "card number": "number",
    "expiry": "expiry",
    "security code": "security_code",
    "postal code": "postal_code",
}
_ENDS = {
    Ending.PAID: AssistState.APPROVED,
    Ending.NOT_PAID: AssistState.DECLINED,
    Ending.BEING_CHECKED: AssistState.BEING_CHECKED,
}
_NOT_TRIED = {BillBusy: BUSY, TooManyAttempts: "limited"}


class AssistBoard:
    """One assisted payment on the agent's page; with `next_try` the next one, of the same order."""

    def __init__(self, desk: Desk, call: Call, order: Order, handover_id: int, facts: Facts) -> None:
        self._desk = desk
        self._call = call
        self.amount: Money = proved(facts.amount)
        self.skips_code = False
        self._view = AssistView(
            call_uuid=call.channel.uuid,
            number=self._number(),
            handover_id=handover_id,
            by=order.by,
            state=AssistState.STARTING,
            amount=self.amount,
            bills=tuple(bill.id for bill in proved(facts.bills)),
            fields=tuple(FieldView(name) for name in CARD_FIELDS),
        )
        self._tell()

    @property
    def state(self) -> AssistState:
        """Where it stands."""
        return self._view.state

    def now(self, state: AssistState, why: str = "") -> None:
        """It goes on, or pauses."""
        self._change(state=state, why=why)

    def ends(self, state: AssistState, why: str = "") -> None:
        """It is over; the first end that is told counts."""
        if self._view.state not in OVER:
            self._change(state=state, why=why)

    def fails(self) -> None:
        """Our own side failed, and this try sent nothing: in the charge no attempt could be opened, and so nobody
        could look whether there is another one on the bill; before it nothing had been asked for."""
        self.ends(AssistState.UNAVAILABLE, TROUBLE if self.state is AssistState.CHARGING else TROUBLE_BEFORE)

    def close(self) -> None:
        """Whoever looks on is told that nothing follows here; a charge under way goes on without the caller."""
        self.ends(AssistState.BEING_CHECKED if self.state is AssistState.CHARGING else AssistState.ENDED)

    # --- fields ---

    def asks(self, name: CardField, missing: Sequence[CardField]) -> None:
        """A field is asked. Those that are ``missing`` wait, whatever was keyed of them before; of another number
        brand and last four are not known yet."""
        self._view = replace(self._view, state=AssistState.ASKING, why="", fields=self._waiting(name, missing))
        if name == "number":
            self._view = replace(self._view, brand="", last_four="")
        before = self._field(name)
        why = before.why if before.state is FieldState.REFUSED else ""
        self._set(FieldView(name, FieldState.ASKED, 0, before.of, why))

    def typed(self, field: str, keys: int, of: int) -> None:
        """In the hub, at each key: how many there are."""
        name = _NAMES.get(field)
        if name is None or self._view.state is not AssistState.ASKING:
            return
        before = self._field(name)
        state = FieldState.TYPING if keys else FieldState.ASKED
        self._set(replace(before, state=state, keys=keys, of=of, why="" if keys else before.why))

    def refused(self, field: str, phrase: str) -> None:
        """An answer was not taken; the caller hears why."""
        name = _NAMES.get(field)
        if name is not None:
            self._set(replace(self._field(name), state=FieldState.REFUSED, keys=0, why=phrase))

    def taken(self, name: CardField, card: Card) -> None:
        """A field is complete."""
        field = self._field(name)
        self._view = replace(self._view, brand=card.brand, last_four=card.last_four)
        self._set(replace(field, state=FieldState.ACCEPTED, keys=field.keys or field.of, why=""))

    def skip_code(self) -> None:
        """The agent goes on without a security code."""
        self.skips_code = True
        self._set(FieldView("security_code", FieldState.SKIPPED))

    # --- results ---

    def charged(self, payment: Payment, advice: str) -> None:
        """The gateway's answer to what the caller agreed to, with its fee; ``advice`` is the phrase that helps
        after a decline."""
        self._view = replace(self._view, amount=payment.request.amount)
        state = _ENDS[ENDINGS[payment.state]]
        if state is AssistState.DECLINED and not advice:
            self._change(state=AssistState.UNAVAILABLE, why="not_sent")
            return
        confirmation = "" if state is AssistState.DECLINED else payment.confirmation
        self._change(state=state, why=advice, payment_id=payment.id, confirmation=confirmation)

    def charged_alone(self, outcome: PaymentOutcome | StoreError) -> None:
        """The same where the caller has hung up in the charge: what was said to be checked has ended. An error is
        why it was not even tried."""
        if isinstance(outcome, StoreError):
            why = next((why for error, why in _NOT_TRIED.items() if isinstance(outcome, error)), TROUBLE)
            self._change(state=AssistState.UNAVAILABLE, why=why)
            return
        not_paid = ENDINGS[outcome.payment.state] is Ending.NOT_PAID
        advice = advice_on(outcome.result) if not_paid else None
        self.charged(outcome.payment, advice.phrase if advice is not None else "")

    def next_try(self, name: CardField) -> None:
        """Another try, which asks for one field again."""
        if name == "security_code":
            self.skips_code = False
        self._view = replace(self._view, number=self._number(), state=AssistState.STARTING, amount=self.amount)
        self._view = replace(self._view, why="", payment_id=None, confirmation="")
        self._set(FieldView(name, FieldState.WAITING))

    # --- parts ---

    def _number(self) -> int:
        self._call.counts[_COUNTED] += 1
        return self._call.counts[_COUNTED]

    def _field(self, name: str) -> FieldView:
        return next(field for field in self._view.fields if field.name == name)

    def _waiting(self, name: CardField, missing: Sequence[CardField]) -> tuple[FieldView, ...]:
        """The fields, where all that are missing but the one that is asked wait: one that is skipped does not."""
        return tuple(
            FieldView(each.name)
            if each.name in missing and each.name != name and each.state is not FieldState.SKIPPED
            else each
            for each in self._view.fields
        )

    def _set(self, field: FieldView) -> None:
        fields = tuple(field if each.name == field.name else each for each in self._view.fields)
        self._change(fields=fields)

    def _change(self, **changes: object) -> None:
        self._view = replace(self._view, **changes)  # type: ignore[arg-type]
        self._tell()

    def _tell(self) -> None:
        self._desk.assist(self._view)
