"""One call on the simulated switch: the channel, its session thread, and the caller who holds the telephone.

The session thread is a greenlet that runs the dialplan. Commands of the application wait in a queue until the
thread looks (every 20 ms of media), as on the switch: they nest inside a running application, unless that was sent
with ``event-lock``.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

import gevent
from gevent.event import Event

from fs_app.testing import switch_headers, switch_wire
from fs_app.testing.switch_channel import Channel
from fs_app.testing.switch_happenings import Action, Command, Happening, Playing, Story, What
from fs_app.testing.switch_keys import Keys
from fs_app.testing.switch_legs import Leg, Talk
from fs_app.testing.switch_recordings import Recordings
from fs_app.testing.switch_schedule import Schedule
from fs_app.testing.switch_sentences import Mouth

if TYPE_CHECKING:
    from fs_app.testing.switch import SimulatedSwitch
    from fs_app.testing.switch_socket import Listener
    from fs_app.testing.switch_wait import Wait


class Call(Channel, Story):
    """One caller's call. ``press``, ``hang_up``, ``hear_out`` and the waits belong to the caller's side; `waiting`
    and `agent` are the person's whom the caller is on the way to."""

    def __init__(
        self,
        switch: SimulatedSwitch,
        *,
        number: str,
        name: str,
        extension: tuple[str, str],
        variables: dict[str, str],
        inband: bool,
        stepped: bool,
    ) -> None:
        uuid = str(uuid4())
        facts = switch_wire.new_facts(uuid, number, name, extension[0], number)
        facts |= {"context": extension[1], "sdp": switch_wire.sdp(telephone_event=not inband)}
        Channel.__init__(self, switch, uuid, facts)
        Story.__init__(self)
        self.variables = switch_wire.channel_variables(self.facts) | variables
        self.stepped = stepped
        self.home = extension[0], list(switch.dialplan)
        self.sockets: list[Listener] = []
        """Of every application that has the call, the oldest first."""
        self.commands: deque[Command] = deque()
        self.playing: list[Playing] = []
        self.keys = Keys(self, inband=inband)
        self.recordings = Recordings(self)
        self.schedule = Schedule(self)
        self.mouth = Mouth()
        self.waiting: Wait | None = None
        """The line the caller waits in; None where the caller waits in none."""
        self.legs: list[Leg] = []
        """Of everybody who took this call, in order."""
        self.talk: Talk | None = None
        self.sought = ""  # the queue the caller was sent to last
        self.parked = False
        self.following: Callable[[], None] | None = None  # once the running applications have ended
        self.cut = False  # the application is gone, and what ran for it was ended
        self.over = Event()  # the call's last event is out
        self._next: list[Action] | None = None  # where a transfer leads
        self._locks = self._depth = 0
        self._stir = Event()

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

    # --- the person's side ---

    @property
    def agent(self) -> Leg:
        """The leg of the person who talks with the caller, or who did last. LookupError where nobody has."""
        if not self.legs:
            raise LookupError(f"nobody has taken the call; what happened: {self.story}")
        return self.legs[-1]

    def agent_hangs_up(self) -> None:
        """End the talk with the agent."""
        self.agent.hang_up()

    def talk_with(self, leg: Leg) -> Talk:
        """The talk in which that leg is; LookupError where it is in none."""
        if self.talk is None or self.talk.leg is not leg or leg.gone:
            raise LookupError(f"{leg.name} does not talk with the caller; what happened: {self.story}")
        return self.talk

    # --- the session thread ---

    def run(self, dialplan: Sequence[Action]) -> None:
        """The session thread: the dialplan from its first action to the reporting state."""
        actions = deque(dialplan)
        while actions and not self.gone:
            application, data = actions.popleft()
            self.execute(application, data, str(uuid4()))
            while self.following is not None and not self.gone and self._next is None:
                follow, self.following = self.following, None
                follow()
            if self._next is not None:
                actions, self._next = deque(self._next), None
                self.following, self.cut = None, False
                self.facts |= {"state": "CS_EXECUTE", "state_number": 4}
            elif application == "socket" and not self.gone:
                self.tell(Happening(What.FALLBACK, " ".join(actions[0]) if actions else "hangup"))
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
        own += [("Application-Response", response), ("Application-UUID", uuid)]
        self.fire("CHANNEL_EXECUTE_COMPLETE", own)

    def wait(self, seconds: float | None, until: Callable[[], bool], *, listening: bool = True) -> None:
        """In the session thread: wait so many seconds of the switch (None: for ever), or until a condition holds
        or the call is gone. Commands that come run meanwhile, nested, and stop this wait's clock."""
        left = None if seconds is None else seconds * self.switch.speed
        if left == 0:
            gevent.sleep(0)  # instant, but not before what was sent meanwhile has come
        while not self.gone and self._next is None and not until():
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

    def follow_with(self, following: Callable[[], None]) -> None:
        """What the session thread does once the running applications have ended, instead of the dialplan."""
        self.following = following
        self._stir.set()

    @property
    def transferred(self) -> bool:
        """True from a transfer until the session thread is at the new extension."""
        return self._next is not None

    def send_to(self, extension: str, context: str = "", actions: Sequence[Action] | None = None) -> None:
        """Transfer to an extension of the switch, or to the call's own dialplan, or to what is given."""
        found = self.switch.extensions.get(extension) if actions is None else actions
        if found is None and extension == self.home[0]:
            found = self.home[1]
        if found is None:
            self.end("NO_ROUTE_DESTINATION", by="switch")
            return
        dialplan = "XML" if actions is None else "inline"
        self.facts |= {"destination": extension, "dialplan": dialplan, "state_number": 2}
        if context:
            self.facts["context"] = context
        self._next = list(found)
        self._stir.set()

    def break_playback(self, *, everything: bool = False) -> None:
        """uuid_break: end what plays now; with ``all``, drop what waits behind it as well."""
        if everything:
            self.commands.clear()
        if self.playing:
            self.playing[-1].over = self.playing[-1].broken = True
        elif self.waiting is not None:
            self.waiting.broken()
        self._stir.set()

    def tear(self) -> None:
        """The channel is bridged anew: what plays ends as if it could not be played."""
        for playing in self.playing:
            playing.over = playing.torn = True
        self._stir.set()

    def let_go(self) -> None:
        """The application is gone and the dialplan is to go on: nothing of it plays or waits any more."""
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

    def _run_commands(self) -> None:
        while self.commands and not self._locks and not self.gone and self.following is None:
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
        self.schedule.clear()
        self.fire("CHANNEL_HANGUP_COMPLETE")
        self.switch.forget(self)
        self.over.set()
