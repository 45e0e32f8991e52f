"""Take the payment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.allocation import allocate
from fs_app.domain.decline import ALL_ADVICE, FIELD_ADVICE, Advice, Coaching, advise
from fs_app.domain.means import SavedMethod
from fs_app.domain.payment import (
    ENDINGS,
    Approved,
    ChargeResult,
    Declined,
    Ending,
    Payment,
    PaymentRequest,
    Unavailable,
)
from fs_app.domain.prompt import say
from fs_app.errors import BillBusy, CallEnded, StoreError, TooManyAttempts
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import ChargingStep, Outcome, PhraseName, Says
from fs_app.ports import Consent, PaymentOutcome

_ENDED = frozenset({Fact.ENDING})
_CONSENT = frozenset({Fact.CONSENT})
_MEANS = _CONSENT | {Fact.CARD, Fact.BANK, Fact.MEANS, Fact.MANDATE}
_ALL_SPENT = _MEANS | {Fact.AMOUNT, Fact.BILLS}
_KEYED = frozenset({Fact.CARD})

_COACHED = {
    Coaching.SECURITY_CODE: Outcome("declined: ask for the security code again", _ENDED, _CONSENT, _KEYED),
    Coaching.POSTAL_CODE: Outcome("declined: ask for the postal code again", _ENDED, _CONSENT, _KEYED),
    Coaching.EXPIRY: Outcome("declined: ask for the expiry again", _ENDED, _CONSENT, _KEYED),
    Coaching.CARD_NUMBER: Outcome("declined: ask for the card number again", _ENDED, _CONSENT, _KEYED),
    Coaching.BANK_ACCOUNT: Outcome(
        "declined: ask for the bank account again; it is wiped", _ENDED, _MEANS, frozenset({Fact.BANK})
    ),
    Coaching.AMOUNT_OR_CARD: Outcome("declined: offer another amount or card", _ENDED, _CONSENT),
    Coaching.OTHER_CARD: Outcome("declined: offer another card; this one is wiped", _ENDED, _MEANS),
    Coaching.AGENT: Outcome("declined so that only a person can help; the card is wiped", _ENDED, _MEANS),
}
_FIELDS = frozenset(coaching for coaching, outcome in _COACHED.items() if outcome.only_with == _KEYED)


class Charge(ChargingStep):
    """Charges the card, saved method or bank account while the caller hears that we work, and says why after a
    decline.

    What is charged is what the caller agreed to, with its fee. The cashier gets a copy of a card and wipes it; the
    call keeps its own for as long as a next try with it is possible; of a saved card no field is asked for again.
    Nothing that was keyed before or during the charge counts for what follows, and ``*`` does not lead back past
    it. Declines are counted over the whole call, apart from typing errors.

    Where the database fails before the attempt is opened, nothing was sent. The caller is not told so: an earlier
    attempt, of a call that was cut off, may be under way, and nobody can look. It is trouble like any other.
    """

    do = "charge"
    needs = frozenset({Fact.BILLS, Fact.AMOUNT, Fact.MEANS, Fact.CONSENT})
    needs_with = {Fact.BANK: frozenset({Fact.MANDATE})}
    outcomes = {
        "approved": Outcome("paid", _ENDED, _ALL_SPENT),
        **{coaching.value: outcome for coaching, outcome in _COACHED.items()},
        "too_many_declines": Outcome("declined, as often as one call may be", _ENDED, _MEANS),
        "busy": Outcome("another payment on this bill is under way: nothing was sent", forgets=_ALL_SPENT),
        "limited": Outcome(
            "too many attempts by this caller, account or card: nothing was sent", forgets=_ALL_SPENT
        ),
        "unavailable": Outcome("nothing was charged, for certain: no way to the gateway", _ENDED, _MEANS),
        "unknown": Outcome("sent, and no trusted answer yet: the payment is being checked", _ENDED, _ALL_SPENT),
    }
    says = frozenset(advice.phrase for advice in ALL_ADVICE)
    way_back = False

    say: Annotated[PhraseName, Says()] = Field(
        "please_wait", description="said while we work; then music, with a word every few seconds"
    )

    def run(self, call: Call) -> str:
        call.channel.forget_keys()
        try:
            outcome = self._pay(call)
        except BillBusy:
            return "busy"
        except TooManyAttempts as error:
            call.journal.note({"trouble": f"charge: too many attempts by {error.trait}"})
            return "limited"
        finally:
            call.channel.forget_keys()
        self._remember(call, outcome.result)
        return self._ended(call, outcome)

    def _remember(self, call: Call, result: ChargeResult) -> None:
        """Keep what the gateway has kept by consent, and which saved method was used last. The payment stands even
        where that fails."""
        means, consent, methods = call.facts.means, call.facts.saving, call.services.methods
        if not isinstance(result, Approved):
            return
        try:
            if result.kept is not None and consent is not None:
                methods.save(consent.account_id, result.kept, call.services.consents.keep(consent))
            elif isinstance(means, SavedMethod):
                methods.used(means.id)
        except StoreError as error:
            call.journal.note({"trouble": f"charge: method not remembered: {type(error).__name__}"})

    def take_up(self, call: Call, attempt: Payment) -> str:
        call.channel.forget_keys()
        cashier = call.services.cashier
        outcome = call.channel.play_while(say(self.say), lambda: cashier.follow_up(attempt))
        call.channel.forget_keys()
        return self._ended(call, outcome)

    def _ended(self, call: Call, outcome: PaymentOutcome) -> str:
        ending = ENDINGS[outcome.payment.state]
        call.facts.ending, call.facts.payment = ending, outcome.payment
        call.journal.note({"payment": outcome.payment.id, "ending": ending, "brand": outcome.payment.request.brand})
        advice = advice_on(outcome.result) if ending is Ending.NOT_PAID else None
        call.advice = advice.phrase if advice is not None else ""
        call.charged(outcome, advice)
        if ending is Ending.PAID:
            return "approved"
        if ending is Ending.BEING_CHECKED:
            return "unknown"
        return self._coach(call, outcome.result, advice)

    def _pay(self, call: Call) -> PaymentOutcome:
        facts, cashier = call.facts, call.services.cashier
        request = _request(call)
        means = facts.paying_with()
        handed_over = means.copy()
        begun = False

        def pay() -> PaymentOutcome:
            nonlocal begun
            begun = True
            if handed_over.wiped:
                raise CallEnded
            try:
                return cashier.pay(request, handed_over, save=_saved_for_its_holder(request, facts.saving))
            finally:
                handed_over.wipe()

        try:
            return call.channel.play_while(say(self.say), pay)
        except CallEnded:
            # A charge under way goes on with its copy; one that had not begun never will.
            if not begun:
                handed_over.wipe()
            raise

    def _coach(self, call: Call, result: ChargeResult, advice: Advice | None) -> str:
        """What follows an attempt that took no money."""
        if advice is None:
            return "unavailable"
        if isinstance(result, Declined):
            call.journal.note({"decline": result.code})
        call.counts["declines"] += 1
        call.channel.play(say(advice.phrase))
        if advice.coaching is not Coaching.AGENT and call.counts["declines"] >= call.line.rules.declines:
            return "too_many_declines"
        if advice.coaching in _FIELDS and call.facts.means is not None and call.facts.card is None:
            return Coaching.OTHER_CARD.value
        return advice.coaching.value


def _saved_for_its_holder(request: PaymentRequest, consent: Consent | None) -> bool:
    """Nothing is saved for a payer who is not the holder of the account that is paid."""
    return consent is not None and consent.account_id == request.account_id


def _request(call: Call) -> PaymentRequest:
    """What the caller agreed to; a payer who is not the account's holder gets no receipt of theirs."""
    facts = call.facts
    bills, quote = proved(facts.bills), proved(facts.consent)
    means = facts.paying_with()
    account = facts.account
    return PaymentRequest(
        call_uuid=call.channel.uuid,
        account_id=bills[0].account_id or (account.id if account is not None else ""),
        bill_id=bills[0].id,
        amount=quote.total,
        brand=means.brand,
        last_four=means.last_four,
        caller_id=call.caller_id or "",
        language=call.channel.language,
        receipt_to=None if account is None else account.receipt_to,
        fee=quote.fee,
        means=means.kind,
        allocations=allocate(bills, quote.amount),
    )


def advice_on(result: ChargeResult) -> Advice | None:
    """What helps after a charge that took no money; None where nothing the caller keys could."""
    if isinstance(result, Declined):
        return advise(result)
    return FIELD_ADVICE.get(result.field or "") if isinstance(result, Unavailable) else None
