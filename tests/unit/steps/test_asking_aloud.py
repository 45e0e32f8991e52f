"""A question that is answered aloud, on a scripted phone."""

from types import SimpleNamespace

import pytest
from dialogue import VOICE

from fs_app.domain.prompt import Manner, say
from fs_app.flow.asking import ask_aloud
from fs_app.flow.step import StepEnds
from fs_app.ports import Recorded
from fs_app.testing.phone import ScriptedPhone

QUESTION, AGAIN = say("one_moment"), say("please_wait")
ASKED, ASKED_AGAIN = "One moment, please.", "Please wait while we process your payment."


def asked(*answers: str) -> tuple[ScriptedPhone, Recorded]:
    phone = ScriptedPhone(VOICE, answers)
    return phone, ask_aloud(SimpleNamespace(channel=phone), QUESTION, AGAIN, seconds=5, tries=2)


def test_a_sentence_is_the_answer() -> None:
    phone, recorded = asked("yes")
    assert phone.said == [ASKED]
    assert recorded.path is not None and recorded.spoken > 0


@pytest.mark.parametrize(
    ("bad", "complaint"), [("", "We did not hear you."), ("5", "That is not one of the choices.")]
)
def test_nothing_and_digits_are_asked_again(bad: str, complaint: str) -> None:
    phone, recorded = asked(bad, "yes")
    assert phone.said == [ASKED, f"{complaint} {ASKED_AGAIN}"]
    assert recorded.path is not None


def test_the_keys_that_mean_the_same_everywhere_cost_no_try() -> None:
    phone, recorded = asked("9", "8", "#", "yes")
    assert phone.said[:3] == [ASKED, ASKED, f"More slowly, then. {ASKED}"]
    assert phone.said[3].endswith(f"or 0 for a person. {ASKED_AGAIN}")
    assert phone.manner is Manner.SLOW
    assert recorded.path is not None


@pytest.mark.parametrize(("keys", "outcome"), [(["0"], "agent"), (["*"], "back"), (["", ""], "gave_up")])
def test_what_ends_the_step(keys: list[str], outcome: str) -> None:
    with pytest.raises(StepEnds) as ends:
        asked(*keys)
    assert ends.value.outcome == outcome
