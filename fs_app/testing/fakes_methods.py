"""In-memory stand-ins for what callers agreed to, and what is kept for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card, Expiry
from fs_app.domain.means import CustomerId, Kept, MethodToken, SavedMethod
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.ports import Changed, Consent, ConsentId, Deleted, MethodRecord

_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass
class FakeSavedMethods:
    """Implements `ports.SavedMethods` in a list, the one used last at its end. ``accounts`` are whose they are."""

    kept: list[SavedMethod] = field(default_factory=list)
    accounts: dict[int, str] = field(default_factory=dict)
    ever: dict[str, SavedMethod] = field(default_factory=dict)

    def of_account(self, account_id: str) -> Sequence[SavedMethod]:
        return [each for each in reversed(self.kept) if self.accounts[each.id] == account_id]

    def get(self, method_id: int) -> SavedMethod | None:
        return next((each for each in self.kept if each.id == method_id), None)

    def save(self, account_id: str, kept: Kept, consent: ConsentId) -> SavedMethod:
        known = self.ever.get(kept.token)
        method = known or SavedMethod(len(self.ever) + 1, kept.token, kept.kind, kept.brand, kept.last_four)
        self.ever[kept.token] = method
        self.accounts[method.id] = account_id
        self.forget(method.id)
        self.kept.append(method)
        return method

    def used(self, method_id: int) -> None:
        method = self.get(method_id)
        if method is not None:
            self.kept.remove(method)
            self.kept.append(method)

    def forget(self, method_id: int) -> None:
        self.kept = [each for each in self.kept if each.id != method_id]


@dataclass
class FakeConsents:
    """Implements `ports.Consents` in a list."""

    kept: list[Consent] = field(default_factory=list)

    def keep(self, consent: Consent) -> ConsentId:
        self.kept.append(consent)
        return ConsentId(len(self.kept))

    def of_account(self, account_id: str) -> Sequence[tuple[ConsentId, datetime, Consent]]:
        numbered = enumerate(self.kept, start=1)
        return [(ConsentId(number), _AT, each) for number, each in numbered if each.account_id == account_id]


_AWAY = Unavailable("no connection to the gateway")


@dataclass
class FakeVault:
    """Implements `ports.Vault` in a dictionary. ``away`` is a gateway that nobody reaches; ``postal_codes`` are
    what was changed to; ``refused`` numbers are declined with their codes."""

    records: dict[MethodToken, MethodRecord] = field(default_factory=dict)
    postal_codes: dict[MethodToken, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    cards: dict[tuple[CustomerId, str], MethodToken] = field(default_factory=dict)
    made: int = 0
    away: bool = False

    def put(self, kept: Kept) -> None:
        """Have it keep a method from the start."""
        self.records[kept.token] = MethodRecord(kept.kind, kept.last_four)

    def keep(self, means: Card | BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        if self.away or means.wiped:
            return _AWAY
        number = means.number.reveal()
        if number in self.refused:
            return Declined(self.refused[number])
        token = self.cards.get((customer, number))
        if token not in self.records:
            self.made += 1
            token = MethodToken(f"kept{self.made}")
        if isinstance(means, Card):
            self.cards[customer, number] = token
        kept = Kept(token, means.kind, means.brand, means.last_four)
        self.put(kept)
        return kept

    def look(self, token: MethodToken) -> MethodRecord | None:
        return None if self.away else self.records.get(token)

    def change(
        self, token: MethodToken, *, expiry: Secret | None = None, postal_code: Secret | None = None
    ) -> Changed | Declined | Unavailable | Unknown:
        month = None if expiry is None else Expiry.parse(expiry.reveal())
        if expiry is not None and month is None:
            return Unavailable("there is no such month", "expiry")
        if self.away or token not in self.records:
            return _AWAY
        if month is not None:
            self.records[token] = replace(self.records[token], expired=month.passed(_AT.date()))
        if postal_code is not None:
            self.postal_codes[token] = postal_code.reveal()
        return Changed()

    def delete(self, token: MethodToken) -> Deleted | Unavailable | Unknown:
        if self.away:
            return _AWAY
        self.records.pop(token, None)
        return Deleted()
