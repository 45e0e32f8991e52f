"""Keeps every process of this machine up, and replaces them one after the other when it is asked to.

Workers for calls start first, the rest when those are ready. A process that dies is started again after a growing
pause. One that finds its configuration wrong (exit code 78) ends the whole while the whole is being started; later
it does not: an admin's mistake must not take the line down.
SIGTERM and SIGINT are passed on once; the second one kills. SIGHUP is a rolling restart.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gevent
import structlog
from gevent.event import Event
from gevent.pool import Group

from fs_app.errors import FsAppError, RestartFailed
from fs_app.serve import EX_CONFIG, notices
from fs_app.serve.keeper import Keeper, Told, see_off
from fs_app.serve.plan import Seat
from fs_app.serve.process import Process
from fs_app.serve.sockets import Door, Sockets, for_child

log = structlog.get_logger()

_STDIN = 0
_LOOK_SECONDS, _MOST_SILENT = 1.0, 20
_AHEAD_SECONDS = 10.0  # who is not ready by then keeps the others waiting no longer

Plan = Callable[[], Sequence[Seat]]
"""The seats by the settings as they are now; ConfigError where those are wrong."""
Start = Callable[[Seat, Mapping[str, str], Sequence[int], Callable[[Process], None]], Process]
"""Starts a process: the seat, what its environment says, the descriptors it inherits, who is told of its end."""
Say = Callable[[Mapping[str, Any]], None]


class Supervisor:
    """Takes the seats and keeps them taken until it is asked to stop. OSError where an address is taken."""

    def __init__(self, plan: Plan, start: Start) -> None:
        self._plan = plan
        self._start = start
        self._sockets = Sockets()
        self._notices = notices.Notices(self.heard)
        self._processes: dict[int, Process] = {}
        self._keepers: dict[str, Keeper] = {}
        self._keeping: list[gevent.Greenlet[..., None]] = []
        self._stopping, self._ahead_ready = Event(), Event()
        self._up = self._restarting = False
        self._exit_code = 0
        self._at_terminal = os.isatty(_STDIN)
        for seat in plan():
            self._sockets.at(seat)
            self._keepers[seat.name] = Keeper(seat, self._launch, self._died)

    def run(self) -> int:
        """Run until SIGTERM, SIGINT or a configuration error; the exit code for the shell."""
        acts = {signal.SIGTERM: self.stop, signal.SIGINT: self.stop, signal.SIGHUP: self._hung_up}
        handlers = [gevent.signal_handler(number, act) for number, act in acts.items()]
        self._notices.start()
        looking = gevent.spawn(self._look_after)
        self._watched(self._take_seats)
        self._stopping.wait()
        while self._processes:
            gevent.wait([process.ended for process in self._processes.values()])
        for keeping in self._keeping:
            keeping.get()
        looking.kill()
        self._notices.stop()
        for handler in handlers:
            handler.cancel()
        return self._exit_code

    def stop(self) -> None:
        """Start nobody any more and have everybody finish what has begun; the second time, kill them."""
        if self._stopping.is_set():
            for process in list(self._processes.values()):
                process.kill()
        else:
            self._stop()

    # --- what a command may ask ---

    def restart(self, say: Say) -> None:
        """Replace process after process by a fresh one that reads the settings anew, calls first.

        ``say`` is told each state of each process. RestartFailed where a fresh one does not become ready: those
        before it are replaced, it and those after it are as they were. ConfigError where the settings are wrong.
        """
        if self._restarting:
            raise RestartFailed("a restart is under way already")
        self._restarting = True
        try:
            self._replace_all(self._plan(), say)
        finally:
            self._restarting = False

    def status(self, say: Say) -> None:
        """Every process, one by one."""
        for process in sorted(self._processes.values(), key=lambda each: (each.seat.name, each.since)):
            state = "leaving" if process.leaving else "ready" if process.ready.is_set() else "starting"
            say(_view(state, process))

    # --- one after the other ---

    def _replace_all(self, wanted: Sequence[Seat], say: Say) -> None:
        def told(state: str, process: Process) -> None:
            self._settle()
            say(_view(state, process))

        try:
            for seat in wanted:
                self._sockets.at(seat)
        except OSError as error:
            raise RestartFailed(f"{seat.name} cannot listen at its new address: {error.strerror}") from None
        leaving = Group()
        try:
            for seat in wanted:
                self._renew(seat, told, leaving)
            for name in self._keepers.keys() - {seat.name for seat in wanted}:
                keeper = self._keepers.pop(name)
                keeper.close()
                if keeper.process is not None:
                    leaving.spawn(see_off, keeper.process, told)
            self._sockets.keep({door for seat in wanted for door in seat.addresses.items()})
        finally:
            leaving.join()

    def _renew(self, seat: Seat, told: Told, leaving: Group) -> None:
        """Have a fresh process on that seat. The one before it leaves while the next seat is renewed, so that its
        calls move to fresh ones, not to one that leaves next."""
        keeper = self._keepers.get(seat.name)
        if keeper is None:
            keeper = Keeper(seat, self._launch, self._died)
            keeper.replace(seat, told)
            self._keepers[seat.name] = keeper
            self._watched(keeper.keep)
        elif not seat.lasts:
            old = keeper.replace(seat, told)
            if old is not None:
                leaving.spawn(see_off, old, told)

    def _hung_up(self) -> None:
        if self._at_terminal and not os.isatty(_STDIN):  # that was our terminal, and nobody's wish
            self.stop()
        else:
            self._restart_by_signal()

    def _restart_by_signal(self) -> None:
        log.info("restart", by="SIGHUP")
        try:
            self.restart(lambda view: log.info("restart", **view))
        except FsAppError as error:
            log.error("restart stopped", reason=str(error))
        else:
            log.info("restart done")

    # --- processes ---

    def _take_seats(self) -> None:
        """Those that are ahead have the machine for themselves until they are ready, or for a while."""
        keepers = list(self._keepers.values())
        ahead = [keeper for keeper in keepers if keeper.seat.ahead]
        for keeper in ahead:
            self._watched(keeper.keep)
        if ahead:
            self._ahead_ready.wait(_AHEAD_SECONDS)
        for keeper in keepers:
            if keeper not in ahead:
                self._watched(keeper.keep)

    def _watched(self, work: Callable[[], None]) -> None:
        greenlet = gevent.spawn(work)
        greenlet.link_exception(lambda _: self._stop())  # a bug of ours: a seat nobody watches would stay empty
        self._keeping.append(greenlet)

    def _launch(self, seat: Seat) -> Process:
        if self._stopping.is_set():
            raise RestartFailed("the server stops")
        descriptors = self._sockets.at(seat)
        environment = {**for_child(descriptors), **self._notices.for_child()}
        try:
            process = self._start(seat, environment, list(descriptors.values()), self._ended)
        except OSError as error:
            raise RestartFailed(f"{seat.name} cannot be started: {error.strerror}") from None
        self._processes[process.pid] = process
        return process

    def heard(self, pid: int, words: Mapping[str, str]) -> None:
        """A process told something."""
        process = self._processes.get(pid)
        if process is None:
            return
        process.hear(words)
        self._settle()
        keepers = self._keepers.values()
        if all(keeper.is_ready for keeper in keepers if keeper.seat.ahead):
            self._ahead_ready.set()
        if not self._up and all(keeper.is_ready for keeper in keepers):
            self._up = True
            log.info("everything is up", processes=len(self._processes))
            notices.tell(READY=1)

    def _look_after(self) -> None:
        """A hub that does not turn is as good as dead: its calls are silent, and go on elsewhere once it is.

        Looks are counted, not seconds: a machine that was suspended has lost no process.
        """
        while True:
            gevent.sleep(_LOOK_SECONDS)
            for process in [each for each in self._processes.values() if each.ready.is_set()]:
                process.silent += 1
                if process.silent > _MOST_SILENT:
                    log.error("a process is stuck", role=process.seat.name, pid=process.pid, calls=process.calls)
                    process.kill()

    def _ended(self, process: Process) -> None:
        self._notices.catch_up()  # its last words
        del self._processes[process.pid]
        self._settle()

    def _died(self, process: Process) -> None:
        if process.exit_code == EX_CONFIG and not self._up:
            self._exit_code = EX_CONFIG
            self._stop()

    def _settle(self) -> None:
        if not self._stopping.is_set():
            serving: set[Door] = set()
            for process in self._processes.values():
                if process.ready.is_set() and not process.leaving:
                    serving |= set(process.seat.addresses.items())
            self._sockets.settle(serving)

    def _stop(self) -> None:
        self._stopping.set()
        self._ahead_ready.set()
        notices.tell(STOPPING=1)
        self._sockets.keep(())  # the last worker that leaves takes the address with it
        for keeper in self._keepers.values():
            keeper.close()
        for process in list(self._processes.values()):
            process.leave()


def _view(state: str, process: Process) -> dict[str, Any]:
    return {
        "role": process.seat.name,
        "state": state,
        "pid": process.pid,
        "since": process.since,
        "calls": process.calls if process.seat.role == "calls" else None,
        "exit_code": process.exit_code,
    }
