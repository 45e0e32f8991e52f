"""The switch's side of a benchmark: a process that plays thousands of calls and times the answers.

Raw epoll and prepared bytes, so that it needs a fraction of what it measures: ``python -m fs_app.bench.driver``
reads one line, a `Plan`, and writes one, `Seen`. It behaves as mod_event_socket does: it connects and waits for us
to speak first, runs applications of one call one after the other (``event-lock``), answers a command at once and
sends an event's head and body one after the other, without Nagle's delay. It stands in one
file of more than 300 lines, as it shares nothing with what it measures.
"""

from __future__ import annotations

import gc
import heapq
import random
import select
import socket
import sys
import time
from collections import Counter, deque
from collections.abc import Callable

from fs_app.bench import frames
from fs_app.bench.frames import Frames
from fs_app.bench.plan import Plan, Seen

_SLOW_SECONDS = 0.05
_BREAK_SECONDS = 0.02  # a media tick
_API = {"uuid_buglist": frames.NO_BUGS, "uuid_exists": frames.TRUE}


class _Call:
    """One call's socket and what the switch knows of it."""

    __slots__ = (
        *(
            "answered",
            "buffer",
            "fd",
            "index",
            "keyed",
            "number",
            "opened",
            "over",
            "played",
            "playing",
        ),
        *("pressing", "queue", "since", "sock", "uuid", "what"),
    )

    def __init__(self, sock: socket.socket, index: int, number: str, at: float) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.index = index
        self.number = number
        self.uuid = b"%08x-0000-4000-8000-%012x" % (index & 0xFFFFFFFF, index)
        self.buffer = b""
        self.opened = at  # until the first command
        self.since = 0.0  # an event, or the last key of an answer, that the next command follows
        self.what = ""
        self.queue: deque[tuple[str, str, str]] = deque()
        self.playing: tuple[str, str, str] | None = None
        self.played = 0
        self.answered: dict[str, int] = {}  # how often, by phrase
        self.keyed = ""  # what is still to be keyed at this prompt
        self.pressing = self.over = False


class Driver:
    """Plays a plan. One thread, one loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen = Seen()
        self._frames = Frames()
        self._epoll = select.epoll()
        self._calls: dict[int, _Call] = {}
        self._timers: list[tuple[float, int, Callable[..., None], tuple[object, ...]]] = []
        self._timer_number = self._started = self._ended = 0
        self._chance = random.Random(1)
        self._quiet = frozenset(plan.quiet)
        self._verbs: Counter[str] = Counter()
        self._slow: Counter[str] = Counter()
        self._measured_from = 0.0
        self._cpu_from = 0.0
        self._applications: dict[str, Callable[[_Call, tuple[str, str, str]], None]] = {
            "playback": self._play,
            "hangup": self._hang_up,
        }

    def run(self) -> Seen:
        """To the end of the plan, or its limit."""
        plan, until = self._plan, time.monotonic() + self._plan.limit
        self._measure()
        if plan.rate:
            self._arrive(time.monotonic())
        else:
            for _ in range(min(plan.calls, plan.calls if plan.burst else plan.in_flight)):
                self._connect()
        while self._ended < plan.calls and time.monotonic() < until and not self._all_held():
            self._turn()
        seen = self._seen
        seen.seconds = time.monotonic() - self._measured_from
        seen.driver_cpu = time.process_time() - self._cpu_from
        seen.lost += plan.calls - self._ended - seen.held
        seen.verbs, seen.slow = dict(self._verbs), dict(self._slow)
        return seen

    def hold_on(self) -> None:
        """Keep held calls up until somebody closes our standard input."""
        epoll = self._epoll
        epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        while all(fd != sys.stdin.fileno() for fd, _ in epoll.poll(1.0)):
            continue

    def _measure(self) -> None:
        """From now on it counts: the calls before were to warm up."""
        self._seen = Seen()
        self._verbs.clear()
        self._slow.clear()
        self._measured_from, self._cpu_from = time.monotonic(), time.process_time()

    def _all_held(self) -> bool:
        return bool(self._plan.hold_after) and self._seen.held + self._ended >= self._plan.calls

    def _turn(self) -> None:
        timers = self._timers
        wait = 0.5
        if timers:
            wait = max(0.0, min(wait, timers[0][0] - time.monotonic()))
        for fd, _ in self._epoll.poll(wait):
            call = self._calls.get(fd)
            if call is not None:
                self._readable(call)
        now = time.monotonic()
        while timers and timers[0][0] <= now:
            _, _, act, arguments = heapq.heappop(timers)
            act(*arguments)

    def _later(self, seconds: float, act: Callable[..., None], *arguments: object) -> None:
        if seconds <= 0:
            act(*arguments)
            return
        self._timer_number += 1
        heapq.heappush(self._timers, (time.monotonic() + seconds, self._timer_number, act, arguments))

    # --- the life of a call ---

    def _arrive(self, due: float) -> None:
        self._connect()
        if self._started < self._plan.calls:
            due += self._chance.expovariate(self._plan.rate)
            self._later(max(1e-9, due - time.monotonic()), self._arrive, due)

    def _connect(self) -> None:
        index, plan = self._started, self._plan
        self._started += 1
        sock = socket.socket()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        opened = time.monotonic()
        sock.connect_ex(("127.0.0.1", plan.port))
        call = _Call(sock, index, str(int(plan.caller_id) + index % plan.numbers), opened)
        self._calls[call.fd] = call
        self._seen.most_up = max(self._seen.most_up, len(self._calls))
        self._epoll.register(call.fd, select.EPOLLIN)

    def _end(self, call: _Call) -> None:
        if self._calls.get(call.fd) is not call:  # ended before; its descriptor may be another call's by now
            return
        del self._calls[call.fd]
        self._epoll.unregister(call.fd)
        call.sock.close()
        self._ended += 1
        if call.over:
            self._seen.calls += 1
        else:
            self._seen.lost += 1
        call.over = True
        if self._ended == self._plan.warm_up:
            self._measure()
        if not self._plan.rate and self._started < self._plan.calls:
            self._connect()

    def _send(self, call: _Call, data: bytes) -> None:
        self._seen.bytes_out += len(data)
        try:
            if call.sock.send(data) < len(data):
                raise OSError("the server does not read")
        except OSError:
            self._end(call)

    # --- what comes ---

    def _readable(self, call: _Call) -> None:
        try:
            data = call.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end(call)
            return
        now = time.monotonic()
        self._seen.bytes_in += len(data)
        *commands, call.buffer = (call.buffer + data).split(b"\n\n")
        for command in commands:
            self._seen.commands += 1
            self._time(call, now)
            self._command(call, command.decode())
            if self._calls.get(call.fd) is not call:
                return

    def _time(self, call: _Call, now: float) -> None:
        """What a command answers: the connection, or an event."""
        if call.opened:
            self._seen.first.append(now - call.opened)
            self._seen.first_at.append(now)
            call.opened = 0.0
        if call.since:
            seconds, call.since = now - call.since, 0.0
            if call.what in self._quiet:
                self._seen.elsewhere.append(seconds)
                return
            self._seen.reactions.append(seconds)
            self._seen.reacted_at.append(now)
            if seconds > _SLOW_SECONDS:
                self._slow[call.what] += 1

    def _command(self, call: _Call, text: str) -> None:
        verb, _, rest = text.partition(" ")
        if verb.startswith("sendmsg"):
            lines = text.split("\n")
            found = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            application = found["execute-app-name"]
            self._verbs[application] += 1
            self._send(call, frames.OK)
            call.queue.append((application, found.get("execute-app-arg", ""), found.get("Event-UUID", "")))
            self._next(call)
        elif verb == "api":
            api = rest.partition(" ")[0]
            self._verbs["api " + api] += 1
            self._send(call, _API.get(api, frames.API_OK))
            if api == "uuid_break" and call.playing is not None:
                self._later(_BREAK_SECONDS if self._plan.playback else 0.0, self._complete, call, call.playing)
        else:
            self._verbs[verb] += 1
            if verb == "connect":
                self._send(call, self._frames.connect(call.uuid, call.number.encode()))
            else:
                self._send(call, frames.OK)
                if verb == "exit":
                    self._send(call, self._frames.farewell(call.uuid))

    # --- applications ---

    def _next(self, call: _Call) -> None:
        while call.playing is None and call.queue and not call.over:
            step = call.queue.popleft()
            self._applications.get(step[0], self._instant)(call, step)

    def _instant(self, call: _Call, step: tuple[str, str, str]) -> None:
        """An application that is done at once."""
        call.playing = step
        self._complete(call, step)

    def _hang_up(self, call: _Call, step: tuple[str, str, str]) -> None:
        call.over = True
        self._send(call, self._frames.hangup(call.uuid))
        if self._calls.get(call.fd) is call:
            self._send(call, self._frames.farewell(call.uuid))
        if self._calls.get(call.fd) is call:
            self._later(0.05, self._end, call)  # a server that leaves it to the switch to close

    def _play(self, call: _Call, step: tuple[str, str, str]) -> None:
        call.playing, call.played, plan = step, call.played + 1, self._plan
        self._seen.playbacks += 1
        if plan.hold_after and call.played == plan.hold_after:
            self._seen.held += 1
            return
        names = [path.rpartition("/")[2].partition(".")[0] for path in step[1].split("!")]
        lasts = plan.playback + plan.per_file * len(names)
        call.what = names[0]
        call.keyed = self._answer(call, next((name for name in names if name in plan.keys), ""))
        call.pressing = bool(call.keyed) and self._chance.random() < plan.barge
        if call.pressing:
            self._later(self._chance.uniform(0, min(lasts, plan.think)), self._press, call, 0)
        if lasts or not call.pressing:
            self._later(lasts, self._complete, call, step)

    def _answer(self, call: _Call, phrase: str) -> str:
        words = self._plan.keys.get(phrase, "").split()
        count = call.answered.get(phrase, 0)
        call.answered[phrase] = count + 1
        return words[min(count, len(words) - 1)].format(n=call.index) if words else ""

    def _complete(self, call: _Call, step: tuple[str, str, str]) -> None:
        if call.playing is not step or call.over or self._calls.get(call.fd) is not call:
            return  # it was broken off before
        call.playing = None
        head, body = self._frames.done(call.uuid, *step)
        self._send(call, head)
        if self._calls.get(call.fd) is not call:
            return
        self._send(call, body)
        if self._plan.hang_up and self._plan.hang_up in step[1]:
            self._later(self._chance.uniform(0, self._plan.think), self._hang_up, call, step)
            return
        if not call.queue and not call.keyed:
            call.since = time.monotonic()
        if call.keyed and not call.pressing:
            call.pressing = True
            self._later(self._chance.uniform(0, self._plan.think), self._press, call, 0)
        self._next(call)

    def _press(self, call: _Call, at: int) -> None:
        if call.over or self._calls.get(call.fd) is not call or at >= len(call.keyed):
            return
        self._seen.keys += 1
        self._send(call, self._frames.key(call.keyed[at]))
        if at + 1 < len(call.keyed):
            gap = self._plan.key_gap
            self._later(self._chance.uniform(0.5 * gap, 1.5 * gap), self._press, call, at + 1)
        else:
            call.keyed = ""
            call.since = time.monotonic()


def main() -> None:
    """The process: a plan on standard input, what was seen on standard output."""
    plan = Plan.read(sys.stdin.readline())
    gc.disable()  # there is no circle here, and a pause would be taken for the server's
    driver = Driver(plan)
    sys.stdout.write(driver.run().line() + "\n")
    sys.stdout.flush()
    if plan.hold_after:
        driver.hold_on()


if __name__ == "__main__":
    main()
