"""A payment that an agent takes, while the talk changes: transfers, hold, the end."""

from __future__ import annotations

import pytest
from assistkit import CARD, EXPIRES, NUMBER, OTHER_LEG, PAY, START, STOPPED, TAKE, during, take
from dialogue import CODE, EXPIRY, VISA, ZIP

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.ports import Coded, Held, Joined, OrderKind, Over, Parted
from fs_app.testing.fakes_person import HANGS_UP, talks

pytestmark = pytest.mark.usefixtures("wiped")


def test_a_transfer_in_mid_field_keeps_what_was_taken() -> None:
    paid = take(VISA, "12", Parted(), EXPIRY, CODE, ZIP, PAY, person=talks(TAKE, Joined(OTHER_LEG)))
    assert paid.states == ["starting", "asking", "paused transfer", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(NUMBER) == 1
    assert sum(text.startswith(EXPIRES) for text in paid.said) == 2
    assert "Thank you. We can go on." in paid.said
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"], "nothing is taken down between"
    assert paid.desk.handovers[1].leg == OTHER_LEG


def test_a_new_leg_without_a_word_of_the_transfer_is_proved_too() -> None:
    paid = take(VISA, "12", Joined(OTHER_LEG), EXPIRY, CODE, ZIP, PAY)
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]
    assert paid.states[-1] == "approved"


def test_a_transfer_at_the_consent_asks_for_it_again() -> None:
    paid = take(*CARD, Parted(), PAY, person=talks(TAKE, Joined(OTHER_LEG)))
    assert sum("To pay now, press 1" in text for text in paid.said) == 2
    assert paid.said.count(NUMBER) == 1
    assert paid.states[-1] == "approved"


def test_a_payment_that_is_taken_in_a_transfer_begins_when_somebody_is_there() -> None:
    paid = take(*CARD, PAY, person=talks(Parted(), TAKE, None, Joined(OTHER_LEG)))
    assert paid.states[:3] == ["starting", "paused transfer", "asking"]
    assert paid.said.count(START) == 1 and "Thank you. We can go on." not in paid.said
    assert paid.states[-1] == "approved"


def test_a_transfer_that_takes_long_is_waited_for() -> None:
    person = talks(TAKE, None, None, None, Joined(OTHER_LEG))
    assert take(VISA, Parted(), *CARD[1:], PAY, person=person).states[-1] == "approved"


def test_the_agent_can_stop_it_in_the_transfer() -> None:
    person = talks(TAKE, during(OrderKind.CANCEL))
    stopped = take(VISA, Parted(), person=person)
    assert (stopped.states[-1], stopped.desk.answers[2]) == ("cancelled agent", "done")


def test_a_feature_code_stops_it_in_the_transfer() -> None:
    assert take(VISA, Parted(), person=talks(TAKE, Coded(FeatureCode.CANCEL))).states[-1] == "cancelled agent"


def test_who_hangs_up_in_the_transfer_ends_it() -> None:
    gone = take(VISA, Parted(), person=talks(TAKE, HANGS_UP))
    assert (gone.outcome, gone.states[-1]) == ("caller_hung_up", "ended")


def test_a_transfer_that_was_the_end_of_the_talk_stops_it() -> None:
    over = take(VISA, Parted(), person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"
    assert STOPPED not in over.said, "they are with nobody"
    assert (over.outcome, over.told[-1]) == ("talked", "1 ended: talked")


def test_a_talk_that_is_over_in_mid_field_stops_it() -> None:
    over = take("4111", Over(HandoverEnd.TALKED), "2")
    assert over.states[-1] == "cancelled talk_over"
    assert over.outcome == "self_service", "and the caller is asked what else"


@pytest.mark.parametrize("at", range(5))
def test_back_in_a_transfer_asks_for_the_field_before(at) -> None:
    """As soon as somebody is there."""
    person = talks(TAKE, during(OrderKind.BACK), Joined(OTHER_LEG))
    answers = [*CARD, PAY]
    again = answers[max(at - 1, 0) :]
    paid = take(*answers[:at], Parted(), *again, person=person)
    assert (paid.states[-1], paid.desk.answers[2]) == ("approved", "done")
    assert paid.phone.left == []


# --- on hold ---


def test_on_hold_nothing_is_asked_until_the_talk_goes_on() -> None:
    paid = take(VISA, "12", Held(on=True), EXPIRY, CODE, ZIP, PAY, person=talks(TAKE, None, Held(on=False)))
    assert paid.states == ["starting", "asking", "paused hold", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(NUMBER) == 1 and "Thank you. We can go on." in paid.said
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]


def test_a_transfer_out_of_a_hold_is_proved_with_the_next_leg() -> None:
    person = talks(TAKE, Parted(), Joined(OTHER_LEG))
    paid = take(VISA, Held(on=True), *CARD[1:], PAY, person=person)
    assert paid.states[2:5] == ["paused hold", "paused transfer", "asking"]
    assert paid.states[-1] == "approved"


def test_the_agent_can_stop_it_on_hold() -> None:
    stopped = take(VISA, Held(on=True), person=talks(TAKE, during(OrderKind.CANCEL)))
    assert stopped.states[-1] == "cancelled agent"


def test_a_talk_that_ends_on_hold_stops_it() -> None:
    over = take(VISA, Held(on=True), person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"


def test_a_payment_that_is_taken_on_hold_begins_when_the_talk_goes_on() -> None:
    paid = take(*CARD, PAY, person=talks(Held(on=True), TAKE, Held(on=False)))
    assert paid.states[:3] == ["starting", "paused hold", "asking"]
    assert paid.said.count(START) == 1 and "Thank you. We can go on." not in paid.said
