"""Cards and bank accounts that the gateway keeps: saved by a sale, charged by token, changed and let go of.

Over real HTTP with the unmodified SDK, against the local gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import braintree
import pytest
from braintree.util.http import Http
from structlog.testing import capture_logs
from test_gateway import demo_account, new_order, sale, usd, visa

from fs_app.domain.bank_account import AccountType, BankAccount
from fs_app.domain.bill import Holder
from fs_app.domain.means import Kept, MeansKind, MethodToken, SavedMethod, customer_of
from fs_app.domain.payment import Approved, ChargeResult, Declined, Means, Submitted, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.domain.standing import Standing
from fs_app.gateways.braintree import BraintreeGateway, BraintreeVault
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import Changed, ChargeRequest, Deleted, MethodRecord, Vault
from fs_app.testing.fakes_methods import FakeVault

CUSTOMER, OTHER = customer_of("demo-10001"), customer_of("demo-10002")
ANN = Holder("Ann", "Lee", street="1 Main St", locality="Chicago", region="IL", postal_code="60622")


@dataclass
class Desk:
    gateway: BraintreeGateway
    vault: BraintreeVault
    server: SandboxServer

    @property
    def sdk(self) -> braintree.BraintreeGateway:
        """To see what the gateway has."""
        return self.gateway._sdk


@pytest.fixture
def desk() -> Iterator[Desk]:
    with SandboxServer() as server:
        account = demo_account(server.port)
        yield Desk(BraintreeGateway(account), BraintreeVault(account), server)


def bank(number: str = "1000000000", routing: str = "021000021") -> BankAccount:
    return BankAccount(
        Secret(routing), Secret(number), AccountType.CHECKING, ANN, "I authorise Example Co.", "chase", number[-4:]
    )


def charge(means: Means, amount: str = "42.50", **more: object) -> ChargeRequest:
    return ChargeRequest(new_order(), usd(amount), means, CUSTOMER, **more)  # type: ignore[arg-type]


def kept(result: ChargeResult) -> Kept:
    assert isinstance(result, Approved), result
    assert result.kept is not None
    return result.kept


def saved(method: Kept) -> SavedMethod:
    return SavedMethod(1, method.token, method.kind, method.brand, method.last_four)


class TestCards:
    def test_a_card_is_kept_where_its_holder_agreed(self, desk: Desk) -> None:
        method = kept(desk.gateway.authorise(charge(visa(), save=True)))
        assert (method.kind, method.brand, method.last_four) == (MeansKind.CARD, "visa", "1111")
        assert desk.vault.look(method.token) == MethodRecord(MeansKind.CARD, "1111")

    def test_none_is_kept_where_nobody_did(self, desk: Desk) -> None:
        result = desk.gateway.authorise(charge(visa()))
        assert isinstance(result, Approved)
        assert result.kept is None
        assert isinstance(desk.gateway.authorise(sale()), Approved)

    def test_a_declined_card_is_not_kept(self, desk: Desk) -> None:
        assert isinstance(desk.gateway.authorise(charge(visa(), "2000.00", save=True)), Declined)
        method = kept(desk.gateway.authorise(charge(visa(), save=True)))
        assert desk.vault.look(method.token) is not None

    def test_a_kept_card_pays_by_its_token_and_is_submitted(self, desk: Desk) -> None:
        method = kept(desk.gateway.authorise(charge(visa(), save=True)))
        result = desk.gateway.authorise(charge(saved(method), "10.00"))
        assert isinstance(result, Approved)
        assert isinstance(desk.gateway.submit(result.transaction_id, result.amount), Submitted)

    def test_nobody_on_the_line_is_told_to_the_processor(self, desk: Desk) -> None:
        method = kept(desk.gateway.authorise(charge(visa(), save=True)))
        result = desk.gateway.authorise(charge(saved(method), "10.00", recurring=True))
        assert isinstance(result, Approved)
        assert desk.sdk.transaction.find(result.transaction_id).recurring

    def test_the_same_card_is_kept_once_with_what_is_new_of_it(self, desk: Desk) -> None:
        first = kept(desk.gateway.authorise(charge(visa(), save=True)))
        assert desk.vault.change(first.token, expiry=Secret("0120")) == Changed()
        desk.server.control.advance(seconds=1)  # cards are told apart by the second they were kept in
        again = visa(postal_code="60622")
        again.expiry = Secret("0633")
        assert kept(desk.gateway.authorise(charge(again, "9.00", save=True))) == first
        (found,) = desk.sdk.customer.find(CUSTOMER).credit_cards
        assert (found.token, found.expiration_date) == (first.token, "06/2033")
        assert found.billing_address.postal_code == "60622"

    def test_another_card_with_the_same_first_and_last_digits_is_another_method(self, desk: Desk) -> None:
        first = kept(desk.gateway.authorise(charge(visa(number="4111111141010101"), save=True)))
        other = kept(desk.gateway.authorise(charge(visa(number="4111111111310101"), "9.00", save=True)))
        assert first.token != other.token
        assert len(desk.sdk.customer.find(CUSTOMER).credit_cards) == 2

    def test_the_same_card_of_another_account_is_another_method(self, desk: Desk) -> None:
        first = kept(desk.gateway.authorise(charge(visa(), save=True)))
        theirs = replace(charge(visa(), "9.00", save=True), customer=OTHER)
        assert kept(desk.gateway.authorise(theirs)).token != first.token

    @pytest.mark.parametrize(
        "fault", ["GET /customers/", "PUT /payment_methods/credit_card/", "DELETE /payment_methods/"]
    )
    def test_where_it_cannot_be_seen_to_be_the_same_the_money_is_held_all_the_same(
        self, desk: Desk, fault: str
    ) -> None:
        kept(desk.gateway.authorise(charge(visa(), save=True)))
        desk.server.faults.plan(kind="status_before_commit", status=503, times=9, path=fault)
        again = visa()
        again.expiry = Secret("0633")
        assert isinstance(desk.gateway.authorise(charge(again, "9.00", save=True)), Approved)

    def test_a_customer_who_cannot_be_made_pays_all_the_same(self, desk: Desk) -> None:
        desk.server.faults.plan(kind="status_before_commit", status=503, path="POST /customers$")
        result = desk.gateway.authorise(charge(visa(), save=True))
        assert isinstance(result, Approved)
        assert result.kept is None

    @pytest.mark.parametrize(
        ("number", "debit"), [("4117101010101010", True), ("4111111111310101", False), ("4111111111111111", None)]
    )
    def test_a_debit_card_is_told_from_a_credit_card(self, desk: Desk, number: str, debit: bool | None) -> None:
        result = desk.gateway.authorise(charge(visa(number=number)))
        assert isinstance(result, Approved)
        assert result.debit is debit


class TestBankAccounts:
    def test_a_debit_is_taken_from_a_verified_account(self, desk: Desk) -> None:
        result = desk.gateway.authorise(charge(bank()))
        assert isinstance(result, Approved)
        assert result.kept is None
        assert isinstance(desk.gateway.submit(result.transaction_id, result.amount), Submitted)

    def test_it_is_kept_where_its_holder_agreed(self, desk: Desk) -> None:
        method = kept(desk.gateway.authorise(charge(bank(), save=True)))
        assert (method.kind, method.brand, method.last_four) == (MeansKind.BANK, "chase", "0000")
        assert desk.vault.look(method.token) == MethodRecord(MeansKind.BANK, "0000", verified=True)
        assert isinstance(desk.gateway.authorise(charge(saved(method), "5.00")), Approved)

    def test_one_that_nobody_saves_is_let_go_of(self, desk: Desk) -> None:
        assert isinstance(desk.gateway.authorise(charge(bank())), Approved)
        found = desk.sdk.customer.find(CUSTOMER)
        assert found.payment_methods == []

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            ("1000000004", "verification_2046"),
            ("1000000008", "verification_2061"),
            ("5555555555", "verification_2038"),
        ],
    )
    def test_an_account_that_is_not_verified_is_declined_and_not_kept(
        self, desk: Desk, number: str, code: str
    ) -> None:
        assert desk.gateway.authorise(charge(bank(number), save=True)) == Declined(code)
        assert desk.sdk.customer.find(CUSTOMER).payment_methods == []

    def test_one_that_is_saved_is_let_go_of_where_it_was_not_charged(self, desk: Desk) -> None:
        account = demo_account(desk.server.port, bank_merchant_account_id="nobody")
        assert isinstance(BraintreeGateway(account).authorise(charge(bank(), save=True)), Unavailable)
        assert desk.sdk.customer.find(CUSTOMER).payment_methods == []

    def test_an_answer_to_the_debit_that_is_lost_leaves_what_can_be_found(self, desk: Desk) -> None:
        desk.server.faults.plan(kind="drop_after_commit", path="POST /transactions$")
        request = charge(bank())
        assert isinstance(desk.gateway.authorise(request), Unknown)
        (record,) = desk.gateway.find(request.order_id) or ()
        assert (record.standing, record.amount) == (Standing.CAPTURED, usd("42.50"))

    @pytest.mark.parametrize(
        "holder", [ANN, Holder(business_name="Lee & Sons"), Holder("Ann", "Lee", street="1 Main St")]
    )
    def test_a_holder_needs_a_name_and_no_address(self, desk: Desk, holder: Holder) -> None:
        account = bank()
        account.holder = holder
        assert isinstance(desk.gateway.authorise(charge(account)), Approved)

    @pytest.mark.parametrize("holder", [Holder(), Holder("Ann", ""), Holder("", "Lee")])
    def test_nothing_is_sent_for_a_holder_without_a_name(self, desk: Desk, holder: Holder) -> None:
        account = bank()
        account.holder = holder
        assert desk.gateway.authorise(charge(account)) == Unavailable("the account's holder has no name on file")

    def test_the_authorisation_that_was_read_out_is_kept_with_it(self, desk: Desk) -> None:
        method = kept(desk.gateway.authorise(charge(bank(), save=True)))
        assert desk.sdk.payment_method.find(method.token).ach_mandate.text == "I authorise Example Co."

    def test_its_number_is_sent_once_and_said_nowhere(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        sent: list[str] = []
        send = Http.http_do

        def spied(self: Http, verb: str, path: str, headers: object, body: str) -> object:
            sent.append(f"{path} {headers} {body}")
            return send(self, verb, path, headers, body)

        monkeypatch.setattr(Http, "http_do", spied)
        request = charge(bank(), save=True)
        with caplog.at_level("DEBUG"), capture_logs() as logs:
            result = desk.gateway.authorise(request)
        assert isinstance(result, Approved)
        assert len(sent) > 2
        (once,) = [each for each in sent if "1000000000" in each]
        assert "graphql" in once
        for told in (repr(request), repr(result), caplog.text, repr(logs)):
            assert "1000000000" not in told
            assert "021000021" not in told

    def test_a_network_that_is_down_is_nobodys_fault(self, desk: Desk) -> None:
        assert isinstance(desk.gateway.authorise(charge(bank("1000000002"))), Unavailable)

    def test_an_account_without_a_bank_names_its_field(self, desk: Desk) -> None:
        answer = desk.gateway.authorise(charge(bank(routing="12345")))
        assert isinstance(answer, Unavailable)
        assert answer.field == "bank_account"

    def test_nothing_is_charged_where_keeping_it_failed(self, desk: Desk) -> None:
        desk.server.faults.plan(kind="drop_after_commit", path="POST /payment_methods$")
        request = charge(bank())
        assert isinstance(desk.gateway.authorise(request), Unavailable)
        assert desk.gateway.find(request.order_id) == []
        assert desk.sdk.customer.find(CUSTOMER).payment_methods == []

    def test_a_wiped_account_is_not_sent(self, desk: Desk) -> None:
        empty = bank()
        empty.wipe()
        assert isinstance(desk.gateway.authorise(charge(empty)), Unavailable)


class Contract:
    """What holds for every Vault. ``vault`` keeps ``card`` and ``account``, and declines the ``declined`` card."""

    declined = "4000111111111115"

    card: MethodToken
    account: MethodToken

    def test_a_card_is_kept_without_a_charge(self, vault: Vault) -> None:
        made = vault.keep(visa(number="4012888888881881"), OTHER)
        assert isinstance(made, Kept)
        assert (made.kind, made.brand, made.last_four) == (MeansKind.CARD, "visa", "1881")
        assert vault.look(made.token) == MethodRecord(MeansKind.CARD, "1881")

    def test_the_same_card_is_kept_once(self, vault: Vault) -> None:
        made = vault.keep(visa(), OTHER)
        assert isinstance(made, Kept)
        self.later()
        assert vault.keep(visa(), OTHER) == made
        assert vault.delete(made.token) == Deleted()
        again = vault.keep(visa(), OTHER)
        assert isinstance(again, Kept)
        assert vault.look(again.token) is not None

    def test_a_card_that_its_issuer_does_not_verify_is_declined_and_not_kept(self, vault: Vault) -> None:
        assert vault.keep(visa(number=self.declined), OTHER) == Declined("2000")

    def test_a_bank_account_is_kept_without_a_debit(self, vault: Vault) -> None:
        made = vault.keep(bank(), OTHER)
        assert isinstance(made, Kept)
        assert vault.look(made.token) == MethodRecord(MeansKind.BANK, "0000", verified=True)

    def test_what_was_wiped_is_not_kept(self, vault: Vault) -> None:
        for means in (visa(), bank()):
            means.wipe()
            assert isinstance(vault.keep(means, OTHER), Unavailable)

    def test_it_tells_what_it_keeps(self, vault: Vault) -> None:
        assert vault.look(self.card) == MethodRecord(MeansKind.CARD, "1111")
        assert vault.look(self.account) == MethodRecord(MeansKind.BANK, "0000")

    def test_a_new_expiry_and_postal_code_keep_the_token(self, vault: Vault) -> None:
        assert vault.change(self.card, expiry=Secret("0120")) == Changed()
        assert vault.look(self.card) == MethodRecord(MeansKind.CARD, "1111", expired=True)
        assert vault.change(self.card, expiry=Secret("0635"), postal_code=Secret("60622")) == Changed()
        assert vault.look(self.card) == MethodRecord(MeansKind.CARD, "1111")
        assert self.postal_code(self.card) == "60622"

    def test_a_month_that_does_not_exist_names_its_field(self, vault: Vault) -> None:
        answer = vault.change(self.card, expiry=Secret("1335"))
        assert isinstance(answer, Unavailable)
        assert answer.field == "expiry"
        assert vault.look(self.card) == MethodRecord(MeansKind.CARD, "1111")

    def test_deleting_twice_is_deleted(self, vault: Vault) -> None:
        for _ in range(2):
            assert vault.delete(self.card) == Deleted()
        assert vault.look(self.card) is None
        assert isinstance(vault.change(self.card, expiry=Secret("0635")), Unavailable)
        assert vault.look(self.account) is not None

    def test_a_gateway_that_is_away_is_told_so(self, vault: Vault) -> None:
        self.go_away()
        assert vault.look(self.card) is None
        assert isinstance(vault.keep(visa(), OTHER), Unavailable)
        assert isinstance(vault.change(self.card, expiry=Secret("0635")), Unavailable)
        assert isinstance(vault.delete(self.card), Unavailable)

    def later(self) -> None:
        """A second passes."""

    def postal_code(self, token: MethodToken) -> str:
        """What the gateway has."""
        raise NotImplementedError

    def go_away(self) -> None:
        """Nobody reaches the gateway any more."""
        raise NotImplementedError


def test_a_card_whose_answer_was_lost_is_let_go_of(desk: Desk) -> None:
    desk.server.faults.plan(kind="drop_after_commit", path="POST /payment_methods$")
    assert isinstance(desk.vault.keep(visa(), OTHER), Unavailable)
    assert desk.sdk.customer.find(OTHER).payment_methods == []


class TestFakeVault(Contract):
    card, account = MethodToken("card"), MethodToken("account")

    @pytest.fixture
    def vault(self) -> Vault:
        self.fake = FakeVault(refused={self.declined: "2000"})
        self.fake.put(Kept(self.card, MeansKind.CARD, "visa", "1111"))
        self.fake.put(Kept(self.account, MeansKind.BANK, "chase", "0000"))
        return self.fake

    def postal_code(self, token: MethodToken) -> str:
        return self.fake.postal_codes[token]

    def go_away(self) -> None:
        self.fake.away = True


class TestBraintreeVault(Contract):
    @pytest.fixture
    def vault(self, desk: Desk) -> Vault:
        self.desk = desk
        self.card = kept(desk.gateway.authorise(charge(visa(), save=True))).token
        self.account = kept(desk.gateway.authorise(charge(bank(), save=True))).token
        return desk.vault

    def later(self) -> None:
        self.desk.server.control.advance(seconds=1)

    def postal_code(self, token: MethodToken) -> str:
        return str(self.desk.sdk.credit_card.find(token).billing_address.postal_code)

    def go_away(self) -> None:
        self.desk.server.stop()


def test_a_deleted_one_charges_nothing(desk: Desk) -> None:
    method = kept(desk.gateway.authorise(charge(visa(), save=True)))
    desk.vault.delete(method.token)
    assert isinstance(desk.gateway.authorise(charge(saved(method))), Unavailable)


def test_a_customer_has_the_same_name_for_ever_and_of_plain_letters() -> None:
    assert customer_of("demo-10001") == customer_of("demo-10001") != customer_of("demo-10002")
    assert len(customer_of("ünïcode/../ " * 20)) <= 36
    assert customer_of("ünïcode").replace("-", "").isalnum()
