"""The SavedMethods and Consents ports: the fakes, and ours on SQLite and MariaDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fs_app.domain.means import Kept, MeansKind, MethodToken
from fs_app.ports import Consent, ConsentKind, Consents, SavedMethods
from fs_app.store.engine import Database
from fs_app.store.methods import SqlConsents, SqlSavedMethods
from fs_app.testing.fakes_methods import FakeConsents, FakeSavedMethods
from fs_app.testing.fakes_payments import StandingClock

VISA = Kept(MethodToken("tok-visa"), MeansKind.CARD, "visa", "4242")
BANK = Kept(MethodToken("tok-bank"), MeansKind.BANK, "chase", "0000")
YES = Consent(ConsentKind.SAVE_METHOD, "a1", "uuid-1", "es", "2026-11", "¿Guardamos su tarjeta?")


class Contract:
    """What holds for every implementation."""

    def test_the_one_used_last_comes_first(self, methods: SavedMethods, consents: Consents) -> None:
        agreed = consents.keep(YES)
        visa, bank = methods.save("a1", VISA, agreed), methods.save("a1", BANK, agreed)
        assert list(methods.of_account("a1")) == [bank, visa]
        self.later()
        methods.used(visa.id)
        assert list(methods.of_account("a1")) == [visa, bank]
        assert list(methods.of_account("a2")) == []
        assert (visa.kind, visa.brand, visa.last_four, visa.token) == (MeansKind.CARD, "visa", "4242", "tok-visa")

    def test_a_forgotten_one_is_gone_and_comes_back_when_it_is_saved_again(
        self, methods: SavedMethods, consents: Consents
    ) -> None:
        agreed = consents.keep(YES)
        visa = methods.save("a1", VISA, agreed)
        assert methods.get(visa.id) == visa
        methods.forget(visa.id)
        methods.forget(visa.id)
        assert (methods.get(visa.id), list(methods.of_account("a1"))) == (None, [])
        again = methods.save("a1", VISA, consents.keep(YES))
        assert (again, list(methods.of_account("a1"))) == (visa, [visa])

    def test_the_same_token_is_one_method(self, methods: SavedMethods, consents: Consents) -> None:
        agreed = consents.keep(YES)
        assert methods.save("a1", VISA, agreed) == methods.save("a1", VISA, agreed)
        assert len(methods.of_account("a1")) == 1

    def test_a_consent_is_kept_as_it_was_given(self, consents: Consents) -> None:
        spoken = replace(YES, kind=ConsentKind.BANK_DEBIT, recording="tel/uuid-1-7f.wav")
        numbers = [consents.keep(YES), consents.keep(spoken), consents.keep(replace(YES, account_id="a2"))]
        found = consents.of_account("a1")
        assert [(number, consent) for number, _, consent in found] == [(numbers[0], YES), (numbers[1], spoken)]

    def test_it_is_kept_for_two_years_at_least(self, consents: Consents) -> None:
        consents.keep(YES)
        assert consents.of_account("a1")[0][2].keep >= timedelta(days=731)

    def later(self) -> None:
        """Time passes."""


class TestFakes(Contract):
    @pytest.fixture
    def methods(self) -> SavedMethods:
        return FakeSavedMethods()

    @pytest.fixture
    def consents(self) -> Consents:
        return FakeConsents()


class TestSql(Contract):
    @pytest.fixture(autouse=True)
    def _clock(self) -> None:
        self.clock = StandingClock()

    @pytest.fixture
    def methods(self, database: Database) -> SavedMethods:
        return SqlSavedMethods(database, self.clock)

    @pytest.fixture
    def consents(self, database: Database) -> Consents:
        return SqlConsents(database, self.clock)

    def later(self) -> None:
        self.clock.move(1)


def test_a_token_shows_nowhere() -> None:
    assert "tok-visa" not in repr(VISA)
