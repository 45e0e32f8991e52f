"""A flow takes steps from parts that several flows share."""

from __future__ import annotations

from pathlib import Path

import pytest

from fs_app.errors import ConfigError
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow
from fs_app.steps import STEPS
from fs_app.testing.fakes import TextVoice

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")

PERSON = """\
part: person
defaults:
  tries: 4
  next: {agent: operator, gave_up: operator}
steps:
  operator:
    do: agent
    next: {talked: bye, not_answered: bye, failed: bye}
  bye:
    do: hang_up
  ask_again:
    do: menu
    say: for_a_person_or_end
    choices: {1: person, 2: end}
    next: {person: operator, end: bye}
"""
OWN = """\
flow: small
start: welcome
parts: [person]
steps:
  welcome:
    do: announce
    say: welcome
    next: {done: operator}
"""


def load(tmp_path: Path, own: str = OWN, **parts: str) -> Flow:
    (tmp_path / "parts").mkdir()
    for name, text in ({"person": PERSON} | parts).items():
        (tmp_path / "parts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    path = tmp_path / "small.yaml"
    path.write_text(own, encoding="utf-8")
    return load_flow(path, STEPS, VOICE)


def problems(tmp_path: Path, own: str = OWN, **parts: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, own, **parts)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in raised.value.problems]


def test_the_steps_of_a_part_are_the_flows_own_and_spare_ones_are_left_out(tmp_path: Path) -> None:
    flow = load(tmp_path)
    assert set(flow.nodes) == {"welcome", "operator", "bye"}
    assert flow.operator == "operator"
    assert flow.nodes["operator"].next["talked"] == "bye"


def test_a_flow_changes_one_line_of_a_part_and_keeps_the_rest(tmp_path: Path) -> None:
    own = OWN + "  operator: {next: {not_answered: ask_again}}\n"
    flow = load(tmp_path, own)
    assert flow.nodes["operator"].next == {"talked": "bye", "not_answered": "ask_again", "failed": "bye"}
    assert flow.nodes["ask_again"].step.tries == 4


def test_a_flow_may_say_another_thing_in_a_step_of_a_part(tmp_path: Path) -> None:
    flow = load(tmp_path, OWN + "  bye: {say: welcome}\n")
    assert [said.phrase for said in flow.nodes["bye"].step.phrases()] == ["welcome"]


def test_the_part_that_is_named_first_goes_before_the_others(tmp_path: Path) -> None:
    other = "part: other\nsteps:\n  bye: {do: hang_up, say: welcome}\n"
    flow = load(tmp_path, OWN.replace("[person]", "[other, person]"), other=other)
    assert [said.phrase for said in flow.nodes["bye"].step.phrases()] == ["welcome"]


@pytest.mark.parametrize(
    ("own", "part", "message"),
    [
        (
            OWN.replace("[person]", "[persn]"),
            PERSON,
            "small.yaml:3:9: no part is called 'persn'; did you mean 'person'?",
        ),
        (OWN, PERSON.replace("do: hang_up", "do: hang_upp"), "parts/person.yaml:10:9: no step does 'hang_upp'"),
        (OWN, PERSON.replace("talked: bye", "talked: by"), "parts/person.yaml:8:20: no step is called 'by'"),
        (OWN, PERSON.replace("talked:", "talkd:"), "parts/person.yaml:8:12: agent has no outcome 'talkd'"),
        (OWN, PERSON.replace("part: person\n", ""), "parts/person.yaml:1:1: 'part' is missing here"),
        (OWN, PERSON.replace("say: for_", "says: for_"), "parts/person.yaml:13:5: unknown key 'says'"),
        (OWN + "  bye: {say: no_such}\n", PERSON, "small.yaml:9:14: no phrase 'no_such' in 'en'"),
        (OWN + "  spare: {do: hang_up}\n", PERSON, "small.yaml:9:3: no path leads to 'spare'"),
    ],
)
def test_a_mistake_is_told_where_it_was_made(tmp_path: Path, own: str, part: str, message: str) -> None:
    assert any(problem.startswith(message) for problem in problems(tmp_path, own, person=part))


def test_nothing_is_told_that_only_follows_from_a_missing_part(tmp_path: Path) -> None:
    assert len(problems(tmp_path, OWN.replace("[person]", "[x]"))) == 1
