"""Who has called before: what they are offered the next time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """What is remembered of a telephone number. It proves nothing: a caller ID can be forged.

    ``account_number`` is the account whose holder the caller has proved to be, None where they never did. ``calls``
    is how often they came as far as an account or a bill.
    """

    language: str
    account_number: str | None = None
    calls: int = 0


class Callers(Protocol):
    """Telephone numbers and what is remembered of them, for as long as the operator says. Whoever sends no number
    is nobody: None and "" are remembered by nothing."""

    def of(self, caller_id: str | None) -> KnownCaller | None:
        """What is remembered; None where nothing is, or the database does not answer at once: a call waits for
        neither."""
        ...

    def prefers(self, caller_id: str | None, language: str) -> None:
        """The caller chose a language. Written soon; never raises."""
        ...

    def remember(self, caller_id: str | None, *, language: str, account_number: str | None = None) -> None:
        """The caller came as far as an account, or a bill of somebody's: count the call. Written soon; never
        raises. Without an account the one from before is kept."""
        ...
