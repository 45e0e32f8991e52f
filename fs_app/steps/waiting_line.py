"""The line that a caller waits in: what they hear there, how they leave it, and what the desk is told of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fs_app.domain.handover import HandoverEnd
from fs_app.domain.prompt import SILENCE, Count, Counted, Prompt, say
from fs_app.errors import StoreError
from fs_app.flow.call import Call
from fs_app.ports import Answered, HandoverTicket, Keyed, Offered, Ordered, Over, Person
from fs_app.steps.hand_over_words import Words

CALL_BACK, ALONE = "1", "2"
_SETTLE_SECONDS = 2.0  # an agent who is free answers in this time, and the caller hears no place
_MOST_WAIT_SECONDS = 1800.0  # the queue's own max-wait-time should be shorter


class WaitingLine:
    """The wait of one caller for a person."""

    def __init__(
        self,
        call: Call,
        queue: str,
        words: Words,
        person: Person,
        ticket: HandoverTicket | None,
        *,
        waits: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call = call
        self._queue = queue
        self._words = words
        self._person = person
        self._ticket = ticket
        self._waits = waits
        self._clock = clock
        self._desk = call.services.desk
        self._rules = call.line.help

    def is_full(self) -> bool:
        """Whether as many wait as the settings allow."""
        most = self._rules.most_waiting
        return bool(most) and (self._person.waiting() or 0) >= most

    def wait(self) -> Answered | HandoverEnd:
        """Until somebody answers, or the wait ends otherwise. Telephones that ring and do not answer change nothing
        for who waits: they hear their place as often as the settings say."""
        person, waits = self._person, self._waits
        until, word_at = self._clock() + _MOST_WAIT_SECONDS, self._clock() + _SETTLE_SECONDS
        while True:
            match event := person.next(max(0.0, word_at - self._clock())):
                case Answered():
                    return event
                case Over():
                    return event.end
                case Offered():
                    self._tell_offered(event.agent)
                case Keyed(key=key) if waits and key == CALL_BACK and self._rules.call_back:
                    if person.leave():
                        return HandoverEnd.CALL_BACK
                case Keyed(key=key) if waits and key == ALONE:
                    if person.leave():
                        return HandoverEnd.SELF_SERVICE
                case Ordered():
                    self._desk.answer(event.order.id, "not_talking")
                case None if waits and self._clock() > until:
                    if person.leave():
                        return HandoverEnd.NOT_ANSWERED
                case None:
                    if waits:
                        person.say(self._place())
                    word_at = self._clock() + self._rules.announce_seconds
                case _:
                    pass

    def _tell_offered(self, agent: str) -> None:
        if self._ticket is not None:
            self._desk.offered(self._ticket.id, agent)

    def _place(self) -> Prompt:
        """Where in the line the caller is, about how long it takes, and what else they can do."""
        place, told = self._person.place(), SILENCE
        if place is not None:
            first = place.number == 1
            told = say(self._words.next_in_line) if first else say(self._words.place, number=Count(place.number))
            seconds = self._expected(place.number, place.agents)
            if seconds is not None:
                told += say(self._words.wait, wait=Counted(max(1, math.ceil(seconds / 60)), "minute"))
            if self._ticket is not None:
                self._desk.waiting(self._ticket.id, place.number, seconds)
        options = self._words.options if self._rules.call_back else self._words.options_alone
        return told + say(options)

    def _expected(self, place: int, agents: int) -> int | None:
        try:
            return self._desk.expected_wait(self._queue, place, agents)
        except StoreError:
            return None
