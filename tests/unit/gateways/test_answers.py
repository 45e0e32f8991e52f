"""What the SDK's answers mean, for answers that no test gateway gives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, OrderId, Submitted, TransactionId, Unavailable, Unknown
from fs_app.gateways.braintree import answers

ORDER, ID = OrderId("order"), TransactionId("abcdef")


def transaction(**more: Any) -> Any:
    usual = {
        "id": "abcdef",
        "order_id": "order",
        "status": "authorized",
        "amount": Decimal("42.50"),
        "currency_iso_code": "USD",
        "type": "sale",
        "processor_response_code": "1000",
        "settlement_batch_id": None,
        "refunded_transaction_id": None,
        "gateway_rejection_reason": None,
        "created_at": datetime.fromisoformat("2030-01-02T03:04:05"),
    }
    return SimpleNamespace(**{**usual, **more})


def yes(**more: Any) -> Any:
    return SimpleNamespace(is_success=True, transaction=transaction(**more))


def no(*errors: tuple[str, str], made: Any = None) -> Any:
    listed = [
        SimpleNamespace(code=code, attribute=attribute, message="4111111111111111") for code, attribute in errors
    ]
    return SimpleNamespace(is_success=False, transaction=made, errors=SimpleNamespace(deep_errors=listed))


def test_the_amount_told_is_the_gateways_own() -> None:
    assert answers.charged(yes(amount=Decimal("10.00")), ORDER) == Approved(ID, Money(1000, "USD"))
    assert answers.charged(yes(currency_iso_code="EUR"), ORDER) == Approved(ID, Money(4250, "EUR"))


@pytest.mark.parametrize("status", ["authorizing", "voided", "authorization_expired", "settlement_declined", "new"])
def test_success_in_a_state_that_holds_no_money_is_unknown(status: str) -> None:
    assert answers.charged(yes(status=status), ORDER) == Unknown(f"the gateway answered with status {status}", ID)


def test_anothers_transaction_is_no_answer_to_ours() -> None:
    assert isinstance(answers.charged(yes(order_id="other"), ORDER), Unknown)
    declined = transaction(order_id=None, status="processor_declined")
    assert isinstance(answers.charged(no(made=declined), ORDER), Unknown)


def test_a_failure_in_a_state_that_may_hold_money_is_unknown() -> None:
    assert isinstance(answers.charged(no(made=transaction(status="authorized")), ORDER), Unknown)


def test_a_decline_without_advice() -> None:
    made = transaction(status="processor_declined", processor_response_code="2046")
    assert answers.charged(no(made=made), ORDER) == Declined("2046", ID, None)


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ("number", "number"),
        ("expiration_date", "expiry"),
        ("expiration_month", "expiry"),
        ("expiration_year", "expiry"),
        ("cvv", "security_code"),
        ("postal_code", "postal_code"),
        ("amount", None),
    ],
)
def test_a_refusal_names_the_field_and_quotes_no_message(attribute: str, field: str | None) -> None:
    result = answers.charged(no(("81715", attribute)), ORDER)
    assert result == Unavailable(f"the gateway refused the request: 81715 {attribute}", field)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("915230", Unavailable), ("915231", Unavailable)]
    + [(code, Unknown) for code in ("915232", "915233", "915234", "915235")],
)
def test_a_key_that_was_used_before_leaves_the_outcome_open(code: str, kind: type) -> None:
    assert isinstance(answers.charged(no((code, "api_request_key")), ORDER), kind)


def test_a_refusal_without_a_reason_is_not_trusted() -> None:
    assert isinstance(answers.charged(no(), ORDER), Unknown)


def test_a_submit_is_judged_by_status_and_amount() -> None:
    wanted = Money(4250, "USD")
    assert answers.captured(transaction(status="settling"), wanted) == Submitted(ID)
    assert isinstance(answers.captured(transaction(status="settling"), Money(4250, "EUR")), Unknown)
    assert isinstance(answers.captured(transaction(status="voided"), wanted), Unavailable)
    assert isinstance(answers.captured(transaction(status="new"), wanted), Unknown)


def test_records_come_oldest_first_even_within_a_second() -> None:
    later = datetime.fromisoformat("2030-01-02T03:04:06")
    newest_first = [transaction(id="c", created_at=later), transaction(id="b"), transaction(id="a")]
    records = answers.oldest_first(newest_first)
    assert [record.transaction_id for record in records] == ["a", "b", "c"]
    assert records[0].created_at.utcoffset() is not None


def test_a_search_with_a_page_that_came_short_is_no_answer() -> None:
    both = [transaction(id="b"), transaction(id="a")]
    assert len(answers.whole(SimpleNamespace(ids=["b", "a"], items=iter(both)))) == 2
    with pytest.raises(ValueError, match="incomplete"):
        answers.whole(SimpleNamespace(ids=["b", "a"], items=iter(both[:1])))


def test_a_refund_is_judged_by_status_and_amount() -> None:
    wanted = Money(4250, "USD")
    assert answers.refunded(yes(status="submitted_for_settlement"), wanted) == Submitted(ID)
    assert isinstance(answers.refunded(yes(status="settling", amount=Decimal("42.49")), wanted), Unknown)
    declined = transaction(status="processor_declined", processor_response_code="2004")
    assert answers.refunded(no(made=declined), wanted) == Declined("2004", ID)
    assert isinstance(answers.refunded(no(("91506", "base")), wanted), Unavailable)
    assert isinstance(answers.refunded(yes(status="new"), wanted), Unknown)
