"""A US bank account as a caller keys it, and the checks it passes before it is sent anywhere.

Sources: the ABA's rule for routing numbers (nine digits, checked by weights 3, 7, 1), the ranges of its first two
digits, Nacha's field for account numbers (4 to 17 digits). The names are those of the largest banks by routing
numbers which they publish themselves; of any other bank the digits are read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from fs_app.domain.bill import Holder
from fs_app.domain.means import MeansKind
from fs_app.domain.secret import Secret

ROUTING_LENGTH = 9
SHORTEST, LONGEST = 4, 17  # keys of an account number
_WEIGHTS = (3, 7, 1) * 3
# Federal Reserve districts 1 to 12: banks, thrifts (+20), electronic (+60); 0 is the government's, 80 cheques'.
_RANGES = (range(1, 13), range(21, 33), range(61, 73))


class AccountType(StrEnum):
    """What kind of account it is, in the gateway's words."""

    CHECKING = "checking"
    SAVINGS = "savings"


def routing_ok(digits: str) -> bool:
    """True where a bank can have this routing number: its district and its check digit fit."""
    if len(digits) != ROUTING_LENGTH or not digits.isascii() or not digits.isdigit():
        return False
    if not any(int(digits[:2]) in district for district in _RANGES):
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 10 == 0


_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "ally": ("124003116",),
    "american_express": ("124085066",),
    "bank_of_america": ("026009593", "121000358", "111000025", "063100277", "053000196"),
    "bmo": ("071000288",),
    "capital_one": ("031176110", "065000090", "051405515"),
    "chase": ("021000021", "322271627", "071000013", "111000614"),
    "citibank": ("021000089", "321171184", "266086554"),
    "citizens": ("011500120", "036076150", "211070175", "011401533"),
    "discover_bank": ("031100649",),
    "fifth_third": ("042000314",),
    "first_citizens": ("053100300",),
    "goldman_sachs": ("124085024",),
    "hsbc": ("021001088",),
    "huntington": ("044000024",),
    "keybank": ("041001039",),
    "m_and_t": ("022000046",),
    "navy_federal": ("256074974",),
    "pnc": ("043000096", "041000124", "031000053"),
    "regions": ("062000019",),
    "santander": ("231372691",),
    "schwab": ("121202211",),
    "td_bank": ("011103093", "031201360", "026013673"),
    "truist": ("053101121", "061000104"),
    "us_bank": ("091000022", "122105155", "042000013"),
    "usaa": ("314074269",),
    "wells_fargo": ("121000248", "121042882", "111900659", "026012881"),
}
BANKS: Mapping[str, str] = MappingProxyType(
    {number: name for name, numbers in _NUMBERS.items() for number in numbers}
)
"""Names of banks by routing number. Phrases are named ``bank_<name>``."""


_WRITTEN = {
    "american_express": "American Express", "bank_of_america": "Bank of America", "bmo": "BMO",
    "discover_bank": "Discover Bank", "fifth_third": "Fifth Third Bank", "goldman_sachs": "Goldman Sachs",
    "hsbc": "HSBC", "keybank": "KeyBank", "m_and_t": "M&T Bank", "pnc": "PNC Bank", "schwab": "Charles Schwab Bank",
    "td_bank": "TD Bank", "us_bank": "U.S. Bank", "usaa": "USAA",
}  # fmt: skip
WRITTEN: Mapping[str, str] = MappingProxyType(
    {name: _WRITTEN.get(name, name.replace("_", " ").title()) for name in _NUMBERS}
)
"""The names as they are written, by the names in `BANKS`."""


def bank_of(routing: str) -> str | None:
    """The name of the bank, None where it is not one of the largest."""
    return BANKS.get(routing)


@dataclass(slots=True, eq=False)
class BankAccount:
    """A bank account as the caller keyed it. Lives in memory only and is wiped at every end of the call.

    ``mandate`` is the authorisation as it was read out and agreed to, which the gateway keeps with the account.
    ``brand`` is the bank's name where it is known; it and ``last_four`` may be told and stored.
    """

    routing: Secret = field(repr=False)
    number: Secret = field(repr=False)
    type: AccountType = AccountType.CHECKING
    holder: Holder = field(default_factory=Holder, repr=False)
    mandate: str = ""
    brand: str = ""
    last_four: str = ""

    @property
    def kind(self) -> MeansKind:
        """A bank account."""
        return MeansKind.BANK

    def copy(self) -> BankAccount:
        """One of its own with the same digits: wiping one leaves the other."""
        return BankAccount(
            routing=Secret(self.routing.reveal()),
            number=Secret(self.number.reveal()),
            type=self.type,
            holder=self.holder,
            mandate=self.mandate,
            brand=self.brand,
            last_four=self.last_four,
        )

    def wipe(self) -> None:
        """Overwrite every digit. The bank's name and the last four stay: they are what a receipt may say."""
        self.routing.wipe()
        self.number.wipe()

    @property
    def wiped(self) -> bool:
        """True once nothing is left that could be charged."""
        return not len(self.number)
