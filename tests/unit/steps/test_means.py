"""What a caller pays with: saved methods, by consent only; a bank account, with its authorisation; and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from onestep import HOLDER, Walk, walk

from fs_app.domain.bank_account import AccountType, BankAccount
from fs_app.domain.bill import Bill, Holder
from fs_app.domain.card import Card
from fs_app.domain.keys import Verdict
from fs_app.domain.means import Kept, MeansKind, MethodToken, SavedMethod
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, ChargeResult, Means, PaymentRequest, TransactionId
from fs_app.domain.secret import Secret
from fs_app.flow.call import Services
from fs_app.flow.facts import Fact, Quote
from fs_app.ports import ConsentKind, Recorded
from fs_app.steps import STEPS
from fs_app.testing.fakes import FakeCashier
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

VISA = Kept(MethodToken("tok-visa"), MeansKind.CARD, "visa", "4242")
CHASE = Kept(MethodToken("tok-bank"), MeansKind.BANK, "chase", "0000")
SMALL = Kept(MethodToken("tok-small"), MeansKind.BANK, "", "7777")
ANN = replace(HOLDER, holder=Holder("Ann", "Lee", street="1 Main St", locality="Chicago", region="IL"))
AMOUNT = Money(4250, "USD")


def kept(*methods: Kept) -> Services:
    """Services with these saved, the last one used last."""
    services = fake_services()
    for method in methods:
        services.methods.save("a1", method, services.consents.keep(None))  # type: ignore[arg-type]
        services.vault.put(method)  # type: ignore[attr-defined]
    return services


def card() -> Card:
    return Card(Secret("4012888888881881"), Secret("0931"), Secret("987"), Secret("94107"), "visa", "1881")


class TestChoosing:
    def test_the_one_used_last_comes_first(self) -> None:
        call = walk("choose_means", "1", services=kept(CHASE, VISA), bank=True)
        assert call.said == [
            "To use your Visa card ending in 4 2 4 2, press 1."
            " To use your Chase account ending in 0 0 0 0, press 2. To use another card, press 3."
            " To pay from a bank account, press 4."
        ]
        assert call.outcome == "saved_card"
        means = call.call.facts.means
        assert isinstance(means, SavedMethod)
        assert means.token == "tok-visa"

    @pytest.mark.parametrize(
        ("key", "outcome"), [("2", "saved_bank"), ("3", "card"), ("4", "bank"), ("0", "agent")]
    )
    def test_every_way_has_its_key(self, key: str, outcome: str) -> None:
        assert walk("choose_means", key, services=kept(CHASE, VISA), bank=True).outcome == outcome

    def test_a_bank_without_a_recorded_name_is_told_without_one(self) -> None:
        assert (
            "To use your bank account ending in 7 7 7 7, press 1."
            in walk("choose_means", "1", services=kept(SMALL)).said[0]
        )

    def test_nothing_is_asked_where_there_is_no_choice(self) -> None:
        call = walk("choose_means")
        assert (call.outcome, call.said) == ("card", [])

    def test_another_accounts_methods_are_not_offered(self) -> None:
        services = kept(VISA)
        call = walk("choose_means", services=services, facts={"account": replace(HOLDER, id="a2")})
        assert (call.outcome, call.said) == ("card", [])

    def test_no_more_are_offered_than_wanted(self) -> None:
        assert walk("choose_means", "1", services=kept(CHASE, VISA), most=1).said[0].count("ending in") == 1


class TestSaving:
    def saved(self, *answers: str, means: Means | None = None) -> Walk:
        return walk("offer_saving", *answers, facts={"means": means or card()})

    def test_a_yes_is_kept_with_its_words(self) -> None:
        call = self.saved("1")
        consent = call.call.facts.saving
        assert consent is not None
        assert (consent.kind, consent.account_id, consent.language) == (ConsentKind.SAVE_METHOD, "a1", "en")
        assert consent.text == call.said[0]
        assert consent.call_uuid == call.phone.uuid

    def test_a_no_is_a_no(self) -> None:
        assert self.saved("2").call.facts.saving is None

    def test_silence_is_no_consent(self) -> None:
        call = self.saved()
        assert (call.outcome, call.call.facts.saving) == ("gave_up", None)

    def test_what_is_saved_already_is_not_asked_about(self) -> None:
        call = self.saved(means=SavedMethod(1, MethodToken("t"), MeansKind.CARD, "visa", "4242"))
        assert (call.outcome, call.said) == ("answered", [])

    def test_nobody_is_asked_who_pays_for_somebody_else(self) -> None:
        theirs = (Bill("b9", "a9", AMOUNT),)
        call = walk("offer_saving", "1", facts={"means": card(), "bills": theirs})
        assert (call.outcome, call.said, call.call.facts.saving) == ("answered", [], None)

    def test_another_card_needs_another_consent(self) -> None:
        call = self.saved("1")
        call.call.facts.pay_with(card())
        assert call.call.facts.saving is None


def approve_and_keep(request: PaymentRequest, means: Means) -> ChargeResult:
    return Approved(TransactionId("t1"), request.amount, kept=VISA)


class TestCharging:
    def charged(self, means: Means, services: Services, *, agreed: bool = False) -> Walk:
        facts = {"bills": (Bill("b1", "a1", AMOUNT),), "amount": AMOUNT, "means": means, "consent": Quote(AMOUNT)}
        if agreed:
            facts["saving"] = walk("offer_saving", "1", facts={"means": means}).call.facts.saving  # type: ignore[assignment]
        return walk("charge", services=services, facts=facts)

    def test_by_consent_the_gateway_keeps_it_and_we_its_token(self) -> None:
        services = fake_services(cashier=FakeCashier(approve_and_keep))
        assert self.charged(card(), services, agreed=True).outcome == "approved"
        assert services.cashier.saves == [True]  # type: ignore[attr-defined]
        assert [method.token for method in services.methods.of_account("a1")] == ["tok-visa"]
        assert [consent.kind for _, _, consent in services.consents.of_account("a1")] == [ConsentKind.SAVE_METHOD]

    def test_without_consent_nothing_is_kept_anywhere(self) -> None:
        services = fake_services()
        assert self.charged(card(), services).outcome == "approved"
        assert services.cashier.saves == [False]  # type: ignore[attr-defined]
        assert list(services.methods.of_account("a1")) == []

    def test_a_payment_for_somebody_else_is_booked_on_their_account_and_saves_nothing(self) -> None:
        services = fake_services(cashier=FakeCashier(approve_and_keep))
        consent = walk("offer_saving", "1", facts={"means": card()}).call.facts.saving
        theirs = (Bill("b9", "a9", AMOUNT),)
        facts = {"bills": theirs, "amount": AMOUNT, "means": card(), "consent": Quote(AMOUNT), "saving": consent}
        walk("charge", services=services, facts=facts)
        assert services.cashier.saves == [False]  # type: ignore[attr-defined]
        assert services.cashier.payments[0].request.account_id == "a9"  # type: ignore[attr-defined]

    def test_a_saved_method_is_the_first_one_the_next_time(self) -> None:
        services = kept(VISA, CHASE)
        visa = next(each for each in services.methods.of_account("a1") if each.kind is MeansKind.CARD)
        assert self.charged(visa, services).outcome == "approved"
        assert services.methods.of_account("a1")[0] == visa
        assert services.cashier.payments[0].request.last_four == "4242"  # type: ignore[attr-defined]


BANK = ("021000021", "1", "1000000000#", "1000000000#", "1")


class TestBankAccount:
    def collected(self, *answers: str, holder: bool = True, ready: bool = True, **fields: object) -> Walk:
        services = fake_services(cashier=FakeCashier(approve_and_keep, is_ready=ready))
        account = ANN if holder else HOLDER
        return walk("collect_bank_account", *answers, services=services, facts={"account": account}, **fields)

    def bank(self, call: Walk) -> BankAccount:
        found = call.call.facts.bank
        assert found is not None
        return found

    def test_the_bank_is_told_by_its_name(self) -> None:
        call = self.collected(*BANK)
        assert call.outcome == "collected"
        bank = self.bank(call)
        assert (bank.number.reveal(), bank.brand, bank.last_four) == ("1000000000", "chase", "0000")
        assert (bank.type, bank.holder) == (AccountType.CHECKING, ANN.holder)
        assert "Your bank is Chase. If that is right, press 1. If not, press 2." in call.said

    def test_a_bank_without_a_recorded_name_is_told_by_its_digits(self) -> None:
        call = self.collected("122000661", *BANK[1:])
        assert call.outcome == "collected"
        assert any(said.startswith("The routing number is 1 2 2 0 0 0 6 6 1.") for said in call.said)

    def test_a_number_that_no_bank_has_is_asked_again(self) -> None:
        call = self.collected("021000022", *BANK)
        assert call.outcome == "collected"
        assert any(said.startswith("That routing number is not right.") for said in call.said)

    def test_another_bank_than_theirs_is_asked_again(self) -> None:
        call = self.collected("021000021", "2", "121000248", *BANK[1:])
        assert self.bank(call).brand == "wells_fargo"

    def test_two_numbers_that_differ_are_asked_again_both(self) -> None:
        call = self.collected(*BANK[:3], "1000000001#", "55550000#", "55550000#", "2")
        bank = self.bank(call)
        assert (bank.number.reveal(), bank.type) == ("55550000", AccountType.SAVINGS)
        assert "The two numbers are not the same." in call.said

    def test_star_goes_back_to_the_question_before(self) -> None:
        call = self.collected(*BANK[:4], "*", "55550000#", "55550000#", "1")
        assert self.bank(call).number.reveal() == "55550000"

    @pytest.mark.parametrize("missing", [{"holder": False}, {"ready": False}])
    def test_none_is_asked_for_where_it_could_not_be_charged(self, missing: dict[str, bool]) -> None:
        call = self.collected(*BANK, **missing)  # type: ignore[arg-type]
        assert call.outcome == "unavailable"
        assert call.phone.fields == []

    @pytest.mark.parametrize("keyed", range(5))
    def test_whoever_leaves_takes_the_digits_with_them(self, keyed: int) -> None:
        call = self.collected(*BANK[:keyed], "0")
        assert (call.outcome, call.call.facts.means) == ("agent", None)


class TestAuthorisation:
    def authorised(self, *answers: str, means: Means | None = None, facts: dict[str, object] | None = None) -> Walk:
        bank = means or BankAccount(Secret("021000021"), Secret("1000000000"), brand="chase", last_four="0000")
        known = {"means": bank, "consent": Quote(AMOUNT, Money(150, "USD")), **(facts or {})}
        return walk("authorise_debit", *answers, facts=known, phone="18005550100")

    def test_the_whole_text_is_read_and_the_spoken_yes_is_kept(self) -> None:
        call = self.authorised("yes", "1")
        assert call.outcome == "authorised"
        for part in ("2026-01-31", "44.00 USD", "0 0 0 0", "as a single payment", "1 8 0 0 5 5 5 0 1 0 0"):
            assert part in call.said[0]
        [(number, _, consent)] = call.services.consents.of_account("a1")
        assert (consent.kind, consent.version) == (ConsentKind.BANK_DEBIT, "1")
        assert consent.keep >= timedelta(days=731)
        assert consent.recording
        assert consent.text in call.said[0]
        assert call.call.facts.mandate == number
        assert call.call.facts.bank.mandate == consent.text  # type: ignore[union-attr]

    def test_a_saved_account_needs_one_too(self) -> None:
        saved = SavedMethod(1, MethodToken("t"), MeansKind.BANK, "chase", "0000")
        assert self.authorised("yes", "1", means=saved).outcome == "authorised"

    @pytest.mark.parametrize(
        ("answers", "outcome"),
        [
            (("yes", "2"), "refused"),
            (("yes", ""), "gave_up"),
            ((), "gave_up"),
            (("0",), "agent"),
            (("yes", "0"), "agent"),
        ],
    )
    def test_no_other_answer_is_an_authorisation(self, answers: tuple[str, ...], outcome: str) -> None:
        call = self.authorised(*answers)
        assert (call.outcome, call.call.facts.mandate) == (outcome, None)
        assert list(call.services.consents.of_account("a1")) == []

    def test_a_voice_that_authorised_nothing_is_not_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:

        heard = tmp_path / "voice.wav"
        heard.write_bytes(b"yes")
        monkeypatch.setattr(ScriptedPhone, "record", lambda *_, **__: Recorded(Verdict.ENTERED, heard, 2.0, 1.0))
        assert self.authorised("2").outcome == "refused"
        assert not heard.exists()

    def test_a_card_needs_none(self) -> None:
        call = self.authorised(means=card())
        assert (call.outcome, call.said) == ("not_needed", [])

    def test_the_charge_cannot_be_reached_without_one(self) -> None:
        assert STEPS["charge"].needs_with == {Fact.BANK: frozenset({Fact.MANDATE})}


class TestManaging:
    def test_there_may_be_nothing_saved(self) -> None:
        assert walk("manage_methods").outcome == "none"

    def test_each_may_stay_as_it_is(self) -> None:
        services = kept(CHASE, VISA)
        call = walk("manage_methods", "1", "1", services=services)
        assert (call.outcome, len(services.methods.of_account("a1"))) == ("done", 2)

    def test_one_is_deleted_at_the_gateway_and_here(self) -> None:
        services = kept(CHASE, VISA)
        call = walk("manage_methods", "2", "1", "1", services=services)
        assert call.outcome == "done"
        assert [each.token for each in services.methods.of_account("a1")] == ["tok-bank"]
        assert services.vault.look(VISA.token) is None
        assert "It is deleted." in call.said

    def test_who_is_not_sure_keeps_it(self) -> None:
        services = kept(VISA)
        walk("manage_methods", "2", "2", "1", services=services)
        assert len(services.methods.of_account("a1")) == 1

    def test_a_new_expiry_and_postal_code_reach_the_gateway(self) -> None:
        services = kept(VISA)
        call = walk("manage_methods", "3", "0120", "0635", "4", "60622", "1", services=services)
        assert call.outcome == "done"
        assert call.said.count("It is changed.") == 2
        assert services.vault.postal_codes == {"tok-visa": "60622"}  # type: ignore[attr-defined]
        assert any("That date has passed." in said for said in call.said)

    @pytest.mark.parametrize("answers", [("2", "1", "1"), ("3", "0635", "1")])
    def test_a_gateway_that_is_away_changes_nothing_and_says_so(self, answers: tuple[str, ...]) -> None:
        services = kept(VISA)
        services.vault.away = True  # type: ignore[attr-defined]
        call = walk("manage_methods", *answers, services=services)
        assert "We are sorry. We could not change it. It is as it was." in call.said
        assert len(services.methods.of_account("a1")) == 1

    def test_a_bank_account_has_no_expiry(self) -> None:
        call = walk("manage_methods", "3", "1", services=kept(CHASE))
        assert call.outcome == "done"
        assert any("That is not one of the choices." in said for said in call.said)
