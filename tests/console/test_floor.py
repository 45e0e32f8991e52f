"""What supervisors see in Chromium, and what they tell agents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fs_app.domain.assist import AssistState, FieldState
from fs_app.domain.people import Role
from fs_app.ports import OrderKind
from fs_app.ports.people import User
from tests.consolekit import DeskWorker, RunningConsole, picture, without_barriers

Opened = Callable[..., Page]


@pytest.fixture
def page(console: RunningConsole, opened: Opened, maria: User) -> Page:
    """The floor, as a supervisor sees it."""
    page = opened(console.add("sam", Role.SUPERVISOR, full_name="Sam Green"))
    page.goto("/floor")
    return page


def table(page: Page, name: str) -> Page:
    return page.get_by_role("region", name=name)


def test_calls_are_seen_with_their_step_their_wait_and_their_agent(page: Page, worker: DeskWorker) -> None:
    expect(page.get_by_text("No call is up.")).to_be_visible()
    worker.hand_over()
    row = table(page, "Calls now").get_by_role("row").filter(has_text="+15550101234")
    expect(row).to_contain_text("pay_balance · card")
    expect(row).to_contain_text("Waits")
    worker.talk()
    expect(row).to_contain_text("In a talk maria@default")
    expect(table(page, "Agents").get_by_role("row").filter(has_text="maria@default")).to_contain_text("In a talk")
    expect(table(page, "Queues").get_by_role("row").filter(has_text="payments@default")).to_be_visible()
    picture(page, "floor")
    assert without_barriers(page) == []
    worker.parts.live_calls.end(worker.uuid, "caller_hung_up", worker.parts.clock.now())
    ended = table(page, "Ended lately").get_by_role("row").filter(has_text="+15550101234")
    expect(ended).to_contain_text("The caller hung up")


def test_while_a_card_is_typed_nobody_may_listen_in(page: Page, worker: DeskWorker) -> None:
    worker.hand_over().talk()
    row = table(page, "Calls now").get_by_role("row").filter(has_text="+15550101234")
    expect(row).to_contain_text("In a talk")
    expect(row).not_to_contain_text("listening in is blocked")
    worker.parts.desk_view.give_order(worker.uuid, OrderKind.TAKE_PAYMENT, "maria", amount=worker.context.amount)
    worker.begin(worker.order(OrderKind.TAKE_PAYMENT))
    worker.field("number", FieldState.ASKED)
    expect(row).to_contain_text("A card is typed: listening in is blocked")
    worker.tell(AssistState.CANCELLED)
    expect(row).not_to_contain_text("listening in is blocked")


def test_a_call_that_types_a_card_without_an_agent_is_blocked_too(page: Page, worker: DeskWorker) -> None:
    worker.live(secret=True)
    expect(table(page, "Calls now")).to_contain_text("A card is typed: listening in is blocked")


def test_a_message_about_a_call_reaches_its_agent_who_reads_it(
    page: Page, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    worker.hand_over().talk()
    agent = opened(maria)
    agent.goto(f"/agent/calls/{worker.id}")
    row = table(page, "Calls now").get_by_role("row").filter(has_text="+15550101234")
    row.get_by_text("Write a message").click()
    row.get_by_label("Message").fill("Offer the other card <b>now</b>")
    row.get_by_role("button", name="Send").click()
    expect(row).to_contain_text("Maria Lopez sees it now.")
    messages = agent.get_by_role("region", name="Messages")
    expect(messages).to_contain_text("From sam")
    expect(messages).to_contain_text("Offer the other card <b>now</b>")
    read_out = agent.locator("[aria-live=polite]").filter(has_text="Offer the other card <b>now</b>")
    expect(read_out).to_have_text("Offer the other card <b>now</b>")
    picture(agent, "message")
    assert without_barriers(agent) == []
    messages.get_by_role("button", name="Read").click()
    expect(messages).to_be_hidden()


def test_what_the_switch_does_not_tell_is_said_to_be_unknown(
    console: RunningConsole, opened: Opened, maria: User
) -> None:
    console.switchboard.asks = False
    page = opened(console.add("sam", Role.SUPERVISOR))
    page.goto("/floor")
    expect(page.get_by_text("no password of the switch is set, or it does not answer")).to_be_visible()
    expect(table(page, "Agents").get_by_role("row").filter(has_text="maria@default")).to_contain_text("Not known")
