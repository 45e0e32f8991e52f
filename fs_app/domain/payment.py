"""A payment attempt: its states, what may follow what, and the four ways a charge can end.

Laws, in this order:

1. A charge ends as `Approved`, `Declined`, `Unavailable` (nothing was sent) or `Unknown` (sent, no trusted
   answer). Only the processor can decline.
2. The attempt is committed as OPENED, with its unique order id, before the first byte goes to the gateway.
3. An authorisation is recorded before it is submitted for settlement, so a reply lost in between leaves an
   authorisation, never a capture.
4. A move that is not in `TRANSITIONS` is an error. History is appended to, never changed.
5. So a capture only ever follows a recorded authorisation, whoever finds it: no way leads round AUTHORISED.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fs_app.domain.allocation import Allocation
from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.contact import Contact
from fs_app.domain.means import Kept, MeansKind, SavedMethod
from fs_app.domain.money import Money

Means = Card | SavedMethod | BankAccount
"""What a payment is made with."""

OrderId = NewType("OrderId", str)
PaymentId = NewType("PaymentId", int)
TransactionId = NewType("TransactionId", str)


class PaymentState(StrEnum):
    """Where a payment attempt stands."""

    OPENED = "opened"  # committed; the gateway may or may not have been asked
    AUTHORISED = "authorised"  # the money is held, not taken
    SUBMITTED = "submitted"  # submitted for settlement: paid
    SETTLED = "settled"  # the processor has moved the money
    DECLINED = "declined"  # the processor or the gateway's rules said no
    NOT_SENT = "not_sent"  # nothing reached the gateway, or it refused to process it: not charged
    UNKNOWN = "unknown"  # sent, no trusted answer
    VOIDED = "voided"  # the authorisation was given back before settlement
    REFUNDED = "refunded"  # captured money was given back, whole
    RETURNED = "returned"  # the settlement was declined, or a bank took the money back (an ACH return)


TRANSITIONS: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.OPENED: frozenset(
        {PaymentState.AUTHORISED, PaymentState.DECLINED, PaymentState.NOT_SENT, PaymentState.UNKNOWN}
    ),
    PaymentState.UNKNOWN: frozenset({PaymentState.AUTHORISED, PaymentState.DECLINED, PaymentState.NOT_SENT}),
    PaymentState.AUTHORISED: frozenset({PaymentState.SUBMITTED, PaymentState.VOIDED}),
    PaymentState.SUBMITTED: frozenset(
        {PaymentState.SETTLED, PaymentState.VOIDED, PaymentState.REFUNDED, PaymentState.RETURNED}
    ),
    PaymentState.SETTLED: frozenset({PaymentState.REFUNDED, PaymentState.RETURNED}),
    PaymentState.DECLINED: frozenset(),
    PaymentState.NOT_SENT: frozenset(),
    PaymentState.VOIDED: frozenset(),
    PaymentState.REFUNDED: frozenset(),
    PaymentState.RETURNED: frozenset(),
}

# While an attempt is in one of these, no other attempt on the same bill may be opened.
OPEN_STATES = frozenset({PaymentState.OPENED, PaymentState.UNKNOWN, PaymentState.AUTHORISED})
# The states whose amount counts as paid towards the bill.
PAID_STATES = frozenset({PaymentState.SUBMITTED, PaymentState.SETTLED})
# The states of a payment that gave its money back.
GAVE_BACK_STATES = frozenset({PaymentState.VOIDED, PaymentState.REFUNDED, PaymentState.RETURNED})


@dataclass(frozen=True, slots=True)
class Approved:
    """The processor holds the money: an authorisation, not yet submitted for settlement.

    ``kept`` is the method that the gateway keeps from now on, where it was asked to. ``debit`` tells a debit card
    from a credit card, None where nobody knows.
    """

    transaction_id: TransactionId
    amount: Money
    kept: Kept | None = None
    debit: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Declined:
    """The processor, or a rule of the gateway, said no. ``code`` is the processor response code or, for a
    gateway rejection, ``gateway_<reason>``; the coaching table in ``domain/decline.py`` knows them."""

    code: str
    transaction_id: TransactionId | None = None
    advice: str | None = None  # Mastercard merchant advice code, where one came


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Nothing was charged, for certain: no connection, bad keys, or the request was refused as malformed.

    ``reason`` is free of card data. ``field`` names the card field that the gateway found invalid, if one was.
    """

    reason: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something was sent and no trusted answer came. Never told as "paid", never as "not charged"."""

    reason: str
    transaction_id: TransactionId | None = None


ChargeResult = Approved | Declined | Unavailable | Unknown


@dataclass(frozen=True, slots=True)
class Submitted:
    """The gateway took the authorisation for settlement (now, or at an earlier try)."""

    transaction_id: TransactionId


@dataclass(frozen=True, slots=True)
class Voided:
    """The authorisation or the unsettled capture was given back, or ran out."""

    transaction_id: TransactionId
    reason: str = "given back"


@dataclass(frozen=True, slots=True)
class Settled:
    """The processor has moved the money."""

    transaction_id: TransactionId


@dataclass(frozen=True, slots=True)
class Returned:
    """The money did not arrive after all. ``code`` is the processor's, or an ACH return code such as R01."""

    transaction_id: TransactionId
    code: str = ""


Event = ChargeResult | Submitted | Voided | Settled | Returned


def state_after(event: Event) -> PaymentState:
    """The state that an answer of the gateway leads to."""
    match event:
        case Approved():
            return PaymentState.AUTHORISED
        case Declined():
            return PaymentState.DECLINED
        case Unavailable():
            return PaymentState.NOT_SENT
        case Unknown():
            return PaymentState.UNKNOWN
        case Submitted():
            return PaymentState.SUBMITTED
        case Voided():
            return PaymentState.VOIDED
        case Settled():
            return PaymentState.SETTLED
        case Returned():
            return PaymentState.RETURNED


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a caller agreed to pay. ``last_four`` and ``brand`` are all that is kept of the card.

    ``amount`` is all that is charged, with the ``fee`` in it. ``bill_id`` is the bill, or the first of several;
    ``allocations`` say what of the amount goes to which, and are empty where all but the fee goes to the one.
    ``instalment`` is what of an agreement it pays: no other attempt pays that. ``receipt_to`` is where the receipt
    goes, None where nobody wants one, and ``language`` its language. ``taken_before`` is what the ledger had taken
    towards the bill when its balance was told, None where nobody knows; it is compared when the attempt is opened,
    and not kept.
    """

    call_uuid: str
    account_id: str
    bill_id: str
    amount: Money
    brand: str = ""
    last_four: str = ""
    channel: str = "phone"
    caller_id: str = ""
    language: str = "en"
    receipt_to: Contact | None = None
    taken_before: Money | None = field(default=None, compare=False)
    fee: Money | None = None
    means: MeansKind = MeansKind.CARD
    instalment: str | None = None
    allocations: tuple[Allocation, ...] = field(default=(), compare=False)

    def split(self) -> tuple[Allocation, ...]:
        """What goes to which bill; it sums to the amount less the fee."""
        if self.allocations:
            return self.allocations
        amount = self.amount if self.fee is None else self.amount - self.fee
        return (Allocation(self.bill_id, amount, taken_before=self.taken_before),)


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt, as the ledger has it."""

    id: PaymentId
    order_id: OrderId
    confirmation: str  # digits; spoken and printed
    state: PaymentState
    request: PaymentRequest
    opened_at: datetime  # UTC
    transaction_id: TransactionId | None = None


class Ending(StrEnum):
    """The only three things a caller is told about their money."""

    PAID = "paid"
    NOT_PAID = "not_paid"
    BEING_CHECKED = "being_checked"


ENDINGS: dict[PaymentState, Ending] = {
    PaymentState.SUBMITTED: Ending.PAID,
    PaymentState.SETTLED: Ending.PAID,
    PaymentState.DECLINED: Ending.NOT_PAID,
    PaymentState.NOT_SENT: Ending.NOT_PAID,
    PaymentState.VOIDED: Ending.NOT_PAID,
    PaymentState.REFUNDED: Ending.NOT_PAID,
    PaymentState.RETURNED: Ending.NOT_PAID,
    PaymentState.OPENED: Ending.BEING_CHECKED,
    PaymentState.UNKNOWN: Ending.BEING_CHECKED,
    PaymentState.AUTHORISED: Ending.BEING_CHECKED,
}
