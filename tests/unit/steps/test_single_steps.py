"""Steps and settings of steps that the shipped flow does not use."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from dialogue import BILL, CARD, CLOSED, OPEN, VOICE, WHOLE_CALL, dial

from fs_app.domain.card import Card
from fs_app.domain.destination import callcenter
from fs_app.domain.keys import menu
from fs_app.domain.payment import ChargeResult, PaymentRequest
from fs_app.domain.prompt import Prompt
from fs_app.errors import CallEnded
from fs_app.flow.call import Call, Line
from fs_app.flow.facts import Quote
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow
from fs_app.flow.step import StepEnds
from fs_app.steps import STEPS
from fs_app.steps.choose_language import ChooseLanguage
from fs_app.testing.fakes import (
    FakeDirectory,
    ListJournal,
    TextVoice,
    approve,
)
from fs_app.testing.fakes_person import ScriptedPerson
from fs_app.testing.phone import HANG_UP, ScriptedPhone
from fs_app.testing.services import fake_services

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[3]
TWO_LANGUAGES = TextVoice(
    {
        "en": {"press_for_language": "For English, press {digits}.", "no_key_heard": "No key."},
        "es": {"press_for_language": "Para español, {digits}.", "no_key_heard": "Nada."},
    }
)


def shipped_with(tmp_path: Path, old: str, new: str) -> Flow:
    """The shipped flow with one change."""
    text = (ROOT / "conf/flows/pay_balance.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "pay_balance.yaml"
    path.write_text(text.replace(old, new, 1))
    return load_flow(path, STEPS, VOICE)


def make_call(phone: ScriptedPhone) -> Call:
    services = fake_services(directory=FakeDirectory([OPEN, CLOSED]))
    return Call(Line("f", "en", "payments"), phone, services, ListJournal())


def test_a_payment_knows_where_its_receipt_goes_and_in_which_language() -> None:
    payment = dial(WHOLE_CALL, caller_id="+15550111").cashier.payments[0]
    assert payment.request.receipt_to == OPEN.receipt_to is not None
    assert (payment.request.language, payment.request.caller_id) == ("en", "+15550111")


@pytest.mark.parametrize(("key", "language"), [("1", "en"), ("2", "es")])
def test_a_language_is_chosen_each_offered_in_its_own(key: str, language: str) -> None:
    phone = ScriptedPhone(TWO_LANGUAGES, [key])
    step = ChooseLanguage.model_validate({"choices": {"1": "en", "2": "es"}})
    assert step.run(make_call(phone)) == "chosen"
    assert phone.said == ["For English, press 1.", "Para español, 2."]
    assert phone.language == language


def test_a_single_language_is_not_asked_for() -> None:
    phone = ScriptedPhone(TWO_LANGUAGES, language="es")
    assert ChooseLanguage.model_validate({"choices": {"1": "en"}}).run(make_call(phone)) == "chosen"
    assert (phone.said, phone.language) == ([], "en")


def test_without_an_answer_the_line_keeps_its_language() -> None:
    phone = ScriptedPhone(TWO_LANGUAGES)
    step = ChooseLanguage.model_validate({"choices": {"1": "en", "2": "es"}})
    with pytest.raises(StepEnds) as ends:
        step.run(make_call(phone))
    assert (ends.value.outcome, phone.language) == ("gave_up", "en")


def test_the_postal_code_can_be_the_second_factor(tmp_path: Path) -> None:
    flow = shipped_with(tmp_path, "account_number, pin]", "account_number, postal_code]")
    right = dial(["12345678#", "90210", *WHOLE_CALL[2:]], flow=flow)
    assert "identity:identified" in right.path
    wrong = dial(["12345678#", "90211", "0"], flow=flow)
    unknown = dial(["99999999#", "90210", "0"], flow=flow)
    without = dial(["87654321#", "90210", "0"], flow=flow)
    assert wrong.phone.said == unknown.phone.said == without.phone.said


def test_tries_of_a_step_win_over_the_defaults(tmp_path: Path) -> None:
    flow = shipped_with(tmp_path, "do: identify\n", "do: identify\n    tries: 1\n")
    assert dial([""], flow=flow).path.endswith("identity:gave_up operator:talked goodbye:ended")


def test_a_queue_of_the_step_wins_over_the_line(tmp_path: Path) -> None:
    flow = shipped_with(tmp_path, "do: agent ", "do: agent\n    queue: vip@default ")
    assert dial(["0"], flow=flow).phone.handed_over == ["vip@default"]


def test_the_card_is_wiped_before_an_agent_hears_the_caller() -> None:
    seen: list[bool] = []

    class Watching(ScriptedPhone):
        def seek(self, destination, **marks) -> ScriptedPerson:
            seen.append(card.wiped and call.facts.card is None)
            return super().seek(destination, **marks)

    phone = Watching(VOICE, CARD)
    call = make_call(phone)
    assert STEPS["collect_card"]().run(call) == "collected"
    assert call.facts.card is not None
    card = call.facts.card
    assert STEPS["agent"]().run(call) == "talked"
    assert seen == [True]


def test_a_card_left_unfinished_is_wiped_and_the_one_before_kept() -> None:
    phone = ScriptedPhone(VOICE, [*CARD, "5555555555554444", "1128", "12" + "0#", "0"])
    call = make_call(phone)
    STEPS["collect_card"]().run(call)
    before = call.facts.card
    with pytest.raises(StepEnds):
        STEPS["collect_card"]().run(call)
    assert call.facts.card is before
    assert before is not None
    assert not before.wiped


@pytest.mark.parametrize("begun", [True, False])
def test_a_charge_that_began_goes_on_after_a_hang_up_and_one_that_did_not_never_will(begun: bool) -> None:
    later: list[Callable[[], object]] = []
    numbers: list[str] = []

    class HangsUp(ScriptedPhone):
        def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
            if begun:
                work()
            else:
                later.append(work)
            raise CallEnded

    def gate(request: PaymentRequest, card: Card) -> ChargeResult:
        numbers.append(card.number.reveal())
        return approve(request, card)

    phone = HangsUp(VOICE, CARD)
    call = make_call(phone)
    call.services.cashier.gate = gate  # type: ignore[attr-defined]
    STEPS["collect_card"]().run(call)
    call.facts.account, call.facts.bills, call.facts.amount = OPEN, (BILL,), BILL.due
    call.facts.consent = Quote(BILL.due)
    with pytest.raises(CallEnded):
        STEPS["charge"]().run(call)
    call.facts.wipe()
    for work in later:
        with pytest.raises(CallEnded):
            work()
    assert numbers == (["4111111111111111"] if begun else [])


def test_a_phone_that_hung_up_says_and_hears_nothing_more() -> None:

    phone = ScriptedPhone(VOICE, [HANG_UP])
    with pytest.raises(CallEnded):
        phone.ask(Prompt(), menu("m", "1"))
    for act in (lambda: phone.play(Prompt()), lambda: phone.seek(callcenter("q"))):
        with pytest.raises(CallEnded):
            act()
