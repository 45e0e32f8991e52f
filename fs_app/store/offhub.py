"""Blocking work in native threads, so that the hub and every other call go on (law 5).

mysqlclient and argon2 block in C: a greenlet that ran them would stop all calls. gevent's native thread pool takes
them, and the calling greenlet waits for no longer than its deadline.

Laws:

* Work whose caller has given up must not take effect later: it sees ``job.abandoned`` and stops.
* At most ``threads`` pieces of work run and one more is queued; whoever comes after that waits in its own greenlet
  and leaves at its deadline, so a stuck database piles up nothing.
* Whatever the work raises crosses the threads as a value: gevent would print a worker's exception, and a driver's
  exception may hold what a caller keyed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from fs_app.errors import StoreUnavailable

T = TypeVar("T")


class Job:
    """What a piece of work knows about its caller. Written by the caller's greenlet, read by the worker thread."""

    __slots__ = ("abandoned",)

    def __init__(self) -> None:
        self.abandoned = False


class _Errand(Generic[T]):
    """One piece of work and its end. Run by the worker thread, then read by the caller's greenlet."""

    def __init__(self, work: Callable[[Job], T]) -> None:
        self.job = Job()
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None

    def run(self) -> None:
        """In a worker thread, the outermost frame of the work."""
        if self.job.abandoned:
            return
        try:
            self._results.append(self._work(self.job))
        except BaseException as error:  # noqa: BLE001  crosses to the caller's greenlet, which raises it
            self._error = error

    def result(self) -> T:
        """In the caller's greenlet, once the work has ended."""
        if self._error is None:
            return self._results[0]
        try:
            raise self._error
        finally:
            self._error = None  # no cycle of the exception, its traceback and this object


class OffHub:
    """A bounded pool of native threads. Belongs to the process and thread that call it first."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool: ThreadPool | None = None

    def call(self, work: Callable[[Job], T], seconds: float) -> T:
        """Run ``work`` in a thread and return its result or raise its exception; StoreUnavailable after so long."""
        if self._pool is None:
            self._pool = ThreadPool(self._threads)
        errand = _Errand(work)
        limit = gevent.Timeout(seconds)
        limit.start()
        try:
            self._pool.spawn(errand.run).get()
        except gevent.Timeout as timeout:
            if timeout is not limit:
                raise  # a deadline of the caller's
            raise StoreUnavailable(f"no answer within {seconds:g} s") from None
        finally:
            errand.job.abandoned = True
            limit.close()
        return errand.result()

    def close(self) -> None:
        """Let idle threads go. A stuck one is left to its driver's own time limit."""
        pool, self._pool = self._pool, None
        if pool is not None and not len(pool):
            pool.kill()
