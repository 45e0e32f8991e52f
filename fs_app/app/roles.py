"""The roles as processes: each runs until SIGTERM, or ends at once where its configuration is wrong."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
from collections.abc import Callable
from typing import Any

import gevent
import structlog
from gevent.event import Event

from fs_app.app.calls import Calls
from fs_app.app.checks import check_everything
from fs_app.app.jobs import Jobs
from fs_app.app.web import Web
from fs_app.errors import ConfigError
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.serve.notices import CALLS, WATCHDOG, tell
from fs_app.serve.sockets import supervised
from fs_app.settings import Settings
from fs_app.yamlfile import Document

log = structlog.get_logger()

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4  # prctl(2)
_BEAT_SECONDS = 0.5


def run_calls(settings: Settings, document: Document, *, slot: int = 0) -> None:
    """The ``calls`` role until SIGTERM; ConfigError where anything is wrong with the configuration.

    ``slot`` numbers the workers of one machine: each has a port of its own for metrics.
    """
    forbid_dumps()
    _refuse_problems(settings, document)
    calls = Calls(settings, slot=slot)
    _start(calls.start, document, ("calls", "listen"))
    log.info("ready for calls", listen=f"{settings.calls.listen[0]}:{calls.server.port}", worker=slot)
    successor = _until_told_to_stop(calls=lambda: calls.server.active)
    grace = settings.calls.grace_seconds
    log.info("no new calls", up=calls.server.active, grace_seconds=grace, successor=successor)
    calls.stop(successor=successor)


def run_jobs(settings: Settings, document: Document) -> None:
    """The ``jobs`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    forbid_dumps()
    _refuse_problems(settings, document)
    jobs = Jobs(settings)
    _start(jobs.start, document, ("jobs", "metrics"))
    working = gevent.spawn(jobs.run)
    log.info("jobs ready", at_once=settings.jobs.at_once)
    _until_told_to_stop(working)
    log.info("no new tasks")
    jobs.stop()
    working.get()  # what ended it, if it was not us: the process ends too, and is started again


def run_web(settings: Settings, document: Document) -> None:
    """The ``web`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    forbid_dumps()
    _refuse_problems(settings, document)
    web = Web(settings)
    _start(web.start, document, ("web", "listen"))
    log.info("web ready", listen=f"{settings.web.listen[0]}:{web.port}", api=settings.web.api_token is not None)
    _until_told_to_stop()
    web.stop()


def run_sandbox(settings: Settings, document: Document) -> None:
    """The ``sandbox`` role until SIGTERM: the local gateway."""
    forbid_dumps()
    server = SandboxServer(settings.gateway.listen)
    _start(server.start, document, ("gateway", "listen"))
    log.info("local gateway ready", listen=f"{settings.gateway.listen[0]}:{server.port}")
    _until_told_to_stop()
    server.stop()


def _refuse_problems(settings: Settings, document: Document) -> None:
    """ConfigError with everything that must be mended; a gateway that is down is no such thing."""
    problems = check_everything(settings, document, gateway_must_answer=False)
    if problems:
        raise ConfigError(problems)


def forbid_dumps() -> None:
    """No core file of this process, and no look into its memory but root's: a card is in it for a moment, the
    gateway's keys always. The first thing that a role does; another program that it starts has to do it itself."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        log.warning("this process can be dumped", reason=os.strerror(ctypes.get_errno()))


def _start(start: Callable[[], None], document: Document, place: tuple[str, ...]) -> None:
    # What was loaded stays for good. To look through all of it again and again for garbage would cost every call
    # a tenth of a second each time, and garbage would lie about for hundreds of calls until then.
    gc.collect()
    gc.freeze()
    try:
        start()
    except OSError as error:
        reason = f"cannot listen there: {os.strerror(error.errno) if error.errno else error}"
        raise ConfigError([document.problem(place, reason, "is another one running?")]) from None


def _until_told_to_stop(*working: gevent.Greenlet[..., None], calls: Callable[[], int] = lambda: 0) -> bool:
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
