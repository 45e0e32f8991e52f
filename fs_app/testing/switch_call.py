"""One call on the simulated switch: the channel, its session thread, and the caller who holds the telephone.

The session thread is a greenlet that runs the dialplan. Commands of the application wait in a queue until the
thread looks (every 20 ms of media), as on the switch: they nest inside a running application, unless that was sent
with ``event-lock``.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

from fs_app.telephony.guard import LEVELS
from fs_app.testing import switch_headers, switch_wire
from fs_app.testing.switch_happenings import Action, Command, Happening, Playing, What
from fs_app.testing.switch_keys import Keys
from fs_app.testing.switch_recordings import Recordings
from fs_app.testing.switch_sentences import Mouth

if TYPE_CHECKING:
    from fs_app.testing.switch import SimulatedSwitch
    from fs_app.testing.switch_socket import Listener


class Call:
    """One caller's call. ``press``, ``hang_up``, ``hear_out`` and the waits belong to the caller's side."""

    def __init__(
        self,
        switch: SimulatedSwitch,
        *,
        number: str,
        name: str,
        destination: str,
        variables: dict[str, str],
        inband: bool,
        stepped: bool,
    ) -> None:
        self.switch = switch
        self.uuid = str(uuid4())
        self.stepped = stepped
        self.facts: dict[str, object] = {
            "uuid": self.uuid,
            "number": number,
            "name": name,
            "destination": destination,
            "channel": f"sofia/internal/{number}@127.0.0.1",
            "created": switch_wire.now_stamp(),
            "answered": 0,
            "hung_up": 0,
            "bridged": 0,
            "cause": "",
            "state": "CS_EXECUTE",
            "state_number": 4,
            "call_state": "RINGING",
            "answer_state": "ringing",
            "sdp": switch_wire.sdp(telephone_event=not inband),
        }
        self.variables = switch_wire.channel_variables(self.facts) | variables
        self.listener: Listener | None = None
        self.commands: deque[Command] = deque()
        self.playing: list[Playing] = []
        self.keys = Keys(self, inband=inband)
        self.recordings = Recordings(self)
        self.mouth = Mouth()
        self.log_level = 0  # a call may be told to log more than its switch
        self.transferred_to: list[Action] | None = None
        self.bridge: Callable[[], None] | None = None  # what follows once the running applications have ended
        self.talk_over = False
        self.cut = False  # the application is gone, and what ran for it was ended
        self.history: list[Happening] = []
        self.over = Event()  # the call's last event is out
        self._locks = self._depth = 0
        self._stir = Event()
        self._happenings: Queue[Happening] = Queue()

    # --- the caller's side ---

    def press(self, keys: str) -> None:
        """Press keys, one after the other. ValueError for what is not on a telephone."""
        for key in keys:
            if not re.fullmatch(r"[0-9*#A-D]", key):
                raise ValueError(f"not a telephone key: {key!r}")
            self.keys.press(key)

    def says(self, words: str, seconds: float = 0.5) -> None:
        """Say something; nothing is staying silent for longer than anybody waits."""
        self.mouth.say(words, seconds)

    def hang_up(self) -> None:
        """Put the receiver down; harmless when the call has ended."""
        if not self.gone:
            self.variables |= switch_headers.CALLER_LEFT_VARIABLES
            self.end("NORMAL_CLEARING", by="caller")

    def hear_out(self) -> None:
        """Let the prompt that plays in a stepped call come to its end."""
        if self.playing:
            self.playing[-1].over = True
            self._stir.set()

    def agent_hangs_up(self) -> None:
        """End the talk with the agent."""
        self.talk_over = True
        self._stir.set()

    def next(self, seconds: float) -> Happening | None:
        """The next thing that happens; None where nothing did in so many seconds (of the clock)."""
        try:
            return self._happenings.get(timeout=seconds)
        except Empty:
            return None

    def wait_for(self, what: What, seconds: float = 5.0) -> Happening:
        """The next happening of that kind; those before it are passed over. TimeoutError after so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            happening = self.next(left)
            if happening is not None and happening.what is what:
                return happening
        raise TimeoutError(f"{what} did not happen within {seconds:g} s; what did: {self.story}")

    def wait_prompt(self, seconds: float = 5.0) -> Happening:
        """The next prompt that starts."""
        return self.wait_for(What.PROMPT, seconds)

    @property
    def told(self) -> bool:
        """True where `next` has nothing left that happened."""
        return self._happenings.empty()

    @property
    def story(self) -> str:
        """Everything that happened so far, for the message of a failed test."""
        return ", ".join(f"{happening.what} {happening.detail}".strip() for happening in self.history)

    @property
    def gone(self) -> bool:
        """True once somebody has hung up."""
        return bool(self.facts["cause"])

    # --- the switch's side ---

    def run(self, dialplan: Sequence[Action]) -> None:
        """The session thread: the dialplan from its first action to the reporting state."""
        actions = deque(dialplan)
        while actions and not self.gone:
            application, data = actions.popleft()
            self.execute(application, data, str(uuid4()))
            if self.transferred_to is not None:
                actions, self.transferred_to = deque(self.transferred_to), None
                self.facts["state_number"] = 4
                continue
            if self.bridge is not None:
                self.bridge()
                if not self.cut:
                    break
            if application == "socket" and not self.gone:
                following = " ".join(actions[0]) if actions else "hangup"
                self.tell(Happening(What.FALLBACK, following))
        if not self.gone:
            self.end("NORMAL_CLEARING", by="switch")
        self._report()

    def execute(self, application: str, data: str, uuid: str, *, locked: bool = False) -> None:
        """Run one application in the session thread, with the events around it."""
        channel = self.facts["channel"]
        self.log("DEBUG", f"EXECUTE [depth={self._depth}] {channel} {application}({data})")
        function = self.switch.applications.get(application)
        if function is None:
            self.log("ERR", f"Invalid Application {application}")
            self.end("DESTINATION_OUT_OF_ORDER", by="switch")
            return
        self.variables.pop("current_application_response", None)
        self.variables.pop("current_application_data", None)
        self.variables["current_application"] = application
        own = [("Application", application)]
        if data:
            self.variables["current_application_data"] = data
            own.append(("Application-Data", data))
        self.fire("CHANNEL_EXECUTE", [*own, ("Application-UUID", uuid)])
        self._locks += locked
        self._depth += 1
        function(self, data)
        self._depth -= 1
        self._locks -= locked
        response = self.variables.get("current_application_response", "_none_")
        self.fire(
            "CHANNEL_EXECUTE_COMPLETE", [*own, ("Application-Response", response), ("Application-UUID", uuid)]
        )

    def wait(self, seconds: float | None, until: Callable[[], bool], *, listening: bool = True) -> None:
        """In the session thread: wait so many seconds of the switch (None: for ever), or until a condition holds
        or the call is gone. Commands that come run meanwhile, nested, and stop this wait's clock."""
        left = None if seconds is None else seconds * self.switch.speed
        if left == 0:
            gevent.sleep(0)  # instant, but not before what was sent meanwhile has come
        while not self.gone and self.transferred_to is None and not until():
            if listening and self.commands and not self._locks:
                gevent.sleep(self.switch.tick)
                self._run_commands()
                continue
            if left is not None and left <= 0:
                return
            self._stir.clear()
            started = time.monotonic()
            self._stir.wait(left)
            if left is not None:
                left -= time.monotonic() - started

    def queue(self, command: Command) -> None:
        """Give the session thread something to do."""
        if not self.gone:
            self.commands.append(command)
            self._stir.set()

    def stir(self) -> None:
        """Let the session thread look at what it waits for."""
        self._stir.set()

    def break_playback(self, *, everything: bool = False) -> None:
        """uuid_break: end what plays now; with ``all``, drop what waits behind it as well."""
        if everything:
            self.commands.clear()
        if self.playing:
            self.playing[-1].over = self.playing[-1].broken = True
        self._stir.set()

    def let_go(self) -> None:
        """The application is gone and the dialplan is to go on: nothing of it plays or waits any more."""
        self.listener = None
        self.cut = True
        self.commands.clear()
        for playing in self.playing:
            playing.over = playing.broken = True
        self._stir.set()

    def end(self, cause: str, *, by: str) -> None:
        """Hang up."""
        if self.gone:
            return
        self.facts |= {"cause": cause, "state_number": 10, "answer_state": "hangup"}
        self.commands.clear()
        self.mouth.say("", 0)
        self.log("NOTICE", f"Hangup {self.facts['channel']} [{self.facts['state']}] [{cause}]")
        self.fire("CHANNEL_HANGUP")
        self.tell(Happening(What.HUNG_UP, cause, by=by))
        self._stir.set()

    def fire(self, name: str, own: Iterable[tuple[str, str]] = (), *, divert: bool = False) -> None:
        """Fire an event of this channel at everybody who listens; with ``divert``, at our own socket alone."""
        headers = switch_wire.event_headers(name, self.switch.next_sequence(), self.facts, self.variables)
        body = switch_wire.render([*headers, *own]) + "\n\n"
        self.switch.publish(name, self.uuid, body, only=self.listener if divert else None)

    def log(self, level: str, text: str) -> None:
        """A line of the switch's log."""
        if LEVELS.index(level.lower()) <= max(self.switch.log_level, self.log_level):
            self.switch.log.append(f"[{level}] {text}")

    def tell(self, happening: Happening) -> None:
        """The caller notices something."""
        self.history.append(happening)
        self._happenings.put(happening)

    def _run_commands(self) -> None:
        while self.commands and not self._locks and not self.gone and self.transferred_to is None:
            command = self.commands.popleft()
            self.variables |= {"current_loop": "1", "total_loops": "1"}
            self.execute(command.application, command.data, command.uuid, locked=command.locked)
            self.variables.pop("current_loop", None)
            self.variables.pop("total_loops", None)

    def _report(self) -> None:
        self.facts["state"] = "CS_HANGUP"
        self.fire("CHANNEL_STATE")
        hung_up = switch_wire.now_stamp()
        self.facts |= {"state": "CS_REPORTING", "state_number": 11, "call_state": "HANGUP", "hung_up": hung_up}
        self.fire("CHANNEL_STATE")
        last = self.variables.get("current_application", "")
        data = self.variables.get("current_application_data")
        self.variables |= switch_wire.report_variables(self.facts, self.keys.dialed, last)
        if data is not None:
            self.variables["last_arg"] = data
        self.fire("CHANNEL_HANGUP_COMPLETE")
        self.switch.forget(self)
        if self.listener is not None:
            self.listener.call_ended()
        self.over.set()
