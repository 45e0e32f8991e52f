"""Subscriptions: create, find, update, cancel, past due, and the charge that is tried again.

Nothing is billed as time passes: what is charged is charged at once, by a request.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime
from decimal import Decimal

from fs_app.gateways.sandbox import modifications, nonces, sales
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, flag, refuse, text
from fs_app.gateways.sandbox.modifications import number
from fs_app.gateways.sandbox.nonces import Codes
from fs_app.gateways.sandbox.plans import Plan
from fs_app.gateways.sandbox.store import Transaction, VaultedCard, new_id
from fs_app.gateways.sandbox.subscription_book import Subscription, charge, months_after, subscription_view
from fs_app.gateways.sandbox.transaction_view import answer
from fs_app.gateways.sandbox.transactions import AMOUNT, DESCRIPTOR, read_amount
from fs_app.gateways.sandbox.xml import Items, Tree

_NAME = "subscription"
_LONGEST_MONTHS = 1200
_NONCE = Codes("91925", "91925")


def create(call: Call) -> Answer:
    """POST /subscriptions: the first period is charged at once unless it begins later; declined, there is none."""
    problems = Problems()
    plan = call.books.plans.get(text(call.params, "plan_id") or "")
    if plan is None:
        problems.add("91904", _NAME)
        problems.refuse(call)
    assert plan is not None
    vaulted = _card(call, None, problems)
    subscription = _new(call, plan, problems)
    _write(call, subscription, problems)
    problems.refuse(call)
    assert vaulted is not None
    _spend_nonce(call)
    subscription.token = vaulted.token
    pending = not subscription.trial and subscription.first_billing_date > call.now.date()
    if not subscription.trial and not pending:
        paid = charge(call, subscription, vaulted, subscription.amount, submit=True)
        if not _went_well(paid):
            return answer(paid)
    subscription.enter("Pending" if pending else "Active", call.now)
    call.books.subscriptions[subscription.id] = subscription
    if not pending:
        call.books.happened("subscription_went_active", subscription)
    if subscription.transactions:
        call.books.happened("subscription_charged_successfully", subscription)
    return Answer(201, _NAME, subscription_view(subscription))


def find(call: Call) -> Answer:
    """GET /subscriptions/ID."""
    return Answer(200, _NAME, subscription_view(_known(call)))


def update(call: Call) -> Answer:
    """PUT /subscriptions/ID: what is given is changed; what makes the period dearer is charged at once."""
    old, problems = _known(call), Problems()
    if old.status == "Canceled":
        refuse(call, "81901", _NAME)
    new = copy(old)
    new.transactions, new.history = list(old.transactions), list(old.history)
    vaulted = _card(call, old.token, problems)
    wanted = text(call.params, "plan_id")
    if wanted is not None and wanted not in call.books.plans:
        problems.add("91904", _NAME)
    new.plan = call.books.plans.get(wanted or "", old.plan)
    _write(call, new, problems)
    problems.refuse(call)
    assert vaulted is not None
    _spend_nonce(call)
    new.token, new.updated_at = vaulted.token, call.now
    options = call.section("options")
    dearer = new.amount - old.amount
    if dearer > 0 and old.cycle and options.get("prorate_charges") not in (False, "false"):
        paid = charge(call, new, vaulted, _prorated(new, dearer, call.now.date()), submit=True)
        if not _went_well(paid):
            if flag(options, "revert_subscription_on_proration_failure"):
                old.transactions.insert(0, paid)
                return _reverted(old, paid)
            new.balance += paid.amount
    _put_back(call, old, new)
    return Answer(200, _NAME, subscription_view(new))


def cancel(call: Call) -> Answer:
    """PUT /subscriptions/ID/cancel."""
    subscription = _known(call)
    if subscription.status == "Canceled":
        refuse(call, "81905", _NAME)
    subscription.enter("Canceled", call.now)
    call.books.happened("subscription_canceled", subscription)
    return Answer(200, _NAME, subscription_view(subscription))


def make_past_due(call: Call) -> Answer:
    """PUT /subscriptions/ID/make_past_due?days_past_due=N, for tests: as if a charge had failed that long ago."""
    subscription = _known(call)
    asked = re.fullmatch("days_past_due=([0-9]{1,4})", call.query)
    subscription.days_past_due = int(asked[1]) if asked else 1
    subscription.balance += subscription.amount
    subscription.failures += 1
    subscription.enter("Past Due", call.now)
    call.books.happened("subscription_charged_unsuccessfully", subscription)
    call.books.happened("subscription_went_past_due", subscription)
    return Answer(200)


def create_transaction(call: Call) -> Answer:
    """POST /transactions: a past due subscription's charge again, or else any sale or credit."""
    name = text(call.params, "subscription_id")
    if name is None:
        return sales.create(call)
    subscription, problems = call.books.subscriptions.get(name), Problems()
    vaulted = call.books.card(subscription.token) if subscription is not None else None
    amount = read_amount(call, problems, required=False)
    if subscription is None or vaulted is None:
        problems.add("91528", "transaction")
    elif subscription.status != "Past Due":
        problems.add("91531", "transaction")
    problems.refuse(call)
    assert subscription is not None and vaulted is not None
    submit = flag(call.section("options"), "submit_for_settlement")
    paid = charge(call, subscription, vaulted, subscription.balance if amount is None else amount, submit=submit)
    if not _went_well(paid):
        subscription.failures += 1
        call.books.happened("subscription_charged_unsuccessfully", subscription)
        return answer(paid)
    subscription.balance = max(Decimal(), subscription.balance - paid.amount)
    if not subscription.balance:
        subscription.days_past_due, subscription.failures = None, 0
        subscription.enter("Active", call.now)
    call.books.happened("subscription_charged_successfully", subscription)
    return answer(paid, 201)


def _known(call: Call) -> Subscription:
    subscription = call.books.subscriptions.get(call.args[0])
    if subscription is None:
        raise NotFound
    return subscription


def _went_well(paid: Transaction) -> bool:
    return paid.entered("authorized") is not None


def _card(call: Call, token: str | None, problems: Problems) -> VaultedCard | None:
    """The card on file that token or nonce name, else that of ``token``; the problem is noted."""
    name = text(call.params, "payment_method_nonce")
    if name is not None:
        nonce = nonces.find(call.books, name, call.now, problems, _NONCE, _NAME)
        if nonce is not None and isinstance(nonce.subject, VaultedCard):
            return nonce.subject
        if nonce is not None:
            problems.add("91927", _NAME)
        return None
    vaulted = call.books.card(text(call.params, "payment_method_token") or token)
    if vaulted is None:
        problems.add("91903", _NAME)
    return vaulted


def _spend_nonce(call: Call) -> None:
    """Use up the request's nonce, if it has one, now that it is accepted."""
    nonce = nonces.peek(call.books, text(call.params, "payment_method_nonce") or "", call.now)
    if nonce is not None:
        nonces.spend(nonce)


def _new(call: Call, plan: Plan, problems: Problems) -> Subscription:
    """A subscription as its plan says and the request overrides at its beginning."""
    given, options, today = call.params, call.section("options"), call.now.date()
    trial = flag(given, "trial_period") if "trial_period" in given else plan.trial
    day = number(given, "billing_day_of_month") or plan.day_of_month
    if day is not None and day > 31:
        problems.add("91914", _NAME)
    account = call.books.merchant.default_account
    subscription = Subscription(
        id=new_id(6),
        plan=plan,
        token="",
        account=account,
        currency=plan.currency,
        price=plan.price,
        created_at=call.now,
        updated_at=call.now,
        first_billing_date=today,
        trial=trial,
        trial_duration=(number(given, "trial_duration") or plan.trial_duration) if trial else None,
        trial_unit=(text(given, "trial_duration_unit") or plan.trial_unit) if trial else None,
        day_of_month=day,
        cycles=plan.cycles,
    )
    if not flag(options, "do_not_inherit_add_ons_or_discounts"):
        subscription.modifications = list(plan.modifications)
    first = given.get("first_billing_date")
    if isinstance(first, datetime):
        if first.date() < today:
            problems.add("91916", _NAME)
        elif first.date() > months_after(today, _LONGEST_MONTHS):
            problems.add("91915", _NAME)
        subscription.first_billing_date = first.date()
    elif trial:
        subscription.first_billing_date = _after_trial(subscription, today)
    elif day is not None and day <= 31 and not flag(options, "start_immediately"):
        subscription.first_billing_date = _next(day, today)
    return subscription


def _write(call: Call, subscription: Subscription, problems: Problems) -> None:
    """What both create and update may give."""
    given = call.params
    name, price = text(given, "id"), text(given, "price")
    if name is not None and not re.fullmatch(ID, name):
        problems.add("81906", _NAME)
    elif name is not None and name != subscription.id and name in call.books.subscriptions:
        problems.add("81902", _NAME)
    subscription.id = name or subscription.id
    if price is not None and (not AMOUNT.fullmatch(price) or price.startswith("-")):
        problems.add("81904", _NAME)
    elif price is not None:
        subscription.price = Decimal(price)
    account = text(given, "merchant_account_id") or subscription.account
    if account not in call.books.merchant.accounts:
        problems.add("91901", _NAME)
    subscription.account = account
    subscription.cycles = number(given, "number_of_billing_cycles") or subscription.cycles
    if flag(given, "never_expires"):
        subscription.cycles = None
    descriptor = call.section("descriptor")
    for part, (code, pattern) in DESCRIPTOR.items():
        words = text(descriptor, part)
        if words is not None and not re.fullmatch(pattern, words):
            problems.add(code, _NAME, "descriptor")
    subscription.descriptor = {**subscription.descriptor, **descriptor}
    subscription.modifications = modifications.changed(call, subscription.modifications, problems)


def _put_back(call: Call, old: Subscription, new: Subscription) -> None:
    """The changed subscription in the place of the old one, in the order of creation."""
    shelf = call.books.subscriptions
    kept = {(new if each is old else each).id: new if each is old else each for each in shelf.values()}
    shelf.clear()
    shelf.update(kept)


def _reverted(old: Subscription, paid: Transaction) -> Answer:
    """The answer to an update that is undone, as what it costs was declined."""
    node: Tree = {"errors": {"errors": Items("error")}, "message": answer(paid).node["message"]}
    return Answer(422, "api_error_response", {**node, _NAME: subscription_view(old)})


def _prorated(subscription: Subscription, dearer: Decimal, today: date) -> Decimal:
    """The part of a difference in price that falls on what is left of the period, today included."""
    following = subscription.next_billing_date
    whole = (following - subscription.first_billing_date).days
    left = max(1, min(whole, (following - today).days))
    return max(Decimal("0.01"), (dearer * left / whole).quantize(Decimal("0.01")))


def _after_trial(subscription: Subscription, today: date) -> date:
    duration = subscription.trial_duration or 0
    if subscription.trial_unit == "month":
        return months_after(today, duration)
    return date.fromordinal(today.toordinal() + duration)


def _next(day: int, today: date) -> date:
    """The next such day of a month, today included."""
    this_month = months_after(date(today.year, 1, day), today.month - 1)
    return this_month if this_month >= today else months_after(date(today.year, 1, day), today.month)


ROUTES: tuple[Route, ...] = (
    ("POST", "/transactions", create_transaction),
    ("POST", "/subscriptions", create),
    ("GET", f"/subscriptions/{ID}", find),
    ("PUT", f"/subscriptions/{ID}", update),
    ("PUT", f"/subscriptions/{ID}/cancel", cancel),
    ("PUT", f"/subscriptions/{ID}/make_past_due", make_past_due),
)
