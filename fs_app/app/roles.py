"""What every role does as a process: it ends at once where its configuration is wrong, and else at SIGTERM.

A role's own half is its ``run`` in `calls`, `jobs`, `web`, `console` and `sandbox`: none loads another's libraries.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

import gevent
import structlog
from gevent.event import Event

from fs_app.errors import ConfigError
from fs_app.serve.notices import CALLS, WATCHDOG, tell
from fs_app.serve.sockets import supervised
from fs_app.yamlfile import Document

log = structlog.get_logger()

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4  # prctl(2)
_BEAT_SECONDS = 0.5


def forbid_dumps() -> None:
    """No core file of this process, and no look into its memory but root's: a card is in it for a moment, the
    gateway's keys always. The first thing that a role does; another program that it starts has to do it itself."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("this process can be dumped", reason=os.strerror(ctypes.get_errno()))


def settle() -> None:
    """Nothing may keep the hub waiting for long.

    What was loaded stays for good: to look through all of it again and again for garbage would cost every call a
    tenth of a second each time, and what a call leaves is no circle. A native thread that computes hands over after
    half a millisecond; Python would let it go on for five.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    sys.setswitchinterval(0.0005)


def begin(start: Callable[[], None], document: Document, place: tuple[str, ...]) -> None:
    """Start what serves at that place of the settings; ConfigError where the address is taken."""
    settle()
    try:
        start()
    except OSError as error:
        reason = f"cannot listen there: {os.strerror(error.errno) if error.errno else error}"
        raise ConfigError([document.problem(place, reason, "is another one running?")]) from None


def until_told_to_stop(*working: gevent.Greenlet[..., None], calls: Callable[[], int] = lambda: 0) -> bool:
    """Say that we are ready, and wait for SIGTERM or SIGINT, or for what should not end by itself. The second
    signal ends the process at once. SIGUSR1 is the same, and tells that a successor is ready: True then."""
    told, succeeded = Event(), Event()

    def stop() -> None:
        told.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    def make_way() -> None:
        succeeded.set()
        stop()

    acts = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGUSR1: make_way}
    handlers = [gevent.signal_handler(number, act) for number, act in acts.items()]
    if supervised():  # nobody would ever tell us to leave, and a new supervisor would find our addresses taken
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    tell(READY=1)
    gevent.spawn(_beat, calls)
    ends: list[Any] = [told, *working]
    gevent.wait(ends, count=1)
    for handler in handlers:
        handler.cancel()
    tell(STOPPING=1)
    return bool(succeeded.is_set())


def _beat(calls: Callable[[], int]) -> None:
    """As long as this hub turns, whoever started us hears it, and how many calls are up."""
    while True:
        tell(**{WATCHDOG: 1, CALLS: calls()})
        gevent.sleep(_BEAT_SECONDS)
