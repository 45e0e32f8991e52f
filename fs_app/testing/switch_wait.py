"""A caller on the simulated switch who waits for a person, and the people there."""

from __future__ import annotations

from dataclasses import dataclass

import gevent

from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Happening, What
from fs_app.testing.switch_legs import Leg


@dataclass(frozen=True, slots=True)
class Agents:
    """Who is there where a caller is sent, and what they do. Times in seconds of the switch.

    The telephones of ``missed`` ring first, one after the other, ``rings`` seconds each, and nobody takes them.
    ``after`` so many more seconds the first of ``names`` takes the call, whose telephone has rung for the last
    ``rings`` of them; unless they do ``answer``, the caller is given up then. ``after`` None: a test says when, by
    `Call.waiting`. Those who are ``busy`` talk with others, those ``away`` have a break: they are only in the
    listing of the queue, as are the callers who wait ``ahead``. ``cause`` is why nobody answers who is called
    directly.
    """

    answer: bool = True
    after: float | None = 0.14
    talk: float = 2.0
    names: tuple[str, ...] = ("maria@default",)
    missed: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    rings: float = 0.0
    ahead: int = 0
    cause: str = "NO_ANSWER"


class Wait:
    """One caller's wait, as `Call.waiting`: a test lets a telephone ``ring`` or be missed, lets somebody
    ``answer``, or lets the switch ``give_up``. What `Agents` have been told to do, they do besides.

    ``exit_keys`` is the variable that names the keys which leave the line.
    """

    exit_keys = ""
    gave_up = "TIMEOUT"

    def __init__(self, call: Call, agents: Agents) -> None:
        self.call = call
        self.agents = agents
        self.leg: Leg | None = None
        self.reason = ""  # why the caller left without a person
        self.ringing = ""  # whose telephone rings

    # --- the person's side ---

    def ring(self, name: str = "") -> None:
        """Somebody's telephone rings; the first one's unless named. LookupError where the wait is over."""
        self._check()
        self.ringing = name or self._first
        self._offered()

    def miss(self, cause: str = "ALLOTTED_TIMEOUT") -> None:
        """It rings no more, and nobody took it."""
        self._check()
        self._missed(cause)
        self.ringing = ""

    def answer(self, name: str = "") -> Leg:
        """Somebody takes the call: who is rung, or the first one, unless named; the leg. In a queue of
        mod_callcenter a prompt that plays is torn, and the commands behind it are lost. LookupError where the wait
        is over."""
        self._check()
        name = name or self.ringing or self._first
        if self.ringing != name:
            self.ringing = name
            self._offered()
        self.leg = Leg(self.call, name)
        self._answered(self.leg)
        self.ringing = ""
        self.call.stir()
        return self.leg

    def give_up(self, reason: str = "") -> None:
        """The switch lets the caller wait no longer."""
        self._check()
        self.reason = reason or self.gave_up
        self.call.stir()

    # --- the switch's side ---

    @property
    def over(self) -> bool:
        """True once the caller does not wait any more."""
        return self.leg is not None or bool(self.reason)

    def sit_out(self, where: str) -> None:
        """In the session thread: until the wait is over."""
        call = self.call
        call.waiting, call.sought = self, where
        call.tell(Happening(What.QUEUED, where))
        script = gevent.spawn(self._play)
        call.wait(None, lambda: self.over or call.cut)
        script.kill(block=False)
        call.waiting = None
        if self.leg is None:
            self.reason = self.reason or "BREAK_OUT"
            call.tell(Happening(What.LEFT_QUEUE, self.reason))
        elif call.gone or call.cut or call.transferred:
            self.leg.hang_up()

    def key(self, key: str) -> None:
        """The caller pressed a key that nothing took."""
        if not self.over and key in self.call.variables.get(self.exit_keys, ""):
            self.reason = "EXIT_WITH_KEY"
            self.call.stir()

    def broken(self) -> None:
        """``uuid_break`` while nothing plays: harmless."""

    # --- what differs from one kind of line to the other ---

    def _offered(self) -> None:
        pass

    def _missed(self, cause: str) -> None:
        pass

    def _answered(self, leg: Leg) -> None:
        pass

    # --- parts ---

    @property
    def _first(self) -> str:
        if not self.agents.names:
            raise LookupError("nobody is there; name who it is")
        return self.agents.names[0]

    def _check(self) -> None:
        if self.over or self.call.waiting is not self:
            raise LookupError(f"the caller does not wait; what happened: {self.call.story}")

    def _play(self) -> None:
        """What `Agents` do by themselves."""
        agents, speed = self.agents, self.call.switch.speed
        for name in agents.missed:
            self.ring(name)
            gevent.sleep(agents.rings * speed)
            self.miss()
        if agents.after is None:
            return
        answers = agents.answer and bool(agents.names)
        rings = min(agents.rings, agents.after) if answers else 0.0
        gevent.sleep((agents.after - rings) * speed)
        if not answers:
            self.give_up()
            return
        self.ring()
        gevent.sleep(rings * speed)
        self.answer()
