"""Takes the switch's connections: one greenlet a call, a limit, a polite refusal, and an end that cuts no charge.

Whatever goes wrong in one call stays in that call: the caller hears an apology and is sent to the agent queue.
Where that fails too, the socket is closed, so that the dialplan (``socket_resume=true``) goes on to its fallback.
A little over 300 lines: a connection from its acceptance to its end is one thing to read.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import gevent
import structlog
from gevent.pool import Group

from fs_app.domain.destination import callcenter
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, FsAppError, SwitchError, SwitchTimeout
from fs_app.ports import Answered, Over, Person, Voice
from fs_app.telephony.board import Board
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.guard import Guard
from fs_app.telephony.listener import Listener
from fs_app.telephony.meanwhile import MUSIC
from fs_app.telephony.pulse import Pulse
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing
from fs_app.telephony.wire import KeepAlive

log = structlog.get_logger()

BUSY, APOLOGY = "all_lines_busy", "technical_problem"
_UNWIND_SECONDS = 5.0
_LAST_STEP_SECONDS = 15.0  # after the grace, to get to a place where a call can be let go
_LOOK_SECONDS = 0.5  # how often it is looked whether a payment in a talk is over

Handle = Callable[[SwitchChannel, ConnectInfo], None]


class Watcher(Protocol):
    """Who counts calls."""

    def call_started(self) -> None:
        """A call was accepted."""
        ...

    def call_ended(self, outcome: str) -> None:
        """An accepted call is over: finished, hung_up (by the caller), moved (to another server), lost (its socket
        is gone, or we stop), failed, passed_on (given up by another server), not_a_call (no connect reply)."""
        ...

    def call_refused(self) -> None:
        """A call came while the server was full."""
        ...

    def secret_refused(self, reason: str) -> None:
        """A caller was not asked for a secret, as it could have been written down or heard."""
        ...

    def reacted(self, seconds: float) -> None:
        """The next command went out so long after the event it follows."""
        ...


class CallServer:
    """The outbound event socket server.

    ``handle`` runs in the call's own greenlet with a channel that is connected and not yet answered; when it
    returns, the call is hung up. ``limit`` is the number of calls at once; ``queue`` is where a call that failed is
    sent, unless its dialplan names another; ``board`` is that of the workers who share ``listen``; ``waiting`` is
    what callers hear while something takes time; ``recordings`` is the folder of what they say; with ``silence`` a
    person on the line never hears a caller who keys a secret.
    """

    def __init__(
        self,
        listen: tuple[str, int] | socket.socket,
        handle: Handle,
        *,
        voice: Voice,
        language: str,
        queue: str,
        limit: int,
        watcher: Watcher,
        timing: Timing | None = None,
        keep_alive: KeepAlive | None = None,
        board: Board | None = None,
        waiting: str = MUSIC,
        recordings: Path | None = None,
        silence: bool = False,
    ) -> None:
        self._handle = handle
        self.voice = voice
        self._language = language
        self._queue = queue
        self._limit = limit
        self._watcher = watcher
        self._guard = Guard(on_refusal=watcher.secret_refused)
        self._timing = timing or Timing()
        self._keep_alive = keep_alive
        self._waiting = waiting
        self._recordings = recordings
        self._silence = silence
        self._sessions: set[Session] = set()
        self._channels: set[SwitchChannel] = set()
        self._active = self._refusing = 0
        self.leaving = False
        """True once `stop` was asked for: calls go on at another server from their next step."""
        self._pulse = Pulse(self._sessions)
        self._connections = Group()
        self._works = Group()
        self._listener = Listener(
            listen,
            self._accepted,
            spawn=self._connections.spawn,
            load=lambda: self._active / self._limit,
            board=board,
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def active(self) -> int:
        """How many calls are up."""
        return self._active

    @property
    def talking(self) -> int:
        """How many callers talk with an agent."""
        return sum(channel.talking for channel in self._channels)

    @property
    def working(self) -> int:
        """How many pieces of work run beside calls, or after them: charges under way."""
        return len(self._works)

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        self._listener.start()
        self._pulse.start()

    def stop(self, grace_seconds: float = 0.0, work_seconds: float = 120.0, *, successor: bool = False) -> None:
        """Accept nothing more, let calls end, and wait for work that is under way.

        With a ``successor`` ready, each call moves there at its next step. Without one calls may finish for
        ``grace_seconds`` first: where they would go nobody may be. What is up after that is let go, and the
        dialplan takes it on. Who talks with an agent is not waited for, but while they pay: a talk needs no server.
        Work has its own, longer time: a charge is never cut by a restart that can wait for its answer.
        """
        self._listener.stop()
        if not successor:
            self._connections.join(timeout=grace_seconds)
        self.leaving = True
        self._let_go(grace_seconds if successor else min(grace_seconds, _LAST_STEP_SECONDS))
        self._stop_payments()
        for channel in tuple(self._channels):
            if channel.talking:
                channel.leave_with_agent()
        for session in tuple(self._sessions):
            session.end("the server stops")
        for group, seconds in ((self._connections, _UNWIND_SECONDS), (self._works, work_seconds)):
            group.join(timeout=seconds)
            if len(group):
                log.error("greenlets did not end in time", count=len(group), seconds=seconds)
        self._pulse.stop()

    def _let_go(self, seconds: float) -> None:
        """Let calls move at their next step, and talks go on without us, for so long."""
        until = time.monotonic() + seconds
        while True:
            self._leave_talks()
            left = until - time.monotonic()
            if left <= 0 or self._connections.join(timeout=min(left, _LOOK_SECONDS)):
                return

    def _leave_talks(self) -> None:
        for channel in tuple(self._channels):
            if channel.may_be_left:
                channel.leave_with_agent()

    def _stop_payments(self) -> None:
        """The time is up for payments in talks: they end in good order, and nobody hears what is typed on."""
        for channel in tuple(self._channels):
            channel.stop_paying()
        until = time.monotonic() + _UNWIND_SECONDS
        while self.talking and time.monotonic() < until:
            self._leave_talks()
            gevent.sleep(_LOOK_SECONDS / 5)

    # --- one connection ---

    def _accepted(self, sock: socket.socket, address: object) -> None:
        """The outermost frame of a connection, in its own greenlet."""
        if self._active < self._limit:
            self._serve(sock, address)
        else:
            self._watcher.call_refused()
            if self._refusing < self._limit:
                self._refuse(sock, address)

    def _session(self, sock: socket.socket, address: object) -> Session:
        session = Session(sock, address, keep_alive=self._keep_alive, on_reaction=self._watcher.reacted)
        self._sessions.add(session)
        return session

    def _channel(self, session: Session, info: ConnectInfo) -> SwitchChannel:
        language = info.language if info.language in self.voice.languages else self._language
        return SwitchChannel(
            session,
            info,
            self.voice,
            language=language or self._language,
            timing=self._timing,
            spawn=self._works.spawn,
            guard=self._guard,
            waiting=self._waiting,
            recordings=self._recordings,
            silence=self._silence,
        )

    def _serve(self, sock: socket.socket, address: object) -> None:
        self._active += 1
        self._watcher.call_started()
        outcome = "failed"
        session = self._session(sock, address)
        try:
            outcome = self._run(session)
        finally:
            self._active -= 1
            self._give_back(session)
            self._watcher.call_ended(outcome)

    def _run(self, session: Session) -> str:
        try:
            info = session.connect(self._timing.connect)
        except (FsAppError, CallEnded) as error:
            log.warning("a connection that is no call", problem=str(error))
            return "not_a_call"
        if info.given_up:
            return "passed_on"
        channel = self._channel(session, info)
        self._channels.add(channel)
        try:
            self._handle(channel, info)
            if channel.moved:
                return "moved"
            channel.hang_up()
        except CallEnded:
            return "hung_up" if session.hung_up else "lost"
        except SwitchTimeout as error:
            log.warning("the switch did not do it in time", call=channel.uuid, problem=str(error))
            self._rescue(channel, info)
            return "failed"
        except Exception:
            log.exception("call failed", call=channel.uuid)
            self._rescue(channel, info)
            return "failed"
        finally:
            self._channels.discard(channel)
            channel.forget_keys()
        return "finished"

    def _rescue(self, channel: SwitchChannel, info: ConnectInfo) -> None:
        """The flow cannot lead to a person any more: an apology, and the queue. Who talks with one goes on."""
        if channel.talking:
            channel.leave_with_agent(patience=_UNWIND_SECONDS)
            return
        self._apologise(channel, APOLOGY)
        try:
            talked = _talked(channel.seek(callcenter(info.queue or self._queue)), self._timing)
            if channel.talking:
                channel.leave_with_agent(patience=_UNWIND_SECONDS)
            elif talked:
                channel.hang_up()
            else:
                channel.give_up()
        except CallEnded:
            return  # in the queue, or after the talk
        except FsAppError as error:
            log.warning("not handed over", call=channel.uuid, problem=type(error).__name__)

    def _refuse(self, sock: socket.socket, address: object) -> None:
        self._refusing += 1
        session = self._session(sock, address)
        try:
            info = session.connect(self._timing.connect)
            log.warning("call refused, all lines busy", call=info.uuid, limit=self._limit)
            if info.attempt == 1:  # the dialplan's second try: the caller has heard it
                channel = self._channel(session, info)
                channel.answer()
                self._apologise(channel, BUSY)
        except (FsAppError, CallEnded) as error:
            log.warning("call refused without a word", problem=str(error))
        finally:
            self._refusing -= 1
            self._give_back(session)

    def _apologise(self, channel: SwitchChannel, phrase: str) -> None:
        try:
            channel.play(say(phrase), interruptible=False)
        except (CallEnded, SwitchError, KeyError) as error:
            log.warning("apology not heard", call=channel.uuid, problem=type(error).__name__)

    def _give_back(self, session: Session) -> None:
        self._sessions.discard(session)
        session.close()


def _talked(person: Person, timing: Timing) -> bool:
    """Wait for a person, and until the talk is over, or has taken too long; whether there was one."""
    answered, patience = False, timing.queue
    person.join()
    while (event := person.next(patience)) is not None and not isinstance(event, Over):
        if isinstance(event, Answered):
            answered, patience = True, timing.talk
    return answered
