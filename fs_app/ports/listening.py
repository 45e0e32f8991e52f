"""Listening in on a talk, as the console asks for it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol


class ListenAnswer(StrEnum):
    """What came of wanting to listen in."""

    RINGS = "rings"  # their telephone does
    NOT_ASKED = "not_asked"  # no password is set: there is no way to the switch
    UNREACHABLE = "unreachable"  # no switch answered
    NO_TALK = "no_talk"  # no switch has that leg any more
    NO_TELEPHONE = "no_telephone"  # the queues know nobody of that name, or not where their telephone is
    REFUSED = "refused"  # it is not registered, or busy


class Listening(Protocol):
    """Telephones of people who listen in. Never raises; the answer comes within a few seconds."""

    def begin(self, call_uuid: str, leg: str, agent: str, allowed: Callable[[], bool]) -> ListenAnswer:
        """Ring the telephone that the queues have for ``agent`` (``sam@default``). Who answers it hears what the
        agent's ``leg`` of a call hears and says, and cannot be heard. ``allowed`` is asked once more as they
        answer; it may raise StoreUnavailable, which allows nothing. It ends with the leg, and with the beginning
        of a payment in the talk: the call's own worker hangs up on whoever listens."""
        ...
