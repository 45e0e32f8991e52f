"""What becomes of a charge when the gateway or the network fails, and that no fault lets a card leak."""

from __future__ import annotations

import gc
import http.client
import logging
import os
import random
import socket
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import gevent
import pytest
import structlog.testing

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, OrderId, Submitted, TransactionId, Unavailable, Unknown, Voided
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox import SandboxServer
from fs_app.gateways.sandbox.merchants import MERCHANTS
from fs_app.ports import ChargeRequest
from tests.badserver import Reply, answering, dripping, failing, nothing, resetting, silent
from tests.cards import visa

# A number that no card has (none begins with 0) and a code longer than any real one, drawn anew each run: nothing
# else in the process mentions them. Kept backwards, so that searching memory does not find its own needle.
REVERSED = f"{random.randrange(10**11, 10**12)}0000"
REVERSED_CODE = f"{random.randrange(10**10, 10**11)}"


def gateway_at(port: int, **more: object) -> BraintreeGateway:
    """Its limits are longer than any busy machine needs; ``more`` are shorter ones, where one is to be met."""
    limits = {"connect_seconds": 5.0, "read_seconds": 5.0, "limit_seconds": 10.0, **more}
    return BraintreeGateway(
        BraintreeAccount("local", "fs_app_demo", "fs_app_demo_public", "fs_app_demo_private", port=port, **limits)
    )


def canary() -> Card:
    secrets = (REVERSED[::-1], "1230", REVERSED_CODE[::-1], "94107")
    return Card(*(Secret(digits) for digits in secrets), brand="visa", last_four="0000")


def request() -> ChargeRequest:
    return ChargeRequest(OrderId("order"), Money(4250, "USD"), canary())


# --- a server that fails in a chosen way ------------------------------------------------------------------------


UNKNOWN: dict[str, Reply] = {
    "read time-out": silent,
    "closed without an answer": nothing,
    "reset": resetting,
    "dead in mid-body": answering("201 Created", b"<transaction>", length=500),
    "one byte at a time": dripping,
    "not http": lambda sock: sock.sendall(b"hello\r\n\r\n"),
    **{str(status): answering(f"{status} No") for status in (400, 408, 409, 418, 429, 500, 502, 503, 504)},
    "empty 200": answering("200 OK"),
    "broken xml": answering("201 Created", b"<transaction><id>1"),
    "another root": answering("200 OK", b"<customer><id>1</id></customer>"),
    "no amount": answering("201 Created", b"<transaction><id>abcdef</id></transaction>"),
    "an error page": answering("200 OK", b"<html><body>Bad gateway</body></html>"),
    "another server's answer": answering("201 Created", b'{"transaction": {"id": "1"}}'),
    "a redirection in circles": answering("302 Found\r\nLocation: /"),
    "refused without a reason": answering(
        "422 No",
        b'<api-error-response><errors><errors type="array"/></errors><message>No</message></api-error-response>',
    ),
}
MET: dict[Reply, dict[str, float]] = {silent: {"read_seconds": 0.3}, dripping: {"limit_seconds": 0.6}}
UNAVAILABLE: dict[str, Reply] = {str(status): answering(f"{status} No") for status in (401, 403, 404, 426)}


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port that answers no more connection requests, as a host behind a dead firewall does."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        try:
            for _ in range(16):
                client = socket.socket()
                waiting.append(client)
                client.settimeout(0.1)
                client.connect(listener.getsockname())
        except TimeoutError:
            pass
        try:
            yield listener.getsockname()[1]
        finally:
            for client in waiting:
                client.close()


def closed_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# --- classification ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_may_have_been_charged_is_unknown(name: str) -> None:
    with failing(UNKNOWN[name]) as port:
        gateway = gateway_at(port, **MET.get(UNKNOWN[name], {}))
        assert isinstance(gateway.authorise(request()), Unknown)
        assert isinstance(gateway.submit(TransactionId("abcdef"), Money(1, "USD")), Unknown)
        assert isinstance(gateway.void(TransactionId("abcdef")), Unknown)
        assert isinstance(gateway.refund(TransactionId("abcdef"), Money(1, "USD"), OrderId("r")), Unknown)
        assert gateway.find(OrderId("order")) is None


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_what_the_gateway_refused_to_process_is_unavailable(name: str) -> None:
    with failing(UNAVAILABLE[name]) as port:
        gateway = gateway_at(port)
        assert isinstance(gateway.authorise(request()), Unavailable)
        assert isinstance(gateway.submit(TransactionId("abcdef"), Money(1, "USD")), Unavailable)
        assert gateway.find(OrderId("order")) is None


def test_what_never_left_is_unavailable() -> None:
    refused = gateway_at(closed_port()).authorise(request())
    assert refused == Unavailable("no connection to the gateway")
    with full_backlog() as port:
        late = gateway_at(port, connect_seconds=0.3).authorise(request())
    assert late == Unavailable("no connection to the gateway within the time limit")


def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    account = BraintreeAccount("local", "m", "p", "k", host="gateway.invalid", connect_seconds=2)
    assert isinstance(BraintreeGateway(account).authorise(request()), Unavailable)


def test_a_callers_own_deadline_passes_through() -> None:
    with failing(silent) as port, pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        gateway_at(port).authorise(request())


def test_the_gateway_is_used_again_after_a_fault() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        card = Card(*(Secret(digits) for digits in ("4111111111111111", "1230", "123", "94107")))
        server.faults.plan(kind="drop_after_commit")
        assert isinstance(gateway.authorise(ChargeRequest(OrderId("a"), Money(100, "USD"), card)), Unknown)
        assert isinstance(gateway.authorise(ChargeRequest(OrderId("b"), Money(100, "USD"), card)), Approved)


@pytest.mark.parametrize(
    ("fault", "transactions"), [("status_before_commit", 0), ("status_after_commit", 1), ("drop_after_commit", 1)]
)
def test_an_unknown_sale_is_found_by_its_order_id(fault: str, transactions: int) -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        card = Card(*(Secret(digits) for digits in ("4111111111111111", "1230", "123", "94107")))
        server.faults.plan(kind=fault, path="POST /transactions$")
        assert isinstance(gateway.authorise(ChargeRequest(OrderId("a"), Money(100, "USD"), card)), Unknown)
        records = gateway.find(OrderId("a"))
        assert records is not None
        assert len(records) == transactions


def test_a_submit_or_void_whose_answer_was_lost_can_be_repeated() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        card = Card(*(Secret(digits) for digits in ("4111111111111111", "1230", "123", "94107")))
        made = gateway.authorise(ChargeRequest(OrderId("a"), Money(100, "USD"), card))
        assert isinstance(made, Approved)
        server.faults.plan(kind="drop_after_commit")
        assert isinstance(gateway.submit(made.transaction_id, made.amount), Unknown)
        assert gateway.submit(made.transaction_id, made.amount) == Submitted(made.transaction_id)
        server.faults.plan(kind="drop_after_commit")
        assert isinstance(gateway.void(made.transaction_id), Unknown)
        assert gateway.void(made.transaction_id) == Voided(made.transaction_id)


def test_a_lost_look_after_a_refused_submit_proves_nothing() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        card = Card(*(Secret(digits) for digits in ("4111111111111111", "1230", "123", "94107")))
        made = gateway.authorise(ChargeRequest(OrderId("a"), Money(100, "USD"), card))
        assert isinstance(made, Approved)
        gateway.submit(made.transaction_id, made.amount)
        server.faults.plan(kind="status_before_commit", status=401, path="GET /transactions/")
        assert isinstance(gateway.submit(made.transaction_id, made.amount), Unknown)


@pytest.mark.parametrize(
    ("merchant", "key"), [("fs_app_demo", "wrong"), ("integration_merchant_id", "fs_app_demo_private")]
)
def test_wrong_keys_are_told_to_the_admin(merchant: str, key: str) -> None:
    with SandboxServer() as server:
        account = BraintreeAccount("local", merchant, "fs_app_demo_public", key, port=server.port)
        problem = BraintreeGateway(account).check()
    assert problem is not None
    assert problem.lasting
    assert "refuses our keys" in problem.reason
    assert f"127.0.0.1:{server.port}" in problem.reason
    assert key not in problem.reason


def test_a_gateway_that_is_down_is_told_to_the_admin() -> None:
    problem = gateway_at(closed_port()).check()
    assert problem is not None
    assert "no connection" in problem.reason
    assert not problem.lasting


# --- leaks ------------------------------------------------------------------------------------------------------


def strings_in_memory() -> Iterator[str]:
    """Every text that some object holds. Containers of plain values are not tracked by the collector, so they are
    reached through their holders."""
    queue, seen = gc.get_objects(), set()
    while queue:
        for held in gc.get_referents(queue.pop()):
            if isinstance(held, str):
                yield held
            elif isinstance(held, bytes | bytearray):
                yield held.decode("latin-1")
            elif not gc.is_tracked(held) and id(held) not in seen:
                seen.add(id(held))
                queue.append(held)


def leaks_in_memory() -> int:
    gc.collect()
    return sum(is_leak(text) for text in strings_in_memory() if len(text) >= len(REVERSED_CODE))


def nothing_stays_in_memory() -> bool:
    """Whether no leak is left once the servers of this process, which are told to stop, have: on a busy machine
    one may be in the middle of reading its request."""
    until = time.monotonic() + 5.0
    while leaks_in_memory() and time.monotonic() < until:
        gevent.sleep(0.05)
    return leaks_in_memory() == 0


def is_leak(text: str) -> bool:
    backwards = text[::-1]
    return REVERSED in backwards or REVERSED_CODE in backwards


def test_the_search_for_leaks_finds_one() -> None:
    for secret in (REVERSED, REVERSED_CODE):
        held = [{"nested": {"number": f"({secret[::-1]})".encode()}}]
        assert leaks_in_memory() >= 1
        held.clear()
    assert nothing_stays_in_memory()


def test_no_fault_leaves_the_card_in_memory_logs_or_results(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    results, gateways = [], [gateway_at(closed_port())]
    results.append(charged_and_wiped(gateways[0]))
    for reply in (*UNKNOWN.values(), *UNAVAILABLE.values()):
        with failing(reply) as port:
            gateways.append(gateway_at(port, **MET.get(reply, {})))
            results.append(charged_and_wiped(gateways[-1]))
    assert all(isinstance(result, Unknown | Unavailable) for result in results)
    said = repr(results) + caplog.text + "".join(capfd.readouterr())
    assert len(caplog.records) > 5  # urllib3 did log
    assert not is_leak(said)
    assert nothing_stays_in_memory()
    assert all(gateways)  # they were alive when memory was searched


def test_neither_gateway_nor_server_keeps_a_card_that_was_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        result = charged_and_wiped(gateway)
        assert isinstance(result, Unavailable)
        assert result.field == "number"
        assert nothing_stays_in_memory()
        assert gateway.check() is None  # both were alive when memory was searched
    assert not is_leak("".join(capfd.readouterr()))


def charged_and_wiped(gateway: BraintreeGateway) -> object:
    """Charge in a greenlet, as a call does, and wipe the card as its owner does."""
    asked = request()
    charging = gevent.spawn(gateway.authorise, asked)
    charging.join(timeout=10)
    asked.means.wipe()
    return charging.value


def test_the_account_never_shows_its_private_key() -> None:
    assert "fs_app_demo_private" not in repr(BraintreeAccount("local", "m", "p", "fs_app_demo_private"))


def test_what_could_carry_bodies_elsewhere_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with SandboxServer() as server:
        assert gateway_at(server.port).check() is None
    assert http.client.HTTPConnection.debuglevel == 0
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]


def test_no_exception_is_left_behind() -> None:
    with failing(nothing) as port:
        gateway_at(port).authorise(request())
    assert traceback.format_exc() == "NoneType: None\n"
    kept = [each for each in gc.get_objects() if isinstance(each, BaseException) and each.__traceback__ is not None]
    assert not [
        each for each in kept if "braintree" in type(each).__module__ or "requests" in type(each).__module__
    ]


# --- request keys -----------------------------------------------------------------------------------------------


def without_keys() -> SandboxServer:
    return SandboxServer(merchants=[replace(each, request_keys=False) for each in MERCHANTS])


def sale(order: str) -> ChargeRequest:
    return ChargeRequest(OrderId(order), Money(100, "USD"), visa())


def test_an_account_without_request_keys_is_asked_once_more_without_one_and_never_again_with_one() -> None:
    with without_keys() as server, structlog.testing.capture_logs() as told:
        gateway = gateway_at(server.port, use_request_key=True)
        made = gateway.authorise(sale("a"))
        assert isinstance(made, Approved)
        gateway.submit(made.transaction_id, made.amount)
        server.control.settle()
        assert isinstance(gateway.refund(made.transaction_id, made.amount, OrderId("r")), Submitted)
        assert isinstance(gateway.authorise(sale("b")), Approved)
        assert {order: count["transactions"] for order, count in server.control.orders().items()} == {
            "a": 1,
            "b": 1,
        }
    assert [each["event"] for each in told] == ["gateway_without_request_keys"]


def test_an_account_that_loses_its_keys_is_not_charged_twice() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port, use_request_key=True)
        server.faults.plan(kind="refuse_request_key")
        assert isinstance(gateway.authorise(sale("a")), Approved)
        assert server.control.orders()["a"]["transactions"] == 1


def test_the_second_request_of_a_refused_key_may_be_lost_like_any_other() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port, use_request_key=True)
        server.faults.plan(kind="refuse_request_key")
        server.faults.plan(kind="drop_after_commit")
        assert isinstance(gateway.authorise(sale("a")), Unknown)
        assert server.control.orders()["a"]["transactions"] == 1


def test_a_key_is_of_one_refund_of_one_transaction() -> None:
    """The jobs give extra captures back under the order id of their attempt, which is the key of its sale."""
    with SandboxServer() as server:
        gateway = gateway_at(server.port, use_request_key=True)
        made = gateway.authorise(sale("a"))
        assert isinstance(made, Approved)
        gateway.submit(made.transaction_id, made.amount)
        server.control.settle()
        first = gateway.refund(made.transaction_id, made.amount, OrderId("a"))
        assert isinstance(first, Submitted)
        assert gateway.refund(made.transaction_id, made.amount, OrderId("a")) == first


@pytest.mark.parametrize("code", ["915232", "915233", "915234", "915235"])
def test_a_refusal_that_speaks_of_an_earlier_request_is_unknown(code: str) -> None:
    refusal = (
        '<api-error-response><errors><errors type="array"/><transaction><errors type="array"><error>'
        f'<code>{code}</code><attribute type="symbol">api_request_key</attribute><message>No</message></error>'
        "</errors></transaction></errors><message>No</message></api-error-response>"
    )
    with failing(answering("422 No", refusal.encode())) as port:
        gateway = gateway_at(port, use_request_key=True)
        assert isinstance(gateway.authorise(request()), Unknown)
        assert isinstance(gateway.refund(TransactionId("abcdef"), Money(1, "USD"), OrderId("r")), Unknown)


# --- answers about the money ------------------------------------------------------------------------------------


def test_a_partial_approval_is_never_approved_for_the_whole() -> None:
    with SandboxServer() as server:
        server.faults.plan(kind="wrong_amount")
        made = gateway_at(server.port).authorise(sale("a"))
    assert isinstance(made, Approved)
    assert made.amount != Money(100, "USD")  # whoever asked compares: see the cashier


def test_a_submit_or_refund_of_another_amount_is_unknown() -> None:
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        made = gateway.authorise(sale("a"))
        assert isinstance(made, Approved)
        server.faults.plan(kind="wrong_amount")
        assert isinstance(gateway.submit(made.transaction_id, made.amount), Unknown)
    with SandboxServer() as server:
        gateway = gateway_at(server.port)
        made = gateway.authorise(sale("a"))
        assert isinstance(made, Approved)
        gateway.submit(made.transaction_id, made.amount)
        server.control.settle()
        server.faults.plan(kind="wrong_amount")
        assert isinstance(gateway.refund(made.transaction_id, made.amount, OrderId("r")), Unknown)
