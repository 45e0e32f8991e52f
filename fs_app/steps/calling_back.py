"""A caller who would rather be called back: at the number they call from, or at one that they key in. Either is
said to them first: nobody is reached at a number with a wrong digit, and they would wait for the call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fs_app.domain import fields
from fs_app.domain.keys import menu
from fs_app.domain.prompt import Digits, Prompt, say
from fs_app.flow.asking import ask
from fs_app.flow.call import Call
from fs_app.flow.step import Said, StepEnds
from fs_app.ports import CallbackRequest

NOT_KEPT = "technical_problem"  # which every call has
_PHRASES = ("callback_enter", "callback_enter_again", "callback_wrong", "callback_taken")
_YES, _OTHER = "1", "2"
_TRIES = 3
_NUMBER = re.compile(r"\+?[0-9]{7,15}")  # ITU-T E.164: fifteen digits at most; shorter ones are of this town


def phrases() -> Iterator[Said]:
    """Every phrase that may be said here, for the flow check."""
    yield Said("", "callback_number", frozenset({"digits"}))
    yield from (Said("", phrase, frozenset()) for phrase in _PHRASES)


def ask_to_call_back(call: Call, queue: str, handover_id: int | None) -> None:
    """Ask where, and write it down. StepEnds where the caller does not say; StoreError where it cannot be kept."""
    number = _number(call)
    request = CallbackRequest(call.channel.uuid, queue, number, call.channel.language, handover_id)
    call.services.desk.call_back(request)
    call.channel.play(say("callback_taken"), interruptible=False)


def _number(call: Call) -> str:
    known = call.caller_id if call.caller_id and _NUMBER.fullmatch(call.caller_id) else ""
    number = known or _keyed(call)
    for _ in range(_TRIES):
        question = say("callback_number", digits=Digits(number.removeprefix("+")))
        if ask(call, menu("call back", _YES + _OTHER), question, question, tries=_TRIES).reveal() == _YES:
            return number
        number = _keyed(call)
    raise StepEnds("gave_up")


def _keyed(call: Call) -> str:
    field = fields.telephone()
    return ask(call, field, say("callback_enter"), say("callback_enter_again"), tries=_TRIES, check=_wrong).reveal()


def _wrong(digits: str) -> Prompt | None:
    return None if _NUMBER.fullmatch(digits) else say("callback_wrong")
