"""What callers answer when they are asked how it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fs_app.domain.payment import PaymentId


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One key that answers one question; ``payment_id`` is the payment it came after, None where there was none."""

    survey: str
    question: str  # the phrase that asked it
    answer: int
    call_uuid: str
    language: str
    payment_id: PaymentId | None = None
    at: datetime | None = None  # UTC; set when it is kept


class Surveys(Protocol):
    """The answers. Raises StoreUnavailable."""

    def keep(self, answer: SurveyAnswer) -> None:
        """Keep an answer; the last one counts where a call answers a question twice."""
        ...

    def answers(self, survey: str) -> Sequence[SurveyAnswer]:
        """Every answer of a survey, oldest first."""
        ...
