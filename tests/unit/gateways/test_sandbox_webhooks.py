"""Notifications over a real socket, read by the unmodified SDK."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import braintree
import gevent
import pytest
from gevent.pywsgi import WSGIServer
from gevent.queue import Empty, Queue

from fs_app.gateways.sandbox import SandboxServer

CARD = {"number": "4111111111111111", "expiration_date": "12/30"}
MERCHANT = "integration_merchant_id"


class Receiver:
    """Takes what is posted to it; ``answers`` are the next statuses, then 200."""

    def __init__(self) -> None:
        self.forms: Queue[dict[str, str]] = Queue()
        self.answers: list[int] = []
        self._server = WSGIServer(("127.0.0.1", 0), self._take, log=None, error_log=None)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def _take(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        assert environ["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
        form = parse_qs(environ["wsgi.input"].read().decode(), strict_parsing=True)
        self.forms.put({name: value for name, [value] in form.items()})
        status = self.answers.pop(0) if self.answers else 200
        start_response(f"{status} X", [("Location", self.url)])
        return [b""]

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


class Line:
    """A receiver that is registered, and the SDK that reads what comes."""

    def __init__(self, server: SandboxServer, sdk: braintree.BraintreeGateway, receiver: Receiver) -> None:
        self.server, self.sdk, self.receiver = server, sdk, receiver

    def register(self, **how: Any) -> None:
        self.server.webhooks.register(self.receiver.url, MERCHANT, **how)

    def sale(self, amount: str = "10.00", number: str = "4111111111111111") -> Any:
        options = {"submit_for_settlement": True}
        result = self.sdk.transaction.sale(
            {"amount": amount, "credit_card": {**CARD, "number": number}, "options": options}
        )
        assert result.is_success
        return result.transaction

    def next(self) -> Any:
        form = self.receiver.forms.get(timeout=5)
        return self.sdk.webhook_notification.parse(form["bt_signature"], form["bt_payload"])

    def kinds(self, count: int) -> list[str]:
        return [self.next().kind for _ in range(count)]

    def nothing_more(self) -> bool:
        gevent.idle()
        try:
            self.receiver.forms.get(timeout=0.05)
        except Empty:
            return True
        return False


@pytest.fixture
def line(server: SandboxServer, sdk: braintree.BraintreeGateway, receiver: Receiver) -> Line:
    return Line(server, sdk, receiver)


def test_a_settlement_is_told_with_the_whole_transaction(line: Line) -> None:
    line.register()
    sale = line.sale()
    line.sdk.testing.settle_transaction(sale.id)
    told = line.next()
    assert (told.kind, str(told.timestamp)) == ("transaction_settled", "2030-01-02 03:04:05")
    assert (told.transaction.id, told.transaction.status) == (sale.id, "settled")
    assert told.transaction.amount == Decimal("10.00")
    assert told.transaction.credit_card_details.last_4 == "1111"
    assert [event.status for event in told.transaction.status_history][-1] == "settled"
    assert line.nothing_more()


def test_each_end_of_a_settlement_has_its_kind(line: Line) -> None:
    line.register()
    declined = line.sale()
    line.sdk.testing.settlement_decline_transaction(declined.id)
    assert line.next().kind == "transaction_settlement_declined"
    sale = line.sale()
    line.sdk.testing.settle_transaction(sale.id)
    refund = line.sdk.transaction.refund(sale.id, "3.00").transaction
    line.sdk.testing.settlement_decline_transaction(refund.id)
    assert line.next().kind == "transaction_settled"
    failed = line.next()
    assert (failed.kind, failed.transaction.refunded_transaction_id) == ("refund_failed", sale.id)


def test_a_nights_settlement_is_paid_out_by_account(line: Line) -> None:
    line.register()
    first, second = line.sale("10.00"), line.sale("2.50")
    line.server.control.settle()
    assert line.kinds(2) == ["transaction_settled"] * 2
    paid_out = line.next().disbursement
    assert (paid_out.amount, paid_out.is_credit(), paid_out.success) == (Decimal("12.50"), True, True)
    assert (paid_out.merchant_account.id, paid_out.disbursement_date.year) == ("sandbox_credit_card", 2030)
    assert {each.id for each in paid_out.transactions().items} == {first.id, second.id}


def test_a_merchant_hears_of_its_own_books_only(line: Line) -> None:
    line.server.webhooks.register(line.receiver.url, "integration2_merchant_id")
    line.sdk.testing.settle_transaction(line.sale().id)
    assert line.nothing_more()


def test_what_is_not_taken_is_sent_again(line: Line) -> None:
    line.register(retry_seconds=0.01)
    line.receiver.answers = [503, 302]
    line.sdk.testing.settle_transaction(line.sale().id)
    assert len({line.next().transaction.id for _ in range(3)}) == 1
    assert line.nothing_more()
    with gevent.Timeout(5):  # the outcome is noted once the sender has read the answer
        while line.server.webhooks.told()[0]["sent"][0]["outcome"] != "200":
            gevent.sleep(0.01)
    [sent] = line.server.webhooks.told()[0]["sent"]
    assert sent["attempts"] == 3


def test_what_is_never_taken_is_given_up(line: Line) -> None:
    line.register(retry_seconds=0.01)
    line.receiver.answers = [500] * 9
    line.sdk.testing.settle_transaction(line.sale().id)
    assert line.kinds(4) == ["transaction_settled"] * 4
    assert line.nothing_more()


def test_deliveries_as_bad_as_in_earnest(line: Line) -> None:
    line.register(copies=2, out_of_order=True, late_seconds=1.0)
    line.sale("10.00")
    line.server.control.settle()
    assert line.nothing_more(), "late"
    assert line.kinds(4) == ["disbursement"] * 2 + ["transaction_settled"] * 2


def control(server: SandboxServer, method: str, name: str, body: Any = None) -> Any:
    url = f"http://127.0.0.1:{server.port}/_control/{name}"
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body else None)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())


def test_the_control_api_registers_sends_shows_and_forgets(line: Line) -> None:
    server, url = line.server, line.receiver.url
    sale = line.sale()
    control(server, "POST", "webhooks", {"url": url, "merchant": MERCHANT})
    for kind in ("check", "transaction_settled", "transaction_disbursed", "refund_failed", "disbursement"):
        about = {} if kind == "check" else {"transaction": sale.id}
        assert control(server, "POST", "webhooks/send", {"kind": kind, "merchant": MERCHANT, **about}) == {
            "sent": 1
        }
        assert line.next().kind == kind
    [told] = control(server, "GET", "webhooks")
    assert (told["url"], len(told["sent"])) == (url, 5)
    assert control(server, "DELETE", "webhooks") is None
    assert control(server, "GET", "webhooks") == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("webhooks", {"url": "ftp://127.0.0.1/"}),
        ("webhooks", {"url": "http://127.0.0.1/", "merchant": "nobody"}),
        ("webhooks", {"url": "http://127.0.0.1/", "copies": 0}),
        ("webhooks", {"url": "http://127.0.0.1/", "often": 2}),
        ("webhooks/send", {"kind": "nothing"}),
        ("webhooks/send", {"kind": "transaction_settled", "transaction": "unknown"}),
        ("webhooks/send", {"kind": "transaction_settled"}),
    ],
)
def test_the_control_api_says_what_makes_no_sense(server: SandboxServer, name: str, body: Any) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(server, "POST", name, body)
    assert refused.value.code == 400
    assert json.loads(refused.value.read())["error"]


def test_one_that_was_changed_on_the_way_is_not_believed(line: Line) -> None:
    line.register()
    line.server.webhooks.send("check", MERCHANT)
    form = line.receiver.forms.get(timeout=5)
    with pytest.raises(braintree.exceptions.InvalidSignatureError):
        line.sdk.webhook_notification.parse(form["bt_signature"], form["bt_payload"].replace("a", "b"))


def test_the_gateway_keeps_quiet_once_it_is_stopped(clock: Any, receiver: Receiver) -> None:
    with SandboxServer(now=lambda: datetime(2030, 1, 1, tzinfo=UTC)) as server:
        server.webhooks.register(receiver.url, late_seconds=0.05)
        server.webhooks.send("check")
    gevent.sleep(0.1)
    assert receiver.forms.empty()
