"""The local gateway below the SDK: keys, paths, bodies, the control API, and what it remembers of a card."""

from __future__ import annotations

import base64
import gc
import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import gevent
import pytest
from braintree import Configuration
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fs_app.gateways.sandbox import SandboxServer
from fs_app.gateways.sandbox.transmission import KEEP_ALIVE_SECONDS
from fs_app.gateways.sandbox.xml import MalformedXml, parse, render

HOME = "/merchants/integration_merchant_id"
SALE = (
    "<transaction><type>sale</type><amount>1.00</amount><order-id>a</order-id><credit-card>"
    "<number>4111111111111111</number><expiration-date>05/31</expiration-date><cvv>973</cvv>"
    "</credit-card></transaction>"
)


@pytest.fixture
def wire(server: SandboxServer) -> Iterator[HTTPConnection]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    yield connection
    connection.close()


def ask(
    wire: HTTPConnection, method: str, path: str, body: str | None = None, name: str = "integration"
) -> tuple[int, bytes]:
    key = base64.b64encode(f"{name}_public_key:{name}_private_key".encode()).decode()
    wire.request(method, path, body, {"Authorization": f"Basic {key}"})
    response = wire.getresponse()
    return response.status, response.read()


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic %%%", "Basic " + base64.b64encode(b"\xff").decode(), "Bearer x"]
)
def test_without_keys_nothing_is_told(wire: HTTPConnection, header: str) -> None:
    wire.request("GET", f"{HOME}/transactions/abcdef", headers={"Authorization": header})
    response = wire.getresponse()
    assert (response.status, response.read()) == (401, b"")


def test_the_keys_of_one_merchant_open_no_other(wire: HTTPConnection) -> None:
    assert ask(wire, "GET", f"{HOME}/transactions/abcdef", name="processing_rules") == (401, b"")
    assert ask(wire, "GET", "/merchants/nobody/transactions/abcdef")[0] == 401


def test_paths_are_taken_as_they_come(server: SandboxServer, wire: HTTPConnection, sdk: Any) -> None:
    sdk.customer.create({"id": "77"})
    for path in (
        "/payment_methods/credit_card/../../customers/77",
        "/payment_methods/../customers/77",
        "/customers/%37%37",
        "/customers%2F77",
        "//customers/77",
        "/customers/77/",
        "/customers/77;x",
    ):
        assert ask(wire, "DELETE", HOME + path) == (404, b""), path
    assert sdk.customer.find("77").id == "77"


def test_a_wrong_method_or_resource_is_not_found(wire: HTTPConnection) -> None:
    assert ask(wire, "PATCH", f"{HOME}/transactions")[0] == 404
    assert ask(wire, "GET", f"{HOME}/disputes/abcdef")[0] == 404


def test_other_sdks_dashes_are_read_too(server: SandboxServer, wire: HTTPConnection) -> None:
    status, body = ask(wire, "POST", f"{HOME}/transactions", '<?xml version="1.0"?>' + SALE)
    assert status == 201
    assert b"<order-id>a</order-id>" in body


@pytest.mark.parametrize(
    "body",
    [
        "not xml",
        "<a>",
        "<transaction>text</transaction>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>" * 100_000 + "</a>" * 100_000,
        '<a><b type="datetime">yesterday</b></a>',
    ],
)
def test_bad_xml_is_refused(wire: HTTPConnection, body: str) -> None:
    assert ask(wire, "POST", f"{HOME}/transactions", body) == (400, b"")


def test_a_body_over_the_limit_is_refused(wire: HTTPConnection) -> None:
    assert ask(wire, "POST", f"{HOME}/transactions", "<a>" + "x" * (1 << 20) + "</a>")[0] == 413


# What a transaction answers with; a missing one is an AttributeError for the SDK's caller.
FIELDS = """
id status type currency-iso-code amount merchant-account-id order-id created-at updated-at customer billing
shipping refund-id refund-ids refunded-transaction-id partial-settlement-transaction-ids
authorized-transaction-id settlement-batch-id custom-fields avs-error-response-code
avs-postal-code-response-code avs-street-address-response-code cvv-response-code gateway-rejection-reason
processor-authorization-code processor-response-code processor-response-text processor-response-type
additional-processor-response voice-referral-number acquirer-reference-number purchase-order-number tax-amount
tax-exempt credit-card status-history plan-id subscription-id subscription add-ons discounts descriptor
recurring channel disbursement-details disputes authorization-adjustments payment-instrument-type
processor-settlement-response-code processor-settlement-response-text network-response-code
network-response-text network-transaction-id retrieval-reference-number authorization-expires-at
three-d-secure-info processed-with-network-token retried retry-ids retried-transaction-id merchant-advice-code
merchant-advice-code-text global-id
"""


def test_every_field_is_there_and_nil_carries_no_type(wire: HTTPConnection) -> None:
    _, body = ask(wire, "POST", f"{HOME}/transactions", SALE)
    root = fromstring(body)
    assert {child.tag for child in root} >= set(FIELDS.split())
    assert not [each.tag for each in root.iter() if each.get("nil") and each.get("type")]
    assert root.find("risk-data") is None


def test_a_kept_connection_outlives_the_sdks_patience() -> None:
    assert Configuration("sandbox", "m", "p", "k").max_connection_idle_seconds < KEEP_ALIVE_SECONDS


def test_a_connection_is_kept_for_the_next_request(wire: HTTPConnection) -> None:
    ask(wire, "GET", f"{HOME}/transactions/abcdef")
    first = wire.sock
    assert first is not None
    ask(wire, "GET", f"{HOME}/transactions/abcdef")
    assert wire.sock is first


def test_neither_number_nor_security_code_stays(
    server: SandboxServer, wire: HTTPConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    """The number is one of the table of test numbers, so what the store holds is looked at, not all of memory."""
    assert ask(wire, "POST", f"{HOME}/transactions", SALE)[0] == 201
    held = strings_below(server.store)
    assert "411111" in held  # the search sees what is kept
    assert not [text for text in held if "4111111111111111" in text or text == "973"]
    assert "4111111111111111" not in "".join(capfd.readouterr())


def strings_below(root: object) -> set[str]:
    """Every text reachable from an object, modules, classes and functions left out."""
    seen: set[int] = set()
    queue, texts = [root], set()
    while queue:
        holder = queue.pop()
        if id(holder) in seen or isinstance(holder, type) or callable(holder):
            continue
        seen.add(id(holder))
        if isinstance(holder, str):
            texts.add(holder)
        queue.extend(gc.get_referents(holder))
    return texts


# --- control ----------------------------------------------------------------------------------------------------


def control(wire: HTTPConnection, method: str, name: str, body: object = None) -> tuple[int, Any]:
    wire.request(method, f"/_control/{name}", json.dumps(body) if body is not None else None)
    response = wire.getresponse()
    text = response.read()
    return response.status, json.loads(text) if text else None


def test_control_counts_and_settles(wire: HTTPConnection, sdk: Any) -> None:
    sale = {"credit_card": {"number": "4111111111111111", "expiration_date": "05/31"}, "order_id": "o"}
    kept = sdk.transaction.sale({**sale, "amount": "5.00", "options": {"submit_for_settlement": True}}).transaction
    sdk.transaction.sale({**sale, "amount": "5.00"})
    sdk.transaction.sale({**sale, "amount": "2000.00"})
    assert control(wire, "POST", "settle") == (200, {"settled": 1})
    assert sdk.transaction.find(kept.id).status == "settled"
    sdk.transaction.refund(kept.id, "2.00")
    status, orders = control(wire, "GET", "orders")
    assert (status, orders["o"]) == (
        200,
        {
            "transactions": 3,
            "authorised": 2,
            "captured": 1,
            "voided": 0,
            "captured_amount": "5.00",
            "refunded_amount": "2.00",
        },
    )


def test_a_fault_is_aimed_at_the_request_of_one_amount(wire: HTTPConnection, server: SandboxServer) -> None:
    server.faults.plan(kind="status_before_commit", status=503, amount="2.50")
    assert ask(wire, "POST", f"{HOME}/transactions", SALE)[0] == 201
    assert ask(wire, "POST", f"{HOME}/transactions", SALE.replace("1.00", "2.50"))[0] == 503
    assert server.faults.planned == []


def test_faults_are_planned_shown_used_up_and_cleared(wire: HTTPConnection) -> None:
    fault = {"kind": "status_before_commit", "status": 503, "times": 2, "path": "^GET"}
    assert control(wire, "POST", "faults", fault)[0] == 200
    assert control(wire, "GET", "faults")[1][0]["times"] == 2
    statuses = [ask(wire, "GET", f"{HOME}/transactions/abcdef")[0] for _ in range(3)]
    assert statuses == [503, 503, 404]
    control(wire, "POST", "faults", fault)
    control(wire, "DELETE", "faults")
    assert control(wire, "GET", "faults") == (200, [])


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "gremlin"},
        {},
        {"kind": "status_after_commit", "path": "("},
        ["kind"],
        "x",
        {"kind": "drop_after_commit", "times": "x"},
    ],
)
def test_a_fault_that_cannot_be_is_refused(wire: HTTPConnection, body: object) -> None:
    assert control(wire, "POST", "faults", body)[0] == 400
    assert control(wire, "GET", "nothing")[0] == 404


def test_a_request_still_in_flight_is_not_repeated(server: SandboxServer, wire: HTTPConnection) -> None:
    keyed = SALE.replace("<type>", "<api-request-key>k</api-request-key><type>")
    server.faults.plan(kind="delay_before_commit", seconds=1.5)
    other = HTTPConnection("127.0.0.1", server.port, timeout=5)
    first = gevent.spawn(ask, other, "POST", f"{HOME}/transactions", keyed)
    while server.faults.planned:
        gevent.sleep(0.01)
    status, body = ask(wire, "POST", f"{HOME}/transactions", keyed)
    assert status == 422
    assert b"915233" in body
    assert first.get(timeout=5)[0] == 201
    assert ask(wire, "POST", f"{HOME}/transactions", keyed)[0] == 201
    assert server.control.orders()["a"]["transactions"] == 1
    other.close()


def test_a_dropped_connection_is_closed_without_a_byte(server: SandboxServer) -> None:
    server.faults.plan(kind="drop_before_commit")
    key = base64.b64encode(b"integration_public_key:integration_private_key").decode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(f"GET {HOME}/transactions/abcdef HTTP/1.1\r\nAuthorization: Basic {key}\r\n\r\n".encode())
        assert client.recv(100) == b""


# --- xml --------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@given(TEXT)
def test_any_text_survives_the_dialect(text: str) -> None:
    root, tree = parse(render("some_thing", {"inner_text": text, "nothing": None, "yes": True}))
    assert (root, tree) == ("some_thing", {"inner_text": text, "nothing": None, "yes": True})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        root, tree = parse(body)
    except MalformedXml as refused:
        assert body.decode("latin-1") not in str(refused) or len(body) < 2
    else:
        assert root
        assert isinstance(tree, dict)
