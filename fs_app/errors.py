"""Every exception the package raises on purpose.

::

    FsAppError                    a problem a person has to be told about
    ├── ConfigError               settings, flows, prompts, schema or switch configuration: a list of Problems
    ├── StoreError                the database
    │   ├── StoreUnavailable      down, refusing, or slower than its deadline
    │   │   └── RowRefused        it is up, and will not take what it was given
    │   ├── BillBusy              another attempt on the same bill is open, or was paid since its balance was told
    │   ├── IllegalTransition     a payment was to be moved where the table of states does not lead
    │   ├── TooManyAttempts       a velocity limit is reached: nothing was opened
    │   ├── RefundRefused         more than was captured, not captured, or a key that was used for another
    │   ├── NameTaken             somebody who works with the console has that name, or is that agent
    │   └── LastAdmin             nobody would be left who can let others in
    ├── WeakPassword              a password that is too short, too long, or easily guessed
    ├── SwitchError               the switch answered something we cannot go on with
    │   ├── CommandRefused        a command was answered -ERR
    │   ├── SwitchTimeout         no answer within the deadline
    │   └── ProtocolError         bytes that are not the event socket protocol
    ├── NotProtected              a secret would be written down or overheard: none is asked for
    ├── UnsafeArgument            text that must not reach the switch (law 4)
    └── RestartFailed             a fresh process did not take over; what was there goes on

    CallEnded                     a signal, not an error: the caller is gone; BaseException-free, caught in the
                                  outermost frame of a call only
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


class FsAppError(Exception):
    """Base of every error a person has to be told about."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake an admin can mend: where it is, what is wrong, what to do.

    ``line`` and ``column`` count from 1; 0 means that the place is the whole file.
    """

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" + (f"; {self.hint}" if self.hint else "")


class ConfigError(FsAppError):
    """Everything that is wrong with a configuration, all at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.message)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StoreError(FsAppError):
    """Base of what the database port raises."""


class StoreUnavailable(StoreError):
    """The database is down, refuses us, or did not answer within its deadline."""


class RowRefused(StoreUnavailable):
    """The database answers, and will not take what it was given: too long, not its characters, against a rule. To
    try it again is in vain."""


class BillBusy(StoreError):
    """Another payment attempt on the same bill is still open, or was paid since the balance was told."""


class IllegalTransition(StoreError):
    """A payment was to be moved where the table of states does not lead."""


class TooManyAttempts(StoreError):
    """A velocity limit is reached; ``trait`` says which one."""

    def __init__(self, trait: str) -> None:
        super().__init__(f"too many attempts by one {trait}")
        self.trait = trait


class RefundRefused(StoreError):
    """A refund that may not be: told in words for whoever asked for it."""


class NameTaken(StoreError):
    """Somebody who works with the console has that login name already, or is that agent."""


class LastAdmin(StoreError):
    """What would leave the console without an admin who may sign in."""


class WeakPassword(FsAppError):
    """A password nobody may choose. ``reason`` is ``short``, ``long`` or ``guessable``, for words of the page."""

    def __init__(self, reason: Literal["short", "long", "guessable"]) -> None:
        super().__init__(f"the password may not be chosen: {reason}")
        self.reason = reason


class SwitchError(FsAppError):
    """The switch answered something we cannot go on with."""


class CommandRefused(SwitchError):
    """The switch answered ``-ERR``."""


class SwitchTimeout(SwitchError):
    """The switch did not answer within the deadline."""


class ProtocolError(SwitchError):
    """What arrived is not the event socket protocol."""


class NotProtected(FsAppError):
    """What a caller keys now would be written down, or somebody would hear it. The message says what to change;
    ``reason`` is a word of a closed set, for metrics."""

    def __init__(self, message: str, *, reason: str = "recording") -> None:
        super().__init__(message)
        self.reason = reason


class UnsafeArgument(FsAppError):
    """Text that must not reach the switch."""


class RestartFailed(FsAppError):
    """A rolling restart stopped, or was not begun: whoever was not replaced goes on as before."""


class CallEnded(Exception):
    """The caller is gone. Every Channel method may raise it; only the outermost frame of a call catches it."""
