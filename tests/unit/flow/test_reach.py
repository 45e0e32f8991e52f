"""A caller can be sent to every step from which they can go on with what is known, whatever came before it."""

from __future__ import annotations

from fs_app.flow.facts import Fact
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow
from fs_app.flow.reach import goes_on
from fs_app.prompts.voice import load_voice
from fs_app.steps import STEPS
from tests.world import ROOT

SOMEBODY = frozenset({Fact.ACCOUNT})


def flow() -> Flow:
    return load_flow(ROOT / "conf" / "flows" / "pay_bills.yaml", STEPS, load_voice(ROOT / "sounds"))


def test_a_survey_needs_no_payment_although_every_path_to_it_has_one() -> None:
    survey = flow().nodes["survey"]
    assert Fact.ENDING in survey.known
    assert goes_on(flow(), survey, frozenset())


def test_what_a_later_step_needs_counts() -> None:
    menu = flow().nodes["account"]
    assert not menu.step.needs
    assert not goes_on(flow(), menu, frozenset())
    assert goes_on(flow(), menu, SOMEBODY)


def test_what_the_steps_on_the_way_teach_counts() -> None:
    steps = flow().nodes
    assert goes_on(flow(), steps["bills"], SOMEBODY)
    assert not goes_on(flow(), steps["amount"], SOMEBODY)
