"""Where in a flow a person can send a caller, by what is known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.secret import Secret
from fs_app.flow.call import Call, Line, NoPlaces
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow
from fs_app.flow.places import FlowPlaces, SendTo
from fs_app.steps import STEPS
from fs_app.steps.collect_card import CollectCard
from fs_app.testing.fakes import ListJournal, TextVoice
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
ACCOUNT = Account("a1", "12345678")
BILL = Bill("b1", "a1", Money(8120, "USD"))
SURVEYED = """\
flow: surveyed
start: first
defaults: {next: {agent: operator, gave_up: operator}}
steps:
  first: {do: menu, say: for_a_person_or_end, choices: {1: person, 2: end}, next: {person: operator, end: rating}}
  operator: {do: agent, next: {talked: goodbye, not_answered: goodbye, failed: goodbye}}
  rating:
    do: survey
    questions: [{say: survey_easy, scale: 5}]
    next: {answered: goodbye, left: goodbye, declined: goodbye}
  goodbye: {do: hang_up, say: goodbye}
"""


def flow(name: str) -> Flow:
    return load_flow(ROOT / "conf" / "flows" / f"{name}.yaml", STEPS, VOICE)


PAY = flow("pay_balance")


def places(of: Flow = PAY, **facts: object) -> FlowPlaces:
    call = Call(Line(of.name, "en", "payments"), ScriptedPhone(VOICE), fake_services(), ListJournal())
    for name, value in facts.items():
        setattr(call.facts, name, value)
    return FlowPlaces(of, call)


def card() -> Card:
    return Card(Secret("4111111111111111"), Secret("1228"), Secret("123"), Secret("90210"), "visa", "1111")


KNOWN = {"account": ACCOUNT, "bills": (BILL,)}
CHOSEN = {**KNOWN, "amount": Money(8120, "USD")}


def test_a_stranger_can_be_sent_to_the_questions_that_need_nothing() -> None:
    reach = places().within_reach()
    assert "identity" in reach and "card" not in reach and "confirm" not in reach


def test_only_questions_are_told_of() -> None:
    reach = places(**CHOSEN).within_reach()
    assert {"identity", "amount", "card"} <= set(reach)
    assert not {"welcome", "balance", "charge", "result", "goodbye", "operator"} & set(reach)


def test_who_has_a_card_in_hand_can_be_sent_to_confirm_it() -> None:
    assert "confirm" not in places(**CHOSEN).within_reach()
    assert "confirm" in places(**CHOSEN, means=card()).within_reach()


@pytest.mark.parametrize(
    ("facts", "name"), [({}, "welcome"), (KNOWN, "amount"), (CHOSEN, "card"), ({**CHOSEN, "means": card()}, "card")]
)
def test_to_pay_is_as_far_as_what_is_known_reaches(facts, name) -> None:
    node = places(**facts).node(SendTo.PAY)
    assert node is not None and node.name == name


def test_every_flow_has_a_way_to_pay_and_to_go_on_alone() -> None:
    assert places().has("pay") and places().has("self_service")
    assert places().node(SendTo.SELF_SERVICE) is None, "the engine knows where the caller was"


def test_a_flow_without_a_survey_sends_nobody_to_one() -> None:
    assert not places().has("survey")
    assert places().node(SendTo.SURVEY) is None


def test_a_survey_is_found_whatever_it_is_called(tmp_path) -> None:
    file = tmp_path / "surveyed.yaml"
    file.write_text(SURVEYED)
    surveyed = places(load_flow(file, STEPS, VOICE))
    assert surveyed.has("survey")
    node = surveyed.node("survey")
    assert node is not None and node.name == "rating"


def test_a_step_is_a_place_by_its_name() -> None:
    node = places().node("amount")
    assert node is not None and node.name == "amount"
    assert places().has("amount")


@pytest.mark.parametrize("name", ["", "nowhere", "collect_card", "${system(x)}", "Amount"])
def test_what_is_no_step_is_no_place(name) -> None:
    assert not places().has(name)
    assert places().node(name) is None


def test_a_kind_of_step_is_found_as_the_admin_set_it_up() -> None:
    found = places().step("collect_card")
    assert isinstance(found, CollectCard) and found is PAY.nodes["card"].step
    assert places().step("collect_bank_account") is None


def test_where_the_call_is_is_known() -> None:
    here = places()
    assert here.here() == "welcome"
    here.current = "card"
    assert here.here() == "card"


def test_a_call_without_a_flow_has_no_places() -> None:
    nowhere = NoPlaces()
    assert (nowhere.within_reach(), nowhere.has("pay"), nowhere.step("charge"), nowhere.here()) == (
        (),
        False,
        None,
        "",
    )
