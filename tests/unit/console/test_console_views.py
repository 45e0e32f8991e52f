"""What is shown of hand-overs, payments, calls and customers, and what may be ordered: without I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import gevent
import pytest

from fs_app.console import assisting, callbacks, customers, floor, handovers
from fs_app.console.desk_rules import DeskRules, NotPayable, payable, span
from fs_app.console.look import Every, Lately
from fs_app.console.words import words_in
from fs_app.domain.assist import OVER, AssistState, AssistView, FieldState, FieldView
from fs_app.domain.contact import Contact
from fs_app.domain.handover import HandoverEnd, HandoverState, Reason
from fs_app.domain.money import Money
from fs_app.domain.people import Role
from fs_app.domain.rules import Rules, Span
from fs_app.ports import (
    BillNote,
    CallbackRequest,
    Context,
    FailureNote,
    HandoverTicket,
    LinkRecord,
    LiveCall,
    Order,
    OrderKind,
    ReceiptState,
)
from fs_app.ports.console import (
    AgentSeen,
    AssistRecord,
    CallbackRecord,
    CallbackState,
    HandoverRecord,
    LiveRecord,
    OrderRecord,
    QueueFigures,
)
from fs_app.ports.people import User, UserId

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
WORDS = words_in("en", ZoneInfo("UTC"))
MARIA = User(UserId(1), "maria", frozenset({Role.AGENT}), "Maria Lopez", "maria@default", "en", False, True, False)
USD = "USD"
BILLS = (BillNote("a", "700101", Money(6000, USD)), BillNote("b", "700102", Money(2450, USD)))


def handed(number: int = 1, state: HandoverState = HandoverState.TALKING, **more: Any) -> HandoverRecord:
    context = Context(f"uuid-{number}", Reason.ASKED, "pay", "card", "es", caller_id="+15550101234")
    record = HandoverRecord(
        HandoverTicket(number, "ref"), context, "payments@default", state, HandoverEnd.OPEN, NOW, NOW
    )
    return replace(record, **more)


def assist(state: AssistState, *fields: FieldView, **more: Any) -> AssistRecord:
    view = AssistView("uuid-1", 1, 1, "maria", state, Money(4250, USD), ("a",), fields, **more)
    return AssistRecord(view, NOW, NOW)


def shown(record: AssistRecord, *, skip_code: bool = True) -> dict[str, Any]:
    return assisting.shown(record, WORDS, skip_code=skip_code)


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


def test_a_next_try_is_offered_where_nothing_was_charged_for_certain_and_nowhere_else() -> None:
    again = {state for state in OVER if shown(assist(state))["again"]}
    assert again == {
        AssistState.DECLINED,
        AssistState.CANCELLED,
        AssistState.NOT_PROTECTED,
        AssistState.UNAVAILABLE,
    }


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


# --- what may be paid --------------------------------------------------------------------------------------------


def test_a_payment_is_within_the_operators_rules() -> None:
    rules = Rules(minimum_minor=100, maximum_minor=8000)
    assert payable(BILLS, ["a"], "60.00", rules) == Money(6000, USD)
    assert payable(BILLS, ["a", "b"], "80", rules) == Money(8000, USD)
    assert payable(BILLS, ["b"], "24,5", rules) == Money(2450, USD)


@pytest.mark.parametrize(
    ("bills", "amount", "key", "limit"),
    [
        ([], "1", "pay.choose_bills", None),
        (["a", "x"], "1", "pay.choose_bills", None),
        (["a"], "", "pay.no_amount", None),
        (["a"], "1e2", "pay.no_amount", None),
        (["a"], "1.234", "pay.no_amount", None),
        (["a"], "-1", "pay.too_small", Money(100, USD)),
        (["a"], "0.99", "pay.too_small", Money(100, USD)),
        (["a"], "60.01", "pay.too_large", Money(6000, USD)),
        (["a", "b"], "80.01", "pay.too_large", Money(8000, USD)),
    ],
)
def test_what_may_not_be_paid_says_what_has_to_be_mended(
    bills: list[str], amount: str, key: str, limit: Money | None
) -> None:
    with pytest.raises(NotPayable) as caught:
        payable(BILLS, bills, amount, Rules(minimum_minor=100, maximum_minor=8000))
    assert (caught.value.key, caught.value.limit) == (key, limit)


def test_less_than_the_smallest_payment_is_paid_where_no_more_is_due_and_more_than_due_where_that_is_allowed() -> (
    None
):
    small = (BillNote("a", "1", Money(50, USD)),)
    allowed = span(small, Rules(minimum_minor=100))
    assert allowed is not None
    assert (allowed.least, allowed.most) == (Money(50, USD), Money(50, USD))
    generous = span(small, Rules(minimum_minor=100, maximum_minor=5000, overpayment=True))
    assert generous is not None
    assert generous.most == Money(5000, USD)


def test_bills_in_several_currencies_are_not_paid_at_once() -> None:
    mixed = (*BILLS, BillNote("c", "3", Money(1000, "MXN")))
    assert span(mixed, Rules()) is None
    with pytest.raises(NotPayable, match="one_currency"):
        payable(mixed, ["a", "c"], "10", Rules())


def test_each_line_has_its_own_rules() -> None:
    own = Rules(currencies={USD: Span(1, 2)})
    rules = DeskRules({"": Rules(), "rent": own}, ())
    assert rules.of_line("rent") is own
    assert rules.of_line("gone") == Rules()


# --- the floor ---------------------------------------------------------------------------------------------------


def live(uuid: str, **more: Any) -> LiveRecord:
    call = LiveCall(uuid, "w", "pay", "card", "en", NOW, NOW, **{k: more.pop(k) for k in ("secret",) if k in more})
    return LiveRecord(call, NOW, **more)


def test_listening_in_is_blocked_while_a_secret_is_asked_and_during_an_assisted_payment() -> None:
    calls = [live("uuid-1"), live("uuid-2", secret=True), live("uuid-3")]
    rows = floor.calls(calls, [handed(1)], [assist(AssistState.ASKING).view], WORDS, NOW)["list"]
    assert [bool(each["blocked"]) for each in rows] == [True, True, False]
    after = floor.calls(calls, [handed(1)], [assist(AssistState.APPROVED).view], WORDS, NOW)["list"]
    assert not after[0]["blocked"]


def test_a_call_that_only_the_desk_knows_is_on_the_floor_and_what_ended_is_apart() -> None:
    ended = live("uuid-9", outcome="caller_hung_up", ended_at=NOW + timedelta(seconds=67))
    view = floor.calls([ended], [handed(1, agent="maria@default")], [], WORDS, NOW)
    assert [(each["key"], each["agent"], each["to"]) for each in view["list"]] == [
        ("uuid-1", "maria@default", "maria@default")
    ]
    assert [(each["outcome"], each["lasted"]) for each in view["ended"]] == [("The caller hung up", "1:07")]


def test_agents_are_known_by_the_switch_by_their_calls_and_by_who_works_here() -> None:
    seen = [AgentSeen("omar@default", "On Break", "Waiting")]
    view = floor.agents(seen, [MARIA], [handed(1, agent="gast@default")], WORDS)
    assert [(each["name"], each["status"], each["call"], each["login"]) for each in view["list"]] == [
        ("gast@default", "Not known", "In a talk", ""),
        ("maria@default", "Not known", "", "maria"),
        ("omar@default", "On break", "", ""),
    ]
    assert view["unknown"] == ""
    assert floor.agents(None, [], [], WORDS)["unknown"] != ""


def test_queues_tell_how_it_goes() -> None:
    figures = QueueFigures("q", 2, 1, 3, NOW, 40, 5, 6, 61.4, None)
    row = floor.queues([figures], WORDS)["list"][0]
    assert (row["waiting"], row["since"], row["mean_wait"], row["mean_talk"]) == (
        "2",
        int(NOW.timestamp()),
        "1:01",
        "",
    )
    assert floor.clock(3727) == "1:02:07"


# --- customers, calls back ---------------------------------------------------------------------------------------


def test_a_link_is_seen_sent_opened_and_paid() -> None:
    link = LinkRecord(
        1,
        "uuid",
        "acc",
        "bill",
        Money(100, USD),
        Contact.parse("sms:+15550100001"),
        "maria",
        ReceiptState.SENT,
        NOW,
    )

    def row(**more: Any) -> tuple[str, str, str]:
        known = customers.Known([], [], [replace(link, **more)])
        view = customers.shown(known, WORDS)["links"][0]
        return view["state"], view["opened"], view["paid"]

    assert row() == ("sent", "Whether it is opened is not known here.", "")
    assert row(opens=0) == ("sent", "Not opened yet.", "")
    assert row(opens=2, opened_at=NOW)[0] == "opened"
    assert row(opens=2, opened_at=NOW, paid=True)[::2] == ("paid", "Paid.")


def test_a_call_back_is_free_mine_or_somebody_elses() -> None:
    request = CallbackRequest("uuid", "q", "+15550100001", "es", 7)
    record = CallbackRecord(3, request, CallbackState.WAITING, NOW)

    def row(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = callbacks.shown([replace(record, **more)], MARIA, WORDS)["list"][0]
        return found

    assert (row()["free"], row()["mine"], row()["dial"]) == (True, False, "tel:+15550100001")
    mine = row(state=CallbackState.TAKEN, taken_by="maria")
    assert (mine["free"], mine["mine"], mine["taken"], mine["context"]) == (False, True, "", "/agent/calls/7")
    theirs = row(state=CallbackState.TAKEN, taken_by="omar")
    assert (theirs["free"], theirs["mine"], theirs["taken"]) == (False, False, "omar calls")


# --- reading again -----------------------------------------------------------------------------------------------


def test_what_moves_slowly_is_read_again_when_it_is_old() -> None:
    at, reads = [0.0], iter(range(10))
    every = Every(2.0, lambda: next(reads), now=lambda: at[0])
    assert [every(), every()] == [0, 0]
    at[0] = 2.0
    assert [every(), every()] == [1, 1]


def test_what_may_take_long_is_read_aside() -> None:
    at, reads = [0.0], iter(range(10))
    lately = Lately(5.0, lambda: next(reads), -1, now=lambda: at[0])
    assert lately() == -1
    gevent.sleep(0)
    assert [lately(), lately()] == [0, 0]
    at[0] = 5.0
    assert lately() == 0
    gevent.sleep(0)
    assert lately() == 1
    lately.refresh()
    assert lately() == 2
