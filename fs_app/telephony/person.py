"""The way to a person over one session: the line to wait in, the talk, and the way back to us.

The application that leads there runs without ``event-lock``, so that prompts nest in it. In a talk the private
keypad stays bound: no key reaches the person. What happens is put in a row in the hub, and taken with `next`.

Should we die meanwhile, neither the wait nor the talk is cut (``socket_resume=false``); when the talk has ended the
switch parks the caller (``park_after_bridge``), and takes them back to our place in the dialplan `_RESCUE_SECONDS`
later. A server that lives takes that order back at once. A caller who is parked is no longer in the dialplan, so
that they would not outlive us: `uprooted`, and what follows the talk begins with `SwitchChannel.move_on`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, Protocol

from fs_app.domain.destination import Destination, Way
from fs_app.domain.prompt import Prompt
from fs_app.errors import CallEnded, SwitchError
from fs_app.ports import Codes, Keyed, Order, Ordered, Over, PersonEvent, Place
from fs_app.telephony import commands
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

# With it, a server's death ends whatever the switch does for it, and the dialplan goes on: right while we talk to
# the caller, wrong while an agent does or the caller waits for one.
COME_BACK, STAY = ("set", "socket_resume=true"), ("set", "socket_resume=false")

# What the dialplan's own way to a person, should it ever come to that, is not to find of ours.
_PLAIN = (
    ("set", "park_after_bridge=false"),
    ("set", "hangup_after_bridge=true"),
    ("unset", "execute_on_post_bridge"),
)

_RESCUE_SECONDS = 5
_PARTED_SECONDS = 20.0  # a transfer that rings for longer has left us
_LEAVE = "D"  # no caller's telephone has this key


class Say(Protocol):
    """Plays a prompt, see `Speech.say`."""

    def __call__(self, prompt: Prompt, /, *, cut_by: Callable[[], bool]) -> bool: ...


class SwitchPerson:
    """Implements `ports.Person` over one session. ``silence`` tells whether tones could be heard on this line."""

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
    ) -> None:
        self._session = session
        self._info = info
        self._privacy = privacy
        self._timing = timing
        self._stir = stir
        self._say = say
        self._destination = destination
        self._application = commands.way_to(destination)
        self._marks = _marks(destination, reference) if reference else ()
        self._silence = silence
        self._so_far = Happenings(session, info, destination, codes, stir)
        self._way: Execution | None = None
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
    def uprooted(self) -> bool:
        """Whether the switch has parked the caller, so that they would not outlive us."""
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
        steps = [
            STAY,
            *_keeping(self._info),
            *self._marks,
            ("unset", "cc_cause"),
            ("set", f"cc_exit_keys={_LEAVE}"),
        ]
        steps += [("set", f"fifo_caller_exit_key={_LEAVE}"), self._application]
        self._way = self._session.start_all(steps)[-1]
        self._so_far.on_the_way(self._way)

    # --- what the call's greenlet does ---

    def next(self, seconds: float) -> PersonEvent | None:
        """What happens next; None where nothing did in so many seconds."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            parted = self._so_far.parted_at
            if parted is not None:
                left = min(left, parted + _PARTED_SECONDS - time.monotonic())
            self._stir.wait(self._has_something, max(0.0, left))
            self._session.raise_if_disconnected()
            if self._so_far.row:
                event = self._so_far.row.popleft()
                if isinstance(event, Over):
                    self._home()
                return event
            if not self._so_far.answered and (key := self._privacy.keypad.buffer.take()):
                return Keyed(key)
            if self._so_far.parted_at is not None and time.monotonic() >= self._so_far.parted_at + _PARTED_SECONDS:
                self._let_go()
            if time.monotonic() >= until:
                return None

    def put_back(self, event: PersonEvent) -> None:
        """Let `next` return it once more."""
        self._so_far.row.appendleft(event)

    def order(self, order: Order) -> None:
        """Somebody at the desk wants something."""
        self._so_far.add(Ordered(order))

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
        with suppress(
            SwitchError
        ):  # the queue drops what comes while its music begins anew, and a bridge breaks it
            self._say(prompt, cut_by=self._has_something)
        self._session.raise_if_disconnected()

    def leave(self) -> bool:
        """Out of the line. SwitchTimeout where the switch keeps the caller."""
        if not self._so_far.answered and not self._so_far.over and self._way is not None:
            self._so_far.over = True
            self._session.start_api("uuid_recv_dtmf", f"{self._info.uuid} {_LEAVE}")
            self._way.wait(self._timing.margin)
            if self.leg:
                self._so_far.over = False
        if self._so_far.answered or self.leg:
            return False
        self._home()
        return True

    def take_back(self) -> None:
        """End the talk: the person's leg is hung up, the caller parked. SwitchTimeout where that does not come."""
        if self.talking and self.leg:
            self._session.api("uuid_kill", self.leg, seconds=self._timing.margin)
            self._stir.wait(lambda: self._so_far.over or self._session.ended is not None, self._timing.margin)
            self._session.raise_if_disconnected()
        self._so_far.row.clear()
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
        """The caller is with us again: should we die from now on, the dialplan goes on at once. What they keyed to a
        person, or to the music, answers no question of ours."""
        self._so_far.over = True
        self._privacy.keypad.buffer.forget()
        self._session.start_all([COME_BACK, *_PLAIN])[-1].wait(self._timing.margin)

    def _let_go(self) -> NoReturn:
        """An agent sent the caller elsewhere: their keys are theirs again, and we have nothing to do with it."""
        self._privacy.keypad.release(("set", "sensitive_dtmf=false"), seconds=self._timing.margin)
        self._session.end("an agent sent the caller elsewhere")
        raise CallEnded("an agent sent the caller elsewhere")


def _keeping(info: ConnectInfo) -> tuple[tuple[str, str], ...]:
    """What makes the switch keep a caller after the talk, and bring them back to us should nobody be there."""
    if info.extension is None:
        return ()
    number, context = info.extension
    rescue = f"execute_on_post_bridge=sched_transfer +{_RESCUE_SECONDS} {number} XML {context}"
    return (
        ("set", "hangup_after_bridge=false"),
        ("set", "park_after_bridge=true"),
        ("set", "fs_app_attempt=2"),
        ("set", rescue),
    )


def _marks(destination: Destination, reference: str) -> tuple[tuple[str, str], ...]:
    """What sets the reference on the agent's leg, and in the SIP INVITE to the agent's telephone."""
    names = ("fs_app_reference", "sip_h_X-FS-App-Reference")
    if destination.way is Way.CALLCENTER:
        exported = ("set", f"cc_export_vars={','.join(names)}")
        return (*(("set", f"{name}={reference}") for name in names), exported)
    return tuple(("export", f"nolocal:{name}={reference}") for name in names)
