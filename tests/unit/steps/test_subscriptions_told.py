"""A subscriber hears until when it is paid, and chooses what to buy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from onestep import Walk, walk

from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules
from fs_app.domain.secret import Secret
from fs_app.domain.subscription import Offer, Subscription
from fs_app.testing.fakes_offers import FakeSubscriptions
from fs_app.testing.services import fake_services

# It is the last day of January 2026.
DIGITAL = Subscription("s1", "a1", "digital", date(2026, 8, 31))
ENDED = Subscription("s2", "a1", "weekly", date(2026, 1, 30))
PLANS = {"print": "plan_print", "digital": "plan_digital"}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


YEAR, HALF, PRINT = (
    Offer("digital", 12, usd(4_800)),
    Offer("digital", 18, usd(6_900)),
    Offer("print", 0, usd(1_500)),
)
OFFERS = {"digital": [YEAR, HALF, PRINT], "weekly": [Offer("weekly", 1, usd(400)), Offer("print", 0, usd(900))]}


def subscribed(kind: str, *answers: str, found: tuple[Subscription, ...] = (DIGITAL,), **more: Any) -> Walk:
    facts = {"subscription": found[0] if found else None} | more.pop("facts", {})
    services = fake_services(subscriptions=FakeSubscriptions(found, OFFERS))
    return walk(kind, *answers, services=services, facts=facts, **more)


class TestTelling:
    def test_until_when_it_is_paid(self) -> None:
        call = subscribed("tell_subscription")
        assert (call.outcome, call.said) == ("running", ["Your subscription is paid until 2026-08-31."])
        assert call.call.facts.subscription == DIGITAL

    def test_that_it_has_ended(self) -> None:
        call = subscribed("tell_subscription", found=(ENDED,))
        assert (call.outcome, call.said) == ("expired", ["Your subscription ended on 2026-01-30."])

    def test_that_there_is_none(self) -> None:
        call = subscribed("tell_subscription", found=())
        assert (call.outcome, call.said) == ("none", ["There is no subscription on this account."])

    def test_of_several_the_caller_chooses_one(self) -> None:
        call = subscribed("tell_subscription", "2", found=(DIGITAL, ENDED), plans=PLANS)
        assert call.said == [
            "For another subscription, press 1. For the digital edition, press 2.",
            "Your subscription is paid until 2026-08-31.",
        ]
        assert call.call.facts.subscription == DIGITAL


class TestBuying:
    def test_more_time(self) -> None:
        call = subscribed("choose_renewal", "1", offer="renewals")
        assert call.outcome == "chosen"
        assert call.said == [
            "For 1 year more, until 2027-08-31, at 48.00 USD, press 1."
            " For 18 months more, until 2028-02-29, at 69.00 USD, press 2."
        ]
        renewal = Bill("renewal:s1:0:12", "a1", usd(4_800), kind=BillKind.RENEWAL)
        assert (call.call.facts.bills, call.call.facts.amount) == ((renewal,), usd(4_800))

    def test_another_plan_for_the_difference(self) -> None:
        call = subscribed("choose_renewal", "1", offer="upgrades", plans=PLANS)
        assert call.said == [
            "To change to the print edition, paid until 2026-08-31, for a difference of 15.00 USD, press 1."
        ]
        assert [bill.id for bill in call.call.facts.bills or ()] == ["renewal:s1:0:0:print"]

    def test_a_plan_that_has_no_name_is_not_offered(self) -> None:
        call = subscribed("choose_renewal", offer="upgrades")
        assert (call.outcome, call.said) == ("nothing", ["We have no offer for this subscription right now."])

    def test_what_has_ended_begins_anew_today_and_is_not_upgraded(self) -> None:
        call = subscribed("choose_renewal", "1", found=(ENDED,), plans=PLANS)
        assert call.said == ["For 1 month more, until 2026-02-28, at 4.00 USD, press 1."]

    def test_what_is_above_the_largest_payment_is_not_offered(self) -> None:
        call = subscribed("choose_renewal", "1", offer="renewals", rules=Rules(maximum_minor=5_000))
        assert call.said == ["For 1 year more, until 2027-08-31, at 48.00 USD, press 1."]

    def test_it_is_looked_up_anew(self) -> None:
        """It may have been renewed in this very call: the next one follows it."""
        before = Subscription("s1", "a1", "digital", date(2025, 8, 31))
        call = subscribed("choose_renewal", "1", offer="renewals", facts={"subscription": before})
        assert "until 2027-08-31" in call.said[0]

    def test_one_that_is_gone_is_not_renewed(self) -> None:
        call = subscribed("choose_renewal", found=(ENDED,), facts={"subscription": DIGITAL})
        assert call.outcome == "nothing"

    def test_who_has_keyed_a_card_keeps_it(self) -> None:
        card = Card(Secret(), Secret(), Secret(), Secret())
        call = subscribed("choose_renewal", "2", offer="renewals", facts={"means": card})
        assert (call.outcome, call.call.facts.amount) == ("changed", usd(6_900))

    @pytest.mark.parametrize("rules", [Rules(), Rules(maximum_minor=100)])
    def test_a_renewal_is_paid_in_full_or_not_at_all(self, rules: Rules) -> None:
        bill = Bill("renewal:s1:0:12", "a1", usd(4_800), kind=BillKind.RENEWAL)
        call = walk("choose_amount", "2", "1", facts={"bills": (bill,)}, rules=rules)
        assert call.said == [
            "To pay 48.00 USD in full, press 1.",
            "That is not one of the choices. To pay 48.00 USD in full, press 1.",
        ]
        assert call.call.facts.amount == usd(4_800)
