"""What an agent and a caller agreed to pay, held to the operator's rules before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

from fs_app.domain.bill import Account, Bill, combined
from fs_app.domain.money import Money
from fs_app.errors import StoreError
from fs_app.flow.call import Call
from fs_app.flow.facts import Facts
from fs_app.ports import Order


class AssistRefused(Exception):
    """It cannot be paid like that; ``why`` is a word of a closed set, told to the agent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def proposal(call: Call, order: Order) -> Facts:
    """The facts of the payment: account, bills and amount. AssistRefused: ``no_account``, ``no_bill``,
    ``other_currency``, ``whole_only``, ``too_small``, ``too_large``, ``above_balance``, ``unavailable``.

    What the order leaves open is what the caller was about to pay: their bills and amount, or else the bill that is
    due first, in full.
    """
    try:
        account = _account(call, order)
        bills = _bills(call, order, account)
    except StoreError:
        raise AssistRefused("unavailable") from None
    amount = _amount(call, order, bills)
    return Facts(account=account, bills=tuple(bills), amount=amount)


def _account(call: Call, order: Order) -> Account | None:
    if not order.account:
        return call.facts.account
    account = call.services.directory.by_number(order.account)
    if account is None:
        raise AssistRefused("no_account")
    return account


def _bills(call: Call, order: Order, account: Account | None) -> Sequence[Bill]:
    mine = list(call.facts.bills or ()) if not order.account else []
    if account is not None:
        known = {bill.id for bill in mine}
        mine += [bill for bill in call.services.directory.open_bills(account) if bill.id not in known]
    chosen = [bill for bill in mine if bill.id in order.bills] if order.bills else _usual(call, order, mine)
    if not chosen or len(chosen) < len(set(order.bills)):
        raise AssistRefused("no_bill")
    if len({bill.due.currency for bill in chosen}) > 1:
        raise AssistRefused("other_currency")
    return chosen


def _usual(call: Call, order: Order, mine: Sequence[Bill]) -> Sequence[Bill]:
    """What the caller was about to pay, or the bill that is due first."""
    return call.facts.bills if call.facts.bills and not order.account else mine[:1]


def _amount(call: Call, order: Order, bills: Sequence[Bill]) -> Money:
    """Within the rules, which are those of the step `choose_amount`."""
    rules, due = call.line.rules, combined(bills).due
    told = call.facts.amount if not order.account and not order.bills else None
    amount = next(each for each in (order.amount, told, due) if each is not None)
    if amount.currency != due.currency:
        raise AssistRefused("other_currency")
    if any(bill.whole for bill in bills) and amount != due:
        raise AssistRefused("whole_only")
    if amount < min(rules.smallest(amount.currency), due) or amount.minor <= 0:
        raise AssistRefused("too_small")
    if amount > rules.largest(amount.currency):
        raise AssistRefused("too_large")
    if amount > due and not rules.overpayment:
        raise AssistRefused("above_balance")
    return amount
