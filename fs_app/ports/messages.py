"""Written messages: receipts and what else a payer is told after the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from fs_app.domain.agreement import AgreementId
from fs_app.domain.bill import Bill
from fs_app.domain.booking import News
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Payment, PaymentId


class Delivery(StrEnum):
    """How sending a message ended."""

    SENT = "sent"  # the provider took it
    NOT_SENT = "not_sent"  # certainly not taken: no connection, or a refusal that may pass
    REFUSED = "refused"  # certainly not taken, and never will be: the address, our keys
    UNKNOWN = "unknown"  # handed over, no trusted answer


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``key`` is the same at every try, for providers that drop repeats; ``subject`` is for mail."""

    to: Contact
    text: str
    key: str
    subject: str = ""


class Messenger(Protocol):
    """A way to send messages. Never raises; answers within its own deadline."""

    def send(self, message: Message) -> Delivery:
        """Send one message."""
        ...


class ReceiptKind(StrEnum):
    """What a payer is told in writing; the text is a template of that name, per language."""

    PAID = "paid"
    NOT_PAID = "not_paid"  # a payment that was being checked took no money
    REFUNDED = "refunded"
    VOIDED = "voided"  # a payment that was told as paid was given back
    RETURNED = "returned"  # a payment that was told as paid did not arrive: the bank took it back
    # Of an agreement:
    AGREED = News.AGREED.value
    ANNOUNCED = News.ANNOUNCED.value
    DECLINED = News.DECLINED.value
    FAILED = News.FAILED.value
    STOPPED = News.STOPPED.value
    CANCELLED = News.CANCELLED.value
    LINK = "link"  # where a bill can be paid: about no payment yet


class ReceiptState(StrEnum):
    """Where a receipt stands."""

    WAITING = "waiting"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"  # sent twice without a trusted answer: not a third time
    FAILED = "failed"  # the provider will not take it


@dataclass(frozen=True, slots=True)
class AgreementNews:
    """What a message tells of an agreement: its ``number``, what is charged, the due date it is about and the day
    of the next charge. ``terms`` is what was agreed to, word by word."""

    agreement_id: AgreementId
    number: str
    account_id: str
    brand: str
    last_four: str
    terms: str
    due_on: date | None = None
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class PayLink:
    """Where an account's bill can be paid, as it is sent; ``url`` is empty once it was."""

    account_id: str
    url: str


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """``amount`` of a bill is to be paid on the operator's page: the caller wants it, or an agent (``by``) sends it
    to where the caller says."""

    call_uuid: str
    account_id: str
    bill: Bill
    amount: Money
    to: Contact
    language: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link that was sent, and what became of it.

    ``opened_at`` and ``opens`` tell of persons, as far as a program can be told from one; ``opens`` is None where
    the link leads to the operator's page without us (no setting ``web.public_url``). ``paid`` is whether the bill
    was paid since, by whatever way.
    """

    receipt_id: int
    call_uuid: str
    account_id: str
    bill_id: str
    amount: Money
    to: Contact
    by: str  # the agent who sent it; empty where the caller did
    state: ReceiptState
    created_at: datetime  # UTC
    opened_at: datetime | None = None
    opens: int | None = None
    paid: bool = False


class Links(Protocol):
    """Sends callers to the operator's own page. Raises StoreUnavailable."""

    def send(self, request: LinkRequest) -> bool:
        """Put a link into the outbox, once for each bill and address in a call; False where the operator has no
        page."""
        ...

    def links_of(self, *, account_id: str | None = None, call_uuid: str | None = None) -> Sequence[LinkRecord]:
        """The links of an account, or of a call, the newest first."""
        ...


class LinkTargets(Protocol):
    """Where the links lead that were sent through us. Raises StoreUnavailable."""

    def follow(self, token: str, *, person: bool) -> str | None:
        """The page that is behind a token; None for one that was never sent. A ``person`` is counted, once within
        some seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt in the outbox, or another message: about a payment, about an agreement (``news``), or with a link
    to pay. ``sends`` counts the times it may have left us: two at most. ``amount`` is what was paid or given back,
    or is to be paid; the number to print is the payment's confirmation number, or the agreement's."""

    id: int
    kind: ReceiptKind
    payment: Payment | None
    amount: Money
    to: Contact
    language: str
    state: ReceiptState
    sends: int
    created_at: datetime  # UTC
    news: AgreementNews | None = None
    link: PayLink | None = None


class Outbox(Protocol):
    """The receipts that were written with their payments. Raises StoreUnavailable."""

    def receipt(self, receipt_id: int) -> Receipt:
        """A receipt as it stands. KeyError for an unknown id."""
        ...

    def sending(self, receipt_id: int) -> Receipt | None:
        """Commit that it is about to be sent; None where it may not be sent any more: sent, or sent twice. One that
        failed may be sent again: a person has woken its task."""
        ...

    def sent(self, receipt_id: int, delivery: Delivery) -> Receipt:
        """Record how a send ended, once for each. One that was certainly not taken does not count."""
        ...

    def receipts(
        self, *, payment_id: PaymentId | None = None, agreement_id: AgreementId | None = None
    ) -> Sequence[Receipt]:
        """The receipts of a payment, or the messages about an agreement, or all, oldest first."""
        ...
