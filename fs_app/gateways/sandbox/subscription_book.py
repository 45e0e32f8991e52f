"""A subscription: what it is, how it is shown, when its periods are, and how it is charged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from fs_app.gateways.sandbox import sales
from fs_app.gateways.sandbox.exchange import Call
from fs_app.gateways.sandbox.modifications import Modification, views
from fs_app.gateways.sandbox.plans import Plan
from fs_app.gateways.sandbox.sources import Source
from fs_app.gateways.sandbox.store import Transaction, VaultedCard
from fs_app.gateways.sandbox.transaction_view import transaction_view
from fs_app.gateways.sandbox.transactions import DESCRIPTOR
from fs_app.gateways.sandbox.xml import Items, Tree

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """What a subscription was like from some time on."""

    status: str
    at: datetime
    price: Decimal
    balance: Decimal
    plan_id: str


@dataclass(slots=True)
class Subscription:
    """A subscription. ``transactions`` are newest first; ``balance`` is what could not be charged so far."""

    id: str
    plan: Plan
    token: str
    account: str
    currency: str
    price: Decimal
    created_at: datetime
    updated_at: datetime
    first_billing_date: date
    trial: bool = False
    trial_duration: int | None = None
    trial_unit: str | None = None
    day_of_month: int | None = None
    cycles: int | None = None
    modifications: list[Modification] = field(default_factory=list)
    descriptor: Tree = field(default_factory=dict)
    transactions: list[Transaction] = field(default_factory=list)
    history: list[SubscriptionEvent] = field(default_factory=list)
    balance: Decimal = Decimal()
    failures: int = 0
    days_past_due: int | None = None

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.history[-1].status

    @property
    def cycle(self) -> int:
        """The number of the present period, 0 before the first."""
        return 1 if self.transactions else 0

    @property
    def amount(self) -> Decimal:
        """What a period costs, with add-ons and discounts."""
        return max(Decimal(), self.price + sum(each.total for each in self.modifications))

    @property
    def period(self) -> tuple[date | None, date | None]:
        """First and last day of the present period."""
        if not self.cycle:
            return None, None
        return self.first_billing_date, months_after(self.first_billing_date, self.plan.frequency) - _DAY

    @property
    def next_billing_date(self) -> date:
        """When it is charged next."""
        last = self.period[1]
        return self.first_billing_date if last is None else last + _DAY

    def enter(self, status: str, now: datetime) -> None:
        """Move to a status, at the present price and balance."""
        self.history.append(SubscriptionEvent(status, now, self.price, self.balance, self.plan.id))
        self.updated_at = now


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - _DAY)


def charge(
    call: Call, subscription: Subscription, vaulted: VaultedCard, amount: Decimal, *, submit: bool
) -> Transaction:
    """A sale to the card of a subscription, for the present period."""
    source = Source(vaulted.card, vaulted, call.books.customers[vaulted.customer_id])
    start = subscription.first_billing_date
    period = {
        "billing_period_start_date": start,
        "billing_period_end_date": months_after(start, subscription.plan.frequency) - _DAY,
    }
    details = {
        "custom_fields": {},
        "recurring": True,
        "plan_id": subscription.plan.id,
        "subscription_id": subscription.id,
        "subscription": period,
        **{f"descriptor_{name}": subscription.descriptor.get(name) for name in DESCRIPTOR},
    }
    order = sales.Order("sale", amount, subscription.account, source, None, vaulted.billing or {}, {}, {}, details)
    options = {"submit_for_settlement": submit}
    transaction = sales.carry_out(replace(call, params={"options": options}), order)
    subscription.transactions.insert(0, transaction)
    return transaction


def subscription_view(subscription: Subscription) -> Tree:
    """All fields of a subscription."""
    start, end = subscription.period
    cycles = subscription.cycles
    return {
        "id": subscription.id,
        "plan_id": subscription.plan.id,
        "status": subscription.status,
        "price": subscription.price,
        "next_bill_amount": subscription.amount,
        "next_billing_period_amount": subscription.amount,
        "balance": subscription.balance,
        "payment_method_token": subscription.token,
        "merchant_account_id": subscription.account,
        "billing_day_of_month": subscription.day_of_month or subscription.first_billing_date.day,
        "first_billing_date": subscription.first_billing_date,
        "next_billing_date": subscription.next_billing_date,
        "billing_period_start_date": start,
        "billing_period_end_date": end,
        "paid_through_date": end,
        "current_billing_cycle": subscription.cycle,
        "number_of_billing_cycles": cycles,
        "never_expires": cycles is None,
        "days_past_due": subscription.days_past_due,
        "failure_count": subscription.failures,
        "trial_period": subscription.trial,
        "trial_duration": subscription.trial_duration,
        "trial_duration_unit": subscription.trial_unit,
        "created_at": subscription.created_at,
        "updated_at": subscription.updated_at,
        "description": None,
        "descriptor": {name: subscription.descriptor.get(name) for name in DESCRIPTOR},
        "add_ons": views(subscription.modifications, "add_on"),
        "discounts": views(subscription.modifications, "discount"),
        "transactions": Items("transaction", [transaction_view(each) for each in subscription.transactions]),
        "status_history": Items(
            "status_event", [_event(subscription, each) for each in reversed(subscription.history)]
        ),
    }


def _event(subscription: Subscription, event: SubscriptionEvent) -> Tree:
    return {
        "timestamp": event.at,
        "status": event.status,
        "price": event.price,
        "balance": event.balance,
        "currency_iso_code": subscription.currency,
        "plan_id": event.plan_id,
        "subscription_source": "api",
        "user": None,
    }
