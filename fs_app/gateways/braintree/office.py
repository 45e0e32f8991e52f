"""The back office's questions on Braintree's SDK. See `fs_app.ports.GatewayOffice` for the contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import braintree as sdk

from fs_app.domain.money import Money
from fs_app.domain.payment import TransactionId
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import BraintreeAccount, Connection
from fs_app.ports import BatchLine, Dispute, GatewayRecord, Hint

# A search names no more ids than this, and does not say that there were more (Braintree: search results).
MOST_FOUND = 50_000
_SECOND = timedelta(seconds=1)


class BraintreeOffice:
    """Transactions of a day, settlement batches, disputes and webhooks."""

    def __init__(self, account: BraintreeAccount, *, most_found: int = MOST_FOUND) -> None:
        self._connection = Connection(account)
        self._sdk = self._connection.sdk
        self._most_found = most_found
        self._currencies: dict[str, str] = {}

    def transactions(self, since: datetime, until: datetime) -> Sequence[GatewayRecord] | None:
        """Search by the time of creation; a span with more than one search can name is asked for in halves."""
        first, last = _utc(since), _utc(until - timedelta(microseconds=1))
        if last < first:
            return ()
        found = self._connection.told(lambda: self._created(first, last))
        if found is not None and len(found) < self._most_found:
            return [each for each in found if since <= each.created_at < until]
        if found is None or first == last:
            return None
        middle = first.replace(tzinfo=UTC) + max(_SECOND, (last - first) // 2)
        halves = (self.transactions(since, middle), self.transactions(middle, until))
        return None if halves[0] is None or halves[1] is None else [*halves[0], *halves[1]]

    def settled(self, day: date) -> Sequence[GatewayRecord] | None:
        """Search by the batch, whose id begins with its day."""

        def ask() -> Sequence[GatewayRecord]:
            in_batch = sdk.TransactionSearch.settlement_batch_id.starts_with(day.isoformat())
            return answers.whole(self._sdk.transaction.search(in_batch))

        found = self._connection.told(ask)
        return found if found is not None and len(found) < self._most_found else None

    def bank_returns(self, since: datetime, until: datetime) -> Sequence[GatewayRecord] | None:
        """Search by the time of the bank's answer."""

        def ask() -> Sequence[GatewayRecord]:
            answered = sdk.TransactionSearch.ach_return_responses_created_at.between(_utc(since), _utc(until))
            return answers.whole(self._sdk.transaction.search(answered))

        found = self._connection.told(ask)
        return found if found is not None and len(found) < self._most_found else None

    def batches(self, day: date) -> Sequence[BatchLine] | None:
        """The report of the batches that were settled on a day, as the gateway counts days."""

        def ask() -> Sequence[BatchLine]:
            answer = self._sdk.settlement_batch_summary.generate(day.isoformat())
            return [self._line(each) for each in answer.settlement_batch_summary.records]

        return self._connection.told(ask)

    def dispute(self, dispute_id: str) -> Dispute | None:
        """Fetch one dispute by its id."""
        return self._connection.told(lambda: _dispute(self._sdk.dispute.find(dispute_id)))

    def hint(self, signature: str, payload: str) -> Hint | None:
        """Check the signature with our keys, offline, and read whom the webhook is about."""
        return self._connection.told(lambda: _hint(self._sdk.webhook_notification.parse(signature, payload)))

    def challenge(self, challenge: str) -> str | None:
        """Sign a challenge with our keys, offline."""
        return self._connection.told(lambda: str(self._sdk.webhook_notification.verify(challenge)))

    def _created(self, first: datetime, last: datetime) -> Sequence[GatewayRecord]:
        within = sdk.TransactionSearch.created_at.between(first, last)
        found = self._sdk.transaction.search(within)
        return answers.whole(found)

    def _line(self, record: Any) -> BatchLine:
        account = record["merchant_account_id"]
        return BatchLine(
            merchant_account=account,
            card_type=record["card_type"] or "",
            kind=record["kind"],
            count=int(record["count"]),
            amount=Money.parse(record["amount_settled"], self._currency(account)),
        )

    def _currency(self, merchant_account: str) -> str:
        """The currency of a merchant account, which the report leaves out: that of a transaction settled in it."""
        if merchant_account not in self._currencies:
            fields = sdk.TransactionSearch
            settled = [fields.merchant_account_id == merchant_account, fields.status == "settled"]
            self._currencies[merchant_account] = self._sdk.transaction.search(settled).first.currency_iso_code
        return self._currencies[merchant_account]


def _utc(moment: datetime) -> datetime:
    """Whole seconds without a zone, as the SDK writes whatever it is given as UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _dispute(found: Any) -> Dispute:
    return Dispute(
        id=found.id,
        transaction_id=TransactionId(found.transaction.id),
        status=found.status,
        kind=found.kind,
        reason=found.reason or "",
        amount=Money.parse(found.amount_disputed or found.amount, found.currency_iso_code),
        received_on=found.received_date,
        reply_by=found.reply_by_date,
    )


def _hint(notification: Any) -> Hint:
    """The ids alone: what else the notification says is asked for again."""
    dispute = getattr(notification, "dispute", None)
    transaction = dispute.transaction if dispute is not None else getattr(notification, "transaction", None)
    return Hint(
        kind=notification.kind,
        transaction_id=TransactionId(transaction.id) if transaction is not None else None,
        dispute_id=dispute.id if dispute is not None else None,
    )
