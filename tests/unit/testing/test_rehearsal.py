"""A practised caller goes through every flow; what they hear is timed from the recordings."""

from pathlib import Path

import pytest

from fs_app.domain import fields, keys
from fs_app.domain.keys import Verdict
from fs_app.domain.prompt import Digits, Manner, Named, say
from fs_app.domain.rules import Rules
from fs_app.flow.loader import load_flows
from fs_app.flow.step import ChargingStep
from fs_app.ports import Tune
from fs_app.prompts.voice import read_voice
from fs_app.steps import STEPS
from fs_app.testing.fakes import FixedClock
from fs_app.testing.practised import PractisedCaller, total, total_early
from fs_app.testing.rehearsal import rehearse

ROOT = Path(__file__).resolve().parents[3]
VOICE, _ = read_voice(ROOT / "sounds")
FLOWS = load_flows(ROOT / "conf" / "flows", STEPS, VOICE)
BY_FLOW_AND_LANGUAGE = [(name, language) for name in FLOWS for language in VOICE.languages]


def heard(flow, language="en", manner=Manner.PLAIN, **named):
    return rehearse(FLOWS[flow], VOICE, FixedClock(), language=language, manner=manner, **named)


def texts(rehearsal, step):
    return [each.text for each in rehearsal.told if each.step == step]


@pytest.mark.parametrize(("flow", "language"), BY_FLOW_AND_LANGUAGE)
def test_every_flow_is_walked_to_its_end_in_every_language(flow, language):
    plain, brief = (heard(flow, language, manner) for manner in (Manner.PLAIN, Manner.BRIEF))
    charges = any(isinstance(node.step, ChargingStep) for node in FLOWS[flow].nodes.values())
    assert plain.path == brief.path
    assert plain.path.endswith(":ended")
    assert "operator:" not in plain.path
    assert plain.paid == brief.paid == charges
    assert plain.language == language
    assert 0 < total_early(brief.told) <= total(brief.told) <= total(plain.told)


@pytest.mark.parametrize("language", VOICE.languages)
def test_a_practised_caller_pays_the_balance_in_less_than_ninety_seconds_of_prompts(language):
    rehearsal = heard("pay_balance", language, Manner.BRIEF)
    assert rehearsal.paid
    assert total(rehearsal.told) < 90


def test_every_prompt_is_told_in_its_step_with_the_length_of_its_recordings():
    rehearsal = heard("pay_balance")
    assert texts(rehearsal, "identity") == [
        "Please key in your account number, then press the pound key.",
        "Please key in your PIN.",
    ]
    assert texts(rehearsal, "goodbye") == ["Thank you for calling. Goodbye."]
    first = rehearsal.told[0]
    assert (first.step, first.seconds) == ("welcome", VOICE.render(say("welcome"), "en").seconds)


def test_what_is_keyed_is_shown_but_for_secrets():
    keyed = {each.step: each.keyed for each in heard("pay_balance").told if each.keyed}
    assert keyed == {"identity": "<4 keys>", "amount": "1", "card": "<5 keys>", "confirm": "1"}


def test_the_keys_can_be_given_by_step_one_a_question():
    rehearsal = heard("pay_balance", given={"amount": ["2", "5#", "1000#", "1"]})
    asked = texts(rehearsal, "amount")
    assert "key in the amount" in asked[1]
    assert "The smallest payment is one dollar." in asked[2]  # of 5 cents
    assert asked[3].startswith("You chose ten dollars.")
    assert "You are paying ten dollars" in texts(rehearsal, "confirm")[0]


def test_a_key_that_asks_to_hear_it_again_is_counted_twice():
    once, twice = heard("pay_balance"), heard("pay_balance", given={"confirm": ["9"]})
    assert total(twice.told) == pytest.approx(total(once.told) + once_of(once, "confirm"))


def once_of(rehearsal, step):
    return total([each for each in rehearsal.told if each.step == step])


def test_a_menu_is_left_by_the_first_choice_that_leads_to_a_payment():
    assert "account:pay bills:chosen" in heard("utility").path
    assert "receipt:receipt identity:identified" in heard("donate").path


def test_numbers_are_as_long_as_the_rules_have_them():
    rules = Rules(account_lengths=(8, 8), pin_length=6, postal_code_length=4, bill_lengths=(9, 9))
    assert heard("pay_balance", rules=rules).paid
    assert heard("pay_for_another", rules=rules).paid


@pytest.mark.parametrize("order", ["mdy", "dmy", "ymd"])
def test_a_date_of_birth_is_keyed_in_the_order_of_the_country(order):
    assert heard("hospital_bill", rules=Rules(birth_date_order=order)).paid


def caller(answer, language="en"):
    return PractisedCaller(VOICE, lambda step, field: answer, language=language, manner=Manner.PLAIN)


def test_a_menu_is_clear_as_soon_as_its_key_was_offered():
    projects = [
        say("gift_for", name=Named(f"project_{name}"), digits=Digits(key))
        for key, name in enumerate_keys("meals", "heating", "school")
    ]
    phone = caller("2")
    phone.ask(projects[0] + projects[1] + projects[2], keys.menu("project", "123"))
    (told,) = phone.told
    assert told.clear == pytest.approx(VOICE.render(projects[0] + projects[1], "en").seconds)
    assert told.clear < told.seconds


def enumerate_keys(*names):
    return [(str(number), name) for number, name in enumerate(names, start=1)]


def test_a_number_is_keyed_when_its_question_was_heard_out():
    phone = caller("1234")
    heard = phone.ask(say("enter_pin"), fields.pin(4))
    assert heard.digits == "1234"
    assert phone.told[0].clear == phone.told[0].seconds


def test_too_few_keys_and_none_are_what_they_are_on_a_line():
    assert caller("12").ask(say("enter_pin"), fields.pin(4)).verdict is Verdict.TOO_SHORT
    assert caller("").ask(say("enter_pin"), fields.pin(4)).verdict is Verdict.SILENCE


def test_a_beep_is_counted_before_the_caller_speaks():
    phone = caller("")
    recorded = phone.record(say("say_yes"), 5.0)
    assert recorded.verdict is Verdict.ENTERED
    assert [each.seconds for each in phone.told] == [
        VOICE.render(say("say_yes"), "en").seconds,
        VOICE.tune(Tune.BEEP).seconds,
    ]
