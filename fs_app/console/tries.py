"""Tries to come in: what each is counted by, and which of them are written down.

A browser by which somebody has come in before keeps a signed cookie, and what is tried there for that name is
counted by itself (OWASP, device cookies). Strangers who go on trying keep a name, or an address, in its pause; they
do not keep its owner out, who has a browser of their own, or gets one by a one-time link.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from fs_app.console.access import address, people
from fs_app.console.cookies import known_browser
from fs_app.domain.people import Subject, TryKind, counted_address
from fs_app.ports import Clock

_ONE_PAUSE = timedelta(seconds=1)
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Try:
    """One try for a name. ``own`` is cleared when it is right, of what is ``shared`` it is taken back."""

    own: Subject
    shared: tuple[Subject, ...]

    def claim(self) -> timedelta:
        """Count it as a failure; how long nobody may try, where it is not to be looked at."""
        return people().limits.claim([self.own, *self.shared])

    def right(self) -> None:
        """It was none."""
        people().limits.give_back(cleared=[self.own], returned=self.shared)


def tried(kind: TryKind, name: str) -> Try:
    """A try from the browser that asks. ``name`` is a login name, or what was typed as one."""
    browser = known_browser(name)
    if browser:
        return Try(Subject(kind, f"{name} {browser}"), ())
    return Try(Subject(kind, name), (_here(TryKind.ADDRESS),))


def stranger() -> timedelta:
    """Count what nobody does who belongs here: a link that is none, say. How long it is not to be answered."""
    return people().limits.claim([_here(TryKind.STRANGER)])


def _here(kind: TryKind) -> Subject:
    return Subject(kind, counted_address(address()))


class Pauses:
    """The pauses of one process that were written to the audit. Of what is tried in a pause only the first is:
    strangers, to whom a try costs nothing then, do not fill the audit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: deque[datetime] = deque(maxlen=_MOST_REMEMBERED)

    def is_new(self, pause: timedelta) -> bool:
        """Whether this one was not seen before; it was from now on."""
        end = self._clock.now() + pause
        if any(abs(end - each) < _ONE_PAUSE for each in self._ends):
            return False
        self._ends.append(end)
        return True
