"""The web role: webhooks from the local gateway by its own keys, the internal API, and links to pay."""

from __future__ import annotations

import base64
import hashlib
import hmac
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from fs_app.app.jobs import followers
from fs_app.app.parts import Parts
from fs_app.app.web import Web
from fs_app.domain.bill import Bill
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Payment, PaymentRequest, PaymentState, Submitted
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest, LinkRequest, TaskKind
from fs_app.settings import Settings
from fs_app.store.schema import migrate
from tests.cards import visa

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a token that is long enough to be one"
AMOUNT = Money(4250, "USD")
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
PUBLIC, PRIVATE = "fs_app_demo_public", "fs_app_demo_private"


class Site:
    """The web role's pages, the parts behind them, and the local gateway."""

    def __init__(self, folder: Path, gateway: SandboxServer, token: str | None = TOKEN) -> None:
        self.gateway = gateway
        settings = Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{folder}/fs_app.sqlite"},
                "gateway": {"listen": f"127.0.0.1:{gateway.port}"},
                "messages": {
                    "templates": str(ROOT / "conf/messages.yaml"),
                    "pay_link": "https://bank.example.org/{account}",
                },
                "web": {
                    "listen": "127.0.0.1:0",
                    "public_url": "https://pay.example.org",
                    **({"api_token": token} if token else {}),
                },
            }
        )
        self.parts = Parts(settings)
        migrate(self.parts.database)
        self.client: FlaskClient = Web(settings, self.parts).app.test_client()

    def paid(self, number: str = "4111111111111111") -> Payment:
        """A payment that was taken, as the cashier takes it."""
        ledger, gateway = self.parts.ledger, self.parts.gateway
        bill = f"bill-{len(ledger.payments())}"
        to = Contact.parse("sms:+15550100001")
        payment = ledger.open(PaymentRequest("uuid", "account", bill, AMOUNT, "visa", "1111", receipt_to=to))
        held = gateway.authorise(ChargeRequest(payment.order_id, AMOUNT, visa(number)))
        assert isinstance(held, Approved)
        ledger.record(payment.id, held)
        submitted = gateway.submit(held.transaction_id, AMOUNT)
        assert isinstance(submitted, Submitted)
        return ledger.record(payment.id, submitted)

    def webhook(self, kind: str, subject: str, *, private: str = PRIVATE, public: str = PUBLIC) -> Any:
        """A webhook as the gateway signs it."""
        document = (
            f"<notification><kind>{kind}</kind><timestamp type='datetime'>2026-03-14T12:00:00Z</timestamp>"
            f"<subject>{subject}</subject></notification>"
        )
        payload = base64.encodebytes(document.encode()).decode()
        key = hashlib.sha1(private.encode()).digest()
        signature = f"{public}|{hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()}"
        return self.client.post("/webhooks/braintree", data={"bt_signature": signature, "bt_payload": payload})

    def due(self) -> list[tuple[str, str]]:
        """What is due now, and let go of again."""
        tasks = self.parts.tasks.claim(list(TaskKind), limit=20, lease_seconds=60)
        for task in tasks:
            self.parts.tasks.release(task)
        return [(task.kind, task.subject) for task in tasks if task.kind is not TaskKind.RECEIPT]

    def work(self) -> None:
        """Do what is due, as the jobs do."""
        everyone = followers(self.parts)
        for task in self.parts.tasks.claim([TaskKind.PAYMENT, TaskKind.DISPUTE], limit=20, lease_seconds=60):
            everyone[task.kind].work(task)

    def api(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.open(f"/api/payments/{path}", method=method, json=body, headers=headers)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with SandboxServer() as gateway:
        made = Site(tmp_path, gateway)
        yield made
        made.parts.close()


def settled_notice(payment: Payment) -> str:
    about = f"<id>{payment.transaction_id}</id><status>settled</status><amount>42.50</amount>"
    return f"<transaction>{about}</transaction>"


# --- links to pay -------------------------------------------------------------------------------------------------


def test_a_link_that_was_sent_leads_to_the_operators_page_and_what_becomes_of_it_is_seen(site: Site) -> None:
    links, bill = site.parts.links, Bill("bill-1", "account", AMOUNT)
    assert links.send(
        LinkRequest("call", "account", bill, AMOUNT, Contact.parse("sms:+15550100001"), "en", "maria")
    )
    (receipt,) = [each for each in site.parts.outbox.receipts() if each.link is not None]
    assert receipt.link is not None
    place = urlsplit(receipt.link.url)
    assert (place.scheme, place.netloc) == ("https", "pay.example.org")
    answer = site.client.get(place.path, headers={"User-Agent": BROWSER})
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://bank.example.org/account")
    assert site.client.get(place.path[:-1] + "!", headers={"User-Agent": BROWSER}).status_code == 404
    (record,) = links.links_of(account_id="account")
    assert (record.by, record.opens) == ("maria", 1)
    assert record.paid, "the directory lists no such bill"


# --- webhooks ----------------------------------------------------------------------------------------------------


def test_a_webhook_is_a_hint_to_look_and_not_the_truth(site: Site) -> None:
    payment = site.paid()
    assert site.webhook("transaction_settled", settled_notice(payment)).status_code == 200
    assert site.due() == [("payment", str(payment.id))]
    site.work()
    assert site.parts.ledger.get(payment.id).state is PaymentState.SUBMITTED, "the gateway itself says otherwise"
    site.gateway.control.settle()
    site.webhook("transaction_settled", settled_notice(payment) + "<again/>")
    site.work()
    assert site.parts.ledger.get(payment.id).state is PaymentState.SETTLED


def test_each_webhook_has_its_effect_once(site: Site) -> None:
    payment = site.paid()
    notice = settled_notice(payment)
    assert [site.webhook("transaction_settled", notice).status_code for _ in range(2)] == [200, 200]
    site.work()
    assert site.webhook("transaction_settled", notice).status_code == 200
    assert site.due() == []


@pytest.mark.parametrize(
    "wrong", [{"private": "another"}, {"public": "another"}, {"private": "", "public": ""}], ids=str
)
def test_what_the_gateway_has_not_signed_is_refused(site: Site, wrong: dict[str, str]) -> None:
    payment = site.paid()
    assert site.webhook("transaction_settled", settled_notice(payment), **wrong).status_code == 403
    assert site.client.post("/webhooks/braintree").status_code == 403
    assert site.client.post("/webhooks/braintree", data={"bt_payload": "x" * 300_000}).status_code == 413
    assert site.due() == []


def test_a_webhook_about_a_foreign_transaction_is_taken_and_changes_nothing(site: Site) -> None:
    foreign = "<transaction><id>foreign1</id><status>settled</status><amount>1.00</amount></transaction>"
    assert site.webhook("transaction_settled", foreign).status_code == 200
    assert site.webhook("check", "<check type='boolean'>true</check>").status_code == 200
    assert site.due() == []


def test_the_gateways_challenge_is_answered(site: Site) -> None:
    answer = site.client.get(
        "/webhooks/braintree", query_string={"bt_challenge": "20f9f8ed05f77439fe955c977e4c8a53"}
    )
    assert answer.status_code == 200
    assert answer.text.startswith(f"{PUBLIC}|")
    assert site.client.get("/webhooks/braintree", query_string={"bt_challenge": "no hex!"}).status_code == 400


def test_a_database_that_is_down_makes_the_gateway_send_it_again(site: Site, tmp_path: Path) -> None:
    payment = site.paid()
    site.parts.database.close()
    (tmp_path / "fs_app.sqlite").rename(tmp_path / "away")
    assert site.webhook("transaction_settled", settled_notice(payment)).status_code == 503
    (tmp_path / "away").rename(tmp_path / "fs_app.sqlite")
    assert site.webhook("transaction_settled", settled_notice(payment)).status_code == 200
    assert site.due() == [("payment", str(payment.id))]


# --- the internal API --------------------------------------------------------------------------------------------


def test_without_the_token_there_is_nothing(site: Site, tmp_path: Path) -> None:
    payment = site.paid()
    for path, method in ((f"{payment.id}", "GET"), (f"{payment.id}/void", "POST"), ("99", "GET")):
        assert site.api(method, path, {}, token="wrong").status_code == 401
        assert site.client.open(f"/api/payments/{path}", method=method).status_code == 401
    closed = Site(tmp_path, site.gateway, token=None)
    assert closed.api("GET", f"{payment.id}").status_code == 404
    closed.parts.close()


def test_a_payment_and_everything_about_it(site: Site) -> None:
    payment = site.paid()
    told = site.api("GET", f"{payment.id}").get_json()
    assert (told["state"], told["told"], told["amount"]) == ("submitted", "paid", "42.50 USD")
    assert [line[1] for line in told["history"]] == ["opened", "authorised", "submitted"]
    assert told["gateway"] == [[payment.transaction_id, "sale", "submitted_for_settlement", "42.50 USD"]]
    assert told["receipts"] == [["paid", "sms:+15550100001", "waiting", 0]]
    assert site.api("GET", "99").status_code == 404


ORDER = {"operator": "ada", "reason": "paid twice"}


def test_a_refund_over_the_api_once_for_each_key(site: Site) -> None:
    payment = site.paid()
    early = site.api("POST", f"{payment.id}/refund", ORDER)
    assert (early.status_code, early.get_json()["result"]) == (409, "refused")
    site.gateway.control.settle()
    answers = [site.api("POST", f"{payment.id}/refund", {**ORDER, "amount": "12.34", "key": "k"}) for _ in range(2)]
    assert [(each.status_code, each.get_json()["result"]) for each in answers] == [(200, "done"), (200, "same")]
    assert site.gateway.control.orders()[payment.order_id]["refunded_amount"] == "12.34"
    too_much = site.api("POST", f"{payment.id}/refund", {**ORDER, "amount": "42.50"})
    assert too_much.status_code == 409
    assert "30.16" in too_much.get_json()["words"]


def test_a_void_over_the_api(site: Site) -> None:
    payment = site.paid()
    assert site.api("POST", f"{payment.id}/void", ORDER).get_json()["state"] == "voided"
    assert site.gateway.control.orders()[payment.order_id]["captured"] == 0
    assert site.api("POST", f"{payment.id}/void", ORDER).get_json()["result"] == "same"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "operator: Field required"),
        ({**ORDER, "reason": ""}, "reason"),
        ({**ORDER, "amount": "1e3"}, "amount"),
        ({**ORDER, "amount": "1.234"}, "amount"),
        ({**ORDER, "amount": 12}, "amount"),
        ({**ORDER, "sudo": True}, "sudo"),
    ],
)
def test_an_order_that_is_none_is_told_what_is_wrong(site: Site, body: dict[str, Any], words: str) -> None:
    payment = site.paid()
    answer = site.api("POST", f"{payment.id}/refund", body)
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]


def test_a_body_that_is_no_json_is_told_in_json(site: Site) -> None:
    payment = site.paid()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    answer = site.client.post(f"/api/payments/{payment.id}/refund", data="{", headers=headers)
    assert answer.status_code == 400 and answer.get_json()["error"]
    assert site.client.get("/api/payments/1/refund", headers=headers).status_code == 405


def test_a_refund_without_a_trusted_answer_is_accepted_and_not_done_twice(site: Site) -> None:
    payment = site.paid()
    site.gateway.control.settle()
    site.gateway.faults.plan(kind="drop_after_commit", path="/refund$")
    answers = [site.api("POST", f"{payment.id}/refund", {**ORDER, "key": "k"}) for _ in range(2)]
    assert [each.status_code for each in answers] == [202, 200]
    assert site.gateway.control.orders()[payment.order_id]["refunded_amount"] == "42.50"


def test_the_server_answers_on_its_port(tmp_path: Path) -> None:
    """As a load balancer asks it."""
    with SandboxServer() as gateway:
        settings = Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{tmp_path}/x.sqlite"},
                "gateway": {"listen": f"127.0.0.1:{gateway.port}"},
                "web": {"listen": "127.0.0.1:0"},
            }
        )
        web = Web(settings)
        web.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/health", timeout=5) as answer:
            assert answer.read().strip() == b'{"alive":true}'
        web.stop()
