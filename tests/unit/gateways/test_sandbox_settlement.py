"""Capture in parts, settlement and its reports at the local gateway, through the unmodified SDK."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from braintree import ErrorCodes, TransactionSearch

from fs_app.gateways.sandbox import SandboxServer

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
Codes = ErrorCodes.Transaction


def held(sdk: Any, amount: str = "100.00", **more: Any) -> Any:
    result = sdk.transaction.sale({"amount": amount, "credit_card": CARD, **more})
    assert result.is_success, result.message
    return result.transaction


def settled(sdk: Any, amount: str = "100.00", **more: Any) -> Any:
    sale = held(sdk, amount, options={"submit_for_settlement": True}, **more)
    return sdk.testing.settle_transaction(sale.id).transaction


def part(sdk: Any, whole: Any, amount: str, **more: Any) -> Any:
    result = sdk.transaction.submit_for_partial_settlement(whole.id, amount, more)
    assert result.is_success, result.message
    return result.transaction


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


# --- in parts ---------------------------------------------------------------------------------------------------


def test_a_part_is_a_sale_of_its_own(sdk: Any) -> None:
    whole = held(sdk, order_id="order")
    first = part(sdk, whole, "60.00")
    second = part(sdk, whole, "15.50", order_id="second", descriptor={"name": "abc*second part"})
    assert (first.type, first.status, first.amount) == ("sale", "submitted_for_settlement", Decimal("60.00"))
    assert (first.order_id, second.order_id, second.descriptor.name) == ("order", "second", "abc*second part")
    assert first.authorized_transaction_id == second.authorized_transaction_id == whole.id
    shown = sdk.transaction.find(whole.id)
    assert (shown.status, shown.amount) == ("settlement_pending", Decimal("100.00"))
    assert shown.partial_settlement_transaction_ids == [first.id, second.id]
    assert sdk.transaction.find(first.id).status == "submitted_for_settlement"


def test_the_parts_are_never_more_than_the_whole(sdk: Any) -> None:
    whole = held(sdk)
    first = part(sdk, whole, "60.00")
    ask = sdk.transaction.submit_for_partial_settlement
    assert codes(ask(whole.id, "40.01")) == [Codes.SettlementAmountIsTooLarge]
    assert len(sdk.transaction.find(whole.id).partial_settlement_transaction_ids) == 1
    sdk.transaction.void(first.id)
    assert part(sdk, whole, "100.00").amount == Decimal("100.00")


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0.00", Codes.AmountMustBeGreaterThanZero),
        ("-1.00", Codes.AmountCannotBeNegative),
        ("", Codes.AmountIsRequired),
    ],
)
def test_a_part_needs_an_amount(sdk: Any, amount: str, code: str) -> None:
    whole = held(sdk)
    assert codes(sdk.transaction.submit_for_partial_settlement(whole.id, amount)) == [code]
    assert sdk.transaction.find(whole.id).status == "authorized"


def test_there_are_no_parts_of_parts_nor_of_what_is_captured_or_voided_nor_after_the_last(sdk: Any) -> None:
    whole = held(sdk)
    last = part(sdk, whole, "10.00", final_capture=True)
    captured = held(sdk, options={"submit_for_settlement": True})
    voided = sdk.transaction.void(held(sdk).id).transaction
    pending = held(sdk, options={"submit_for_settlement": True})
    sdk.testing.settlement_pending_transaction(pending.id)
    for sale in (whole, last, captured, voided, pending):
        answer = sdk.transaction.submit_for_partial_settlement(sale.id, "1.00")
        assert codes(answer) == [Codes.CannotSubmitForPartialSettlement]


def test_only_the_parts_are_captured_and_settled(server: SandboxServer, sdk: Any) -> None:
    whole = held(sdk, order_id="order")
    parts = [part(sdk, whole, amount) for amount in ("60.00", "15.50")]
    assert codes(sdk.testing.settle_transaction(whole.id)) == [Codes.CannotSimulateTransactionSettlement]
    assert server.control.settle() == 2
    assert {sdk.transaction.find(each.id).status for each in parts} == {"settled"}
    assert sdk.transaction.find(whole.id).status == "settlement_pending"
    order = server.control.orders()["order"]
    assert (order["transactions"], order["authorised"]) == (1, 1)
    assert (order["captured"], order["captured_amount"]) == (2, "75.50")
    assert sdk.transaction.refund(parts[0].id).transaction.amount == Decimal("60.00")
    assert codes(sdk.transaction.refund(whole.id)) == [Codes.CannotRefundUnlessSettled]


def test_the_details_of_a_part_change_within_its_amount(sdk: Any) -> None:
    first = part(sdk, held(sdk), "60.00")
    assert sdk.transaction.update_details(first.id, {"amount": "50.00"}).transaction.amount == Decimal("50.00")
    too_much = sdk.transaction.update_details(first.id, {"amount": "60.01"})
    assert codes(too_much) == [Codes.SettlementAmountIsTooLarge]


def test_a_request_key_protects_a_part(sdk: Any) -> None:
    whole = held(sdk)
    parts = [part(sdk, whole, "60.00", api_request_key="k").id for _ in range(2)]
    assert parts[0] == parts[1]
    assert sdk.transaction.find(whole.id).partial_settlement_transaction_ids == [parts[0]]


# --- what the processor says ------------------------------------------------------------------------------------


def test_a_partial_approval_holds_less_and_is_captured_for_that(sdk: Any) -> None:
    sale = held(sdk, "1004.00", accept_partial_authorization=True)
    assert (sale.amount, sale.partially_authorized) == (Decimal("502.00"), True)
    assert sale.status_history[0].amount == Decimal("502.00")
    too_much = sdk.transaction.submit_for_settlement(sale.id, "1004.00")
    assert codes(too_much) == [Codes.SettlementAmountIsTooLarge]
    assert sdk.transaction.submit_for_settlement(sale.id).transaction.amount == Decimal("502.00")
    found = sdk.transaction.search(TransactionSearch.amount == "502.00")
    assert [each.id for each in found.items] == [sale.id]


@pytest.mark.parametrize(
    ("outcome", "code", "text"),
    [
        ("settlement_decline", "4001", "Settlement Declined"),
        ("settlement_pending", "4002", "Settlement Pending"),
        ("settlement_confirm", None, None),
    ],
)
def test_a_settlement_that_is_not_just_done_has_a_code(sdk: Any, outcome: str, code: str, text: str) -> None:
    sale = held(sdk, options={"submit_for_settlement": True})
    getattr(sdk.testing, f"{outcome}_transaction")(sale.id)
    shown = sdk.transaction.find(sale.id)
    assert (shown.processor_settlement_response_code, shown.processor_settlement_response_text) == (code, text)


def test_an_authorisation_expires_when_the_clock_is_moved_past_it(server: SandboxServer, sdk: Any) -> None:
    old, captured = held(sdk), held(sdk, options={"submit_for_settlement": True})
    assert server.control.advance(7 * 86400 - 1)["expired"] == 0
    young = held(sdk)
    assert server.control.advance(1)["expired"] == 1
    assert [sdk.transaction.find(each.id).status for each in (old, captured, young)] == [
        "authorization_expired",
        "submitted_for_settlement",
        "authorized",
    ]
    assert codes(sdk.transaction.submit_for_settlement(old.id)) == [Codes.CannotSubmitForSettlement]
    assert codes(sdk.transaction.void(old.id)) == [Codes.CannotBeVoided]
    expired = TransactionSearch.authorization_expired_at >= young.created_at
    assert sdk.transaction.search(expired).ids == [old.id]


# --- the day's batches ------------------------------------------------------------------------------------------


def records(sdk: Any, *ask: Any) -> list[dict[str, Any]]:
    result = sdk.settlement_batch_summary.generate(*ask)
    assert result.is_success, result.message
    rows: list[dict[str, Any]] = result.settlement_batch_summary.records
    return rows


def test_a_day_is_summed_by_card_type_account_and_kind(sdk: Any, clock: Any) -> None:
    first = settled(sdk, "10.00")
    settled(sdk, "2.50")
    settled(sdk, "7.00", credit_card={"number": "5555555555554444", "expiration_date": "05/2031"})
    settled(sdk, "1.00", merchant_account_id="sandbox_credit_card_non_default")
    sdk.testing.settle_transaction(sdk.transaction.refund(first.id, "4.00").transaction.id)
    held(sdk, options={"submit_for_settlement": True})
    clock.pass_seconds(86400)
    settled(sdk, "99.00")
    names = ("card_type", "merchant_account_id", "kind", "count", "amount_settled")
    found = {tuple(str(row[name]) for name in names) for row in records(sdk, "2030-01-02")}
    assert found == {
        ("Visa", "sandbox_credit_card", "sale", "2", "12.50"),
        ("MasterCard", "sandbox_credit_card", "sale", "1", "7.00"),
        ("Visa", "sandbox_credit_card_non_default", "sale", "1", "1.00"),
        ("Visa", "sandbox_credit_card", "credit", "1", "4.00"),
    }
    assert [row["amount_settled"] for row in records(sdk, date(2030, 1, 3))] == ["99.00"]
    assert records(sdk, "2029-01-01") == []


def test_a_day_is_split_by_a_custom_field(sdk: Any) -> None:
    for shop, amount in (("north", "1.00"), ("south", "2.00"), ("north", "3.00")):
        settled(sdk, amount, custom_fields={"store_me": shop})
    found = {row["store_me"]: row["amount_settled"] for row in records(sdk, "2030-01-02", "store_me")}
    assert found == {"north": "4.00", "south": "2.00"}


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (("no date",), ErrorCodes.SettlementBatchSummary.SettlementDateIsInvalid),
        (("2030-02-30",), ErrorCodes.SettlementBatchSummary.SettlementDateIsInvalid),
        ((None,), ErrorCodes.SettlementBatchSummary.SettlementDateIsRequired),
        (("2030-01-02", "unknown"), ErrorCodes.SettlementBatchSummary.CustomFieldIsInvalid),
    ],
)
def test_a_summary_is_refused(sdk: Any, ask: tuple[Any, ...], code: str) -> None:
    assert codes(sdk.settlement_batch_summary.generate(*ask)) == [code]
