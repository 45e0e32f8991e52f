"""One call's event socket: greenswitch's outbound session with its faults cured. The only import of greenswitch.

What greenswitch 0.0.19 does, and what is done here instead (each has a wire test of that name):

* decodes a block before it splits lines, so callers forge headers: `headers.Frame` splits first;
* spins for ever on end of file inside a body: one watcher in the hub reads, and end of file ends the session;
* leaves waiters asleep at end of file: whatever ends the session wakes all of them with `CallEnded`;
* lets a timed-out wait eat the next result: replies go first in, first out to who sent the command, late or not;
* matches completions by application name: they are matched by the ``Event-UUID`` we gave;
* sends part of a long command: the rest is kept and written when the socket takes it;
* waits without deadline, and raises ``gevent.Timeout`` where it has one: each has one and raises SwitchTimeout;
* logs whole headers: nothing here logs what a frame holds;
* decodes every header of every event: nothing is decoded that nobody asks for;
* waits for a command's reply before its completion: a reply is looked at only where it is a refusal.

These cures hold together by the state of one session, so they are one class of some 300 lines.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog
from greenswitch.esl import OutboundSession

from fs_app.errors import CallEnded, CommandRefused, ProtocolError
from fs_app.telephony import commands
from fs_app.telephony.connect import ConnectInfo, read_connect
from fs_app.telephony.headers import APPLICATION_UUID, Frame, Framer, Kind
from fs_app.telephony.pending import Execution, Pending
from fs_app.telephony.waiting import Seat
from fs_app.telephony.wire import KeepAlive, Wire

log = structlog.get_logger()

COMMAND_SECONDS = 5.0  # a command reply takes a millisecond; a switch that needs more is in trouble

_PLAIN_OK = b"Content-Type: command/reply\nReply-Text: +OK\n\n"
_DONE = b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n"


_KEEP_ALIVE = KeepAlive()


def _ignored(_: object) -> None:
    """Nobody listens any more."""


class Session(OutboundSession):  # type: ignore[misc]
    """One call's socket. Reading happens in the hub; every method belongs to the call's own greenlet.

    Everything that waits raises CallEnded at once when the caller hangs up or the socket ends, and SwitchTimeout
    at its deadline. ``close`` must be called at the end.
    """

    def __init__(
        self,
        sock: socket.socket,
        address: object = None,
        *,
        keep_alive: KeepAlive | None = None,
        on_reaction: Callable[[float], None] | None = None,
    ) -> None:
        # Not greenswitch's own constructor: it makes two greenlets, two queues and a buffered file for each call.
        # What its small methods look at is set here.
        self._lingering = False
        self.connected = True
        self.session_data: dict[str, str] | None = None
        self.seat = Seat()  # the call's greenlet waits here
        self._framer = Framer()
        self._replies: deque[Pending] = deque()
        self._executions: dict[bytes, Execution] = {}
        self._on_keys: Callable[[str], None] = _ignored
        self._on_event: Callable[[Frame], None] = _ignored
        self._others: set[str] = set()
        self._end_callbacks: list[Callable[[], None]] = []
        self._on_reaction = on_reaction
        self._reaction_from = self._asked_at = 0.0
        self.heard_at = time.monotonic()
        self.ended: str | None = None
        self.hung_up = False  # the switch said so; a session can also end otherwise
        self.info: ConnectInfo | None = None
        self._wire = Wire(
            sock, self._read, self.end, keep_alive=keep_alive or _KEEP_ALIVE, stall_seconds=COMMAND_SECONDS
        )
        self.sock = self._wire.sock

    # --- what greenswitch starts and offers, in its cured form ---

    def send(self, data: str) -> Frame:
        """greenswitch's own entry, for its small methods (``linger``, ``myevents``): passes the gate and waits."""
        verb, _, argument = data.partition(" ")
        return self.command(verb, argument)

    def call_command(
        self, app_name: str, app_args: str | None = None, block: bool = False, response_timeout: float | None = None
    ) -> Frame | Execution:
        """greenswitch's own entry, for its small methods (``answer``, ``hangup``, ``bridge``)."""
        execution = self.start(app_name, app_args or "")
        return execution.wait(response_timeout or COMMAND_SECONDS) if block else execution

    def register_expected_event(self, *_: object) -> None:
        """greenswitch would match by application name and wait for ever."""
        raise NotImplementedError("completions are matched by Event-UUID: use execute or start")

    def stop(self) -> None:
        """The same as ``close``."""
        self.close()

    # --- the life of a call ---

    def connect(self, seconds: float = COMMAND_SECONDS) -> ConnectInfo:
        """Learn which call this is, and subscribe to its own events alone: the filter goes before the events, as
        the socket would hear every channel of the switch otherwise."""
        if self.info is not None:
            return self.info
        until = time.monotonic() + seconds
        self.info = read_connect(self.command("connect", seconds=seconds))
        self.session_data = {
            "variable_uuid": self.info.uuid,
            "Caller-Caller-ID-Number": self.info.caller_id or "",
        }
        pending = self.pipeline(
            [
                ("linger", "10"),
                ("filter", f"Unique-ID {self.info.uuid}"),
                ("event", "plain " + " ".join(commands.EVENTS)),
                ("divert_events", "on"),
            ]
        )
        for command in reversed(pending):  # all are answered when the last is: one wake-up
            command.wait(max(0.0, until - time.monotonic()))
        return self.info

    def on_keys(self, callback: Callable[[str], None]) -> None:
        """Who gets the keys of the private keypad, in the hub: the callback must not wait."""
        self._on_keys = callback

    def on_event(self, callback: Callable[[Frame], None]) -> None:
        """Who gets the events that are no completion, in the hub: the callback must not wait."""
        self._on_event = callback

    def hear_of(self, uuid: str) -> None:
        """Take the events of another leg, too; they go where ours go that are no completion."""
        self._others.add(uuid)
        self.pipeline([("filter", f"Unique-ID {uuid}")])

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back, in the hub, when the session ends; at once where it has ended."""
        if self.ended is not None:
            callback()
        else:
            self._end_callbacks.append(callback)

    def raise_if_disconnected(self) -> None:
        """CallEnded where the caller or the socket is gone."""
        if self.ended is not None:
            raise CallEnded(self.ended)

    def end(self, reason: str) -> None:
        """Wake every waiter with CallEnded; nothing is read or written any more. Harmless when repeated."""
        if self.ended is not None:
            return
        self.ended = reason
        self.connected = False
        self._wire.stop()
        waiting = [*self._replies, *self._executions.values()]
        self._replies.clear()
        self._executions.clear()
        for pending in waiting:
            pending.fail(CallEnded(reason))
        callbacks, self._end_callbacks = self._end_callbacks, []
        for callback in callbacks:
            callback()

    def close(self) -> None:
        """End the session and give the socket back."""
        self.end("closed")
        self._wire.close()
        self.seat.close()
        # No circle is left, so that what a call was is gone with its last frame, not when garbage is collected.
        self._on_keys = self._on_event = _ignored

    # --- commands ---

    def command(self, verb: str, argument: str = "", *, seconds: float = COMMAND_SECONDS) -> Frame:
        """Send a command of the socket itself and wait for its reply."""
        return self.pipeline([(verb, argument)])[0].wait(seconds)

    def pipeline(self, pairs: Sequence[tuple[str, str]]) -> list[Pending]:
        """Send several commands in one write; their replies can be waited for."""
        pending = [Pending(verb, self.seat) for verb, _ in pairs]
        self._write(b"".join(commands.plain(verb, argument) for verb, argument in pairs), pending)
        return pending

    def api(self, verb: str, argument: str, *, seconds: float = COMMAND_SECONDS) -> str:
        """Call an API and wait for what it answers. CommandRefused for ``-ERR`` and ``-USAGE``."""
        return self.start_api(verb, argument).wait(seconds).body.decode("utf-8", "replace")

    def start_api(self, verb: str, argument: str) -> Pending:
        """Call an API without waiting."""
        pending = Pending(verb, self.seat)
        self._write(commands.api(verb, argument), (pending,))
        return pending

    def execute(self, application: str, argument: str = "", *, seconds: float) -> Frame:
        """Run an application and wait for its completion."""
        return self.start(application, argument).wait(seconds)

    def start(self, application: str, argument: str = "") -> Execution:
        """Run an application without waiting for anything: neither the reply nor the completion."""
        execution = Execution(application, self.seat)
        uuid, text = commands.execute(application, argument)
        self._write(text, (execution,))
        self._executions[uuid] = execution
        return execution

    def start_all(self, steps: Sequence[tuple[str, str]]) -> list[Execution]:
        """Run several applications one after the other, sent in one write."""
        made = [commands.execute(*step) for step in steps]
        executions = [Execution(application, self.seat) for application, _ in steps]
        self._write(b"".join(text for _, text in made), executions)
        self._executions.update((uuid, each) for (uuid, _), each in zip(made, executions, strict=True))
        return executions

    def reacting(self) -> None:
        """The last frame ended a prompt or completed an answer: measure from it to the next command."""
        self._reaction_from = self.heard_at

    # --- the pulse ---

    @property
    def switch(self) -> str | None:
        """The core of the switch that has the call; None before the connection has said so."""
        return self.info.core if self.info is not None else None

    @property
    def asked_at(self) -> float | None:
        """When the command was sent (monotonic) since which not all were answered; None where all are."""
        return self._asked_at if self._replies else None

    def ask_pulse(self) -> None:
        """Ask whether the channel is there, without waiting; where it is not, its hang-up was lost on the way."""
        if self.info is not None and self.ended is None:
            pulse = self.start_api("uuid_exists", self.info.uuid)
            pulse.on_done(lambda: self._felt(pulse))

    def _felt(self, pulse: Pending) -> None:
        with suppress(CommandRefused):  # a refusal is a sign of life, too
            if self.ended is None and pulse.wait(0).body.strip() == b"false":
                self.hung_up = True
                self.end("the channel is gone")

    # --- bytes ---

    def _write(self, data: bytes, pending: Sequence[Pending]) -> None:
        if self.ended is not None:
            raise CallEnded(self.ended)
        if self._reaction_from:
            if self._on_reaction:
                self._on_reaction(time.monotonic() - self._reaction_from)
            self._reaction_from = 0.0
        if not self._replies:
            self._asked_at = time.monotonic()
        self._replies.extend(pending)
        self._wire.write(data)
        self.raise_if_disconnected()

    def _read(self, data: bytes) -> None:
        """In the hub: hand every whole frame to whoever waits for it."""
        self.heard_at = time.monotonic()
        if data == _PLAIN_OK and self._replies and type(self._replies[0]) is Execution and not self._framer.pending:
            self._replies.popleft()  # what most commands are answered with, and nobody waits for
            return
        try:
            for frame in self._framer.frames(data):
                kind = frame.kind
                if kind is Kind.EVENT:
                    self._take_event(frame)
                elif kind is Kind.DONE or kind is Kind.ANSWER or kind is Kind.REPLY:
                    self._take_reply(frame)
                elif kind is Kind.NOTICE:
                    self.end("the switch let the call go")
                if self.ended is not None:
                    return
        except ProtocolError as error:
            log.warning("the switch broke the protocol", call=self.info and self.info.uuid, problem=str(error))
            self.end("protocol error")

    def _take_reply(self, frame: Frame) -> None:
        if not self._replies:
            raise ProtocolError("a reply to no command")
        self._replies.popleft().replied(frame)

    def _take_event(self, frame: Frame) -> None:
        body = frame.body
        if body.startswith(_DONE):
            execution = self._executions.pop(APPLICATION_UUID.find_last(body) or b"", None)
            if execution is not None:
                execution.resolve(frame)
        elif (keys := frame.keys) is not None:
            self._on_keys(keys)
        elif self.info is None:
            return
        elif (uuid := frame.event("Unique-ID")) != self.info.uuid:
            if uuid in self._others or frame.event("CC-Member-Session-UUID") == self.info.uuid:
                self._on_event(frame)
        elif frame.event("Event-Name") == "CHANNEL_HANGUP":
            self.hung_up = True
            self.end("the caller hung up")
        else:
            self._on_event(frame)
