"""What an agent is shown of hand-overs and of assisted payments, and what may be ordered: without I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fs_app.console import assisting, handovers
from fs_app.console.words import LANGUAGES, words_in
from fs_app.domain.assist import BILL_IN_DOUBT, OVER, TROUBLE_BEFORE, AssistState, FieldState, FieldView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.money import Money
from fs_app.ports import (
    FailureNote,
    Order,
    OrderKind,
)
from fs_app.ports.console import (
    OrderRecord,
)
from tests.viewkit import MARIA, NOW, USD, WORDS, assist, handed, shown

# --- hand-overs --------------------------------------------------------------------------------------------------


def test_an_agent_sees_their_own_calls_and_those_of_nobody() -> None:
    records = [
        handed(1, agent="omar@default"),
        handed(2, agent="maria@default"),
        handed(3),
        handed(4, HandoverState.WAITING),
        handed(5, HandoverState.OFFERED, agent="maria@default"),
        handed(6, agent="maria"),
    ]
    view = handovers.calls_for(records, MARIA, WORDS, NOW)
    assert [each["key"] for each in view["list"]] == [5, 2, 6, 3]
    assert [each["free"] for each in view["list"]] == [False, False, False, True]
    assert [each["key"] for each in view["waiting"]] == [4]
    assert (view["pop"], view["rings"], view["news"]) == (5, True, "A call for you: +15550101234")
    assert view["other"] == "/agent/calls/5"
    assert handovers.calls_for(records, MARIA, WORDS, NOW, open_call=5)["other"] == ""


def test_nothing_pops_up_where_nothing_is_theirs() -> None:
    view = handovers.calls_for([handed(1, agent="omar@default"), handed(2)], MARIA, WORDS, NOW)
    assert (view["pop"], view["rings"], view["news"], view["none"]) == (None, False, "", False)


def test_control_is_lost_after_fifteen_seconds_of_silence_and_never_of_what_is_over() -> None:
    late = NOW - timedelta(seconds=15)
    assert not handovers.is_lost(handed(alive_at=late), NOW)
    assert handovers.is_lost(handed(alive_at=late - timedelta(milliseconds=1)), NOW)
    over = handed(state=HandoverState.ENDED, alive_at=late - timedelta(hours=1), end=HandoverEnd.TALKED)
    assert not handovers.is_lost(over, NOW)
    assert handovers.standing(over, MARIA, WORDS, NOW)["said"] == "The talk is over"


def test_only_who_talks_with_the_caller_commands_the_call() -> None:
    def commands(**more: Any) -> bool:
        return bool(handovers.standing(handed(**more), MARIA, WORDS, NOW)["commands"])

    assert commands(agent="maria@default")
    assert not commands(agent="omar@default")
    assert not commands(agent="")
    assert not commands(agent="maria@default", state=HandoverState.OFFERED)


def test_what_failed_is_told_by_what_it_is_or_by_its_advice() -> None:
    notes = [FailureNote("declines", 2), FailureNote("declined_funds", 1), FailureNote("own_thing", 3)]
    assert handovers.failures(notes, WORDS) == [
        "Cards declined: 2",
        f"{WORDS('phrase.declined_funds')}: 1",
        "own thing: 3",
    ]


# --- assisted payments -------------------------------------------------------------------------------------------


def test_of_a_field_the_number_of_keys_is_shown_and_no_key() -> None:
    view = shown(
        assist(
            AssistState.ASKING,
            FieldView("number", FieldState.ACCEPTED),
            FieldView("expiry", FieldState.TYPING, 3, 4),
            FieldView("security_code", FieldState.TYPING, 2, 0),
            FieldView("postal_code"),
        )
    )
    assert [each["said"] for each in view["fields"]] == ["Accepted", "3 of 4 keys", "Keys: 2", "Not asked yet"]
    assert view["announce"] == "Asked now: Expiry date", "and not each key"


def test_a_refused_field_says_why_and_is_read_out() -> None:
    view = shown(assist(AssistState.ASKING, FieldView("number", FieldState.REFUSED, why="card_number_wrong")))
    assert view["fields"][0]["said"] == "This is no valid card number"
    assert view["announce"] == "Card number: This is no valid card number"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (AssistState.STARTING, {"no_clear", "no_back", "no_skip"}),
        (AssistState.ASKING, {"no_skip"}),
        (AssistState.PAUSED, {"no_skip"}),
        (AssistState.CONFIRMING, {"no_clear", "no_back", "no_skip"}),
        (AssistState.CHARGING, {"no_clear", "no_back", "no_skip", "no_cancel"}),
        *((state, {"no_clear", "no_back", "no_skip", "no_cancel"}) for state in sorted(OVER)),
    ],
)
def test_what_makes_no_sense_cannot_be_ordered(state: AssistState, expected: set[str]) -> None:
    view = shown(assist(state, FieldView("number", FieldState.ASKED)))
    assert {name for name in view if name.startswith("no_") and view[name]} == expected
    assert view["running"] == (state not in OVER)


def test_the_code_is_left_out_only_where_it_is_asked_and_that_is_allowed() -> None:
    asked = assist(
        AssistState.ASKING, FieldView("number", FieldState.ACCEPTED), FieldView("security_code", FieldState.ASKED)
    )
    assert not shown(asked)["no_skip"]
    assert shown(asked, skip_code=False)["no_skip"]


def test_nothing_else_is_ordered_while_a_payment_goes_on() -> None:
    view = assist(AssistState.ASKING).view
    assert not any(
        assisting.may(kind, view, skip_code=True)
        for kind in (OrderKind.TAKE_PAYMENT, OrderKind.SEND_TO, OrderKind.TRANSFER)
    )


def test_a_next_try_is_offered_where_this_one_charged_nothing_for_certain_and_nowhere_else() -> None:
    again = {state for state in OVER if shown(assist(state))["again"]}
    assert again == {
        AssistState.DECLINED,
        AssistState.CANCELLED,
        AssistState.NOT_PROTECTED,
        AssistState.UNAVAILABLE,
    }


@pytest.mark.parametrize("why", sorted(BILL_IN_DOUBT))
def test_where_the_bill_may_be_paid_otherwise_no_try_is_offered_and_nothing_is_called_unpaid(why: str) -> None:
    for language in LANGUAGES:
        words = words_in(language, ZoneInfo("UTC"))
        plain = assisting.shown(assist(AssistState.UNAVAILABLE), words, skip_code=True)
        view = assisting.shown(assist(AssistState.UNAVAILABLE, why=why), words, skip_code=True)
        assert not view["again"]
        assert (view["said"], view["result"]) == (
            words(f"assist_state.unavailable_{why}"),
            words(f"assist_result.unavailable_{why}"),
        )
        assert view["announce"] == f"{view['said']} {view['advice']}"
        assert plain["said"] not in view["announce"] and plain["result"] != view["result"]
        assert view["advice"] == words(f"why_not.{why}")
    english = shown(assist(AssistState.UNAVAILABLE, why=why))
    assert english["result"].startswith("This try sent nothing.")
    assert "do not take another and send no link before" in english["result"]
    assert not [each for each in english.values() if "ot paid" in str(each) or "charged" in str(each)]


@pytest.mark.parametrize("why", ["gateway", "not_sent", "limited", TROUBLE_BEFORE])
def test_where_only_this_try_is_known_to_have_charged_nothing_no_more_is_said(why: str) -> None:
    """An earlier payment of the same call may be looked into at that very moment."""
    view = shown(assist(AssistState.UNAVAILABLE, why=why))
    assert view["again"]
    assert view["said"] == "Not paid: this try charged nothing"
    assert "This try charged nothing" in view["result"]
    assert f"why_not.{why}" in WORDS.texts and view["advice"] == WORDS(f"why_not.{why}")


def test_why_is_a_phrase_the_caller_hears_or_what_does_not_protect() -> None:
    assert shown(assist(AssistState.DECLINED, why="declined_funds"))["advice"] == WORDS("phrase.declined_funds")
    assert shown(assist(AssistState.NOT_PROTECTED, why="listener"))["advice"] == "Somebody listens in"
    assert shown(assist(AssistState.UNAVAILABLE, why="something_new"))["advice"] == "something new"


def test_a_card_is_its_brand_and_four_digits() -> None:
    assert assisting.card("visa", "1111") == "Visa ···· 1111"
    assert assisting.card("", "") == ""
    assert assisting.card("checking", "6789") == "checking ···· 6789"


def order(number: int, kind: OrderKind, result: str = "", taken: bool = False, **more: Any) -> OrderRecord:
    return OrderRecord(Order(number, "uuid-1", kind, "maria", **more), NOW, NOW if taken else None, result)


def test_orders_are_told_with_what_came_of_them_the_newest_first() -> None:
    records = [
        order(1, OrderKind.TAKE_PAYMENT, "too_large", amount=Money(4250, USD)),
        order(2, OrderKind.TAKE_PAYMENT, "done", taken=True),
        order(3, OrderKind.SEND_TO, taken=True, target="survey"),
        order(4, OrderKind.TRANSFER, "lapsed", target="support"),
        order(5, OrderKind.CANCEL),
    ]
    told = [(each["what"], each["said"], each["waits"]) for each in assisting.orders(records, WORDS)]
    assert told == [
        ("Stop the payment", "On its way", True),
        ("Send to queue support", "The call took it no more", False),
        ("Send to: To the survey", "Taken", False),
        ("Take what is due", "Done", False),
        ("Take $42.50", "Refused: it is too much", False),
    ]
