"""The people of a campaign: they call, key what they are asked for, and remember what they were told, and when.

Whoever was told nothing about their money, or that it was not paid, calls again, as people do; one who was told
that it is paid, or being checked, does not, unless it is their habit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import gevent
from gevent.event import AsyncResult

from fs_app.chaos.faults import Fault, Habit
from fs_app.chaos.plan import Payer, Planned
from fs_app.chaos.site import POSTAL_CODE, Site
from fs_app.testing.switch import Call, Happening, SimulatedSwitch, What, dialplan

_CARD = ("4111111111111111", "1231", "987", POSTAL_CODE)
_PAUSES = (1.0, 2.0, 4.0, 8.0)  # before somebody calls again, as often as that
_CALL_SECONDS = 120.0
_WEB_SECONDS = 60.0


class Told(StrEnum):
    """What somebody was told about their money."""

    PAID = "paid"
    NOT_PAID = "not_paid"
    BEING_CHECKED = "being_checked"
    BUSY = "busy"  # a payment on this bill is being processed
    NOTHING_DUE = "nothing_due"
    UNAVAILABLE = "unavailable"  # no card was asked for
    APOLOGY = "apology"
    NOTHING = "nothing"  # the line went dead
    HUNG_UP = "hung_up"  # of their own will, while the charge was under way


@dataclass(frozen=True, slots=True)
class Word:
    """What one payer was told at one time. ``payer`` is the uuid of the call, or the name of a visit
    of the page; ``person`` makes more than one of them where they try again."""

    number: int
    payer: str
    told: Told
    at: datetime
    confirmation: str = ""
    person: str = ""


PHRASES = {
    "paid": Told.PAID,
    "not_paid": Told.NOT_PAID,
    "being_checked": Told.BEING_CHECKED,
    "payment_busy": Told.BUSY,
    "nothing_due": Told.NOTHING_DUE,
    "cards_unavailable": Told.UNAVAILABLE,
    "technical_problem": Told.APOLOGY,
}
_KEYS = {
    "enter_account_postal_code": POSTAL_CODE,
    "pay_full": "1",
    "enter_card_number": _CARD[0],
    "enter_expiry": _CARD[1],
    "enter_security_code": _CARD[2],
    "enter_postal_code": _CARD[3],
    "confirm_payment": "1",
}
_OFFER = "To hear this again"
_DIGITS = {word: str(digit) for digit, word in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))}  # fmt: skip
_SETTLED = frozenset({Told.PAID, Told.BEING_CHECKED, Told.BUSY, Told.NOTHING_DUE, Told.HUNG_UP})


class Callers:
    """Everybody who pays. ``words`` is all that was told, in the order it was."""

    def __init__(self, site: Site, heard: Callable[[Path], str]) -> None:
        self.words: list[Word] = []
        self._site = site
        self._heard = heard
        self._waiting: dict[str, AsyncResult[dict[str, str] | None]] = {}

    def pay(self, planned: Planned, payer: Payer, name: str) -> None:
        """One person pays one bill, to the end of it."""
        once = self._call if payer is Payer.PHONE else self._visit
        again = planned.fault.habit is Habit.PAYS_AGAIN
        for count, pause in enumerate((*_PAUSES, 0.0)):
            word = replace(once(planned, f"{name}-{count}"), person=name)
            self.words.append(word)
            if _content(word.told, planned.fault) and not (again and count == 0):
                return
            gevent.sleep(0.0 if again else pause)

    def answered(self, told: dict[str, str]) -> None:
        """What a process says: about one who pays on the web; or, in its place, that the page's process died."""
        if "payer" in told and told["payer"] in self._waiting:
            self._waiting[told["payer"]].set(told)
        elif told.get("died") == self._site.web.name:
            for waiting in self._waiting.values():
                waiting.set(None)

    # --- on the web ---

    def _visit(self, planned: Planned, name: str) -> Word:
        answer = self._waiting[name] = AsyncResult()
        wanted = {"payer": name, "account": planned.account, "card": _CARD}
        try:
            told = answer.get(timeout=_WEB_SECONDS) if self._site.web.order(pay=wanted) else None
        except gevent.Timeout:
            told = None
        del self._waiting[name]
        if told is None:
            return Word(planned.number, name, Told.NOTHING, _now())
        at = datetime.fromisoformat(told["at"])
        return Word(planned.number, name, Told(told["told"]), at, told["confirmation"])

    # --- on the phone ---

    def _call(self, planned: Planned, name: str) -> Word:
        del name  # a call has its uuid
        with SimulatedSwitch(dialplan(self._site.hosts(planned.number))) as switch:
            call = switch.dial(f"1555{planned.number:07d}", variables={"fs_app_flow": "chaos"}, stepped=True)
            return self._listen(planned, call)

    def _listen(self, planned: Planned, call: Call) -> Word:
        """Key what is asked for until something is told about the money, or the line is of no use any more."""
        until = time.monotonic() + _CALL_SECONDS
        while (left := until - time.monotonic()) > 0:
            happening = call.next(left)
            if happening is None or happening.what in (What.HUNG_UP, What.QUEUED):
                break
            if happening.what is not What.PROMPT:
                continue
            phrases = [path.name.split(".")[0] for path in happening.files]
            if "please_wait" in phrases and planned.fault.habit is Habit.HANGS_UP:
                call.hang_up()
                return Word(planned.number, call.uuid, Told.HUNG_UP, _now())
            told = next((PHRASES[phrase] for phrase in phrases if phrase in PHRASES), None)
            if told is not None:
                number = number_told(happening, self._heard)
                return Word(planned.number, call.uuid, told, _now(), number)
            keys = _keys(planned, phrases)
            if keys:
                call.press(keys)
            else:
                call.hear_out()
        return Word(planned.number, call.uuid, Told.NOTHING, _now())


def number_told(happening: Happening, heard: Callable[[Path], str]) -> str:
    """The confirmation number at the end of what is said of the money; empty where none is."""
    sentence = happening.spoken(heard).partition(_OFFER)[0]
    number = sentence.rpartition("number is")[2]
    return "".join(_DIGITS.get(word.strip(".,"), "") for word in number.split())


def _keys(planned: Planned, phrases: Sequence[str]) -> str:
    """What somebody keys at a question. Nobody types ahead: it would cut short what they are told."""
    if any(phrase.startswith("enter_account_number") for phrase in phrases):
        return f"{planned.account}#"
    questions = [phrase.removesuffix("_again") for phrase in phrases]
    return next((_KEYS[question] for question in questions if question in _KEYS), "")


def _content(told: Told, fault: Fault) -> bool:
    """Whether somebody lets it be. Who was told that nothing was paid tries again, unless the card is declined."""
    return told in _SETTLED or (told is Told.NOT_PAID and fault.declined)


def _now() -> datetime:
    return datetime.now(UTC)
