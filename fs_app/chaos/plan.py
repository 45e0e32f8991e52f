"""What a campaign is about to do: payments, who pays them, and what goes wrong with each."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fs_app.chaos.faults import Fault

ACCOUNT_BASE = 100_000
_FAIR = (1_000, 199_999)  # the amounts, in minor units, that the local gateway authorises
_DECLINED = (200_000, 299_999)  # and those it declines


class Payer(StrEnum):
    """Through what somebody pays."""

    PHONE = "phone"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Planned:
    """One payment that is to be made. Its amount is its own, so that whatever is seen of it can be told apart."""

    number: int
    minor: int
    fault: Fault

    @property
    def account(self) -> str:
        """The number of the account that owes it."""
        return str(ACCOUNT_BASE + self.number)

    @property
    def payer_names(self) -> Sequence[tuple[Payer, str]]:
        """Who pays it, each with a name of their own."""
        return [(Payer(payer), f"{self.number}-{payer}-{index}") for index, payer in enumerate(self.fault.payers)]


def plan(count: int, faults: Sequence[Fault], seed: int) -> list[Planned]:
    """Every fault once where there is room, then as often as its share says; the same for the same seed."""
    chance = random.Random(seed)
    chosen = list(faults[:count])
    chosen += chance.choices(faults, [fault.share for fault in faults], k=count - len(chosen))
    chance.shuffle(chosen)
    fair, declined = _amounts(chance, _FAIR, count), _amounts(chance, _DECLINED, count)
    return [
        Planned(number, next(declined if fault.declined else fair), fault)
        for number, fault in enumerate(chosen, start=1)
    ]


def _amounts(chance: random.Random, span: tuple[int, int], count: int) -> Iterator[int]:
    return iter(chance.sample(range(*span), count))
