"""Transactions after their making: find, submit for settlement, void, refund.

Sales are in ``sales.py``, settlement in ``settlement.py``.
"""

from __future__ import annotations

import re
from decimal import Decimal

from fs_app.gateways.sandbox.behaviour import NOT_APPLICABLE, refund_verdict
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, refuse, text
from fs_app.gateways.sandbox.particulars import read_particulars
from fs_app.gateways.sandbox.store import Transaction, new_id
from fs_app.gateways.sandbox.transaction_view import answer

AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")
LARGEST = Decimal("100000000")
DESCRIPTOR: dict[str, tuple[str, str]] = {
    "name": ("92201", r"(?=.{1,22}$)(.{3}|.{7}|.{12})\*.+"),
    "phone": ("92202", r"(?=.{10,14}$)[^0-9]*([0-9][^0-9]*){10}"),
    "url": ("92206", r".{1,13}"),
}


def find(call: Call) -> Answer:
    """GET /transactions/ID. A declined one is found like any other."""
    found = answer(known(call))
    return found if found.status == 200 else Answer(200, "transaction", found.node["transaction"])


def submit(call: Call) -> Answer:
    """PUT /transactions/ID/submit_for_settlement, with a lower amount if one is given."""
    transaction = known(call)
    if transaction.type != "sale" or transaction.status != "authorized":
        refuse(call, "91507", "transaction")
    change(call, transaction, transaction.amount, Problems())
    transaction.enter("submitted_for_settlement", call.now)
    return answer(transaction)


def update_details(call: Call) -> Answer:
    """PUT /transactions/ID/update_details: amount, order id and descriptor, until it settles."""
    transaction = known(call)
    if transaction.type != "sale" or transaction.status != "submitted_for_settlement":
        refuse(call, "915129", "transaction")
    authorized = next(event.amount for event in transaction.history if event.status == "authorized")
    change(call, transaction, authorized, Problems())
    transaction.updated_at = call.now
    return answer(transaction)


def change(call: Call, transaction: Transaction, most: Decimal, problems: Problems) -> None:
    """Write into the transaction what the request gives; Refused for any problem, as for more than ``most``."""
    amount = read_amount(call, problems, required=False)
    order_id = text(call.params, "order_id")
    if amount is not None and amount > most:
        problems.add("91522", "transaction")
    if len(order_id or "") > 255:
        problems.add("91501", "transaction")
    check_descriptor(call, problems)
    particulars = read_particulars(call, problems)
    problems.refuse(call)
    descriptor = call.section("descriptor")
    transaction.details.update(
        {f"descriptor_{name}": text(descriptor, name) for name in DESCRIPTOR.keys() & descriptor}
    )
    transaction.details.update({name: value for name, value in particulars.items() if name in call.params})
    transaction.amount = transaction.amount if amount is None else amount
    transaction.order_id = order_id or transaction.order_id


def void(call: Call) -> Answer:
    """PUT /transactions/ID/void."""
    transaction = known(call)
    pending = transaction.bank is not None and transaction.status == "settlement_pending"
    if not pending and transaction.status not in ("authorized", "submitted_for_settlement"):
        refuse(call, "91504", "transaction")
    transaction.enter("voided", call.now)
    return answer(transaction)


def refund(call: Call) -> Answer:
    """POST /transactions/ID/refund: a new transaction of type credit, for the rest where no amount is given."""
    sale, problems = known(call), Problems()
    if sale.type != "sale":
        refuse(call, "91505", "transaction")
    if sale.status not in ("settled", "settling"):
        refuse(call, "91506", "transaction")
    left = sale.amount - sum((refund.amount for refund in call.books.refunds_of(sale)), Decimal())
    if left <= 0:
        refuse(call, "91512", "transaction")
    amount = read_amount(call, problems, required=False)
    if amount is not None and amount > left:
        problems.add("91521", "transaction")
    if len(text(call.params, "order_id") or "") > 255:
        problems.add("91501", "transaction")
    if text(call.params, "merchant_account_id") not in (None, *call.books.merchant.accounts):
        problems.add("91513", "transaction")
    problems.refuse(call)
    return answer(_refund(call, sale, left if amount is None else amount), 201)


def check_descriptor(call: Call, problems: Problems) -> None:
    """Note what is wrong with the name, phone and URL that shall stand on the cardholder's statement."""
    for name, (code, pattern) in DESCRIPTOR.items():
        given = text(call.section("descriptor"), name)
        if given is not None and not re.fullmatch(pattern, given):
            problems.add(code, "transaction", "descriptor")


def read_amount(call: Call, problems: Problems, *, required: bool) -> Decimal | None:
    """The request's amount, None where it is absent or wrong; the problem is noted."""
    given = text(call.params, "amount")
    if given is None:
        if required:
            problems.add("81502", "transaction")
        return None
    if not AMOUNT.fullmatch(given):
        problems.add("81503", "transaction")
        return None
    amount = Decimal(given)
    if amount <= 0:
        problems.add("81501" if amount < 0 else "81531", "transaction")
    elif amount >= LARGEST:
        problems.add("81528", "transaction")
    else:
        return amount
    return None


def _refund(call: Call, sale: Transaction, amount: Decimal) -> Transaction:
    verdict = refund_verdict(amount)
    account = text(call.params, "merchant_account_id") or sale.account
    credit = Transaction(
        id=new_id(),
        type="credit",
        amount=amount,
        currency=call.books.merchant.accounts[account],
        account=account,
        order_id=text(call.params, "order_id"),
        card=sale.card,
        created_at=call.now,
        updated_at=call.now,
        bank=sale.bank,
        token=sale.token,
        customer=sale.customer,
        billing=sale.billing,
        shipping=sale.shipping,
        by_token=sale.by_token,
        refunded_id=sale.id,
        details={
            "custom_fields": sale.details.get("custom_fields"),
            "user": call.books.merchant.user or None,
            "processor_response_code": verdict.code,
            "processor_response_text": verdict.text,
            "processor_response_type": verdict.kind,
            "additional_processor_response": verdict.additional,
            "cvv_response_code": NOT_APPLICABLE.cvv,
            "avs_postal_code_response_code": NOT_APPLICABLE.postal,
            "avs_street_address_response_code": NOT_APPLICABLE.street,
        },
    )
    credit.enter(verdict.status, call.now)
    call.books.transactions[credit.id] = credit
    sale.refund_ids.append(credit.id)
    sale.updated_at = call.now
    return credit


def known(call: Call) -> Transaction:
    """The transaction that the path names. Raises NotFound."""
    transaction = call.books.transactions.get(call.args[0])
    if transaction is None:
        raise NotFound
    return transaction


ROUTES: tuple[Route, ...] = (
    ("GET", f"/transactions/{ID}", find),
    ("PUT", f"/transactions/{ID}/submit_for_settlement", submit),
    ("PUT", f"/transactions/{ID}/update_details", update_details),
    ("PUT", f"/transactions/{ID}/void", void),
    ("POST", f"/transactions/{ID}/refund", refund),
)
