"""The differences there can be between the ledger and the gateway: what each means and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fs_app.domain.payment import OrderId, PaymentId, TransactionId


class DifferenceKind(StrEnum):
    """Named for programs; `CAUSES` and `ADVICE` speak to people."""

    NO_ATTEMPT = "no_attempt"
    CAPTURED_OPEN_HERE = "captured_open_here"
    CAPTURED_NOT_PAID_HERE = "captured_not_paid_here"
    CAPTURED_TWICE = "captured_twice"
    HELD = "held"
    ABSENT_THERE = "absent_there"
    ANOTHER_TRANSACTION = "another_transaction"
    NOT_CAPTURED_THERE = "not_captured_there"
    GIVEN_BACK_THERE = "given_back_there"
    RETURNED_THERE = "returned_there"
    DECLINED_THERE = "declined_there"
    OPEN_HERE = "open_here"
    AMOUNT_DIFFERS = "amount_differs"
    SETTLED_THERE = "settled_there"
    SETTLED_HERE = "settled_here"
    UNREADABLE = "unreadable"
    REFUND_NOT_HERE = "refund_not_here"
    REFUND_NOT_THERE = "refund_not_there"
    REFUND_OPEN_HERE = "refund_open_here"
    REFUNDED_TWICE = "refunded_twice"
    BATCH_DIFFERS = "batch_differs"
    DISPUTE_OPEN = "dispute_open"
    DISPUTE_LOST = "dispute_lost"


_K = DifferenceKind
# Every kind: the likely cause, what to do.
_TABLE: dict[DifferenceKind, tuple[str, str]] = {
    _K.NO_ATTEMPT: (
        "a transaction with an order id like ours, of which the ledger knows nothing: the database was set back, or"
        " another installation uses the account",
        "find out whose it is; if nobody's, give the money back in the gateway's control panel",
    ),
    _K.CAPTURED_OPEN_HERE: (
        "the money is taken; the attempt is still open here: its reply was lost and the jobs have not settled it",
        "see that `fs-app jobs` runs; if it does, `fs-app payments list --stuck` tells why it waits",
    ),
    _K.CAPTURED_NOT_PAID_HERE: (
        "the money is taken; the payer was told that it was not",
        "give it back in the gateway's control panel, or credit the account; tell the payer",
    ),
    _K.CAPTURED_TWICE: (
        "more than one transaction took money for one attempt",
        "keep the one in the ledger, void or refund this one in the gateway's control panel",
    ),
    _K.HELD: (
        "an authorisation that nobody will submit: the payer's money is blocked until it runs out",
        "see that `fs-app jobs` runs, which gives it back; or void it in the gateway's control panel",
    ),
    _K.ABSENT_THERE: (
        "paid here, and the gateway has no such transaction: the ledger came from another account or environment",
        "check gateway.merchant_id and gateway.kind; then treat the payment as not paid",
    ),
    _K.ANOTHER_TRANSACTION: (
        "paid, but by another transaction than the one in the ledger",
        "look at both in the gateway's control panel; refunds go to the one in the ledger",
    ),
    _K.NOT_CAPTURED_THERE: (
        "paid here, only authorised there: no money will arrive",
        "submit it for settlement in the gateway's control panel before the authorisation runs out",
    ),
    _K.GIVEN_BACK_THERE: (
        "paid here, voided or run out there: somebody voided it in the gateway's control panel",
        "treat the payment as not paid; void from here with `fs-app payments void`",
    ),
    _K.RETURNED_THERE: (
        "paid here; the settlement was declined or the bank took the money back",
        "see that `fs-app jobs` runs, which records it; then collect the bill again",
    ),
    _K.DECLINED_THERE: (
        "paid here, declined there",
        "treat the payment as not paid, and report it: this must not happen",
    ),
    _K.OPEN_HERE: (
        "the attempt is still open here and took no money there: the bill is blocked for other payments",
        "see that `fs-app jobs` runs; if it does, `fs-app payments list --stuck` tells why it waits",
    ),
    _K.AMOUNT_DIFFERS: (
        "the amount or the currency is not the one that was agreed to",
        "refund the difference, or void it and take the payment again",
    ),
    _K.SETTLED_THERE: (
        "settled there for more than a day and not here: the jobs did not look",
        "see that `fs-app jobs` runs; it looks once a day after a payment",
    ),
    _K.SETTLED_HERE: (
        "settled here, not there",
        "look again tomorrow; if it stays, report it: this must not happen",
    ),
    _K.UNREADABLE: (
        "the gateway tells a status that we do not know",
        "look at the transaction in the gateway's control panel; update fs_app",
    ),
    _K.REFUND_NOT_HERE: (
        "a refund of which the ledger knows nothing, or which it has as failed: was it made in the control panel?",
        "correct the account of the payer; refund from here with `fs-app payments refund`",
    ),
    _K.REFUND_NOT_THERE: (
        "given back here; the gateway has no such refund, or it failed",
        "refund it again with `fs-app payments refund` and a key of its own",
    ),
    _K.REFUND_OPEN_HERE: (
        "nobody knows yet whether the refund was made",
        "see that `fs-app jobs` runs; do not repeat the refund before this line has gone",
    ),
    _K.REFUNDED_TWICE: (
        "more than one transaction gave money back for one refund",
        "collect the surplus from the payer, and report it: this must not happen",
    ),
    _K.BATCH_DIFFERS: (
        "the gateway's report of the day's batches and the transactions in them add up to different sums",
        "look again tomorrow; if it stays, ask the gateway's support with both sums",
    ),
    _K.DISPUTE_OPEN: (
        "the payer disputes the payment with their bank",
        "answer it in the gateway's control panel before the date given",
    ),
    _K.DISPUTE_LOST: (
        "the bank took the money back",
        "correct the account of the payer",
    ),
}
CAUSES = {kind: cause for kind, (cause, _) in _TABLE.items()}
ADVICE = {kind: advice for kind, (_, advice) in _TABLE.items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement. ``ledger`` and ``gateway`` say what each side has, in words; empty where it has nothing."""

    kind: DifferenceKind
    at: datetime | None = None  # UTC
    order_id: OrderId | None = None
    transaction_id: TransactionId | None = None
    payment_id: PaymentId | None = None
    ledger: str = ""
    gateway: str = ""

    @property
    def cause(self) -> str:
        """What probably happened."""
        return CAUSES[self.kind]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return ADVICE[self.kind]
