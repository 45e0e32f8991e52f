"""How a flow is walked, on steps that do what a test tells them."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.secret import Secret
from fs_app.errors import CallEnded, StoreUnavailable
from fs_app.flow.asking import ASKING, AskingStep
from fs_app.flow.call import Call, Line
from fs_app.flow.engine import MAX_VISITS, run_flow
from fs_app.flow.facts import Fact
from fs_app.flow.loader import load_flow
from fs_app.flow.step import Outcome, Step, StepEnds
from fs_app.steps import STEPS
from fs_app.testing.fakes import (
    ListJournal,
    TextVoice,
)
from fs_app.testing.fakes_person import nobody
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")

Deed = Callable[[Call], str]


class Act(Step):
    """Does what the test has put down for its name."""

    do = "act"
    outcomes: ClassVar = {
        "done": Outcome("it went well"),
        "learnt": Outcome("an amount is known", teaches=frozenset({Fact.AMOUNT})),
        "lost": Outcome(
            "the amount and the card are not known any more", forgets=frozenset({Fact.AMOUNT, Fact.CARD})
        ),
    }
    deeds: ClassVar[dict[str, Deed]] = {}

    name: str

    def run(self, call: Call) -> str:
        return self.deeds[self.name](call)


class Question(AskingStep):
    """Answers with the outcomes a test has put down, one each time."""

    do = "question"
    outcomes: ClassVar = {"yes": Outcome("an answer"), **ASKING}
    answers: ClassVar[dict[str, list[str]]] = {}

    name: str

    def run(self, call: Call) -> str:
        answer = self.answers[self.name].pop(0)
        if answer in ASKING:
            raise StepEnds(answer)
        return answer


class Borrow(Question):
    """A question that needs an amount."""

    do = "borrow"
    needs = frozenset({Fact.AMOUNT})


class Toll(Step):
    """No way back from here."""

    do = "toll"
    outcomes: ClassVar = {"done": Outcome("paid")}
    way_back = False

    def run(self, call: Call) -> str:
        return "done"


REGISTRY = {**STEPS, "act": Act, "question": Question, "borrow": Borrow, "toll": Toll}
TAIL = """
  operator: {do: agent, next: {talked: bye, not_answered: sorry, failed: sorry}}
  sorry: {do: announce, say: no_agent_available, next: {done: bye}}
  bye: {do: hang_up}
"""


class Walked:
    """A flow that was walked."""

    def __init__(self, tmp_path: Path, start: str, steps: str, *, tail: str = TAIL, **phone: object) -> None:
        path = tmp_path / "flow.yaml"
        head = f"flow: f\nstart: {start}\ndefaults: {{next: {{agent: operator, gave_up: operator}}}}\nsteps:\n"
        path.write_text(head + steps + tail)
        self.flow = load_flow(path, REGISTRY, VOICE)
        self.phone = ScriptedPhone(VOICE, **phone)  # type: ignore[arg-type]
        self.journal = ListJournal()
        services = fake_services()
        self.call = Call(Line("f", "en", "payments"), self.phone, services, self.journal)
        self.card = Card(Secret("4111111111111111"), Secret("1228"), Secret("123"), Secret("90210"))
        self.call.facts.means = self.card

    def run(self) -> str:
        return run_flow(self.flow, self.call)


def fail(call: Call) -> str:
    raise StoreUnavailable("down")


def learn(call: Call) -> str:
    call.facts.amount = Money(100, "USD")
    return "learnt"


ONE = "  one: {do: act, name: one, next: {done: bye, learnt: bye, lost: bye}}"


def test_steps_are_walked_and_written_down(tmp_path: Path) -> None:
    Act.deeds["one"] = lambda call: "done"
    walked = Walked(tmp_path, "one", ONE)
    assert walked.run() == "finished"
    assert walked.journal.path == "one:done bye:ended"
    assert walked.phone.ended


def test_what_an_outcome_forgets_is_forgotten_and_a_card_wiped(tmp_path: Path) -> None:
    seen = []
    Act.deeds |= {"one": lambda call: "lost", "two": lambda call: seen.append(call.facts.card) or "done"}
    two = "\n  two: {do: act, name: two, next: {done: bye, learnt: bye, lost: bye}}"
    walked = Walked(tmp_path, "one", ONE.replace("lost: bye", "lost: two") + two)
    walked.run()
    assert seen == [None]
    assert walked.card.wiped


def test_a_database_that_is_down_leads_to_a_person_with_an_apology(tmp_path: Path) -> None:
    Act.deeds["one"] = fail
    walked = Walked(tmp_path, "one", ONE)
    assert walked.run() == "agent"
    assert walked.journal.path == "one:trouble operator:talked bye:ended"
    assert walked.phone.said[0] == "We are sorry. We have a technical problem."
    assert walked.phone.handed_over == ["payments"]
    assert walked.journal.notes == {"trouble": "one: StoreUnavailable"}


def test_trouble_on_the_way_from_a_person_ends_with_an_apology_not_in_silence(tmp_path: Path) -> None:
    Act.deeds["one"] = fail
    walked = Walked(tmp_path, "one", ONE, people=[nobody()], tail=TAIL.replace("sorry", "one", 1))
    assert walked.run() == "failed"
    assert walked.journal.path == "one:trouble operator:not_answered one:trouble"
    assert walked.phone.said[-1] == "We are sorry. We have a technical problem."
    assert walked.phone.ended


def test_a_call_that_goes_round_in_circles_reaches_a_person(tmp_path: Path) -> None:
    Act.deeds["one"] = lambda call: "done"
    walked = Walked(tmp_path, "one", ONE.replace("done: bye", "done: one"))
    assert walked.run() == "agent"
    assert walked.journal.steps == ["one:done"] * MAX_VISITS + ["one:too_often", "operator:talked", "bye:ended"]


@pytest.mark.parametrize("error", [CallEnded(), ZeroDivisionError()])
def test_whatever_ends_a_call_wipes_what_it_knew(tmp_path: Path, error: Exception) -> None:
    def end(call: Call) -> str:
        learn(call)
        raise error

    Act.deeds["one"] = end
    walked = Walked(tmp_path, "one", ONE)
    with pytest.raises(type(error)):
        walked.run()
    assert walked.card.wiped
    assert walked.call.facts.known() == frozenset()
    assert walked.journal.path == ("one:caller_hung_up" if isinstance(error, CallEnded) else "one:failed")


# --- back ----------------------------------------------------------------------------------------------------

TWO_QUESTIONS = """
  a: {do: question, name: a, next: {yes: said}}
  said: {do: announce, say: welcome, next: {done: b}}
  b: {do: question, name: b, next: {yes: bye}}
"""


def test_back_leads_to_the_question_asked_before(tmp_path: Path) -> None:
    Question.answers.update(a=["yes", "yes"], b=["back", "yes"])
    walked = Walked(tmp_path, "a", TWO_QUESTIONS)
    walked.run()
    assert walked.journal.path == "a:yes said:done b:back a:yes said:done b:yes bye:ended"


def test_back_at_the_first_question_asks_it_again(tmp_path: Path) -> None:
    Question.answers.update(a=["back", "back", "yes"], b=["yes"])
    walked = Walked(tmp_path, "a", TWO_QUESTIONS)
    walked.run()
    assert walked.journal.path.startswith("a:back a:back a:yes said:done b:yes")


def test_a_flow_may_say_where_back_leads(tmp_path: Path) -> None:
    Question.answers.update(a=["yes"], b=["back"])
    walked = Walked(tmp_path, "a", TWO_QUESTIONS.replace("{yes: bye}", "{yes: bye, back: operator}"))
    walked.run()
    assert walked.journal.path == "a:yes said:done b:back operator:talked bye:ended"


def test_back_does_not_lead_past_a_charge(tmp_path: Path) -> None:
    Question.answers.update(a=["yes"], b=["back", "yes"])
    toll = "{yes: toll}}\n  toll: {do: toll, next: {done: said}}"
    walked = Walked(tmp_path, "a", TWO_QUESTIONS.replace("{yes: said}}", toll))
    walked.run()
    assert walked.journal.path == "a:yes toll:done said:done b:back b:yes bye:ended"


def test_back_does_not_lead_to_a_question_whose_paths_need_what_was_forgotten(tmp_path: Path) -> None:
    Act.deeds |= {"learn": learn, "lose": lambda call: "lost"}
    Question.answers.update(a=["yes"], b=["yes"], c=["back", "yes"])
    steps = """
  a: {do: question, name: a, next: {yes: learn}}
  learn: {do: act, name: learn, next: {done: bye, lost: bye, learnt: b}}
  b: {do: borrow, name: b, next: {yes: lose}}
  lose: {do: act, name: lose, next: {done: bye, learnt: bye, lost: c}}
  c: {do: question, name: c, next: {yes: bye}}
"""
    Question.answers["a"].append("gave_up")
    walked = Walked(tmp_path, "a", steps)
    walked.run()
    assert walked.journal.path == ("a:yes learn:learnt b:yes lose:lost c:back a:gave_up operator:talked bye:ended")
