"""What has to hold of the flows that are shipped, whatever is changed in their parts."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from fs_app.flow.facts import Fact
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flows
from fs_app.steps import STEPS
from fs_app.testing.fakes import TextVoice

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
FLOWS = load_flows(ROOT / "conf" / "flows", STEPS, VOICE)
LANGUAGES = ["en", *sorted(path.parent.name for path in (ROOT / "sounds").glob("*/phrases.yaml"))]
TRANSCRIPTS = [path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "transcripts").glob("*.txt")]


def reached(flow: Flow, *, without: str) -> set[str]:
    """The steps that some path leads to which does not go through one of them."""
    found: set[str] = set()
    waiting = [flow.start]
    while waiting:
        name = waiting.pop()
        if name not in found and name != without:
            found.add(name)
            waiting += flow.nodes[name].next.values()
    return found


def test_nothing_of_a_debt_is_said_before_the_disclosure_and_nobody_hears_it_but_the_debtor() -> None:
    flow = FLOWS["debt"]
    (disclosure,) = [name for name, node in flow.nodes.items() if "debt_disclosure" in said(node.step)]
    assert Fact.ACCOUNT in flow.nodes[disclosure].known
    assert not flow.nodes[disclosure].step.interruptible  # type: ignore[attr-defined]
    before = {flow.nodes[name].step.do for name in reached(flow, without=disclosure)}
    assert before == {"announce", "identify", "agent", "hang_up"}
    assert not any(
        "debt" in phrase for name in reached(flow, without=disclosure) for phrase in said(flow.nodes[name].step)
    )


def test_no_other_flow_tells_a_debt() -> None:
    telling = {
        name
        for name, flow in FLOWS.items()
        if any(getattr(node.step, "debts", False) for node in flow.nodes.values())
    }
    assert telling == {"debt"}


def said(step: object) -> set[str]:
    return {each.phrase for each in step.phrases()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_has_a_transcript_in_every_language(name: str) -> None:
    """The simulated line is one of pay_balance in English where a transcript does not say otherwise."""
    spoken = {header(text, "language", "en") for text in TRANSCRIPTS if header(text, "flow", "pay_balance") == name}
    assert spoken >= set(LANGUAGES)


def header(text: str, key: str, default: str) -> str:
    found = re.search(rf"^line: {key}=(\w+)$", text, re.MULTILINE)
    return found[1] if found else default


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_is_a_recipe_in_the_docs(name: str) -> None:
    page = (ROOT / "docs" / "flows.md").read_text(encoding="utf-8")
    recipes = page.partition("## Recipes")[2].partition("\n## ")[0]
    assert f"`{name}`" in recipes


def test_a_renewal_and_a_gift_are_never_asked_for_another_amount() -> None:
    """Their price is what it is, or what the caller gave: where a payment is changed, that is asked again."""
    for name, changing in (("subscription", "choose_renewal"), ("donate", "choose_gift")):
        flow = FLOWS[name]
        assert "choose_amount" not in {node.step.do for node in flow.nodes.values()}
        confirm = next(node for node in flow.nodes.values() if node.step.do == "confirm_payment")
        assert flow.nodes[confirm.next["change_amount"]].step.do == changing


def test_bank_accounts_may_be_debited_by_agreement_where_the_operator_says_so(tmp_path: Path) -> None:
    """docs/schedules.md shows these lines."""
    folder = tmp_path / "flows"
    shutil.copytree(ROOT / "conf" / "flows", folder)
    with (folder / "pay_later.yaml").open("a") as flow:
        flow.write("  saved: {cards_only: no, next: {saved_bank: agree, bank: saved}}\n")
        flow.write("  agree: {bank: yes, next: {no_bank: saved}}\n")
    later = load_flows(folder, STEPS, VOICE)["pay_later"]
    assert later.nodes["saved"].next["saved_bank"] == "agree"
