"""A supervisor listens in on a talk, in Chromium; the switch is played by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fs_app.domain.assist import AssistState, FieldState
from fs_app.domain.people import Role
from fs_app.ports import OrderKind
from fs_app.ports.listening import ListenAnswer
from fs_app.ports.people import User
from tests.consolekit import DeskWorker, RunningConsole, eventually, picture, without_barriers

SAM = "sam@default"


@pytest.fixture
def page(console: RunningConsole, opened: Callable[..., Page], maria: User) -> Page:
    """The floor, as a supervisor sees it whose telephone the queues know."""
    page = opened(console.add("sam", Role.SUPERVISOR, agent=SAM))
    page.goto("/floor")
    return page


def row(page: Page) -> Locator:
    calls = page.get_by_role("region", name="Calls now")
    return calls.get_by_role("row").filter(has_text="+15550101234")


def test_a_telephone_rings_to_hear_a_talk_but_not_a_card(
    page: Page, console: RunningConsole, worker: DeskWorker
) -> None:
    worker.hand_over()
    button = row(page).get_by_role("button", name="Listen in")
    expect(row(page)).to_contain_text("Waits")
    expect(button).to_be_hidden()
    worker.talk()
    button.click()
    expect(row(page)).to_contain_text("Your telephone rings.")
    assert console.listening.asked == [(worker.uuid, "a-leg", SAM)]
    picture(page, "listening")
    assert without_barriers(page) == []
    (allowed,) = console.listening.allowed
    assert allowed()
    worker.parts.desk_view.give_order(worker.uuid, OrderKind.TAKE_PAYMENT, "maria", amount=worker.context.amount)
    worker.begin(worker.order(OrderKind.TAKE_PAYMENT))
    assert eventually(lambda: not allowed()), "who answers now is hung up"
    worker.field("number", FieldState.ASKED)
    expect(button).to_be_hidden()
    worker.tell(AssistState.CANCELLED)
    expect(button).to_be_visible()


def test_who_was_too_late_is_told_that_a_card_is_typed(
    page: Page, console: RunningConsole, worker: DeskWorker
) -> None:
    worker.hand_over().talk()
    button = row(page).get_by_role("button", name="Listen in")
    expect(button).to_be_visible()
    page.route("**/floor/feed", lambda route: route.abort())  # the page does not know it yet
    page.route("**/floor/listen", lambda route: (worker.live(secret=True), route.continue_()))
    button.click()
    expect(row(page)).to_contain_text("A card is typed: listening in is blocked")
    assert console.listening.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (ListenAnswer.NO_TALK, "Nobody talks in this call now."),
        (ListenAnswer.NO_TELEPHONE, "The queues know no telephone of yours at the switch of this call."),
        (ListenAnswer.REFUSED, "Your telephone does not answer: it is not registered, or busy."),
        (ListenAnswer.UNREACHABLE, "No switch answers now: try again in a moment."),
        (ListenAnswer.NOT_ASKED, "No password of the switch is set: nobody can be rung from here."),
    ],
)
def test_what_stands_in_the_way_is_said(
    page: Page, console: RunningConsole, worker: DeskWorker, answer, said
) -> None:
    console.listening.answer = answer
    worker.hand_over().talk()
    row(page).get_by_role("button", name="Listen in").click()
    expect(row(page)).to_contain_text(said)


def test_who_has_no_name_in_the_queues_is_told_who_gives_one(
    console: RunningConsole, opened: Callable[..., Page], maria: User, worker: DeskWorker
) -> None:
    page = opened(console.add("ines", Role.SUPERVISOR))
    page.goto("/floor")
    worker.hand_over().talk()
    row(page).get_by_role("button", name="Listen in").click()
    expect(row(page)).to_contain_text("You have no name in the queues: an admin gives you one under People.")
    assert console.listening.asked == []
