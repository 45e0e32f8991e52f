"""Settlement: the nightly batch on demand, a sale captured in parts, and what a day's batches came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fs_app.gateways.sandbox.exchange import ID, Answer, Call, Problems, Route, flag, refuse, text
from fs_app.gateways.sandbox.store import Books, Transaction, new_id
from fs_app.gateways.sandbox.transaction_view import answer
from fs_app.gateways.sandbox.transactions import change, known
from fs_app.gateways.sandbox.xml import Items, Tree

_SETTLEABLE = frozenset({"submitted_for_settlement", "settlement_pending", "settlement_confirmed", "settling"})
_TESTING = {
    "settle": "settled",
    "settlement_confirm": "settlement_confirmed",
    "settlement_decline": "settlement_declined",
    "settlement_pending": "settlement_pending",
}
# What the processor says to a settlement that is not just done.
_ANSWERS = {
    "settlement_declined": ("4001", "Settlement Declined"),
    "settlement_pending": ("4002", "Settlement Pending"),
}
# The notification that a settlement's end leads to, by the transaction's type and status.
_NOTIFIED = {
    ("sale", "settled"): "transaction_settled",
    ("credit", "settled"): "transaction_settled",
    ("sale", "settlement_declined"): "transaction_settlement_declined",
    ("credit", "settlement_declined"): "refund_failed",
}


@dataclass(frozen=True, slots=True)
class Disbursement:
    """What a night's settlement pays out to a merchant account, or takes from it where the amount is negative."""

    id: str
    account: str
    currency: str
    amount: Decimal
    day: date
    transaction_ids: tuple[str, ...]

    @classmethod
    def of(cls, books: Books, settled: Sequence[Transaction], now: datetime) -> Disbursement:
        """The sales less the credits, all of one account."""
        amount = sum((each.amount if each.type == "sale" else -each.amount for each in settled), Decimal())
        account = settled[0].account
        ids = tuple(each.id for each in settled)
        return cls(new_id(), account, books.merchant.accounts[account], amount, now.date(), ids)


def disbursement_view(disbursement: Disbursement) -> Tree:
    """All fields of a disbursement."""
    return {
        "id": disbursement.id,
        "amount": abs(disbursement.amount),
        "disbursement_date": disbursement.day,
        "disbursement_type": "credit" if disbursement.amount >= 0 else "debit",
        "transaction_ids": Items("item", disbursement.transaction_ids),
        "success": True,
        "retry": False,
        "exception_message": None,
        "follow_up_action": None,
        "merchant_account": {
            "id": disbursement.account,
            "currency_iso_code": disbursement.currency,
            "sub_merchant_account": False,
            "status": "active",
        },
    }


def settle(call: Call) -> Answer:
    """PUT /transactions/ID/settle and its sisters: what the nightly batch would do."""
    transaction = known(call)
    if not _is_due(transaction):
        refuse(call, "91575", "transaction")
    move_to(call.books, transaction, _TESTING[call.args[1]], call.now)
    return answer(transaction)


def settle_all(books: Books, now: datetime) -> int:
    """Settle all that is submitted; the number of transactions moved."""
    due = [each for each in books.transactions.values() if _is_due(each)]
    for transaction in due:
        move_to(books, transaction, "settled", now)
    for account in books.merchant.accounts:
        paid_out = [each for each in due if each.account == account]
        if paid_out:
            books.happened("disbursement", Disbursement.of(books, paid_out, now))
    return len(due)


def settle_one(books: Books, transaction_id: str, now: datetime) -> bool:
    """Settle one transaction; False where there is none that is submitted."""
    transaction = books.transactions.get(transaction_id)
    if transaction is None or not _is_due(transaction):
        return False
    move_to(books, transaction, "settled", now)
    return True


def expire_all(books: Books, now: datetime) -> int:
    """Let go of what was held for too long and never submitted; the number of transactions."""
    due = [
        each
        for each in books.transactions.values()
        if each.status == "authorized" and each.expires_at is not None and each.expires_at <= now
    ]
    for transaction in due:
        transaction.enter("authorization_expired", now)
    return len(due)


def move_to(books: Books, transaction: Transaction, status: str, now: datetime) -> None:
    """Enter a settlement status; a settled transaction belongs to the batch of its day and account.

    The merchant is notified of how it ended.
    """
    if status == "settled":
        transaction.batch_id = f"{now:%Y-%m-%d}_{transaction.account}_{new_id(6)}"
    code, words = _ANSWERS.get(status, (None, None))
    transaction.details.update(processor_settlement_response_code=code, processor_settlement_response_text=words)
    transaction.enter(status, now)
    kind = _NOTIFIED.get((transaction.type, status))
    if kind is not None:
        books.happened(kind, transaction)


def submit_part(call: Call) -> Answer:
    """POST /transactions/ID/submit_for_partial_settlement: a part is a sale of its own, as if it had been held for
    its amount. The sale it is taken from stays pending until the last part, which may be called final."""
    whole = known(call)
    parts = [call.books.transactions[name] for name in whole.part_ids]
    first = whole.status == "authorized"
    if whole.type != "sale" or whole.whole_id is not None or not (first or parts):
        refuse(call, "915103", "transaction")
    if whole.status not in ("authorized", "settlement_pending") or whole.details.get("final_capture"):
        refuse(call, "915103", "transaction")
    left = whole.amount - sum((part.amount for part in parts if part.status != "voided"), Decimal())
    problems = Problems()
    if text(call.params, "amount") is None:
        problems.add("81502", "transaction")
    part = replace(
        whole,
        id=new_id(),
        created_at=call.now,
        details=dict(whole.details),
        refund_ids=[],
        part_ids=[],
        disputes=[],
        whole_id=whole.id,
        history=[],
    )
    change(call, part, left, problems)
    for status in ("authorized", "submitted_for_settlement"):
        part.enter(status, call.now)
    call.books.transactions[part.id] = part
    whole.part_ids.append(part.id)
    whole.details["final_capture"] = flag(call.params, "final_capture")
    if first:
        move_to(call.books, whole, "settlement_pending", call.now)
    return answer(part, 201)


def summary(call: Call) -> Answer:
    """POST /settlement_batch_summary: counts and sums of what was settled on a day, by card type and account."""
    given, field = call.params.get("settlement_date"), text(call.params, "group_by_custom_field")
    problems, day = Problems(), _day(given)
    if day is None:
        problems.add("82301" if given is None else "82302", "settlement_batch_summary")
    if field is not None and field not in call.books.merchant.custom_fields:
        problems.add("82303", "settlement_batch_summary")
    problems.refuse(call)
    settled = (each for each in call.books.transactions.values() if (each.batch_id or "").startswith(f"{day}_"))
    return Answer(200, "settlement_batch_summary", {"records": Items("record", _records(settled, field))})


def _records(settled: Iterable[Transaction], field: str | None) -> list[Tree]:
    records: dict[tuple[Any, ...], Tree] = {}
    for each in settled:
        group: Tree = {"card_type": each.card.card_type, "merchant_account_id": each.account, "kind": each.type}
        if field is not None:
            group[field] = (each.details.get("custom_fields") or {}).get(field)
        record = records.setdefault(tuple(group.values()), {**group, "count": 0, "amount_settled": Decimal()})
        record["count"] += 1
        record["amount_settled"] += each.amount
    return list(records.values())


def _day(given: Any) -> date | None:
    if isinstance(given, datetime):
        return given.date()
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _is_due(transaction: Transaction) -> bool:
    """Submitted, and not a sale whose parts are settled in its place."""
    return transaction.status in _SETTLEABLE and not transaction.part_ids


ROUTES: tuple[Route, ...] = (
    ("PUT", f"/transactions/{ID}/(settle|settlement_(?:confirm|decline|pending))", settle),
    ("POST", f"/transactions/{ID}/submit_for_partial_settlement", submit_part),
    ("POST", "/settlement_batch_summary", summary),
)
