"""What can come in the way of a payment in a talk, over the real protocol: two who order it, and who hangs up while
it is charged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gevent.event import Event

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.payment import PaymentState
from fs_app.gateways.braintree import BraintreeGateway
from fs_app.ports import OrderKind
from tests.phones import DEADLINE, PAYING, until
from tests.talks import sites, to_the_end

TAKE = OrderKind.TAKE_PAYMENT


@pytest.fixture
def site(world, monkeypatch) -> Iterator:
    yield from sites(world, monkeypatch)


@pytest.fixture
def charged(monkeypatch) -> Iterator[Event]:
    """A charge lasts until this is set."""
    real, over = BraintreeGateway.authorise, Event()

    def authorise(gateway, request):
        held = real(gateway, request)
        assert over.wait(DEADLINE)
        return held

    monkeypatch.setattr(BraintreeGateway, "authorise", authorise)
    yield over
    over.set()


def test_of_two_who_take_a_payment_at_the_same_moment_one_does(site) -> None:
    here = site()
    phone, _ = here.talk()
    orders = [here.desk.give_order(phone.call.uuid, TAKE, by) for by in ("maria", "omar")]
    phone.go_on(stop_at="assist_over")
    until(lambda: [here.desk.order(each).result for each in orders] == ["done", "payment_under_way"])
    assert here.paid == [PaymentState.SUBMITTED]
    phone.call.hear_out()
    to_the_end(phone)


def test_a_payment_that_is_ordered_again_while_it_is_charged_is_made_once(site, charged) -> None:
    here = site()
    phone, agent = here.talk()
    agent.press("*71")
    phone.go_on(stop_at="please_wait")
    phone.call.hear_out()
    again = here.desk.give_order(phone.call.uuid, TAKE, "omar")
    until(lambda: here.desk.order(again).result == "payment_under_way")
    charged.set()
    phone.go_on(stop_at="assist_over")
    assert here.paid == [PaymentState.SUBMITTED]
    assert len(here.desk.assists_of([phone.call.uuid])) == 1
    phone.call.hear_out()
    to_the_end(phone)


def test_an_agent_who_hangs_up_in_the_charge_leaves_a_caller_who_hears_how_it_ended(site, world, charged) -> None:
    here = site()
    phone, agent = here.talk()
    agent.press("*71")
    phone.go_on(stop_at="please_wait")
    phone.call.agent_hangs_up()
    phone.call.hear_out()
    phone.call.wait_prompt()  # by the music the server has read what became of the agent
    charged.set()
    phone.go_on(stop_at="after_agent")
    assert "is complete" in phone.heard
    assert world.phrase("assist_over") not in phone.heard, "there is no representative any more"
    assert here.paid == [PaymentState.SUBMITTED]
    until(lambda: here.assisted(phone).state is AssistState.APPROVED)
    phone.call.hang_up()
    until(lambda: here.handover(phone).end is HandoverEnd.TALKED)


def test_a_caller_who_hangs_up_in_the_charge_has_paid_and_the_agent_sees_it(site, charged) -> None:
    here = site()
    phone, agent = here.talk()
    agent.press("*71")
    phone.go_on(stop_at="please_wait")
    until(lambda: here.assisted(phone).state is AssistState.CHARGING)
    phone.call.hang_up()
    until(lambda: here.assisted(phone).state is AssistState.BEING_CHECKED)
    charged.set()
    until(lambda: here.assisted(phone).state is AssistState.APPROVED)
    view = here.assisted(phone)
    assert view.confirmation and view.last_four == PAYING["enter_card_number"][-4:]
    assert here.paid == [PaymentState.SUBMITTED]
