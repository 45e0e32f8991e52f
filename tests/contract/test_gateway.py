"""The Gateway port, held to its contract over real HTTP with the unmodified SDK.

By default against the local gateway. To run it against Braintree's own sandbox, with your own keys::

    export FS_APP_BRAINTREE_MERCHANT_ID=... FS_APP_BRAINTREE_PUBLIC_KEY=... FS_APP_BRAINTREE_PRIVATE_KEY=...
    pytest tests/contract/test_gateway.py

The account needs USD as its default currency; its AVS and CVV rules do not matter here. Its search lags by some
seconds, so those tests wait.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import braintree
import gevent
import pytest

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest, GatewayRecord

_KEYS = [f"FS_APP_BRAINTREE_{name}" for name in ("MERCHANT_ID", "PUBLIC_KEY", "PRIVATE_KEY")]
_PLACES = ["local", *(["braintree"] if all(name in os.environ for name in _KEYS) else [])]


@dataclass
class Desk:
    """The gateway under test and a way to settle, which only a test environment has."""

    gateway: BraintreeGateway
    settle: Callable[[TransactionId], object]


@pytest.fixture(params=_PLACES)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "local":
        with SandboxServer() as server:
            account = demo_account(server.port)
            yield Desk(BraintreeGateway(account), lambda _: server.control.settle())
        return
    keys = [os.environ[name] for name in _KEYS]
    sdk = braintree.BraintreeGateway(braintree.Configuration(braintree.Environment.Sandbox, *keys))
    yield Desk(BraintreeGateway(BraintreeAccount("sandbox", *keys)), sdk.testing.settle_transaction)


@pytest.fixture
def gateway(desk: Desk) -> BraintreeGateway:
    return desk.gateway


def demo_account(port: int, **more: object) -> BraintreeAccount:
    return BraintreeAccount("local", "fs_app_demo", "fs_app_demo_public", "fs_app_demo_private", port=port, **more)


def visa(code: str = "123", postal_code: str = "94107", number: str = "4111111111111111") -> Card:
    secrets = (Secret(number), Secret("1230"), Secret(code), Secret(postal_code))
    return Card(*secrets, brand="visa", last_four=number[-4:])


def new_order() -> OrderId:
    return OrderId(str(uuid.uuid4()))


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def sale(amount: str = "42.50", order: OrderId | None = None, card: Card | None = None) -> ChargeRequest:
    return ChargeRequest(order or new_order(), usd(amount), card or visa())


def approved(gateway: BraintreeGateway, request: ChargeRequest) -> TransactionId:
    result = gateway.authorise(request)
    assert isinstance(result, Approved), result
    return result.transaction_id


def found(gateway: BraintreeGateway, order: OrderId, count: int = 1) -> list[GatewayRecord]:
    """The records of an order, once the search index has them."""
    deadline = time.monotonic() + 30
    while True:
        records = gateway.find(order)
        assert records is not None
        if len(records) == count or time.monotonic() > deadline:
            return list(records)
        gevent.sleep(0.5)


class TestGatewayContract:
    def test_keys_that_work_leave_nothing_to_say(self, gateway: BraintreeGateway) -> None:
        assert gateway.check() is None

    def test_an_authorisation_holds_the_amount_and_captures_nothing(self, gateway: BraintreeGateway) -> None:
        request = sale("42.50")
        result = gateway.authorise(request)
        assert isinstance(result, Approved)
        assert result.amount == usd("42.50")
        (record,) = found(gateway, request.order_id)
        assert record.transaction_id == result.transaction_id
        assert (record.order_id, record.status, record.captured) == (request.order_id, "authorized", False)
        assert record.amount == usd("42.50")
        assert abs(datetime.now(UTC) - record.created_at) < timedelta(minutes=5)

    @pytest.mark.parametrize("code", ["2000", "2001", "2004", "2010", "2047"])
    def test_only_the_processor_declines(self, gateway: BraintreeGateway, code: str) -> None:
        result = gateway.authorise(sale(f"{code}.00"))
        assert isinstance(result, Declined)
        assert result.code == code
        assert result.transaction_id is not None

    def test_a_processor_out_of_reach_charged_nothing(self, gateway: BraintreeGateway) -> None:
        result = gateway.authorise(sale("3000.00"))
        assert isinstance(result, Unavailable)
        assert "3000" in result.reason

    @pytest.mark.parametrize(
        ("card", "field"),
        [
            (visa(number="4111111111111112"), "number"),
            (visa(code="12"), "security_code"),
            (visa(postal_code="12345678901"), "postal_code"),
        ],
    )
    def test_an_invalid_field_is_named(self, gateway: BraintreeGateway, card: Card, field: str) -> None:
        result = gateway.authorise(sale(card=card))
        assert isinstance(result, Unavailable)
        assert result.field == field

    def test_a_repeated_sale_points_at_the_earlier_one(self, gateway: BraintreeGateway) -> None:
        order = new_order()
        first = approved(gateway, sale(order=order))
        assert isinstance(gateway.authorise(sale(order=order)), Unknown)
        records = found(gateway, order, count=2)
        assert (records[0].transaction_id, records[0].status) == (first, "authorized")
        assert (records[1].status, records[1].captured) == ("gateway_rejected", False)

    def test_submitting_captures_once_however_often_it_is_asked(self, gateway: BraintreeGateway) -> None:
        request = sale()
        transaction = approved(gateway, request)
        assert gateway.submit(transaction, request.amount) == Submitted(transaction)
        assert gateway.submit(transaction, request.amount) == Submitted(transaction)
        (record,) = found(gateway, request.order_id)
        assert record.captured

    def test_another_amount_at_the_second_submit_is_not_told_as_submitted(self, gateway: BraintreeGateway) -> None:
        transaction = approved(gateway, sale("42.50"))
        gateway.submit(transaction, usd("42.50"))
        assert isinstance(gateway.submit(transaction, usd("40.00")), Unknown)

    def test_a_void_gives_back_once_however_often_it_is_asked(self, gateway: BraintreeGateway) -> None:
        request = sale()
        transaction = approved(gateway, request)
        assert gateway.void(transaction) == Voided(transaction)
        assert gateway.void(transaction) == Voided(transaction)
        refused = gateway.submit(transaction, request.amount)
        assert isinstance(refused, Unavailable)
        assert "voided" in refused.reason

    def test_a_submitted_capture_can_still_be_voided(self, gateway: BraintreeGateway) -> None:
        request = sale()
        transaction = approved(gateway, request)
        gateway.submit(transaction, request.amount)
        assert gateway.void(transaction) == Voided(transaction)

    def test_only_settled_money_is_refunded_and_never_more_than_was_taken(self, desk: Desk) -> None:
        gateway, request, order = desk.gateway, sale("42.50"), new_order()
        transaction = approved(gateway, request)
        gateway.submit(transaction, request.amount)
        assert isinstance(gateway.refund(transaction, usd("42.50"), new_order()), Unavailable)
        desk.settle(transaction)
        assert isinstance(gateway.void(transaction), Unavailable)
        part = gateway.refund(transaction, usd("40.00"), order)
        assert isinstance(part, Submitted)
        assert part.transaction_id != transaction
        assert isinstance(gateway.refund(transaction, usd("2.51"), new_order()), Unavailable)
        (record,) = found(gateway, order)
        assert (record.transaction_id, record.amount) == (part.transaction_id, usd("40.00"))

    def test_what_does_not_exist_is_refused_as_a_value(self, gateway: BraintreeGateway) -> None:
        for name in ("zzzzzzzz", "", "../../customers/1", "with space"):
            transaction = TransactionId(name)
            assert isinstance(gateway.submit(transaction, usd("1.00")), Unavailable)
            assert isinstance(gateway.void(transaction), Unavailable)
            assert isinstance(gateway.refund(transaction, usd("1.00"), new_order()), Unavailable)
        assert gateway.find(new_order()) == []

    def test_a_wiped_card_is_not_sent(self, gateway: BraintreeGateway) -> None:
        request = sale()
        request.means.wipe()
        assert isinstance(gateway.authorise(request), Unavailable)
        assert gateway.find(request.order_id) == []


class TestDemoMerchant:
    """What the local demo account does beyond the contract: rules for AVS and CVV, currencies, request keys."""

    @pytest.fixture
    def server(self) -> Iterator[SandboxServer]:
        with SandboxServer() as server:
            yield server

    @pytest.mark.parametrize(
        ("card", "code"),
        [
            (visa(code="200"), "gateway_cvv"),
            (visa(postal_code="20000"), "gateway_avs"),
            (visa(code="200", postal_code="20000"), "gateway_avs_and_cvv"),
        ],
    )
    def test_a_rule_declines(self, server: SandboxServer, card: Card, code: str) -> None:
        result = BraintreeGateway(demo_account(server.port)).authorise(sale(card=card))
        assert isinstance(result, Declined)
        assert result.code == code

    def test_the_gateways_advice_is_passed_on(self, server: SandboxServer) -> None:
        card = visa(number="5555555555554444")
        result = BraintreeGateway(demo_account(server.port)).authorise(sale("2000.00", card=card))
        assert isinstance(result, Declined)
        assert (result.code, result.advice) == ("2000", "01")

    def test_the_true_currency_is_told_when_the_account_has_another(self, server: SandboxServer) -> None:
        account = demo_account(server.port, merchant_account_id="fs_app_demo_eur")
        result = BraintreeGateway(account).authorise(sale("42.50"))
        assert isinstance(result, Approved)
        assert result.amount == Money(4250, "EUR")

    def test_yen_have_no_decimals(self, server: SandboxServer) -> None:
        gateway = BraintreeGateway(demo_account(server.port, merchant_account_id="fs_app_demo_jpy"))
        result = gateway.authorise(ChargeRequest(new_order(), Money(500, "JPY"), visa()))
        assert isinstance(result, Approved)
        assert result.amount == Money(500, "JPY")

    def test_a_request_key_makes_a_repeated_sale_the_same_sale(self, server: SandboxServer) -> None:
        gateway, order = BraintreeGateway(demo_account(server.port, use_request_key=True)), new_order()
        first = approved(gateway, sale(order=order))
        assert approved(gateway, sale(order=order)) == first
        assert server.control.orders()[order]["transactions"] == 1

    def test_a_request_key_used_for_another_sale_proves_nothing(self, server: SandboxServer) -> None:
        gateway, order = BraintreeGateway(demo_account(server.port, use_request_key=True)), new_order()
        approved(gateway, sale("42.50", order=order))
        assert isinstance(gateway.authorise(sale("43.50", order=order)), Unknown)

    def test_an_unknown_merchant_account_charges_nothing(self, server: SandboxServer) -> None:
        result = BraintreeGateway(demo_account(server.port, merchant_account_id="nobody")).authorise(sale())
        assert isinstance(result, Unavailable)
        assert result.field is None

    def test_sixty_calls_at_once_share_one_object(self, server: SandboxServer) -> None:
        gateway = BraintreeGateway(demo_account(server.port))
        server.faults.plan(kind="delay_before_commit", times=60, seconds=0.5)
        started = time.monotonic()
        calls = [gevent.spawn(gateway.authorise, sale()) for _ in range(60)]
        gevent.joinall(calls, timeout=30, raise_error=True)
        assert all(isinstance(call.value, Approved) for call in calls)
        assert len({call.value.transaction_id for call in calls}) == 60
        assert time.monotonic() - started < 10  # one after the other they would take 30 s
