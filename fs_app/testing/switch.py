"""A telephone switch without telephones: FreeSWITCH's side of the outbound event socket, over TCP.

It connects to the application as the switch does, answers with the texts and events of recorded transcripts (a
contract test compares), and keeps what every other event-socket client and the log at DEBUG would have seen, so
that a test can search both for what must not be there.

    switch = SimulatedSwitch(dialplan(["127.0.0.1:8084"]))
    call = switch.dial("15551230000")
    call.wait_prompt()
    call.press("1#")
    call.hang_up()
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from types import TracebackType
from typing import Self

from gevent.pool import Group

from fs_app.telephony.guard import LEVELS
from fs_app.testing.switch_apis import answer_api
from fs_app.testing.switch_apps import APPLICATIONS, Application
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Action, Happening, What
from fs_app.testing.switch_legs import Leg
from fs_app.testing.switch_queue import Member
from fs_app.testing.switch_socket import Listener, run_socket
from fs_app.testing.switch_wait import Agents, Wait
from fs_app.testing.switch_wire import event_message

__all__ = ["Action", "Agents", "Call", "Happening", "Leg", "SimulatedSwitch", "Wait", "What", "dialplan"]

# Lines that hold a single key.
_LEAKS = ("[DEBUG] RTP RECV DTMF ", "[INFO] RECV DTMF ", "[DEBUG] DTMF BEGIN DETECTED: [", "DTMF-Digit: ")


def dialplan(hosts: Sequence[str], queue: str = "payments") -> list[Action]:
    """The payment extension as ``conf/freeswitch`` has it: the hosts, more tries, then the agent queue."""
    socket = f"{'|'.join(hosts)} async full"
    return [
        ("set", "socket_resume=true"),
        ("set", "hangup_after_bridge=true"),
        ("socket", socket),
        ("set", "fs_app_attempt=2"),
        *[("socket", socket)] * 7,
        ("answer", ""),
        ("callcenter", f"{queue}@default"),
    ]


class SimulatedSwitch:
    """Any number of calls. ``speed`` scales its time: 1 is real time, 0 as good as instant.

    ``agents`` by the name of a queue, ``fifo/NAME`` or a dial string: who is not there does not exist.
    ``extensions`` are what a transfer reaches, besides each call's own. ``log`` and ``events`` hold what others on
    the switch could see; ``log_level`` is one of `LEVELS`.
    """

    def __init__(
        self,
        dialplan: Sequence[Action],
        *,
        speed: float = 0.0,
        agents: Mapping[str, Agents] | None = None,
        extensions: Mapping[str, Sequence[Action]] | None = None,
        log_level: str = "debug",
    ) -> None:
        self.dialplan = list(dialplan)
        self.speed = speed
        self.agents = dict(agents if agents is not None else {"payments": Agents()})
        self.extensions = dict(extensions or {})
        self.applications: dict[str, Application] = {**APPLICATIONS, "socket": run_socket}
        self.log: list[str] = []
        self.log_level = LEVELS.index(log_level)
        self.trace_level = LEVELS.index("console")
        self.events: list[str] = []
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, Leg] = {}
        """The legs of those who talk with callers."""
        self.members: dict[str, list[Member]] = {}
        """Of each queue of mod_callcenter, who waits there, talks, or has left lately."""
        self.listeners: set[Listener] = set()
        self._sequence = count(1)
        self._sessions = Group()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def dial(
        self,
        caller_id: str = "15551230000",
        *,
        name: str = "Jane",
        destination: str = "pay",
        context: str = "default",
        variables: Mapping[str, str] | None = None,
        inband: bool = False,
        stepped: bool = False,
    ) -> Call:
        """A caller dials ``destination``, the extension in ``context`` of which `dialplan` is. ``inband``: the line
        has tones only, no telephone-event. ``stepped``: a prompt plays until the caller hears it out, breaks it or
        hangs up, and a talk with an agent lasts until it is ended."""
        call = Call(
            self,
            number=caller_id,
            name=name,
            extension=(destination, context),
            variables=dict(variables or {}),
            inband=inband,
            stepped=stepped,
        )
        self.calls[call.uuid] = call
        self._sessions.spawn(call.run, self.dialplan)
        return call

    def close(self) -> None:
        """Hang up every call and drop every connection."""
        for call in list(self.calls.values()):
            call.end("SYSTEM_SHUTDOWN", by="switch")
        self._sessions.join(timeout=5)
        for listener in list(self.listeners):
            listener.close()
        self.listeners.clear()

    def vanish(self) -> None:
        """Die at once, as a switch that loses its power but whose kernel still closes its sockets."""
        self._sessions.kill(block=False)
        for listener in list(self.listeners):
            listener.close()
        self.listeners.clear()
        self.calls.clear()

    def freeze(self) -> None:
        """Stand still for good, in the middle of an event to every application, with every connection open."""
        half = event_message("Event-Name: CHANNEL_EXECUTE_COMPLETE\n" * 100)[:1000]
        self._sessions.kill(block=False)
        for listener in self.listeners:
            listener.freeze(half)

    @property
    def tick(self) -> float:
        """How long a command waits until the session thread looks, in seconds of the clock."""
        return 0.02 * self.speed

    @property
    def overheard(self) -> str:
        """Everything that the log at DEBUG and another event-socket client would have, with the single keys they
        hold joined once more at the end, as who looks for a card number would join them."""
        lines = [*self.log, *(line for event in self.events for line in event.splitlines())]
        keys = "".join(line.partition(mark)[2][:1] for mark in _LEAKS for line in lines if mark in line)
        return "\n".join([*lines, keys])

    # --- for the calls ---

    def next_sequence(self) -> int:
        """The number of the next event."""
        return next(self._sequence)

    def publish(self, name: str, body: str, *, only: Listener | None = None) -> None:
        """Hand an event to everybody who listens, or to one socket alone. ``name`` of CUSTOM is its subclass."""
        if only is None:
            self.events.append(body)
        wanting = [one for one in ({only} if only else self.listeners) if one.wants(name, body)]
        message = event_message(body) if wanting else b""
        for listener in wanting:
            listener.send(message)

    def forget(self, call: Call) -> None:
        """The call's channel is destroyed."""
        self.calls.pop(call.uuid, None)
        for listener in list(call.sockets):
            listener.call_ended()

    def drop(self, listener: Listener) -> None:
        """A socket is closed."""
        self.listeners.discard(listener)
        if listener in listener.call.sockets:
            listener.call.sockets.remove(listener)

    def api(self, line: str) -> str:
        """Call an API; the text it answers."""
        return answer_api(self, line)
