"""A fee that a payer is told of before they agree to it.

Sources: the brands' rules for merchants. A convenience fee is the same whatever is paid with, for paying by another
way than usual. A surcharge is for credit cards only, never for debit or prepaid ones, and at most what the card
costs the merchant; where a number does not tell that it is a credit card's, none is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from fs_app.domain.money import Money


class FeeKind(StrEnum):
    """What a fee is called; its phrases bear the same names."""

    CONVENIENCE = "convenience_fee"
    SURCHARGE = "surcharge"


@dataclass(frozen=True, slots=True)
class FeeRule:
    """``fixed_minor`` in minor units of the bill's currency, ``percent`` of the amount, at most ``most_minor``."""

    kind: FeeKind = FeeKind.CONVENIENCE
    fixed_minor: int = 0
    percent: Decimal = Decimal(0)
    most_minor: int | None = None
    bank: bool = False  # whether a payment from a bank account bears it, too

    def on(self, amount: Money, *, bank: bool = False, debit: bool | None = None) -> Money | None:
        """The fee for paying an amount, rounded half up to the minor unit; None where there is none.

        ``debit`` is whether the card is a debit card, None where that is not known.
        """
        if bank and not self.bank:
            return None
        if self.kind is FeeKind.SURCHARGE and (bank or debit is not False):
            return None
        share = (Decimal(amount.minor) * self.percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
        minor = self.fixed_minor + int(share)
        if self.most_minor is not None:
            minor = min(minor, self.most_minor)
        return Money(minor, amount.currency) if minor > 0 else None
