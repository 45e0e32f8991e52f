"""A caller who talks with a person: what is told of it, what that person wants of us, and what follows."""

from __future__ import annotations

import pytest
from helping import (
    AFTER,
    CALL,
    LEG,
    MARIA,
    OTHER_LEG,
    WatchedDesk,
    order,
    scene,
)

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.errors import CallEnded, NotProtected, SwitchTimeout
from fs_app.ports import (
    Answered,
    Coded,
    Joined,
    OrderKind,
    Parted,
)
from fs_app.testing.fakes_desk import FakeOrders
from fs_app.testing.fakes_person import HANGS_UP, ScriptedPerson, talks
from fs_app.testing.phone import HANG_UP


def test_the_desk_is_told_again_and_again_that_they_talk() -> None:
    call = scene(people=[talks(None, None)])
    assert call.told.count(f"1 talking to {MARIA} on {LEG}") == 3


def test_the_end_of_a_talk_is_told_before_the_caller_is_asked_what_else() -> None:
    call = scene("2", people=[talks()])
    asked = next(n for n, turn in enumerate(call.phone.dialogue) if AFTER in turn.text)
    assert call.desk.ended_at[1] <= asked
    assert call.outcome == "self_service"


def test_who_hangs_up_after_a_talk_has_talked() -> None:
    call = scene(HANG_UP, people=[talks()])
    assert call.outcome == "caller_hung_up"
    assert call.told[-1] == "1 ended: talked"
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


def test_who_hangs_up_in_a_talk_has_talked() -> None:
    call = scene(people=[talks(None, HANGS_UP)])
    assert call.outcome == "caller_hung_up"
    assert call.desk.handovers[1].end is HandoverEnd.TALKED
    assert call.call.services.orders.takers == {}


def test_after_a_talk_the_caller_may_want_another_person() -> None:
    call = scene("0", people=[talks()], queue="support")
    assert (call.outcome, call.call.queue, call.call.sent_to) == ("sent", "support", "operator")


@pytest.mark.parametrize("answers", [(), ("1",), ("*",), ("9", "")])
def test_after_a_talk_silence_is_the_end(answers) -> None:
    assert scene(*answers, people=[talks()]).outcome == "talked"


def test_a_transfer_is_told_to_the_desk() -> None:
    call = scene(people=[talks(Parted(), Joined(OTHER_LEG), None)])
    assert call.told[2:5] == [
        f"1 talking to {MARIA} on {LEG}",
        f"1 talking to  on {OTHER_LEG}",
        f"1 talking to  on {OTHER_LEG}",
    ]
    assert call.desk.handovers[1].leg == OTHER_LEG


# --- orders ---


@pytest.mark.parametrize(
    ("target", "outcome", "said"),
    [
        ("pay", "sent", "You are back on our automatic line. You can pay now."),
        ("amount", "sent", "You are back on our automatic line. You can go on by yourself."),
        ("self_service", "self_service", "You are back on our automatic line. You can go on by yourself."),
    ],
)
def test_an_agent_sends_the_caller_back(target, outcome, said) -> None:
    call = scene(people=[talks(order(OrderKind.SEND_TO, 4, target=target))])
    assert call.outcome == outcome
    assert call.call.sent_to == ("" if outcome == "self_service" else target)
    assert call.said[-1] == said
    assert call.people[0].done == ["joined", "taken back"]
    assert call.desk.answers == {4: "done"}
    assert call.told[-1] == f"1 ended: {HandoverEnd.SENT_BACK}"


@pytest.mark.parametrize("target", ["", "nowhere", "survey", "${system(x)}"])
def test_there_is_no_such_place_to_send_a_caller(target) -> None:
    call = scene(people=[talks(order(OrderKind.SEND_TO, 4, target=target))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_such_place"})
    assert call.people[0].done == ["joined"]


def test_an_agent_sends_the_caller_to_another_queue() -> None:
    call = scene(people=[talks(order(OrderKind.TRANSFER, 4, target="support@second"))])
    assert (call.outcome, call.call.queue, call.call.sent_to) == ("sent", "support@second", "operator")
    assert call.desk.answers == {4: "done"}
    assert call.told[-1] == f"1 ended: {HandoverEnd.TRANSFERRED}"


@pytest.mark.parametrize("target", ["", "two words", "${system(x)}", "a@b@c", "x" * 65, "a\n"])
def test_a_queue_that_no_switch_could_have_is_no_place(target) -> None:
    call = scene(people=[talks(order(OrderKind.TRANSFER, 4, target=target))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_such_place"})
    assert call.people[0].done == ["joined"]


@pytest.mark.parametrize("kind", [OrderKind.CLEAR, OrderKind.BACK, OrderKind.SKIP_CODE, OrderKind.CANCEL])
def test_what_belongs_to_a_payment_is_answered_where_there_is_none(kind) -> None:
    call = scene(people=[talks(order(kind, 4))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_payment"})


def test_orders_that_nobody_came_to_are_answered() -> None:
    ending = order(OrderKind.SEND_TO, 1, target="pay")
    call = scene(people=[talks(ending, order(OrderKind.SEND_TO, 2, target="amount"))])
    assert call.desk.answers == {1: "done", 2: "not_talking"}


def test_an_order_whose_caller_hangs_up_is_answered() -> None:
    class Gone(ScriptedPerson):
        def take_back(self) -> None:
            raise CallEnded("the caller hung up")

    person = Gone([Answered(MARIA, LEG), order(OrderKind.SEND_TO, 1, target="pay")])
    call = scene(people=[person])
    assert (call.outcome, call.desk.answers) == ("caller_hung_up", {1: "not_talking"})
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


def test_an_order_that_the_switch_does_not_carry_out_is_answered() -> None:
    class Kept(ScriptedPerson):
        def take_back(self) -> None:
            raise SwitchTimeout("the switch does not give a caller back")

    desk = WatchedDesk()
    with pytest.raises(SwitchTimeout):
        scene(
            people=[Kept([Answered(MARIA, LEG), order(OrderKind.SEND_TO, 1, target="pay")])],
            services={"desk": desk},
        )
    assert desk.answers == {1: "not_talking"}


def test_orders_are_followed_only_while_somebody_may_talk() -> None:
    class Followed(ScriptedPerson):
        def next(self, seconds: float):
            assert set(call_orders.takers) == {CALL}
            return super().next(seconds)

    call_orders = FakeOrders()
    scene(people=[Followed([Answered(MARIA, LEG)])], services={"orders": call_orders})
    assert call_orders.takers == {}


# --- feature codes ---


def test_a_feature_code_sends_the_caller_back_to_pay() -> None:
    call = scene(people=[talks(Coded(FeatureCode.SEND_BACK))])
    assert (call.outcome, call.call.sent_to) == ("sent", "pay")
    assert call.desk.answers == {}


def test_a_feature_code_takes_a_payment() -> None:
    call = scene(people=[ScriptedPerson([Answered(MARIA, LEG), Coded(FeatureCode.TAKE_PAYMENT)],
                                        refusals=[NotProtected("no", reason="listener")])])  # fmt: skip
    assert [view.by for view in call.views[:1]] == [MARIA]
    assert call.desk.answers == {}


def test_who_presses_a_code_on_a_telephone_without_a_name_is_the_telephone() -> None:
    call = scene(people=[ScriptedPerson([Answered("", LEG), Coded(FeatureCode.TAKE_PAYMENT)],
                                        refusals=[NotProtected("no", reason="listener")])])  # fmt: skip
    assert call.views[0].by == "telephone"


def test_a_code_that_stops_nothing_does_nothing() -> None:
    call = scene(people=[talks(Coded(FeatureCode.CANCEL))])
    assert (call.outcome, call.views) == ("talked", [])
