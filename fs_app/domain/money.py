"""Money as integer minor units with its currency; never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# ISO 4217 minor units that are not 2 (ISO 4217 list one, active currencies).
_EXPONENTS = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "UYW": 4, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip

# What a person or a gateway writes; Decimal itself takes "1_000", "1e3" and digits of other scripts.
_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_LARGEST_POWER = 13  # 10 ** 13 with four decimals is below 2 ** 63


def exponent(currency: str) -> int:
    """Decimals of a currency by ISO 4217, e.g. 2 for USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents for USD) and its ISO 4217 code. Comparing currencies is a ValueError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError("minor units are an int")
        if not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise ValueError(f"not an ISO 4217 code: {self.currency!r}")

    @classmethod
    def parse(cls, text: str | Decimal, currency: str) -> Money:
        """From ``"42.50"`` or a Decimal. ValueError where it is no number, has too many decimals, or is too large
        for a 64-bit column of a database."""
        if isinstance(text, str) and not _AMOUNT.fullmatch(text):
            raise ValueError(f"not an amount: {text!r}")
        amount = Decimal(text)
        if not amount.is_finite() or amount.adjusted() > _LARGEST_POWER:
            raise ValueError(f"not an amount: {text!r}")
        money = cls(int(amount.scaleb(exponent(currency))), currency)
        if money.decimal() != amount:
            raise ValueError(f"not an amount in {currency}: {text!r}")
        return money

    def decimal(self) -> Decimal:
        """The amount in major units with the currency's own decimals, e.g. ``Decimal("42.50")``."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal():f} {self.currency}"

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError("Money is compared with Money")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not compare")
        return other.minor

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.minor >= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0
