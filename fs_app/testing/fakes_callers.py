"""Who has called before and who proved what wrongly, in memory."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime

from fs_app.domain.lockout import standing
from fs_app.domain.rules import Lockout
from fs_app.ports import Clock, KnownCaller
from fs_app.testing.fakes import FixedClock


@dataclass
class FakeProofs:
    """Implements `ports.Proofs`: ``wrong`` are the times of the tries that count, by what was claimed."""

    clock: Clock = field(default_factory=FixedClock)
    wrong: defaultdict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def locked(self, claimed: str, lockout: Lockout) -> bool:
        until = standing(lockout, self.wrong[claimed]).until
        return until is not None and self.clock.now() < until

    def tried(self, claimed: str, lockout: Lockout) -> bool:
        with_it = [*self.wrong[claimed], self.clock.now()]
        if standing(lockout, with_it).too_many:
            return False
        self.wrong[claimed] = with_it
        return True

    def right(self, claimed: str) -> None:
        self.wrong.pop(claimed, None)

    def take_back(self, claimed: str) -> None:
        self.wrong[claimed] = self.wrong[claimed][:-1]


@dataclass
class FakeCallers:
    """Implements `ports.Callers`: what is remembered is there at once."""

    known: dict[str, KnownCaller] = field(default_factory=dict)

    def of(self, caller_id: str | None) -> KnownCaller | None:
        return self.known.get(caller_id or "")

    def prefers(self, caller_id: str | None, language: str) -> None:
        if caller_id:
            self.known[caller_id] = replace(self.known.get(caller_id, KnownCaller(language)), language=language)

    def remember(self, caller_id: str | None, *, language: str, account_number: str | None = None) -> None:
        if caller_id:
            before = self.known.get(caller_id, KnownCaller(language))
            number = account_number or before.account_number
            self.known[caller_id] = KnownCaller(language, number, before.calls + 1)
