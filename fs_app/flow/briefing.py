"""What an agent is told of a call before they answer it, so that its caller need not say it again."""

from __future__ import annotations

from collections.abc import Iterator

from fs_app.domain.handover import Identified, Reason
from fs_app.domain.payment import ENDINGS
from fs_app.flow.call import Call
from fs_app.ports import BillNote, Context, FailureNote, PaymentNote

_PATH = 40  # the last steps
_GAVE_UP = "gave_up"
_REASONS = {
    "agent": Reason.ASKED,
    "gave_up": Reason.ERRORS,
    "trouble": Reason.TROUBLE,
    "unavailable": Reason.TROUBLE,
}
_COUNTED = ("declines", "mismatches", "bills not found")


def briefing(call: Call) -> Context:
    """The context of a call that is about to be handed over. A claim that was not proved is told as such."""
    facts, arrival = call.facts, call.arrival
    account = facts.account
    claimed = call.claimed if account is None else ""
    return Context(
        call_uuid=call.channel.uuid,
        reason=_reason(call),
        flow=call.line.flow,
        step=arrival.step,
        language=call.channel.language,
        line=call.line.name,
        caller_id=call.caller_id or "",
        identified=Identified.PROVED if account is not None else Identified.SAID if claimed else Identified.NO,
        account_id=account.id if account is not None else "",
        account_number=account.number if account is not None else claimed,
        bills=tuple(BillNote(bill.id, bill.number, bill.due) for bill in facts.bills or ()),
        amount=facts.amount,
        payment=_payment(call),
        failures=tuple(_failures(call)),
        said=tuple(call.channel.heard()),
        path=tuple(call.path[-_PATH:]),
        steps=call.places.within_reach(),
        may_skip_code=call.line.help.skip_code,
    )


def _reason(call: Call) -> Reason:
    """Too many of anything is errors; what the flow itself leads here is its rule."""
    outcome = call.arrival.outcome
    if outcome.startswith("too_many"):
        return Reason.ERRORS
    return _REASONS.get(outcome, Reason.RULE)


def _payment(call: Call) -> PaymentNote | None:
    payment = call.facts.payment
    if payment is None:
        return None
    request = payment.request
    ending = ENDINGS[payment.state].value
    advice = call.advice if ending == "not_paid" else ""
    return PaymentNote(
        payment.id, ending, request.amount, request.brand, request.last_four, payment.confirmation, advice
    )


def _failures(call: Call) -> Iterator[FailureNote]:
    """What went wrong, and how often: what is counted, and the questions that were given up."""
    for what in _COUNTED:
        if times := call.counts[what]:
            yield FailureNote(what.replace(" ", "_"), times)
    given_up = sum(step.endswith(f":{_GAVE_UP}") for step in call.path)
    if given_up:
        yield FailureNote("no_answer", given_up)
