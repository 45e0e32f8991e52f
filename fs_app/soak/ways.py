"""The ways callers go through the shipped flow, as a table, and where they leave it.

A way is what somebody keys where it is not what everybody keys; a twist is what happens at one of its prompts: the
caller hangs up, wants a person or falls silent. Every way with every twist at every prompt: that is every step of
the flow, left in every manner.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

FLOW = "pay_balance"
ACCOUNT_BASE = 1_000_000
PIN, POSTAL_CODE = "1234", "94107"
CARD = "4111111111111111"
QUEUE, EMPTY_QUEUE = "payments", "nobody"

REPLIES: Mapping[str, str] = {
    "enter_account_number": "{account}#",
    "enter_pin": PIN,
    "amount_read_back": "1",
    "pay_full": "1",
    "pay_other": "2",
    "enter_amount": "5000#",
    "enter_card_number": CARD,
    "enter_expiry": "1231",
    "enter_security_code": "123",
    "enter_postal_code": POSTAL_CODE,
    "confirm_payment": "1",
    "offer_amount_or_card": "1",
    "offer_other_card": "1",
    "for_a_person_or_end": "2",
}
"""What everybody keys at a phrase; at any other they listen."""


class Twist(StrEnum):
    """What a caller does at one prompt instead of going on."""

    NONE = "none"
    HANG_UP = "hangs up in a prompt"
    HANG_UP_KEYED = "hangs up right after a key"  # that meets what says nothing: look-ups, the charge
    AGENT = "wants a person"
    SILENCE = "falls silent"


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the flow. ``replies``: by phrase, one for each time it is asked, then as everybody.

    ``dollars``: what the bill is about; the local gateway declines from 2000 on, by that code. ``callers`` ring at
    the same time about the same bill.
    """

    name: str
    share: float
    replies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dollars: tuple[int, int] = (10, 1999)
    known: bool = False  # by the telephone number
    closed: bool = False
    owes: bool = True
    queue: str = QUEUE
    callers: int = 1
    prompts: int = 13  # so many are heard, more or less: a twist comes at one of them


def _declined(code: int, **more: Any) -> Way:
    return Way(f"declined {code}", 1.5, dollars=(code, code), prompts=22, **more)


_ALL_AHEAD = "{account}#" + PIN + "1" + CARD + "1231" + "123" + POSTAL_CODE

WAYS: Sequence[Way] = (
    Way("pays", 8.0),
    Way("is known by number", 2.0, known=True),
    Way("is declined, pays less", 2.0, {"pay_full": ["1", "2"]}, (2001, 2001), prompts=20),
    Way("pays less", 1.0, {"pay_full": ["2"]}),
    Way("mistypes the PIN", 1.0, {"enter_pin": ["9999"]}),
    Way("never knows the PIN", 0.5, {"enter_pin": ["9999"] * 5}),
    Way("mistypes the card", 1.0, {"enter_card_number": ["4111111111111112"], "enter_expiry": ["1301", "0120"]}),
    Way("changes amount and card", 1.0, {"confirm_payment": ["2", "3"], "pay_full": ["1", "2"]}),
    Way("types ahead", 2.0, {"enter_account_number": [_ALL_AHEAD]}),
    Way("owes nothing", 1.0, owes=False, prompts=6),
    Way("owes nothing, wants a person", 0.5, {"for_a_person_or_end": ["1"]}, owes=False, prompts=7),
    Way("has a closed account", 0.5, closed=True, prompts=5),
    Way("two pay one bill", 1.5, callers=2),
    Way("finds no agent", 1.0, {"confirm_payment": ["0#"]}, queue=EMPTY_QUEUE, prompts=14),
    _declined(2000),  # another card
    _declined(2004),  # the expiry
    _declined(2005),  # the number
    _declined(2010),  # the security code
    _declined(2041, queue=EMPTY_QUEUE),  # a person
    _declined(2059),  # the postal code
)

_TWISTS = {Twist.NONE: 5.0, Twist.HANG_UP: 3.0, Twist.HANG_UP_KEYED: 3.0, Twist.AGENT: 0.7, Twist.SILENCE: 0.5}


@dataclass(frozen=True, slots=True)
class Errand:
    """One caller about to dial, as the switch's process is told of it. Amounts in minor units."""

    id: int
    number: int  # of the account and its bill: two who pay one bill have the same
    way: str
    twist: Twist
    at: int  # the prompt at which the twist comes, from 0, if the call gets there
    hosts: tuple[str, ...]
    thinks: float  # so many seconds at most, before each key and in each talk
    seed: int

    @property
    def account(self) -> str:
        """The account's number."""
        return str(ACCOUNT_BASE + self.number)

    @property
    def caller_id(self) -> str:
        """The telephone that rings us."""
        return f"1555{self.number:07d}"

    def order(self) -> dict[str, Any]:
        """As it goes to the switch's process."""
        return asdict(self)

    @classmethod
    def read(cls, order: Mapping[str, Any]) -> Errand:
        """As it came."""
        return cls(**{**order, "twist": Twist(order["twist"]), "hosts": tuple(order["hosts"])})


BY_NAME: Mapping[str, Way] = {way.name: way for way in WAYS}


def choose(chance: random.Random) -> tuple[Way, Twist, int]:
    """A way, a twist and its prompt, by their shares."""
    way = chance.choices(WAYS, [each.share for each in WAYS])[0]
    twist = chance.choices(list(_TWISTS), list(_TWISTS.values()))[0]
    return way, twist, chance.randrange(way.prompts)
