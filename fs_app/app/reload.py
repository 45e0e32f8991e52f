"""Takes a changed programme up for new calls: looked for every few seconds, proved whole, swapped in at once.

Looking and proving are done in native threads. A programme is loaded only once its files have looked the same
twice, so that nothing half-written is read. One that is refused changes nothing: the one that runs stays until the
files are good.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import gevent
import structlog

from fs_app.app.programme import Prints, Programme, prints, version
from fs_app.errors import ConfigError
from fs_app.settings import Settings

log = structlog.get_logger()

_RECORDINGS_SECONDS = 60.0
# While a programme is proved, Python is let go of ten times as often as usual, for the hub's sake.
_GIVES_WAY_SECONDS = 0.0005


class Reloader:
    """``load`` proves a programme, ConfigError where it is refused; ``take`` puts it in the place of the other.
    ``refused`` hears whether the files as they are now are refused."""

    def __init__(
        self,
        settings: Settings,
        load: Callable[[], Programme],
        take: Callable[[Programme], None],
        *,
        refused: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._load = load
        self._take = take
        self._refused = refused
        self._looking: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Look from now on; nothing where the settings say that nobody shall."""
        if self._settings.calls.reload_seconds:
            self._looking = gevent.spawn(self._look_for_ever)

    def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.kill()

    def _look_for_ever(self) -> None:
        seconds = self._settings.calls.reload_seconds
        known = self._looked(recordings=True)  # as they are read: by the start, or by the last that was proved
        folders, turn = self._looked(recordings=False), 0.0
        while True:
            gevent.sleep(seconds)
            turn += seconds
            seen = self._looked(recordings=False)
            if seen == folders and turn < _RECORDINGS_SECONDS:
                continue
            turn = 0.0
            now = self._settled(seconds)
            folders = self._looked(recordings=False)
            if now != known:
                self._prove(known, now)
                known = now

    def _settled(self, seconds: float) -> Prints:
        """The files once they have looked the same twice."""
        before = self._looked(recordings=True)
        while True:
            gevent.sleep(seconds)
            now = self._looked(recordings=True)
            if now == before:
                return now
            before = now

    def _prove(self, before: Prints, now: Prints) -> None:
        changed = [path for path in {**before, **now} if before.get(path) != now.get(path)]
        name = version(now)
        loaded = gevent.get_hub().threadpool.apply(self._loaded)
        if isinstance(loaded, ConfigError):
            for problem in loaded.problems:
                log.error("programme_refused", version=name, problem=str(problem))
            self._refused(True)
            return
        self._take(loaded)
        self._refused(False)
        log.info("programme_taken", version=name, changed=sorted(changed)[:20])

    def _loaded(self) -> Programme | ConfigError:
        """In a native thread, which would print what it raises: what is refused comes back as a value."""
        try:
            with _giving_way():
                return self._load()
        except ConfigError as error:
            return error

    def _looked(self, *, recordings: bool) -> Prints:
        look = partial(prints, self._settings, recordings=recordings)
        found: Prints = gevent.get_hub().threadpool.apply(look)
        return found


@contextmanager
def _giving_way() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_GIVES_WAY_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
