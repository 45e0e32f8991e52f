"""Nothing is asked in a talk before it is proved that no key reaches the agent, nor where that is lost."""

from __future__ import annotations

import pytest
from assistkit import CARD, NUMBER, OTHER_LEG, PAY, START, TAKE, during, take
from dialogue import VISA
from helping import LEG, MARIA

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.errors import NotProtected
from fs_app.ports import Answered, Coded, Joined, OrderKind, Over, Parted
from fs_app.testing.fakes_person import ScriptedPerson, talks
from fs_app.testing.phone import ScriptedPhone

pytestmark = pytest.mark.usefixtures("wiped")

REFUSAL = NotProtected("somebody listens", reason="listener")
UNPROTECTED = "We cannot take this payment on this line right now."
PAUSED = "One moment, please. Do not press any keys now."


def guarded(*meanwhile, refusals) -> ScriptedPerson:
    return ScriptedPerson([Answered(MARIA, LEG), TAKE, *meanwhile], refusals=refusals)


def test_where_protection_is_not_proved_nothing_is_asked() -> None:
    refused = take(person=guarded(refusals=[REFUSAL]))
    assert refused.states == ["starting", "not_protected listener"]
    assert any(text.startswith(UNPROTECTED) for text in refused.said)
    assert NUMBER not in refused.said and START not in refused.said
    assert [field.name for field in refused.phone.fields] == ["after a talk"]
    assert refused.outcome == "talked"


def test_protection_that_is_lost_later_pauses_and_is_proved_anew(monkeypatch) -> None:
    lose(monkeypatch, {2})
    paid = take(*CARD, PAY, person=talks(TAKE, None))
    assert paid.states == ["starting", "asking", "paused listener", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(PAUSED) == 1 and "Thank you. We can go on." in paid.said
    assert paid.seen.numbers == [VISA]
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]


def test_protection_that_fails_for_some_time_is_waited_for_and_said_once(monkeypatch) -> None:
    lose(monkeypatch, {2})
    person = ScriptedPerson([Answered(MARIA, LEG), TAKE, *[None] * 5])
    script = iter([None, REFUSAL, REFUSAL, REFUSAL])
    plain = person._prove

    def prove() -> None:
        plain()
        if (refusal := next(script, None)) is not None:
            raise refusal

    monkeypatch.setattr(person, "_prove", prove)
    paid = take(*CARD, PAY, person=person)
    assert paid.said.count(PAUSED) == 1
    assert paid.people[0].done.count("shield") == 5
    assert paid.states[-1] == "approved"


def test_protection_that_never_comes_back_ends_it(monkeypatch) -> None:
    lose(monkeypatch, set(range(2, 200)))
    lost = take(*CARD, PAY, person=talks(TAKE, *[None] * 40))
    assert lost.states[-1] == "not_protected listener"
    assert any(text.startswith(UNPROTECTED) for text in lost.said)
    assert lost.people[0].done.count("shield") == 21
    assert lost.outcome == "talked"


def test_the_agent_can_stop_it_in_the_pause(monkeypatch) -> None:
    lose(monkeypatch, {2})
    stopped = take(*CARD, PAY, person=talks(TAKE, during(OrderKind.CANCEL)))
    assert (stopped.states[-1], stopped.desk.answers[2]) == ("cancelled agent", "done")


def test_a_feature_code_stops_it_in_the_pause(monkeypatch) -> None:
    lose(monkeypatch, {2})
    assert take(*CARD, PAY, person=talks(TAKE, Coded(FeatureCode.CANCEL))).states[-1] == "cancelled agent"


def test_a_transfer_in_the_pause_is_proved_with_the_next_leg(monkeypatch) -> None:
    lose(monkeypatch, {2})
    paid = take(*CARD, PAY, person=talks(TAKE, Parted(), Joined(OTHER_LEG)))
    assert paid.states[-1] == "approved"
    assert paid.desk.handovers[1].leg == OTHER_LEG


def test_a_talk_that_is_over_in_the_pause_stops_it(monkeypatch) -> None:
    lose(monkeypatch, {2})
    over = take(VISA, person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"
    assert over.outcome == "talked"


def lose(monkeypatch, questions: set[int]) -> None:
    """Questions of these numbers, from 1, are not protected."""
    plain, asked = ScriptedPhone.ask, 0

    def ask(self, prompt, field, **more):
        nonlocal asked
        asked += 1
        if asked in questions and field.secret:
            raise REFUSAL
        return plain(self, prompt, field, **more)

    monkeypatch.setattr(ScriptedPhone, "ask", ask)
