"""The way to a person over one session: the line to wait in, the talk, and the way back to us.

The application that leads there runs without ``event-lock``, so that prompts nest in it. In a talk the private
keypad stays bound: no key reaches the person. What happens is put in a row in the hub, and taken with `next`.

What holds should we die meanwhile is in `way`. A server that lives takes back the order to bring the caller to
another. Should we die while a caller is parked, they go on once what we say to them has ended, and not at once:
`uprooted`, and what follows the talk begins with `SwitchChannel.move_on`.

A little over 300 lines: the way there, the talk and the way back are one port, and one life.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import NoReturn, Protocol

from fs_app.domain.destination import Destination, Way
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.prompt import Prompt
from fs_app.errors import CallEnded, CommandRefused, SwitchError, SwitchTimeout
from fs_app.ports import Codes, Keyed, Leaving, Order, Ordered, Over, PersonEvent, Place
from fs_app.telephony import commands, way
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.happenings import Happenings
from fs_app.telephony.headers import Frame
from fs_app.telephony.members import place_of, waiting_in
from fs_app.telephony.pending import Execution
from fs_app.telephony.privacy import Privacy
from fs_app.telephony.session import Session
from fs_app.telephony.shield import Shield
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir

_TYPING_SECONDS = 4.0  # who types on for longer is not waited for
_LEAVE_SECONDS = 0.5  # a key that a prompt has eaten is pressed again
_LOST_SECONDS = 0.5  # a prompt that came as somebody answered is lost, and never ends


class Say(Protocol):
    """Plays a prompt, see `Speech.say`."""

    def __call__(self, prompt: Prompt, /, *, cut_by: Callable[[], bool], lost_after: float) -> bool: ...


class SwitchPerson:
    """Implements `ports.Person` over one session. ``silence`` tells whether tones could be heard on this line;
    ``sound`` is what the caller hears while a telephone rings."""

    def __init__(
        self,
        session: Session,
        info: ConnectInfo,
        privacy: Privacy,
        timing: Timing,
        stir: Stir,
        say: Say,
        destination: Destination,
        *,
        reference: str,
        codes: Codes,
        silence: bool,
        sound: str = "",
        uprooted: bool = False,
    ) -> None:
        self._session = session
        self._info = info
        self._privacy = privacy
        self._timing = timing
        self._stir = stir
        self._say = say
        self._destination = destination
        self._application = commands.way_to(destination)
        self._reference = reference
        self._sound = sound
        self._silence = silence
        self._so_far = Happenings(session, info, destination, codes, timing, stir, uprooted=uprooted)
        self._execution: Execution | None = None
        self.shields = False

    @property
    def agent(self) -> str:
        """Who talks, as far as the switch says."""
        return self._so_far.agent

    @property
    def leg(self) -> str:
        """The uuid of the leg that the caller talks with."""
        return self._so_far.leg

    @property
    def on_hold(self) -> bool:
        """Whether the person has put the caller on hold."""
        return self._so_far.on_hold

    @property
    def uprooted(self) -> bool:
        """Whether the switch has parked the caller after a talk: they are at no place of their dialplan."""
        return self._so_far.uprooted

    def interrupts(self) -> bool:
        """Whether a question must end, as `next` has something."""
        return self.shields and bool(self._so_far.row)

    @property
    def talking(self) -> bool:
        """Whether a person has answered, and the talk is not over."""
        return self._so_far.answered and not self._so_far.over

    def join(self) -> None:
        """Send the caller there; in one write with what the switch has to know."""
        self._privacy.keypad.buffer.forget()
        uuid = self._info.uuid
        self._session.pipeline(
            [("filter", f"CC-Member-Session-UUID {uuid}"), ("event", "plain " + " ".join(commands.WITH_A_PERSON))]
        )
        steps = way.before(self._destination, self._info, self._reference, self._sound)
        self._execution = self._session.start_all([*steps, self._application])[-1]
        self._so_far.on_the_way(self._execution)

    # --- what the call's greenlet does ---

    def next(self, seconds: float) -> PersonEvent | None:
        """What happens next; None where nothing did in so many seconds."""
        until = time.monotonic() + seconds
        while True:
            deadline = self._so_far.deadline  # which something that happens may bring nearer
            left = min(until, deadline) - time.monotonic()
            self._stir.wait(partial(self._has_something_by, deadline), max(0.0, left))
            self._session.raise_if_disconnected()
            if self._so_far.row:
                event = self._so_far.row.popleft()
                if isinstance(event, Over):
                    self._home()
                return event
            if not self._so_far.answered and (key := self._privacy.keypad.buffer.take()):
                return Keyed(key)
            if time.monotonic() >= self._so_far.deadline:
                self._too_late()
            elif time.monotonic() >= until:
                return None

    def put_back(self, event: PersonEvent) -> None:
        """Let `next` return it once more."""
        self._so_far.row.appendleft(event)

    def order(self, order: Order) -> None:
        """Somebody at the desk wants something."""
        self._so_far.add(Ordered(order))

    def stop_payment(self) -> None:
        """The server has to let go: a payment in the talk ends before the bank is asked, or with its answer."""
        if self.shields:
            self._so_far.add(Leaving())

    def untaken(self) -> Sequence[Order]:
        """What somebody wanted, and nobody has looked at."""
        return [event.order for event in self._so_far.row if isinstance(event, Ordered)]

    def waiting(self) -> int | None:
        """What the queue itself says."""
        listing = self._lists("members")
        return None if listing is None else waiting_in(listing[0])

    def place(self) -> Place | None:
        """What the queue itself says."""
        listings = self._lists("members", "agents")
        return None if listings is None else place_of(self._info.uuid, *listings)

    def say(self, prompt: Prompt) -> None:
        """Say it; who answers, or presses a key, has priority."""
        if self._is_urgent():
            return
        with suppress(SwitchError):  # the queue drops what comes as its music begins anew, and a bridge breaks it
            self._say(prompt, cut_by=self._is_urgent, lost_after=_LOST_SECONDS)
        self._session.raise_if_disconnected()
        if self._destination.way is Way.FIFO:  # a person who took the caller meanwhile gets them only now
            self._session.start_api("uuid_break", self._info.uuid)

    def leave(self) -> bool:
        """Out of the line. SwitchTimeout where the switch keeps the caller."""
        execution, so_far = self._execution, self._so_far
        until = time.monotonic() + self._timing.margin
        while execution is not None and not execution.done:
            if time.monotonic() >= until:
                raise SwitchTimeout("the switch keeps a caller in a line that they want to leave")
            self._session.start_api("uuid_recv_dtmf", f"{self._info.uuid} {way.LEAVE}")
            if not self._wait_for(lambda: execution.done, _LEAVE_SECONDS):
                self._session.start_api("uuid_break", self._info.uuid)  # a prompt has eaten it
        if so_far.taken:
            self._wait_for(lambda: so_far.answered, self._timing.margin)
        if so_far.answered:
            return False
        self._home()
        return True

    def take_back(self) -> None:
        """End the talk: the person's leg is hung up, the caller parked. SwitchTimeout where that does not come;
        CallEnded where an agent has sent the caller elsewhere meanwhile."""
        so_far = self._so_far
        in_transfer = self.talking and not self.leg  # with the one who comes, or back already, or elsewhere
        if in_transfer and not self._wait_for(lambda: bool(self.leg) or so_far.over, self._timing.margin):
            self._let_go()
        if self.talking and self.leg:
            with suppress(CommandRefused):  # it has hung up meanwhile
                self._session.api("uuid_kill", self.leg, seconds=self._timing.margin)
        if self.talking and not self._wait_for(lambda: so_far.over, self._timing.margin):
            raise SwitchTimeout("the switch does not give a caller back whose talk was ended")
        self._home()

    @contextmanager
    def shielded(self) -> Iterator[Callable[[], None]]:
        """Nothing that is keyed reaches the person."""
        shield = Shield(self._session, self._info.uuid, self._privacy.keypad, tones=self._silence)
        self.shields = True
        try:
            with self._privacy.shielded(shield, self._timing.margin) as prove_again:
                yield prove_again
        finally:
            self.shields = False

    def happened(self, event: Frame) -> None:
        """In the hub: an event of the caller's leg, of the person's, or of the queue."""
        self._so_far.happened(event)

    # --- parts ---

    def _has_something(self) -> bool:
        return bool(self._so_far.row) or (not self._so_far.answered and self._privacy.keypad.buffer.waiting)

    def _has_something_by(self, deadline: float) -> bool:
        """The same, or another deadline than this."""
        return self._has_something() or self._so_far.deadline != deadline

    def _is_urgent(self) -> bool:
        """Whether something has come that nothing may be said before."""
        so_far = self._so_far
        return so_far.taken or so_far.answered or so_far.over or self._privacy.keypad.buffer.waiting

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        held = self._stir.wait(lambda: condition() or self._session.ended is not None, seconds)
        self._session.raise_if_disconnected()
        return held

    def _lists(self, *of: str) -> list[str] | None:
        """What a queue of mod_callcenter tells of its members and agents; None where it tells nothing."""
        if self._destination.way is not Way.CALLCENTER:
            return None
        order, queue = "queue list", self._destination.target
        lists = [self._session.start_api("callcenter_config", f"{order} {what} {queue}") for what in of]
        try:
            return [each.wait(self._timing.margin).body.decode("utf-8", "replace") for each in lists]
        except SwitchError:
            return None

    def _home(self) -> None:
        """The caller is with us again: should we die from now on, the dialplan goes on at once. What they keyed to
        a person, or to the music, answers no question of ours."""
        so_far = self._so_far
        so_far.over = True
        so_far.row = deque(event for event in so_far.row if not isinstance(event, Over))
        self._session.start_all(way.home(parked=self.uprooted))[-1].wait(self._timing.margin)
        self._until_they_stop_typing()
        self._privacy.keypad.buffer.forget()

    def _until_they_stop_typing(self) -> None:
        """A card that was broken off with the talk: what is typed on of it is not to answer what follows, which may
        be asked by another server."""
        keypad, until = self._privacy.keypad, time.monotonic() + _TYPING_SECONDS
        while keypad.ignoring and (left := min(until, keypad.typed_at + self._timing.run) - time.monotonic()) > 0:
            self._wait_for(lambda: False, left)

    def _too_late(self) -> None:
        """What should have followed has not: two who talk. After a blind transfer the switch may be calling
        somebody for the caller at this moment; so long they are ours, and their keys are kept from whoever answers.
        Who is sent elsewhere in mid-entry has typed the rest first."""
        so_far = self._so_far
        if so_far.answered:
            runs, is_ours = self._whereabouts() if so_far.blind else ("", False)
            if runs != "bridge" and not is_ours:
                self._privacy.calm_down(_TYPING_SECONDS)
            if so_far.row:
                return
            if runs != "bridge":
                self._let_go(to_us=is_ours)
            if so_far.deadline < math.inf:
                so_far.deadline = time.monotonic() + self._timing.blind
        else:
            so_far.end(HandoverEnd.FAILED)  # somebody answered, and was gone before the two talked

    def _whereabouts(self) -> tuple[str, bool]:
        """What the switch does with the caller now, and whether at our own extension: another server has them there
        in a moment."""
        names = ("current_application", "destination_number", "context")
        asked = [self._session.start_api("uuid_getvar", f"{self._info.uuid} {name}") for name in names]
        try:
            said = [each.wait(self._timing.margin).body.decode("utf-8", "replace").strip() for each in asked]
        except SwitchError:
            return "", False
        return said[0], self._info.extension == (said[1], said[2])

    def _let_go(self, *, to_us: bool = False) -> NoReturn:
        """An agent sent the caller elsewhere: their keys are theirs again, and we have nothing to do with it. In
        mid-entry another server of ours finds everything as it is."""
        calm = self._privacy.calm
        self._privacy.leave(for_good=not to_us)
        with suppress(SwitchError):
            if calm or not to_us:
                self._privacy.keypad.release(*way.GONE, seconds=self._timing.margin)
            else:
                self._session.start_all(way.MARKS)[-1].wait(self._timing.margin)
        self._session.end("an agent sent the caller elsewhere")
        raise CallEnded("an agent sent the caller elsewhere")
