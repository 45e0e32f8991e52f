"""People at the other end of a scripted phone: what happens on the way to them is a script."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from fs_app.domain.handover import HandoverEnd
from fs_app.domain.prompt import Prompt
from fs_app.errors import CallEnded, NotProtected
from fs_app.ports import (
    Answered,
    Held,
    Joined,
    Offered,
    Order,
    Ordered,
    Over,
    Parted,
    PersonEvent,
    Place,
)

HANGS_UP, LET_GO = "the caller hangs up", "the server lets go of the call"
Happening = PersonEvent | str | None
"""None is a time in which nothing happened; `HANGS_UP` is the end of the call, `LET_GO` that of our part in it."""

AGENT, LEG = "maria@default", "a9e47000-0000-4000-8000-000000000002"


class ScriptedPerson:
    """Implements `ports.Person`. ``happenings`` come one for each `next`; when none is left the talk, or the wait,
    is over. ``place`` and ``waiting`` are what the queue says; ``refusals`` are raised by each proof of
    `shielded`, one each time; where ``kept``, nobody can leave the line any more, as somebody answers. ``done`` is
    what was done on our side, in order."""

    def __init__(
        self,
        happenings: Iterable[Happening] = (),
        *,
        place: Place | None = None,
        waiting: int | None = None,
        refusals: Iterable[NotProtected] = (),
        kept: bool = False,
    ) -> None:
        self.agent = self.leg = ""
        self.talking = self.on_hold = self.shields = False
        self.done: list[str] = []
        self.say_aloud: Callable[[Prompt], None] = lambda prompt: None
        self.hang_up: Callable[[], None] = lambda: None
        self._row: deque[Happening] = deque(happenings)
        self._come: deque[PersonEvent] = deque()
        self._place = place
        self._waiting = waiting
        self._refusals = list(refusals)
        self._kept = kept

    def next(self, seconds: float) -> PersonEvent | None:
        event: Happening
        if self._come or self._row:
            event = (self._come or self._row).popleft()
        else:
            event = Over(HandoverEnd.TALKED if self.talking else HandoverEnd.NOT_ANSWERED)
        if isinstance(event, str):
            if event == HANGS_UP:
                self.hang_up()
            raise CallEnded(event)
        match event:
            case Answered():
                self.agent, self.leg, self.talking = event.agent, event.leg, True
            case Joined():
                self.agent, self.leg, self.on_hold = "", event.leg, False
            case Parted():
                self.leg = ""
            case Held():
                self.on_hold = event.on
            case Over():
                self.talking = self.on_hold = False
            case _:
                pass
        return event

    def put_back(self, event: PersonEvent) -> None:
        self._come.appendleft(event)

    def happens(self, event: PersonEvent) -> None:
        """Something comes now, before what is left of the script."""
        self._come.append(event)

    def order(self, order: Order) -> None:
        self._come.append(Ordered(order))

    def untaken(self) -> list[Order]:
        return [event.order for event in (*self._come, *self._row) if isinstance(event, Ordered)]

    def waiting(self) -> int | None:
        return self._waiting

    def place(self) -> Place | None:
        return self._place

    def join(self) -> None:
        self.done.append("joined")

    def say(self, prompt: Prompt) -> None:
        self.say_aloud(prompt)

    def leave(self) -> bool:
        self.done.append("left")
        return not self._kept

    def take_back(self) -> None:
        self.done.append("taken back")
        self._row = deque(event for event in (*self._come, *self._row) if isinstance(event, Ordered))
        self._come.clear()
        self.talking = False

    @contextmanager
    def shielded(self) -> Iterator[Callable[[], None]]:
        self._prove()
        self.shields = True
        try:
            yield self._prove
        finally:
            self.shields = False
            self.done.append("no shield")

    def _prove(self) -> None:
        self.done.append("shield")
        if self._refusals:
            raise self._refusals.pop(0)


def talks(*meanwhile: Happening, agent: str = AGENT, leg: str = LEG) -> ScriptedPerson:
    """Somebody who answers at once; ``meanwhile`` happens in the talk."""
    return ScriptedPerson([Offered(agent), Answered(agent, leg), *meanwhile])


def nobody(end: HandoverEnd = HandoverEnd.NOT_ANSWERED) -> ScriptedPerson:
    """Nobody answers."""
    return ScriptedPerson([Over(end)])
