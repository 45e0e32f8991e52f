"""What an agent orders while a payment is taken, and what a caller agrees to."""

from __future__ import annotations

import pytest
from assistkit import AMEX, CARD, MAY_SKIP, NUMBER, PAY, STOPPED, during, last, take
from dialogue import CODE, EXPIRY, VISA, ZIP
from helping import CALL, order

from fs_app.domain.destination import FeatureCode
from fs_app.ports import Coded, OrderKind
from fs_app.testing.fakes_desk import FakeOrders
from fs_app.testing.phone import ScriptedPhone

pytestmark = pytest.mark.usefixtures("wiped")


def test_a_field_is_cleared_in_its_middle() -> None:
    paid = take("4242", during(OrderKind.CLEAR), *CARD, PAY)
    assert paid.seen.numbers == [VISA]
    assert paid.desk.answers == {1: "done", 2: "done"}
    assert paid.said.count(NUMBER) == 2
    seen = paid.field("number")
    assert seen.index("typing 4/16") < seen.index("asked 0/16", seen.index("typing 4/16"))


def test_the_field_before_is_asked_again() -> None:
    paid = take(VISA, during(OrderKind.BACK), AMEX, EXPIRY, "1234", ZIP, PAY)
    assert paid.seen.numbers == [AMEX]
    assert paid.desk.answers[2] == "done"


def test_what_is_left_for_the_field_before_waits_to_be_asked_anew() -> None:
    """The agent sees one field at a time: the other shows no key of an answer that was dropped."""
    paid = take(VISA, "12", during(OrderKind.BACK), AMEX, EXPIRY, "1234", ZIP, PAY)
    seen = paid.field("expiry")
    assert seen[seen.index("typing 2/4") :][:3] == ["typing 2/4", "waiting", "asked"]
    for view in paid.views:
        assert sum(field.state in ("asked", "typing") for field in view.fields) <= 1, view


def test_back_at_the_first_field_asks_it_again() -> None:
    paid = take(during(OrderKind.BACK), *CARD, PAY)
    assert paid.said.count(NUMBER) == 2


def test_back_from_the_consent_asks_for_the_last_field() -> None:
    paid = take(*CARD, during(OrderKind.BACK), "94107", PAY)
    assert paid.states == ["starting", "asking", "confirming", "asking", "confirming", "charging", "approved"]


@pytest.mark.parametrize("at", range(5))
def test_the_agent_stops_it_at_any_question(at) -> None:
    stopped = take(*CARD[:at], during(OrderKind.CANCEL))
    assert stopped.states[-1] == "cancelled agent"
    assert stopped.desk.answers == {1: "done", 2: "done"}
    assert STOPPED in stopped.said and stopped.seen.cards == []
    assert stopped.outcome == "talked"


def test_a_feature_code_stops_it() -> None:
    stopped = take(VISA, "12", Coded(FeatureCode.CANCEL))
    assert stopped.states[-1] == "cancelled agent"


@pytest.mark.parametrize("code", [FeatureCode.TAKE_PAYMENT, FeatureCode.SEND_BACK])
def test_other_feature_codes_do_nothing_meanwhile(code) -> None:
    assert take(VISA, Coded(code), *CARD[1:], PAY).states[-1] == "approved"


@pytest.mark.parametrize("kind", [OrderKind.TAKE_PAYMENT, OrderKind.SEND_TO, OrderKind.TRANSFER])
def test_other_orders_wait_for_the_end_of_the_payment(kind) -> None:
    paid = take(VISA, during(kind, target="pay"), *CARD[1:], PAY)
    assert paid.desk.answers == {1: "done", 2: "payment_under_way"}
    assert paid.states[-1] == "approved"


@pytest.mark.parametrize("kind", [OrderKind.TAKE_PAYMENT, OrderKind.SEND_TO, OrderKind.TRANSFER])
def test_and_do_not_disturb_a_caller_who_keys(monkeypatch, kind) -> None:
    orders, left = FakeOrders(), [order(kind, 2, target="pay").order]
    plain = ScriptedPhone._count

    def count(self, entry) -> None:
        plain(self, entry)
        if len(entry.secret) == 4 and left:
            orders.takers[CALL](left.pop())

    monkeypatch.setattr(ScriptedPhone, "_count", count)
    paid = take(*CARD, PAY, services={"orders": orders})
    assert paid.desk.answers == {1: "done", 2: "payment_under_way"}
    assert paid.said.count(NUMBER) == 1
    assert paid.states[-1] == "approved"


def test_where_the_operator_allows_it_the_code_is_skipped() -> None:
    paid = take(VISA, EXPIRY, during(OrderKind.SKIP_CODE), ZIP, PAY, help=MAY_SKIP)
    assert paid.desk.answers[2] == "done"
    assert paid.seen.codes == [""]
    assert paid.field("security_code")[-1] == "skipped"
    assert "You do not need the security code." in paid.said
    assert paid.states[-1] == "approved"


def test_a_code_that_was_keyed_before_it_was_skipped_is_not_sent() -> None:
    paid = take(VISA, EXPIRY, CODE, during(OrderKind.SKIP_CODE), ZIP, PAY, help=MAY_SKIP)
    assert paid.seen.codes == [""]
    assert paid.field("security_code")[-1] == "skipped"


def test_the_way_back_goes_round_a_code_that_is_skipped() -> None:
    skip = during(OrderKind.SKIP_CODE)
    paid = take(VISA, EXPIRY, skip, during(OrderKind.BACK, 3), "0129", ZIP, PAY, help=MAY_SKIP)
    assert paid.seen.expiries == ["0129"]


def test_where_the_operator_does_not_the_code_is_asked_for() -> None:
    paid = take(VISA, EXPIRY, during(OrderKind.SKIP_CODE), CODE, ZIP, PAY)
    assert paid.desk.answers[2] == "not_allowed"
    assert paid.seen.codes == [CODE]


# --- the consent ---


def test_nothing_is_charged_without_a_yes() -> None:
    refused = take(*CARD, "2")
    assert refused.states[-1] == "cancelled other_amount"
    assert refused.seen.cards == []


def test_another_card_begins_with_its_number() -> None:
    paid = take(*CARD, "3", AMEX, EXPIRY, "1234", ZIP, PAY)
    assert paid.seen.numbers == [AMEX]
    assert last(paid).last_four == "0005"


def test_of_another_card_nothing_of_the_first_is_shown() -> None:
    paid = take(*CARD, "3", AMEX, EXPIRY, "1234", ZIP, PAY)
    anew = next(n for n, view in enumerate(paid.views) if view.state == "confirming") + 1
    view = paid.views[anew + 1]
    assert (view.brand, view.last_four) == ("", "")
    assert [field.state for field in view.fields] == ["asked", "waiting", "waiting", "waiting"]


@pytest.mark.parametrize(("answers", "why"), [(("", "", ""), "no_answer"), (("0",), "caller")])
def test_who_does_not_agree_pays_nothing(answers, why) -> None:
    refused = take(*CARD, *answers)
    assert refused.states[-1] == f"cancelled {why}"
    assert refused.seen.cards == []


def test_an_order_at_the_consent_asks_for_it_again() -> None:
    paid = take(*CARD, during(OrderKind.CLEAR), PAY)
    assert sum("To pay now, press 1" in text for text in paid.said) == 2
    assert paid.states[-1] == "approved"
