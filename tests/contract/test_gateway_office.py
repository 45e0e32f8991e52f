"""The GatewayOffice port on Braintree's SDK, over the local gateway: what the back office asks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, OrderId, Submitted, TransactionId
from fs_app.domain.standing import Standing
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway, BraintreeOffice
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import BatchLine, ChargeRequest, Dispute, Hint
from tests.badserver import answering, failing
from tests.cards import visa

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PUBLIC, PRIVATE = "fs_app_demo_public", "fs_app_demo_private"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(now=lambda: NOON) as running:
        yield running


def account(port: int) -> BraintreeAccount:
    return BraintreeAccount("local", "fs_app_demo", PUBLIC, PRIVATE, port=port, read_seconds=2, limit_seconds=3)


@pytest.fixture
def office(server: SandboxServer) -> BraintreeOffice:
    return BraintreeOffice(account(server.port))


def held(server: SandboxServer, order: str, minor: int = 100) -> TransactionId:
    gateway = BraintreeGateway(account(server.port))
    made = gateway.authorise(ChargeRequest(OrderId(order), Money(minor, "USD"), visa()))
    assert isinstance(made, Approved)
    return made.transaction_id


def taken(server: SandboxServer, order: str, minor: int = 100) -> TransactionId:
    made = held(server, order, minor)
    assert isinstance(BraintreeGateway(account(server.port)).submit(made, Money(minor, "USD")), Submitted)
    return made


# --- transactions -----------------------------------------------------------------------------------------------


def test_a_span_holds_its_beginning_and_not_its_end(server: SandboxServer, office: BraintreeOffice) -> None:
    for order in ("a", "b", "c"):  # at noon, and one and two seconds later
        held(server, order)
        server.control.advance(1)
    for since, until, orders in [
        (NOON, NOON + 2 * SECOND, ["a", "b"]),
        (NOON + SECOND, NOON + SECOND, []),
        (NOON + SECOND, NOON + 3 * SECOND, ["b", "c"]),
        (NOON + SECOND / 2, NOON + SECOND * 1.5, ["b"]),
        (NOON + 3 * SECOND, NOON + 9 * SECOND, []),
    ]:
        found = office.transactions(since, until)
        assert found is not None
        assert [each.order_id for each in found] == orders


def test_more_than_one_page_is_read_to_its_end(server: SandboxServer, office: BraintreeOffice) -> None:
    for number in range(60):
        held(server, str(number))
    found = office.transactions(NOON, NOON + SECOND)
    assert found is not None
    assert sorted(int(each.order_id) for each in found) == list(range(60))


def test_more_than_a_search_can_name_is_asked_for_in_halves(server: SandboxServer) -> None:
    for number in range(7):
        held(server, str(number))
        server.control.advance(1)
    office = BraintreeOffice(account(server.port), most_found=3)
    found = office.transactions(NOON - timedelta(hours=9), NOON + timedelta(hours=9))
    assert found is not None
    assert [each.order_id for each in found] == [str(number) for number in range(7)]


def test_more_in_one_second_than_a_search_can_name_is_not_told_as_all(server: SandboxServer) -> None:
    for number in range(3):
        held(server, str(number))
    office = BraintreeOffice(account(server.port), most_found=3)
    assert office.transactions(NOON - timedelta(hours=1), NOON + timedelta(hours=1)) is None


def test_a_search_that_breaks_off_is_no_answer(server: SandboxServer, office: BraintreeOffice) -> None:
    for number in range(60):
        held(server, str(number))
    for kind in ("status_before_commit", "empty_after_commit", "truncated_after_commit"):
        server.faults.plan(kind=kind, path="POST /transactions/advanced_search$")
        assert office.transactions(NOON, NOON + SECOND) is None
        assert server.faults.planned == []


# --- settlement -------------------------------------------------------------------------------------------------


def test_the_batches_of_a_day_and_what_is_in_them(server: SandboxServer, office: BraintreeOffice) -> None:
    assert (office.batches(NOON.date()), office.settled(NOON.date())) == ([], [])
    sales = {taken(server, "a", 100), taken(server, "b", 250)}
    held(server, "c")
    server.control.settle()
    lines = office.batches(NOON.date())
    assert lines == [BatchLine("fs_app_demo_usd", "Visa", "sale", 2, Money(350, "USD"))]
    settled = office.settled(NOON.date())
    assert settled is not None
    assert {each.transaction_id for each in settled} == sales
    assert {each.standing for each in settled} == {Standing.SETTLED}
    assert office.settled(NOON.date() + timedelta(days=1)) == []


def test_more_settled_than_a_search_can_name_is_not_told_as_all(server: SandboxServer) -> None:
    taken(server, "a")
    server.control.settle()
    assert BraintreeOffice(account(server.port), most_found=1).settled(NOON.date()) is None


# --- disputes and webhooks --------------------------------------------------------------------------------------

DISPUTE = b"""<dispute><id>d1</id><status>open</status><kind>chargeback</kind><reason>fraud</reason>
<amount>42.50</amount><amount-disputed>42.50</amount-disputed><amount-won>0.00</amount-won>
<currency-iso-code>USD</currency-iso-code><received-date type="date">2026-03-14</received-date>
<reply-by-date type="date">2026-04-01</reply-by-date><transaction><id>t1</id><amount>42.50</amount></transaction>
</dispute>"""


def test_a_dispute_as_it_stands() -> None:
    with failing(answering("200 OK", DISPUTE)) as port:
        found = BraintreeOffice(account(port)).dispute("d1")
    dates = (date(2026, 3, 14), date(2026, 4, 1))
    assert found == Dispute("d1", TransactionId("t1"), "open", "chargeback", "fraud", Money(4250, "USD"), *dates)


def test_an_unknown_dispute_is_none(office: BraintreeOffice) -> None:
    assert office.dispute("nothing") is None
    assert office.dispute("") is None


def signed(xml: str, private: str = PRIVATE, public: str = PUBLIC) -> tuple[str, str]:
    payload = base64.encodebytes(xml.encode()).decode()
    key = hashlib.sha1(private.encode()).digest()
    return f"{public}|{hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()}", payload


def webhook(kind: str, subject: str) -> str:
    return f"<notification><kind>{kind}</kind><subject>{subject}</subject></notification>"


SALE = "<transaction><id>t1</id><amount>1.00</amount></transaction>"


@pytest.mark.parametrize(
    ("kind", "subject", "hint"),
    [
        ("transaction_settled", SALE, Hint("transaction_settled", TransactionId("t1"))),
        ("dispute_opened", DISPUTE.decode(), Hint("dispute_opened", TransactionId("t1"), "d1")),
        ("check", "<check type='boolean'>true</check>", Hint("check")),
        ("a_kind_of_tomorrow", "<thing><id>x</id></thing>", Hint("a_kind_of_tomorrow")),
    ],
)
def test_a_hint_is_ids_and_nothing_else(office: BraintreeOffice, kind: str, subject: str, hint: Hint) -> None:
    assert office.hint(*signed(webhook(kind, subject))) == hint


def test_what_the_gateway_did_not_sign_is_no_hint(office: BraintreeOffice) -> None:
    signature, payload = signed(webhook("transaction_settled", SALE))
    _, other = signed(webhook("transaction_settled", SALE.replace("t1", "t2")))
    for wrong in [
        (signature, other),
        signed(payload, private="guessed"),
        signed(payload, public="another"),
        ("", payload),
        (signature, "\N{SNOWMAN}"),
        signed("no xml"),
        signed("<other/>"),
    ]:
        assert office.hint(*wrong) is None


def test_a_challenge_is_answered_with_our_keys(office: BraintreeOffice) -> None:
    challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    key = hashlib.sha1(PRIVATE.encode()).digest()
    assert office.challenge(challenge) == f"{PUBLIC}|{hmac.new(key, challenge.encode(), hashlib.sha1).hexdigest()}"
    assert office.challenge("<script>") is None


def test_a_gateway_that_is_down_answers_nothing(server: SandboxServer, office: BraintreeOffice) -> None:
    server.stop()
    assert office.transactions(NOON, NOON + SECOND) is None
    assert office.settled(NOON.date()) is None
    assert office.batches(NOON.date()) is None
    assert office.dispute("d1") is None
