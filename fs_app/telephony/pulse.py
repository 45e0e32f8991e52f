"""The pulse of every session: a switch that is stopped, but whose kernel still answers keep-alives, is noticed.

A prompt, a queue and a talk are long by design, so silence alone says nothing. Sessions of a switch that none of
them has heard of for a while ask whether their channels are there, and a switch that leaves that, or any other
command, unanswered for as long is not alive. One greenlet looks at all sessions of a server.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol

import gevent

QUIET_SECONDS = 4.0  # silence of a whole switch, before we ask
LONG_SECONDS = 30.0  # silence of one session whose switch is well: its hang-up may have been lost
PATIENCE_SECONDS = 4.0  # from asking to the end: a command's reply takes a millisecond
TICK_SECONDS = 0.5
NOTICED_SECONDS = QUIET_SECONDS + PATIENCE_SECONDS + 2 * TICK_SECONDS
"""The longest time from the stop of a switch to the end of its sessions."""


class Heart(Protocol):
    """A session, as far as its pulse is concerned. Times are of `time.monotonic`."""

    @property
    def heard_at(self) -> float:
        """When the switch said something last."""
        ...

    @property
    def switch(self) -> str | None:
        """Which switch, by its core; None as long as that is not known."""
        ...

    @property
    def asked_at(self) -> float | None:
        """When the command was sent that is not answered yet; None where all are."""
        ...

    def ask_pulse(self) -> None:
        """Ask whether the channel is there; does not wait."""
        ...

    def end(self, reason: str) -> None:
        """Wake every waiter with CallEnded."""
        ...


def feel(heart: Heart, now: float, switch_heard_at: float) -> None:
    """Look at one session, whose switch was heard of at that time: ask, or end it, or leave it alone."""
    asked_at = heart.asked_at
    if asked_at is None:
        if now - switch_heard_at > QUIET_SECONDS or now - heart.heard_at > LONG_SECONDS:
            heart.ask_pulse()
    elif now - max(asked_at, heart.heard_at) > PATIENCE_SECONDS:
        heart.end("the switch does not answer")


class Pulse:
    """Feels the pulse of sessions that come and go, from `start` to `stop`."""

    def __init__(self, hearts: Iterable[Heart]) -> None:
        self._hearts = hearts
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def start(self) -> None:
        """Begin."""
        self._greenlet = gevent.spawn(self._feel_for_ever)

    def stop(self) -> None:
        """End."""
        if self._greenlet is not None:
            self._greenlet.kill()

    def _feel_for_ever(self) -> None:
        before = time.monotonic()
        while True:
            gevent.sleep(TICK_SECONDS)
            now = time.monotonic()
            # Where it was us who stood still, nothing can be said of the switch before what it sent has been read.
            if now - before < PATIENCE_SECONDS:
                self._feel(now)
            before = now

    def _feel(self, now: float) -> None:
        hearts = tuple(self._hearts)
        heard: dict[str | None, float] = {}
        for heart in hearts:
            switch = heart.switch
            heard[switch] = max(heard.get(switch, 0.0), heart.heard_at)
        for heart in hearts:
            switch = heart.switch
            feel(heart, now, heart.heard_at if switch is None else heard[switch])
