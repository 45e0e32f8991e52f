"""Live state, pushed to whoever watches: server-sent events.

One greenlet of the process looks every quarter of a second while somebody watches, however many watch: each
audience gets its snapshot, in parts, and of those only what changed since it was sent to that stream. Nothing is
remembered between processes: every snapshot is whole, and comes from the database, so that any process of any
number may serve any stream, and a browser may go on at another one.

A stream that cannot keep up holds one snapshot at most: a newer part takes the place of the one that was not sent
yet. One that takes nothing at all for some time is dropped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter

import gevent
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.ports.people import ConsoleSession, SessionId, User, UserId

Snapshot = Mapping[str, object]
"""What one audience sees: JSON by the name of its part."""

HEALTH = "health"
"""The part that every audience has: whether what is shown is fresh."""
ENDED, REPLACED = "session", "elsewhere"
"""Why a stream says goodbye: the session is over, or the same person has opened too many others."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks at what. Streams of one audience get the same snapshots; ``call`` is the hand-over whose page it
    is."""

    page: str
    user: User
    call: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what happens, in seconds, and how many streams there may be."""

    look: float = 0.25
    heartbeat: float = 15.0
    sessions: float = 5.0
    slow: float = 20.0  # a stream that took nothing for so long is dropped
    retry: float = 2.0  # after which a browser comes again
    per_user: int = 4  # a browser opens six connections to one host, and forms need some
    per_process: int = 300


class FeedFull(Exception):
    """This process has as many streams as it may."""


class Stream:
    """One browser that watches. Only the feed makes them."""

    def __init__(self, audience: Audience, session: SessionId, resume: str, now: Callable[[], float], pace: Pace):
        self.audience = audience
        self.session = session
        self.last = False  # nothing comes after what waits now
        self._resume = resume
        self._now = now
        self._pace = pace
        self._told: dict[str, str] = {}
        self._waiting: dict[str, str] = {}
        self._wake = Event()
        self._handed_at: float | None = None
        self._greenlet: gevent.Greenlet[..., object] | None = None

    def offer(self, parts: Mapping[str, str]) -> None:
        """A snapshot, as JSON: what of it changed is sent. A browser that comes back, and has seen all of this
        already, is sent nothing."""
        changed = {name: data for name, data in parts.items() if self._told.get(name) != data}
        self._told.update(changed)
        if self._resume and self._resume == self._digest():
            changed = {}
        self._resume = ""
        if changed:
            self._waiting.update(changed)
            self._wake.set()

    def end(self, why: str) -> None:
        """Say goodbye; what waits is sent before."""
        self._waiting["bye"] = json.dumps(why)
        self.last = True
        self._wake.set()

    def stuck(self) -> bool:
        """Whether the browser has taken nothing for too long."""
        return self._handed_at is not None and self._now() - self._handed_at > self._pace.slow

    def drop(self) -> None:
        """End it wherever it is; a connection that takes nothing takes no goodbye either."""
        self.last = True
        self._wake.set()
        if self._greenlet is not None:
            self._greenlet.kill(block=False)

    def events(self, begun: Callable[[Stream], None], ended: Callable[[Stream], None]) -> Iterator[bytes]:
        """What is sent, until it ends. ``begun`` is called when somebody takes the first of it, so that one whom
        nobody takes anything of leaves nothing behind; then ``ended`` whatever ends it."""
        current = gevent.getcurrent()
        self._greenlet = current if isinstance(current, gevent.Greenlet) else None
        begun(self)
        try:
            yield from self._handed(
                f"retry: {self._pace.retry * 1000:.0f}\nevent: clock\ndata: {time.time():.3f}\n\n"
            )
            while not (self.last and not self._waiting):
                if not self._wake.wait(self._pace.heartbeat):
                    yield from self._handed(": \n\n")
                    continue
                self._wake.clear()
                waiting, self._waiting = self._waiting, {}
                yield from self._handed(_lines(waiting, self._digest()))
        finally:
            ended(self)

    def _handed(self, text: str) -> Iterator[bytes]:
        if not text:
            return
        self._handed_at = self._now()
        yield text.encode()
        self._handed_at = None

    def _digest(self) -> str:
        """A name of all that was told: the id of the events, the same in every process."""
        whole = blake2b(digest_size=9)
        for name in sorted(self._told):
            whole.update(f"{name}\n{self._told[name]}\n".encode())
        return whole.hexdigest()


def _lines(parts: Mapping[str, str], name: str) -> str:
    return "".join(f"id: {name}\nevent: {part}\ndata: {data}\n\n" for part, data in parts.items())


class Feed:
    """The streams of one process and the greenlet that looks for them.

    ``look`` reads and presents, for every audience at once; StoreUnavailable where it cannot. ``sessions`` tells a
    person's sessions that last. Both wait for the database, off the hub.
    """

    def __init__(
        self,
        look: Callable[[Set[Audience]], Mapping[Audience, Snapshot]],
        sessions: Callable[[UserId], Iterable[ConsoleSession]],
        *,
        pace: Pace = Pace(),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._sessions = sessions
        self._pace = pace
        self._now = now
        self._streams: list[Stream] = []
        self._looking: gevent.Greenlet[[], None] | None = None
        self._next_check = 0.0

    @property
    def watched(self) -> int:
        """How many streams there are."""
        return len(self._streams)

    def open(self, audience: Audience, session: SessionId, resume: str = "") -> Iterator[bytes]:
        """Another browser watches; ``resume`` is the last id that it has seen. Whoever has too many streams loses
        the oldest. FeedFull where the process has too many."""
        own = [each for each in self._streams if each.audience.user.id == audience.user.id and not each.last]
        for each in own[: max(0, len(own) - self._pace.per_user + 1)]:
            each.end(REPLACED)
        if len(self._streams) >= self._pace.per_process:
            raise FeedFull
        stream = Stream(audience, session, resume, self._now, self._pace)
        return stream.events(self._begun, self._ended)

    def turn(self) -> None:
        """Look once, and tell everybody what changed."""
        for stream in [each for each in self._streams if each.stuck()]:
            stream.drop()
        try:
            self._check_sessions()
            seen = self._look({each.audience for each in self._streams if not each.last})
        except StoreUnavailable:
            self._offer_all({HEALTH: json.dumps({"stale": True})})
            return
        told = {audience: _as_json(snapshot) for audience, snapshot in seen.items()}
        for stream in list(self._streams):
            if not stream.last and stream.audience in told:
                stream.offer(told[stream.audience])

    def close(self) -> None:
        """End every stream; the browsers come again."""
        for stream in list(self._streams):
            stream.drop()

    def _run(self) -> None:
        while self._streams:
            began = self._now()
            self.turn()
            gevent.sleep(max(0.01, self._pace.look - (self._now() - began)))

    def _offer_all(self, parts: Mapping[str, str]) -> None:
        for stream in list(self._streams):
            if not stream.last:
                stream.offer(parts)

    def _check_sessions(self) -> None:
        """End the streams of sessions that are over. Who is known otherwise by now comes again as that."""
        if self._now() < self._next_check:
            return
        by_user = attrgetter("audience.user.id")
        for user_id, streams in groupby(sorted(self._streams, key=by_user), key=by_user):
            lasting = {each.id: each.user for each in self._sessions(user_id)}
            for stream in streams:
                if stream.session not in lasting:
                    stream.end(ENDED)
                elif lasting[stream.session] != stream.audience.user:
                    stream.drop()
        self._next_check = self._now() + self._pace.sessions

    def _begun(self, stream: Stream) -> None:
        self._streams.append(stream)
        if self._looking is None or self._looking.dead:
            self._looking = gevent.spawn(self._run)
            self._looking.link_exception(lambda _: self.close())

    def _ended(self, stream: Stream) -> None:
        if stream in self._streams:
            self._streams.remove(stream)


def _as_json(snapshot: Snapshot) -> dict[str, str]:
    parts = {HEALTH: {"stale": False}, **snapshot}
    return {name: json.dumps(part, ensure_ascii=False, separators=(",", ":")) for name, part in parts.items()}
