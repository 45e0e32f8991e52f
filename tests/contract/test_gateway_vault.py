"""Cards and bank accounts that the gateway keeps: saved by a sale, charged by token, changed and let go of.

Over real HTTP with the unmodified SDK, against the local gateway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from test_gateway import demo_account, new_order, sale, usd, visa

from fs_app.domain.bank_account import AccountType, BankAccount
from fs_app.domain.bill import Holder
from fs_app.domain.means import Kept, MeansKind, MethodToken, SavedMethod, customer_of
from fs_app.domain.payment import Approved, ChargeResult, Declined, Means, Submitted, Unavailable
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import BraintreeGateway, BraintreeVault
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import Changed, ChargeRequest, Deleted, MethodRecord, Vault
from fs_app.testing.fakes_methods import FakeVault

CUSTOMER = customer_of("demo-10001")
ANN = Holder("Ann", "Lee", street="1 Main St", locality="Chicago", region="IL", postal_code="60622")


@dataclass
class Desk:
    gateway: BraintreeGateway
    vault: BraintreeVault
    server: SandboxServer


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
        sdk = desk.gateway._sdk
        assert sdk.transaction.find(result.transaction_id).recurring

    def test_the_same_card_is_not_kept_twice(self, desk: Desk) -> None:
        first = kept(desk.gateway.authorise(charge(visa(), save=True)))
        again = kept(desk.gateway.authorise(charge(visa(), "9.00", save=True)))
        assert again == first
        renewed = visa()
        renewed.expiry = Secret("0633")
        assert kept(desk.gateway.authorise(charge(renewed, "8.00", save=True))) != first


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
        found = desk.gateway._sdk.customer.find(CUSTOMER)
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
        assert desk.gateway._sdk.customer.find(CUSTOMER).payment_methods == []

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

    def test_a_wiped_account_is_not_sent(self, desk: Desk) -> None:
        empty = bank()
        empty.wipe()
        assert isinstance(desk.gateway.authorise(charge(empty)), Unavailable)


class Contract:
    """What holds for every Vault. ``vault`` keeps ``card`` and ``account``."""

    card: MethodToken
    account: MethodToken

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
        assert isinstance(vault.change(self.card, expiry=Secret("0635")), Unavailable)
        assert isinstance(vault.delete(self.card), Unavailable)

    def postal_code(self, token: MethodToken) -> str:
        """What the gateway has."""
        raise NotImplementedError

    def go_away(self) -> None:
        """Nobody reaches the gateway any more."""
        raise NotImplementedError


class TestFakeVault(Contract):
    card, account = MethodToken("card"), MethodToken("account")

    @pytest.fixture
    def vault(self) -> Vault:
        self.fake = FakeVault()
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

    def postal_code(self, token: MethodToken) -> str:
        return str(self.desk.gateway._sdk.credit_card.find(token).billing_address.postal_code)

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
