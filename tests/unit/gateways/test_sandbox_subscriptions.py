"""Plans, subscriptions, add-ons and discounts, through the unmodified SDK."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import braintree
import pytest
from braintree import SubscriptionSearch

TRIAL, TRIALLESS = "integration_trial_plan", "integration_trialless_plan"
ADDED = "integration_plan_with_add_ons_and_discounts"


class Desk:
    """The SDK and a customer's card on file."""

    def __init__(self, sdk: braintree.BraintreeGateway) -> None:
        self.sdk = sdk
        card = {"number": "4111111111111111", "expiration_date": "12/30"}
        self.token = sdk.customer.create({"credit_card": card}).customer.credit_cards[0].token

    def create(self, plan: str = TRIALLESS, **more: Any) -> Any:
        return self.sdk.subscription.create({"plan_id": plan, "payment_method_token": self.token, **more})

    def made(self, plan: str = TRIALLESS, **more: Any) -> Any:
        result = self.create(plan, **more)
        assert result.is_success
        return result.subscription

    def update(self, subscription: Any, **more: Any) -> Any:
        return self.sdk.subscription.update(subscription.id, more)

    def found(self, *terms: Any) -> set[str]:
        return {each.id for each in self.sdk.subscription.search(list(terms)).items}


@pytest.fixture
def desk(sdk: braintree.BraintreeGateway) -> Desk:
    return Desk(sdk)


def code(result: Any, attribute: str) -> str:
    assert not result.is_success
    [error] = result.errors.for_object("subscription").on(attribute)
    return str(error.code)


def test_without_a_trial_the_first_month_is_charged_at_once(desk: Desk) -> None:
    made = desk.made(descriptor={"name": "abc*subscription", "phone": "3125551212"})
    assert (made.status, made.price, made.balance, made.current_billing_cycle) == ("Active", Decimal("12.34"), 0, 1)
    days = (made.billing_period_start_date, made.billing_period_end_date, made.next_billing_date)
    assert days == (date(2030, 1, 2), date(2030, 2, 1), date(2030, 2, 2))
    [paid] = made.transactions
    assert (paid.amount, paid.status, paid.recurring) == (Decimal("12.34"), "submitted_for_settlement", True)
    assert (paid.subscription_id, paid.plan_id) == (made.id, TRIALLESS)
    assert paid.subscription_details.billing_period_end_date == date(2030, 2, 1)
    assert paid.descriptor.name == "abc*subscription"
    assert desk.sdk.transaction.find(paid.id).subscription_id == made.id


def test_a_trial_costs_nothing_until_it_ends(desk: Desk) -> None:
    made = desk.made(TRIAL)
    assert (made.status, made.transactions, made.next_billing_date) == ("Active", [], date(2030, 1, 4))
    longer = desk.made(TRIAL, trial_duration=2, trial_duration_unit="month")
    assert longer.first_billing_date == date(2030, 3, 2)


def test_declined_there_is_no_subscription(desk: Desk) -> None:
    result = desk.create(id="mine", price="2004.00")
    assert (result.is_success, result.transaction.processor_response_code) == (False, "2004")
    with pytest.raises(braintree.exceptions.NotFoundError):
        desk.sdk.subscription.find("mine")


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2030, 1, 31), date(2030, 2, 5)),
        (date(2030, 12, 31), date(2031, 1, 5)),
        (date(2030, 1, 2), date(2030, 1, 5)),
    ],
)
def test_a_billing_day_is_waited_for(desk: Desk, clock: Any, today: date, first: date) -> None:
    clock.time = datetime(today.year, today.month, today.day, tzinfo=UTC)
    made = desk.made("integration_plan_with_billing_day_of_month")
    assert (made.status, made.first_billing_date, made.transactions) == ("Pending", first, [])


def test_a_month_after_its_last_day_is_the_last_day_of_the_next(desk: Desk, clock: Any) -> None:
    clock.time = datetime(2031, 1, 31, tzinfo=UTC)
    assert desk.made().next_billing_date == date(2031, 2, 28)
    assert desk.made("integration_plan_with_billing_day_of_month", billing_day_of_month=31).status == "Active"


def test_it_may_begin_later_but_not_earlier(desk: Desk) -> None:
    assert desk.made(first_billing_date=date(2030, 1, 9)).status == "Pending"
    assert code(desk.create(first_billing_date=date(2030, 1, 1)), "first_billing_date") == "91916"


@pytest.mark.parametrize(
    ("wrong", "attribute", "expected"),
    [
        ({"plan_id": "unknown"}, "plan_id", "91904"),
        ({"payment_method_token": "unknown"}, "payment_method_token", "91903"),
        ({"payment_method_nonce": "unknown"}, "payment_method_nonce", "91925"),
        ({"payment_method_nonce": "fake-valid-nonce"}, "payment_method_nonce", "91927"),
        ({"id": "not so"}, "id", "81906"),
        ({"price": "much"}, "price", "81904"),
        ({"merchant_account_id": "unknown"}, "merchant_account_id", "91901"),
        ({"billing_day_of_month": 32}, "billing_day_of_month", "91914"),
        ({"first_billing_date": date(9999, 12, 31)}, "first_billing_date", "91915"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_charged(
    desk: Desk, server: Any, wrong: dict[str, Any], attribute: str, expected: str
) -> None:
    wanted = {"plan_id": TRIALLESS, "payment_method_token": desk.token, **wrong}
    if "payment_method_nonce" in wrong:
        del wanted["payment_method_token"]
    assert code(desk.sdk.subscription.create(wanted), attribute) == expected
    assert server.control.transactions() == []


def test_a_nonce_of_a_card_on_file_pays(desk: Desk) -> None:
    nonce = desk.sdk.payment_method_nonce.create(desk.token).payment_method_nonce.nonce
    wanted = {"plan_id": TRIALLESS, "payment_method_nonce": nonce}
    assert code(desk.sdk.subscription.create({**wanted, "price": "much"}), "price") == "81904"
    assert desk.sdk.subscription.create(wanted).subscription.payment_method_token == desk.token
    assert code(desk.sdk.subscription.create(wanted), "payment_method_nonce") == "91925"


def test_add_ons_and_discounts_change_the_price(desk: Desk) -> None:
    made = desk.made(ADDED, trial_period=False)
    assert {each.id for each in made.add_ons} == {"increase_10", "increase_20"}
    assert made.next_billing_period_amount == made.transactions[0].amount == Decimal("21.99")
    changed = desk.made(
        ADDED,
        trial_period=False,
        add_ons={
            "remove": ["increase_20"],
            "update": [{"existing_id": "increase_10", "quantity": 2, "number_of_billing_cycles": 3}],
            "add": [{"inherited_from_id": "increase_30", "amount": "1.50"}],
        },
        discounts={"remove": ["discount_7", "discount_11"]},
    )
    assert changed.discounts == []
    ten, thirty = sorted(changed.add_ons, key=lambda each: str(each.id))
    assert (ten.amount, ten.quantity, ten.number_of_billing_cycles, ten.never_expires) == (Decimal(10), 2, 3, False)
    assert (thirty.amount, thirty.never_expires) == (Decimal("1.50"), True)
    assert changed.transactions[0].amount == Decimal("31.49")


@pytest.mark.parametrize(
    ("group", "how", "item", "expected"),
    [
        ("add_ons", "update", {"existing_id": "increase_10", "amount": "x"}, "92002"),
        ("add_ons", "update", {"existing_id": "increase_10", "quantity": 0}, "92010"),
        ("add_ons", "update", {"existing_id": "increase_30"}, "92011"),
        ("add_ons", "add", {"inherited_from_id": "discount_15"}, "92013"),
        ("discounts", "add", {"inherited_from_id": "discount_15", "number_of_billing_cycles": 0}, "92019"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_at_its_place(
    desk: Desk, group: str, how: str, item: dict[str, Any], expected: str
) -> None:
    result = desk.create(ADDED, **{group: {how: [item]}})
    place = result.errors.for_object("subscription").for_object(group).for_object(how).for_index(0)
    assert [error.code for error in place] == [expected]


def test_what_makes_it_dearer_is_charged_for_the_rest_of_the_month(desk: Desk, clock: Any) -> None:
    made = desk.made()
    clock.pass_seconds(86400 * 10)
    dearer = desk.update(made, price="43.34").subscription
    assert dearer.transactions[0].amount == Decimal("21.00"), "21 of 31 days"
    assert (
        len(desk.update(dearer, price="50.00", options={"prorate_charges": False}).subscription.transactions) == 2
    )
    assert len(desk.update(dearer, price="1.00").subscription.transactions) == 2
    assert len(desk.sdk.subscription.find(made.id).transactions) == 2


@pytest.mark.parametrize("revert", [True, False])
def test_a_declined_difference_is_undone_or_owed(desk: Desk, revert: bool) -> None:
    made = desk.made()
    options = {"revert_subscription_on_proration_failure": revert}
    result = desk.update(made, price="2016.34", options=options)
    assert result.is_success is not revert
    assert result.subscription.transactions[0].status == "processor_declined"
    found = desk.sdk.subscription.find(made.id)
    expected = (Decimal("12.34"), 0) if revert else (Decimal("2016.34"), Decimal("2004.00"))
    assert (found.price, found.balance, len(found.transactions)) == (*expected, 2)


def test_a_new_id_takes_the_place_of_the_old(desk: Desk) -> None:
    first, second = desk.made(), desk.made()
    assert desk.update(first, id="renamed").subscription.id == "renamed"
    assert code(desk.update(second, id="renamed"), "id") == "81902"
    with pytest.raises(braintree.exceptions.NotFoundError):
        desk.sdk.subscription.find(first.id)
    assert desk.found(SubscriptionSearch.price == "12.34") == {"renamed", second.id}


def test_cancelled_is_cancelled(desk: Desk) -> None:
    made = desk.made()
    assert desk.sdk.subscription.cancel(made.id).subscription.status == "Canceled"
    assert code(desk.sdk.subscription.cancel(made.id), "status") == "81905"
    assert code(desk.update(made, price="1.00"), "base") == "81901"


def test_a_past_due_charge_is_tried_again(desk: Desk) -> None:
    made = desk.made()
    early = desk.sdk.subscription.retry_charge(made.id)
    assert [error.code for error in early.errors.for_object("transaction")] == ["91531"]
    desk.sdk.testing.make_past_due(made.id, 4)
    due = desk.sdk.subscription.find(made.id)
    assert (due.status, due.days_past_due, due.balance) == ("Past Due", 4, Decimal("12.34"))
    assert not desk.sdk.subscription.retry_charge(made.id, "2004.00").is_success
    assert desk.sdk.subscription.find(made.id).failure_count == 2
    paid = desk.sdk.subscription.retry_charge(made.id, submit_for_settlement=True).transaction
    assert (paid.amount, paid.status) == (Decimal("12.34"), "submitted_for_settlement")
    again = desk.sdk.subscription.find(made.id)
    assert (again.status, again.balance, again.days_past_due) == ("Active", 0, None)
    unknown = desk.sdk.subscription.retry_charge("unknown")
    assert [error.code for error in unknown.errors.for_object("transaction")] == ["91528"]


def test_search_by_every_kind_of_criterion(desk: Desk) -> None:
    first, second = desk.made(price="5.00", number_of_billing_cycles=3), desk.made(TRIAL, price="6.00")
    desk.sdk.testing.make_past_due(first.id, 7)
    search = SubscriptionSearch
    assert desk.found(search.price.between("5.00", "6.00")) == {first.id, second.id}
    assert desk.found(search.status == "Past Due") == {first.id}
    assert desk.found(search.days_past_due >= 7) == {first.id}
    assert desk.found(search.days_past_due >= 8) == set()
    assert desk.found(search.billing_cycles_remaining == 2) == {first.id}
    assert desk.found(search.in_trial_period.in_list([True])) == {second.id}
    assert desk.found(search.next_billing_date <= datetime(2030, 1, 4, tzinfo=UTC)) == {second.id}
    assert desk.found(search.transaction_id == first.transactions[0].id) == {first.id}
    assert desk.found(search.plan_id.starts_with("integration_trial_")) == {second.id}


def test_a_plan_is_made_changed_and_found(desk: Desk) -> None:
    wanted = {"name": "Paper", "price": "9.99", "billing_frequency": 3, "currency_iso_code": "USD"}
    plan = desk.sdk.plan.create(wanted).plan
    assert desk.made(plan.id).next_billing_date == date(2030, 4, 2)
    changed = desk.sdk.plan.update(plan.id, {"price": "10.00", "trial_period": True}).plan
    assert (changed.price, changed.trial_period, changed.name) == ("10.00", True, "Paper")
    assert plan.id in {each.id for each in desk.sdk.plan.all()}
    refused = desk.sdk.plan.create({**wanted, "price": "-1"})
    assert [error.code for error in refused.errors.for_object("plan")] == ["81904"]
    assert {each.id for each in desk.sdk.discount.all()} == {"discount_7", "discount_11", "discount_15"}


def test_the_merchant_hears_of_a_subscription(desk: Desk, server: Any) -> None:
    heard: list[str] = []
    server.store.books["integration_merchant_id"].observers.append(
        lambda _books, kind, _subject: heard.append(kind)
    )
    made = desk.made()
    desk.sdk.testing.make_past_due(made.id)
    desk.sdk.subscription.retry_charge(made.id)
    desk.sdk.subscription.cancel(made.id)
    assert heard == [
        f"subscription_{what}"
        for what in (
            "went_active",
            "charged_successfully",
            "charged_unsuccessfully",
            "went_past_due",
            "charged_successfully",
            "canceled",
        )
    ]
