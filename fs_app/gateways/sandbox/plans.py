"""Plans: what a subscription costs, how often, and how it begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, flag, text
from fs_app.gateways.sandbox.modifications import Modification, number, views
from fs_app.gateways.sandbox.store import new_id
from fs_app.gateways.sandbox.transactions import AMOUNT
from fs_app.gateways.sandbox.xml import Items, Tree


@dataclass(slots=True)
class Plan:
    """A plan. ``frequency`` is in months; ``cycles`` is None where it never ends."""

    id: str
    created_at: datetime
    updated_at: datetime
    price: Decimal
    currency: str
    name: str | None = None
    description: str | None = None
    day_of_month: int | None = None
    frequency: int = 1
    cycles: int | None = None
    trial: bool = False
    trial_duration: int | None = None
    trial_unit: str | None = None
    modifications: list[Modification] = field(default_factory=list)


def plan_view(plan: Plan) -> Tree:
    """All fields of a plan."""
    return {
        "id": plan.id,
        "name": plan.name,
        "description": plan.description,
        "price": plan.price,
        "currency_iso_code": plan.currency,
        "billing_day_of_month": plan.day_of_month,
        "billing_frequency": plan.frequency,
        "number_of_billing_cycles": plan.cycles,
        "trial_period": plan.trial,
        "trial_duration": plan.trial_duration,
        "trial_duration_unit": plan.trial_unit,
        "created_at": plan.created_at,
        "updated_at": plan.updated_at,
        "add_ons": views(plan.modifications, "add_on"),
        "discounts": views(plan.modifications, "discount"),
    }


def create(call: Call) -> Answer:
    """POST /plans, and /plans/create_plan_for_tests."""
    name, problems = text(call.params, "id") or new_id(6), Problems()
    currency = call.books.merchant.accounts[call.books.merchant.default_account]
    plan = Plan(name, call.now, call.now, Decimal(), text(call.params, "currency_iso_code") or currency)
    if text(call.params, "price") is None:
        problems.add("81903", "plan")
    _write(call, plan, problems)
    call.books.plans[plan.id] = plan
    return Answer(201, "plan", plan_view(plan))


def update(call: Call) -> Answer:
    """PUT /plans/ID: what is given is changed."""
    plan = _known(call)
    _write(call, plan, Problems())
    plan.updated_at = call.now
    return Answer(200, "plan", plan_view(plan))


def find(call: Call) -> Answer:
    """GET /plans/ID."""
    return Answer(200, "plan", plan_view(_known(call)))


def listed(call: Call) -> Answer:
    """GET /plans/."""
    return Answer(200, "plans", Items("plan", [plan_view(plan) for plan in call.books.plans.values()]))


def _known(call: Call) -> Plan:
    plan = call.books.plans.get(call.args[0])
    if plan is None:
        raise NotFound
    return plan


def _write(call: Call, plan: Plan, problems: Problems) -> None:
    """Write into the plan what the request gives; Refused for any problem."""
    given, price = call.params, text(call.params, "price")
    if price is not None and (not AMOUNT.fullmatch(price) or price.startswith("-")):
        problems.add("81904", "plan")
    problems.refuse(call)
    plan.price = plan.price if price is None else Decimal(price)
    plan.name = text(given, "name") or plan.name
    plan.description = text(given, "description") or plan.description
    plan.day_of_month = number(given, "billing_day_of_month") or plan.day_of_month
    plan.frequency = number(given, "billing_frequency") or plan.frequency
    plan.cycles = number(given, "number_of_billing_cycles") or plan.cycles
    if "trial_period" in given:
        plan.trial = flag(given, "trial_period")
    plan.trial_duration = number(given, "trial_duration") or plan.trial_duration
    plan.trial_unit = text(given, "trial_duration_unit") or plan.trial_unit


ROUTES: tuple[Route, ...] = (
    ("GET", "/plans/", listed),
    ("POST", "/plans(?:/create_plan_for_tests)?", create),
    ("GET", f"/plans/{ID}", find),
    ("PUT", f"/plans/{ID}", update),
)
