"""Card brands, the checks a card passes before it is sent anywhere, and the one object that holds its digits.

Sources: ISO/IEC 7812-1 (issuer identification numbers and the Luhn check digit), the brands' published ranges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fs_app.domain.means import MeansKind
from fs_app.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class Brand:
    """A card brand: its number ranges (inclusive prefixes), number lengths and security code length."""

    name: str
    ranges: tuple[tuple[str, str], ...]
    lengths: tuple[int, ...]
    code_length: int

    def matches(self, digits: str) -> bool:
        """True where the digits keyed so far lie in one of the ranges; shorter than the prefix is no match."""
        return any(low <= digits[: len(low)] <= high for low, high in self.ranges if len(digits) >= len(low))


# First match wins, so narrow ranges stand before wide ones. Phrases are named brand_<name>.
BRANDS: tuple[Brand, ...] = (
    Brand("amex", (("34", "34"), ("37", "37")), (15,), 4),
    Brand("diners", (("300", "305"), ("3095", "3095"), ("36", "36"), ("38", "39")), (14, 16, 19), 3),
    Brand("jcb", (("3528", "3589"),), (16, 17, 18, 19), 3),
    Brand("mastercard", (("51", "55"), ("2221", "2720")), (16,), 3),
    Brand("discover", (("6011", "6011"), ("644", "649"), ("65", "65")), (16, 19), 3),
    Brand("maestro", (("5018", "5018"), ("5020", "5020"), ("5038", "5038"), ("6304", "6304"), ("6759", "6759"),
                      ("6761", "6763")), (12, 13, 14, 15, 16, 17, 18, 19), 3),
    Brand("unionpay", (("62", "62"),), (16, 17, 18, 19), 3),
    Brand("visa", (("4", "4"),), (13, 16, 19), 3),
)  # fmt: skip

# How many digits end a card number by themselves.
_USUAL_LENGTHS = {16 if 16 in brand.lengths else max(brand.lengths) for brand in BRANDS}

MAX_NUMBER_LENGTH = 19
MIN_NUMBER_LENGTH = 12


def brand_of(digits: str) -> Brand | None:
    """The brand that the first digits belong to, or None while they are too few or belong to none."""
    return next((brand for brand in BRANDS if brand.matches(digits)), None)


def number_complete(digits: str) -> bool:
    """True where a card number needs no further key: of its brand's usual length, and its check digit is right.

    A wrong check digit does not end the number: the caller may have doubled a key, and what is still to come
    belongs to this answer, not to the next one. The rare numbers of 13, 17, 18 and 19 digits end with ``#`` or a
    pause; so do 14 digits, which may be the beginning of 16.
    """
    return len(digits) in _USUAL_LENGTHS and len(digits) == usual_length(digits) and luhn_ok(digits)


def usual_length(digits: str) -> int:
    """How many digits a card number that begins so has in most cases: 16, or what its brand has instead."""
    brand = brand_of(digits)
    return 16 if brand is None or 16 in brand.lengths else max(brand.lengths)


def number_ok(digits: str) -> bool:
    """True where a card of a known brand can have this number: its length and its check digit fit."""
    brand = brand_of(digits)
    return brand is not None and len(digits) in brand.lengths and luhn_ok(digits)


def luhn_ok(digits: str) -> bool:
    """True where the last digit is the check digit of ISO/IEC 7812-1 annex B."""
    if not digits.isascii() or not digits.isdigit():
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@dataclass(frozen=True, slots=True)
class Expiry:
    """The month a card expires; valid through its last day."""

    month: int
    year: int

    @classmethod
    def parse(cls, digits: str) -> Expiry | None:
        """From the four keys MMYY; None where the month is not 1 to 12. Years are 2000 to 2099."""
        if len(digits) != 4 or not digits.isdigit() or not 1 <= int(digits[:2]) <= 12:
            return None
        return cls(int(digits[:2]), 2000 + int(digits[2:]))

    def passed(self, today: date) -> bool:
        """True where the card has expired on that day."""
        return (self.year, self.month) < (today.year, today.month)


@dataclass(slots=True, eq=False)
class Card:
    """A card as the caller keyed it. Lives in memory only and is wiped at every end of the call.

    The call keeps it until the caller's consent to pay with it is gone, so that after a decline only the field
    at fault is asked again; each attempt gets a `copy`, which is handed over once and wiped by who takes it.

    ``brand`` and ``last_four`` may be told and stored; everything else may not (PCI DSS 3.3, 3.4).
    """

    number: Secret = field(repr=False)
    expiry: Secret = field(repr=False)  # MMYY
    security_code: Secret = field(repr=False)
    postal_code: Secret = field(repr=False)
    brand: str = ""
    last_four: str = ""

    @property
    def kind(self) -> MeansKind:
        """A card."""
        return MeansKind.CARD

    def copy(self) -> Card:
        """A card of its own with the same digits: wiping one leaves the other."""
        return Card(
            number=Secret(self.number.reveal()),
            expiry=Secret(self.expiry.reveal()),
            security_code=Secret(self.security_code.reveal()),
            postal_code=Secret(self.postal_code.reveal()),
            brand=self.brand,
            last_four=self.last_four,
        )

    def wipe(self) -> None:
        """Overwrite every digit. The brand and the last four stay: they are what a receipt may say."""
        for secret in (self.number, self.expiry, self.security_code, self.postal_code):
            secret.wipe()

    @property
    def wiped(self) -> bool:
        """True once nothing is left that could be charged."""
        return not len(self.number)
