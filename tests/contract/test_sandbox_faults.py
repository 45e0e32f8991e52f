"""Every fault of the local gateway, as the unmodified SDK meets it through our adapter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, OrderId, Submitted, TransactionId, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox import SandboxServer
from fs_app.gateways.sandbox.faults import KINDS
from fs_app.ports import ChargeRequest

AMOUNT = Money(4250, "USD")
ORDER = OrderId("order-1")
SALE = "POST /transactions$"
ABSENT = TransactionId("nothing")


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.fixture
def gateway(server: SandboxServer) -> BraintreeGateway:
    return adapter(server)


def adapter(server: SandboxServer, **more: Any) -> BraintreeGateway:
    keys = ("fs_app_demo", "fs_app_demo_public", "fs_app_demo_private")
    limits = {"connect_seconds": 5.0, "read_seconds": 5.0, "limit_seconds": 10.0, **more}
    return BraintreeGateway(BraintreeAccount("local", *keys, port=server.port, **limits))


def request(order: OrderId = ORDER) -> ChargeRequest:
    card = Card(*(Secret(digits) for digits in ("4111111111111111", "1230", "123", "94107")))
    return ChargeRequest(order, AMOUNT, card)


def control(server: SandboxServer, method: str, name: str, body: Any = None) -> Any:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, f"/_control/{name}", json.dumps(body) if body is not None else None)
    answer = connection.getresponse()
    told = json.loads(answer.read() or b"null")
    connection.close()
    assert answer.status == 200, told
    return told


# What the adapter makes of each, and whether the gateway has an authorisation afterwards.
MEETINGS = {
    "delay_before_commit": ({"seconds": 1.3}, Unknown, None),  # the client has gone before it is done
    "delay_after_commit": ({"seconds": 1.3}, Unknown, True),
    "drop_before_commit": ({}, Unknown, False),
    "drop_after_commit": ({}, Unknown, True),
    "reset_before_commit": ({}, Unknown, False),
    "reset_after_commit": ({}, Unknown, True),
    "status_before_commit": ({"status": 503}, Unknown, False),
    "status_after_commit": ({"status": 500}, Unknown, True),
    "empty_before_commit": ({}, Unknown, False),
    "empty_after_commit": ({}, Unknown, True),
    "truncated_after_commit": ({}, Unknown, True),
    "broken_xml_after_commit": ({}, Unknown, True),
    "slow_drip_after_commit": ({"seconds": 5.0}, Unknown, True),
    "wrong_amount": ({}, Approved, True),
    "refuse_request_key": ({}, Approved, True),  # we send no key, so it is not refused
}
LIMITS = {  # which the adapter meets them with: else they are longer than any busy machine needs
    "delay_before_commit": {"read_seconds": 1.0},
    "delay_after_commit": {"read_seconds": 1.0},
    "slow_drip_after_commit": {"limit_seconds": 2.0},
}


def test_every_fault_is_met_here() -> None:
    assert set(MEETINGS) == set(KINDS)


@pytest.mark.parametrize("kind", MEETINGS)
def test_a_sale_meets_a_fault_and_the_next_one_does_not(
    server: SandboxServer, gateway: BraintreeGateway, kind: str
) -> None:
    details, result, authorised = MEETINGS[kind]
    control(server, "POST", "faults", {"kind": kind, "path": SALE, **details})
    assert isinstance(adapter(server, **LIMITS.get(kind, {})).authorise(request()), result)
    assert control(server, "GET", "faults") == []
    if authorised is not None:
        assert server.control.orders().get(ORDER, {"authorised": 0})["authorised"] == int(authorised)
    assert isinstance(gateway.authorise(request(OrderId("order-2"))), Approved)


def test_a_wrong_amount_is_held_and_told(server: SandboxServer, gateway: BraintreeGateway) -> None:
    server.faults.plan(kind="wrong_amount")
    held = gateway.authorise(request())
    assert isinstance(held, Approved)
    assert held.amount == Money(2125, "USD")
    found = gateway.find(ORDER)
    assert found is not None
    assert [each.amount for each in found] == [Money(2125, "USD")]


def test_a_slow_answer_that_arrives_in_time_is_an_answer(server: SandboxServer, gateway: BraintreeGateway) -> None:
    server.faults.plan(kind="slow_drip_after_commit", seconds=0.4)
    assert isinstance(gateway.authorise(request()), Approved)


def test_a_refused_request_key_is_not_processed(server: SandboxServer) -> None:
    body = (
        "<transaction><type>sale</type><amount>1.00</amount><api_request_key>k</api_request_key>"
        "<credit_card><number>4111111111111111</number><expiration_date>12/30</expiration_date></credit_card>"
        "</transaction>"
    )
    server.faults.plan(kind="refuse_request_key")
    answers = []
    for _ in range(2):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
        keys = "Basic aW50ZWdyYXRpb25fcHVibGljX2tleTppbnRlZ3JhdGlvbl9wcml2YXRlX2tleQ=="
        path = "/merchants/integration_merchant_id/transactions"
        connection.request("POST", path, body, {"Authorization": keys})
        answer = connection.getresponse()
        answers.append((answer.status, b"915231" in answer.read()))
        connection.close()
    assert answers == [(422, True), (201, False)]


def test_a_rate_strikes_by_chance_and_a_seed_repeats_it(server: SandboxServer, gateway: BraintreeGateway) -> None:
    def struck() -> list[int]:
        """How often it had struck after each of twenty requests."""
        server.faults.planned.clear()
        control(server, "POST", "faults", {"kind": "status_before_commit", "rate": 0.5, "seed": 7, "path": "GET"})
        return [server.faults.planned[0].struck for _ in range(20) if gateway.look(ABSENT) is None]

    first = struck()
    assert 0 < first[-1] < 20
    assert struck() == first


@pytest.mark.parametrize("rate", [-0.1, 1.1, "often"])
def test_a_rate_that_is_none_is_refused(server: SandboxServer, rate: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        server.faults.plan(kind="drop_after_commit", rate=rate)


def test_a_lagging_search_finds_nothing_yet_but_the_transaction_is_there(
    server: SandboxServer, gateway: BraintreeGateway
) -> None:
    control(server, "POST", "search_lag", {"seconds": 60})
    held = gateway.authorise(request())
    assert isinstance(held, Approved)
    assert gateway.find(ORDER) == []
    shown = gateway.look(held.transaction_id)
    assert shown is not None and shown.order_id == ORDER
    control(server, "POST", "search_lag", {"seconds": 0})
    assert [each.transaction_id for each in gateway.find(ORDER) or ()] == [held.transaction_id]


def test_the_control_api_tells_of_every_transaction(server: SandboxServer, gateway: BraintreeGateway) -> None:
    held = gateway.authorise(request())
    assert isinstance(held, Approved)
    assert isinstance(gateway.submit(held.transaction_id, AMOUNT), Submitted)
    assert isinstance(gateway.refund(held.transaction_id, AMOUNT, OrderId("r")), Unavailable)
    assert control(server, "POST", "settle", {"transaction": held.transaction_id}) == {"settled": 1}
    assert isinstance(gateway.refund(held.transaction_id, AMOUNT, OrderId("r")), Submitted)
    sale, credit = control(server, "GET", "transactions")
    assert (sale["type"], sale["status"], sale["amount"], sale["order_id"]) == ("sale", "settled", "42.50", ORDER)
    assert [status for status, _ in sale["history"]] == ["authorized", "submitted_for_settlement", "settled"]
    assert (credit["type"], credit["refunds"], credit["order_id"]) == ("credit", held.transaction_id, "r")


def test_the_clock_can_be_moved_ahead(server: SandboxServer, gateway: BraintreeGateway) -> None:
    before = gateway.authorise(request(OrderId("a")))
    control(server, "POST", "clock", {"seconds": 86400})
    after = gateway.authorise(request(OrderId("b")))
    assert isinstance(before, Approved) and isinstance(after, Approved)
    records = [gateway.look(each.transaction_id) for each in (before, after)]
    assert records[0] is not None and records[1] is not None
    assert (records[1].created_at - records[0].created_at).total_seconds() >= 86400
