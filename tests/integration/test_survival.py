"""Calls outlive their server: over the real protocol, with two servers, one database and one gateway."""

from __future__ import annotations

import gevent
import pytest

from fs_app.app.calls import Calls
from fs_app.domain.payment import PaymentState
from fs_app.testing.switch import SimulatedSwitch, What, dialplan
from tests.phones import DEADLINE, PAYING, Phone, until

QUESTIONS = [
    "enter_account_number",
    "enter_pin",
    "pay_full",
    "enter_card_number",
    "enter_postal_code",
    "confirm_payment",
]
STEPS = {
    "enter_account_number": "identity",
    "enter_pin": "identity",
    "pay_full": "amount",
    "confirm_payment": "confirm",
}
"""Where these questions are asked; the others are fields of the step `card`."""


class Two:
    """Two application servers and the switch that knows both."""

    def __init__(self, world) -> None:
        self.world = world
        self.first = world.calls
        self.second = world.server(world.settings)
        for calls in (self.first, self.second):
            calls.start()
        self.ports = {calls: calls.server.port for calls in (self.first, self.second)}
        self.switch = SimulatedSwitch(dialplan([self.host(self.first), self.host(self.second)]))

    def kill(self, calls: Calls) -> None:
        """As a killed process leaves it: nobody listens, and every socket is closed without a word."""
        calls.server._listener.stop()
        for session in tuple(calls.server._sessions):
            session.end("killed")

    def host(self, calls: Calls) -> str:
        return f"127.0.0.1:{self.ports[calls]}"

    @property
    def paid(self) -> list[PaymentState]:
        return [payment.state for payment in self.world.payments()]


@pytest.fixture
def two(world):
    made = Two(world)
    with made.switch:
        yield made
    made.second.stop()


def servers(phone: Phone) -> list[str]:
    """The servers that had the call, one after the other."""
    return [happening.detail for happening in phone.call.history if happening.what is What.CONNECTED]


def kept(two, call) -> str | None:
    return two.second.parts.checkpoints.find(call.uuid)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_call_goes_on_at_the_question_where_its_server_died(two, question) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at=question)
    step = STEPS.get(question, "card")
    needed = [f'"step":"{step}"', *([":10001"] if question == "enter_pin" else [])]  # else the account is asked for
    until(lambda: all(part in (kept(two, phone.call) or "") for part in needed))
    asked = two.world.phrase("enter_card_number") if step in ("card", "confirm") else phone.said[-1]
    phone.said.clear()
    two.kill(two.first)
    phone.go_on()
    assert phone.said[:2] == ["One moment, please.", asked]
    assert two.paid == [PaymentState.SUBMITTED]
    until(lambda: kept(two, phone.call) is None)


def test_a_charge_under_way_is_found_and_told_as_it_ended(two) -> None:
    two.world.gateway.faults.plan(kind="delay_after_commit", seconds=1.0, path="POST /transactions$")
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="please_wait")
    until(two.world.payments)
    two.kill(two.first)
    phone.go_on()
    assert phone.heard.count("process your payment") == 2
    assert "is complete" in phone.heard
    assert two.paid == [PaymentState.SUBMITTED]
    assert [order["captured"] for order in two.world.gateway.control.orders().values()] == [1]


def test_a_server_that_is_replaced_hands_its_calls_over_at_their_next_step_in_silence(two) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="enter_pin")
    stopping = gevent.spawn(two.first.stop, successor=True)
    until(lambda: two.first.server.leaving)
    phone.call.press(PAYING["enter_pin"])  # the step under way is not cut
    phone.go_on()
    assert servers(phone) == [two.host(two.first), two.host(two.second)]
    assert "One moment" not in phone.heard
    assert phone.heard.count("Your balance is") == 1
    assert two.paid == [PaymentState.SUBMITTED]
    stopping.get(timeout=DEADLINE)


def test_a_card_in_hand_is_charged_before_the_call_moves(two) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="enter_expiry")
    stopping = gevent.spawn(two.first.stop, successor=True)
    until(lambda: two.first.server.leaving)
    phone.call.press(PAYING["enter_expiry"])
    phone.go_on()
    assert phone.heard.count(two.world.phrase("enter_card_number")) == 1
    assert servers(phone) == [two.host(two.first), two.host(two.second)]
    assert "is complete" in phone.heard
    assert two.paid == [PaymentState.SUBMITTED]
    stopping.get(timeout=DEADLINE)


def test_a_server_that_stops_without_a_successor_lets_its_calls_finish(two) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="enter_pin")
    stopping = gevent.spawn(two.first.stop)
    phone.call.press(PAYING["enter_pin"])
    phone.go_on()
    assert servers(phone) == [two.host(two.first)]
    assert two.paid == [PaymentState.SUBMITTED]
    stopping.get(timeout=DEADLINE)


def test_a_death_after_a_hand_over_is_told_and_survived(two) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="enter_account_number")
    stopping = gevent.spawn(two.first.stop, successor=True)
    until(lambda: two.first.server.leaving)
    phone.call.press(PAYING["enter_account_number"])
    phone.go_on(stop_at="pay_full")
    stopping.get(timeout=DEADLINE)
    assert phone.call.variables["fs_app_moved"] == "false"
    until(lambda: "amount" in (kept(two, phone.call) or ""))
    listen = two.world.settings.calls.model_copy(update={"listen": ("127.0.0.1", two.ports[two.first])})
    third = two.world.server(two.world.settings.model_copy(update={"calls": listen}))
    third.start()
    two.kill(two.second)
    phone.go_on()
    third.stop()
    assert phone.heard.count("One moment") == 1
    assert two.paid == [PaymentState.SUBMITTED]


def test_a_caller_who_hangs_up_leaves_no_checkpoint(two) -> None:
    phone = Phone(two.world, two.switch)
    phone.go_on(stop_at="enter_pin")
    until(lambda: kept(two, phone.call))
    phone.call.hang_up()
    until(lambda: kept(two, phone.call) is None)


def test_twenty_calls_go_on_at_once_and_each_is_paid_once(two) -> None:
    two.world.open_accounts(20)
    cards = ["4012888888881881", "4111111111111111"]  # a card may be tried ten times a day
    answers = [{"enter_account_number": f"{20001 + k}#", "enter_card_number": cards[k % 2]} for k in range(20)]
    phones = [Phone(two.world, two.switch, {**PAYING, **each}) for each in answers]
    walks = [gevent.spawn(phone.go_on, QUESTIONS[k % len(QUESTIONS)]) for k, phone in enumerate(phones)]
    gevent.joinall(walks, raise_error=True)
    two.kill(two.first)
    gevent.joinall([gevent.spawn(phone.go_on) for phone in phones], raise_error=True)
    for phone in phones:
        assert "One moment" in phone.heard and "is complete" in phone.heard, phone.heard
    assert two.paid == [PaymentState.SUBMITTED] * 20
    assert [order["captured"] for order in two.world.gateway.control.orders().values()] == [1] * 20


def test_a_talk_with_an_agent_outlives_the_server_and_the_caller_goes_on_at_the_next(two) -> None:
    phone = Phone(two.world, two.switch, {**PAYING, "enter_pin": "0"})
    phone.go_on()
    assert phone.queue == "payments@default"
    phone.call.wait_for(What.AGENT)
    until(lambda: two.first.server.talking == 1)
    stopping = gevent.spawn(two.first.stop, successor=True)  # nobody is waited for
    stopping.get(timeout=DEADLINE)
    assert not phone.call.gone
    after_the_talk(two, phone)
    assert "One moment" not in phone.heard, "nothing has failed"


def test_a_talk_whose_server_dies_is_not_cut_and_the_caller_goes_on_at_the_next(two) -> None:
    phone = Phone(two.world, two.switch, {**PAYING, "enter_pin": "0"})
    phone.go_on()
    phone.call.wait_for(What.AGENT)
    until(lambda: "talked" in (kept(two, phone.call) or ""))
    two.kill(two.first)
    until(lambda: two.first.server.active == 0)
    assert not phone.call.gone
    after_the_talk(two, phone)


def after_the_talk(two, phone) -> None:
    """The switch has parked the caller, nobody takes back that they are fetched, and the next server asks what
    else."""
    phone.call.agent_hangs_up()
    phone.call.wait_for(What.PARKED)
    phone.call.schedule.come_due()
    phone.go_on()
    assert servers(phone) == [two.host(two.first), two.host(two.second)]
    assert phone.heard.count(two.world.phrase("after_agent")) == 1
    assert two.world.phrase("enter_account_number") not in phone.said[-2:], "they need not begin anew"
    assert phone.call.history[-1].what is What.HUNG_UP and phone.call.history[-1].by == "application"
    until(lambda: kept(two, phone.call) is None)


def test_a_caller_who_is_back_from_a_talk_outlives_the_server_that_led_them_there(two) -> None:
    """After a talk the switch holds a caller for us alone; the call goes on by way of the dialplan."""
    phone = Phone(two.world, two.switch, {**PAYING, "enter_pin": "0", "after_agent": "2"})
    phone.go_on()
    phone.call.wait_for(What.AGENT)
    phone.call.agent_hangs_up()
    phone.go_on(stop_at="enter_account_number")
    assert servers(phone) == [two.host(two.first)] * 2
    assert "One moment" not in phone.heard
    two.kill(two.first)
    phone.go_on(stop_at="enter_account_number")
    assert servers(phone) == [two.host(two.first)] * 2 + [two.host(two.second)]


def test_a_full_server_says_so_and_the_next_one_takes_the_call(two) -> None:
    crowded = two.world.settings.calls.model_copy(update={"limit": 1})
    full = two.world.server(two.world.settings.model_copy(update={"calls": crowded}))
    full.start()
    two.world.open_accounts(1)
    hosts = [f"127.0.0.1:{full.server.port}", two.host(two.second)]
    with SimulatedSwitch(dialplan([hosts[0]])) as first, SimulatedSwitch(dialplan(hosts)) as switch:
        before = Phone(two.world, first)
        before.go_on(stop_at="enter_pin")
        switch.dialplan[4:] = [("socket", f"{hosts[1]} async full")]
        phone = Phone(two.world, switch, {**PAYING, "enter_account_number": "20001#"})
        phone.go_on()
        assert phone.said[:2] == [two.world.phrase("all_lines_busy"), "One moment, please."]
        assert servers(phone) == hosts
        assert "is complete" in phone.heard
        before.call.press(PAYING["enter_pin"])  # the call in progress is untouched
        before.go_on()
        assert "is complete" in before.heard
    full.stop()
