"""The cards and bank accounts that the gateway keeps: what is asked of it besides charging them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.means import CustomerId, Kept, MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class MethodRecord:
    """A method as the gateway has it. ``expired`` is of cards, ``verified`` of bank accounts."""

    kind: MeansKind
    last_four: str
    expired: bool = False
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Changed:
    """The gateway has the new data."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """The gateway does not keep it any more."""


class Vault(Protocol):
    """What the gateway keeps. Every method returns a value and never raises; each may be repeated without harm,
    but a bank account that is kept again is another method: nothing the gateway tells shows it to be the same."""

    def keep(self, means: Card | BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        """Keep a card or bank account by its holder's consent, verified, without charging it: for what is paid
        later. The same card again is the same method. ``means`` is wiped by its owner afterwards. Unavailable:
        nothing is known to be kept; it names the field that was wrong."""
        ...

    def look(self, token: MethodToken) -> MethodRecord | None:
        """A method as it stands; None where the gateway could not be asked, or keeps no such method."""
        ...

    def change(
        self, token: MethodToken, *, expiry: Secret | None = None, postal_code: Secret | None = None
    ) -> Changed | Declined | Unavailable | Unknown:
        """Change the expiry (MMYY) or the postal code of a card. Unavailable names the field that was wrong."""
        ...

    def delete(self, token: MethodToken) -> Deleted | Unavailable | Unknown:
        """Have the gateway forget it; one that it does not know is Deleted."""
        ...
