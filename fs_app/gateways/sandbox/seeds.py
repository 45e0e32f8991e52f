"""What the merchant of the SDK's tests has from the start: plans with their add-ons and discounts, and disputes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from fs_app.gateways.sandbox.disputes import Dispute, DisputeEvent
from fs_app.gateways.sandbox.modifications import Modification
from fs_app.gateways.sandbox.plans import Plan
from fs_app.gateways.sandbox.store import Books

_MERCHANT = "integration_merchant_id"

# Name, status, amount, reason, protection level, programme.
_DISPUTES = (
    ("open", "open", "31.00", "fraud", "not_protected", "none"),
    ("wells", "won", "31.00", "fraud", "not_protected", "none"),
    ("unsatisfactory", "lost", "12.00", "product_unsatisfactory", "not_protected", "none"),
    ("retrieval", "expired", "13.00", "retrieval", "not_protected", "none"),
    ("protected", "accepted", "14.00", "fraud", "effortless", "none"),
    ("visa_rdr", "auto_accepted", "15.00", "fraud", "not_protected", "visa_rdr"),
)
# Name, price, the billing day of the month, whether it begins with two days of trial, what goes with it.
_PLANS = (
    ("trial_plan", "43.21", None, True, ()),
    ("trialless_plan", "12.34", None, False, ()),
    ("plan_with_billing_day_of_month", "8.88", 5, False, ()),
    (
        "plan_with_add_ons_and_discounts",
        "9.99",
        None,
        True,
        ("increase_10", "increase_20", "discount_7", "discount_11"),
    ),
)
_MODIFICATIONS = ("increase_10", "increase_20", "increase_30", "discount_7", "discount_11", "discount_15")
_RECEIVED = date(2014, 3, 4)


def plant(books: Books, now: datetime) -> None:
    """Put the seeds into a merchant's books, if it is the one."""
    if books.merchant.id != _MERCHANT:
        return
    _plant_plans(books, now)
    for name, status, amount, reason, protection, programme in _DISPUTES:
        dispute = Dispute(
            id=f"{name}_dispute",
            about={
                "id": f"{name}_disputed_transaction",
                "amount": Decimal(amount),
                "created_at": now,
                "order_id": None,
                "purchase_order_number": None,
                "payment_instrument_subtype": "Visa",
                "installment_count": None,
            },
            account=books.merchant.default_account,
            currency="USD",
            customer_id=None,
            amount=Decimal(amount),
            created_at=now,
            received_on=_RECEIVED,
            reason=reason,
            protection=protection,
            program=programme,
            history=[DisputeEvent(status, now)],
        )
        books.disputes[dispute.id] = dispute


def _plant_plans(books: Books, now: datetime) -> None:
    for name in _MODIFICATIONS:
        word, _, amount = name.partition("_")
        kind = "add_on" if word == "increase" else "discount"
        books.modifications[name] = Modification(name, kind, Decimal(amount), name)
    for name, price, day, trial, modifications in _PLANS:
        plan = Plan(f"integration_{name}", now, now, Decimal(price), "USD", name, day_of_month=day, trial=trial)
        if trial:
            plan.trial_duration, plan.trial_unit = 2, "day"
        plan.modifications = [books.modifications[each] for each in modifications]
        books.plans[plan.id] = plan
