"""What an agent sees of calls in Chromium, and tells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from fs_app.console.feed import Pace
from fs_app.domain.assist import FieldState
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.people import Role
from fs_app.ports import CallbackRequest, FailureNote, OrderKind, ReceiptKind
from fs_app.ports.console import CallbackState
from fs_app.ports.people import User
from fs_app.ports.switchboard import SwitchAnswer
from tests.consolekit import (
    AGENT,
    CONTEXT,
    OTHER,
    PASSWORD,
    DeskWorker,
    RunningConsole,
    eventually,
    picture,
    without_barriers,
)

Opened = Callable[..., Page]


def test_an_agent_signs_in_and_is_at_their_calls(console: RunningConsole, opened: Opened) -> None:
    console.with_password(console.add("maria", Role.AGENT, agent="maria@default", full_name="Maria Lopez"))
    page = opened()
    page.goto("/")
    page.get_by_label("Name", exact=True).fill("maria")
    page.get_by_label("Password").fill(PASSWORD)
    picture(page, "sign-in")
    page.get_by_role("button").click()
    expect(page).to_have_url(f"{console.url}/agent")
    expect(page.get_by_text("Nobody is on the line with you.")).to_be_visible()
    picture(page, "agent-empty")


def test_a_call_that_rings_opens_by_itself_with_everything_that_is_known(
    opened: Opened, maria: User, worker: DeskWorker
) -> None:
    page = opened(maria)
    page.goto("/agent")
    worker.hand_over().ring()
    expect(page).to_have_title("\u260e Account 11001")
    main = page.get_by_role("main")
    for text in (
        "Too many errors", "Proved", "+15550101234", "Spanish (Mexico)", "pay_balance · card", "$84.50", "700101",
        "$60.00", "Cards declined: 1", "Questions without an answer: 2", "Teclee el número de su tarjeta.",
    ):  # fmt: skip
        expect(main).to_contain_text(text)
    picture(page, "call-rings")


def call_page(opened: Opened, maria: User, worker: DeskWorker) -> Page:
    """The page of a call that Maria talks to."""
    worker.hand_over().talk()
    page = opened(maria)
    page.goto(f"/agent/calls/{worker.id}")
    return page


def test_the_call_of_somebody_else_is_not_shown(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    omar = console.add("omar", Role.AGENT, agent=OTHER)
    worker.hand_over().talk()
    page = opened(omar)
    page.goto("/agent")
    expect(page.get_by_text("Nobody is on the line with you.")).to_be_visible()
    assert page.goto(f"/agent/calls/{worker.id}").status == 404


def test_a_caller_who_waits_is_listed_without_who_they_are(opened: Opened, maria: User, worker: DeskWorker) -> None:
    worker.hand_over()
    page = opened(maria)
    page.goto("/agent")
    calls = page.get_by_role("region", name="Your calls")
    expect(calls.get_by_role("listitem")).to_contain_text("payments@default")
    expect(calls.get_by_role("listitem")).to_contain_text("Too many errors")
    expect(calls).not_to_contain_text("11001")


def test_a_call_of_a_queue_that_tells_no_agent_is_whose_says_so_first(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    omar = console.add("omar", Role.AGENT)
    worker.hand_over().talk(agent="")
    first, second = opened(maria), opened(omar)
    for page in (first, second):
        page.goto("/agent")
        page.get_by_role("link", name="Account 11001").click()
        expect(page.get_by_role("button", name="This is my call")).to_be_visible()
        expect(page.get_by_role("button", name="Take the payment")).to_be_hidden()
    picture(first, "call-claim")
    assert without_barriers(first) == []
    second.get_by_role("button", name="This is my call").click()
    expect(second.get_by_role("button", name="Take the payment")).to_be_visible()
    expect(second.get_by_role("button", name="This is my call")).to_be_hidden()
    first.goto("/agent")
    expect(first.get_by_text("Nobody is on the line with you.")).to_be_visible()
    record = console.parts.desk_view.handover(worker.id)
    assert record is not None
    assert record.agent == "omar"


def test_a_call_that_goes_on_with_somebody_else_is_told_of_and_takes_no_orders(
    opened: Opened, maria: User, worker: DeskWorker
) -> None:
    page = call_page(opened, maria, worker)
    expect(page.get_by_role("button", name="Take the payment")).to_be_visible()
    worker.talk(OTHER)
    expect(page.get_by_role("main")).to_contain_text("Somebody else has this call, or it is over.")
    expect(page.get_by_role("button", name="Take the payment")).to_be_hidden()
    expect(page.get_by_role("button", name="Back to paying")).to_be_hidden()


def test_a_telephone_can_open_the_call_by_the_reference_on_its_leg(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    worker.hand_over().ring()
    assert worker.ticket is not None
    page = opened(maria)
    page.goto(f"/agent/references/{worker.ticket.reference}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Account 11001")
    omar = opened(console.add("omar", Role.AGENT, agent=OTHER))
    for reference in (worker.ticket.reference, "x"):
        answer = omar.goto(f"/agent/references/{reference}")
        assert answer is not None
        assert answer.status == 404


def test_what_a_caller_or_the_database_says_is_text_and_never_markup(
    opened: Opened, maria: User, worker: DeskWorker
) -> None:
    evil = "<img src=x onerror=document.title='taken'>"
    worker.context = replace(
        CONTEXT,
        said=(evil,),
        path=(f"who:{evil}",),
        account_number=evil,
        line=evil,
        failures=(FailureNote(evil, 1),),
    )
    page = call_page(opened, maria, worker)
    worker.parts.desk_view.add_note("demo-11001", evil, evil)
    expect(page.get_by_role("region", name="The customer")).to_contain_text(evil)
    assert page.locator("main img").count() == 0
    expect(page).to_have_title(re.compile("^Account <img"))


def test_a_caller_is_sent_back_to_pay(opened: Opened, maria: User, worker: DeskWorker) -> None:
    page = call_page(opened, maria, worker)
    page.get_by_role("button", name="Back to paying").click()
    assert worker.order(OrderKind.SEND_TO).target == "pay"
    worker.end(HandoverEnd.SENT_BACK)
    expect(page.get_by_role("main")).to_contain_text("Sent back to self-service")
    expect(page.get_by_role("button", name="Back to paying")).to_be_hidden()


def test_a_caller_is_sent_to_a_step_of_the_flow(opened: Opened, maria: User, worker: DeskWorker) -> None:
    page = call_page(opened, maria, worker)
    page.get_by_label("A step of the call").select_option("amount")
    page.get_by_role("button", name="Send there").click()
    assert worker.order(OrderKind.SEND_TO).target == "amount"


def test_a_caller_is_sent_to_another_queue(opened: Opened, maria: User, worker: DeskWorker) -> None:
    worker.queue = "support@default"
    page = call_page(opened, maria, worker)
    page.get_by_label("Another queue").select_option("payments")
    page.get_by_role("button", name="Send to that queue").click()
    assert worker.order(OrderKind.TRANSFER).target == "payments"
    worker.end(HandoverEnd.TRANSFERRED)
    expect(page.get_by_role("main")).to_contain_text("Sent to another queue")


def test_an_order_that_no_call_has_taken_can_be_taken_back(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    page = call_page(opened, maria, worker)
    page.get_by_role("button", name="To the survey").click()
    told = page.get_by_role("region", name="What you told the call")
    expect(told).to_contain_text("Send to: To the survey On its way")
    told.get_by_role("button", name="Take it back").click()
    expect(told).to_contain_text("Taken back")
    assert list(console.parts.desk.take([worker.uuid])) == []


def test_a_link_to_pay_is_sent_and_seen_on_its_way(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    page = call_page(opened, maria, worker)
    section = page.get_by_role("region", name="Send a link to pay")
    section.get_by_label("To (number or address)").fill("555 1234")
    section.get_by_role("button", name="Send the link").click()
    expect(section).to_contain_text("Write a number with its country")
    section.get_by_label("To (number or address)").fill("+1 (555) 010-0077")
    section.get_by_role("button", name="Send the link").click()
    expect(section).to_contain_text("The link is on its way to +15550100077.")
    customer = page.get_by_role("region", name="The customer")
    expect(customer).to_contain_text("+15550100077")
    expect(customer).to_contain_text("$60.00")
    receipt = console.parts.outbox.receipts()[0]
    assert (receipt.kind, str(receipt.to)) == (ReceiptKind.LINK, "sms:+15550100077")
    assert receipt.link is not None
    assert receipt.link.url == "https://pay.example.org/demo-11001/700101?amount=60.00"


def test_a_note_is_kept_without_long_numbers(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    page = call_page(opened, maria, worker)
    page.get_by_label("A note").fill("Pays on Fridays, 4111111111111111")
    page.get_by_role("button", name="Keep the note").click()
    customer = page.get_by_role("region", name="The customer")
    expect(customer.get_by_role("listitem")).to_contain_text("Pays on Fridays")
    expect(page.get_by_label("A note")).to_have_value("")
    notes = console.parts.desk_view.notes_of("demo-11001")
    assert [each.by for each in notes] == ["maria"]
    assert "4111111111111111" not in notes[0].text


def test_an_agent_says_that_they_take_a_break(console: RunningConsole, opened: Opened, maria: User) -> None:
    page = opened(maria)
    page.goto("/agent")
    page.get_by_role("button", name="On break").click()
    expect(page.get_by_text("The switch has it.")).to_be_visible()
    expect(page.get_by_role("button", name="On break")).to_have_attribute("aria-pressed", "true")
    assert console.switchboard.statuses[AGENT] == "On Break"
    console.switchboard.answer = SwitchAnswer.NOT_ASKED
    page.get_by_role("button", name="Available").click()
    expect(page.get_by_text("The switch was not asked: no password for it is set.")).to_be_visible()


def test_who_wants_to_be_called_back_is_called_and_done_with(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker
) -> None:
    worker.hand_over()
    request = CallbackRequest(worker.uuid, worker.queue, "+15550100088", "en", worker.id)
    console.parts.desk.call_back(request)
    worker.end(HandoverEnd.CALL_BACK)
    page = opened(maria)
    page.goto("/agent")
    section = page.get_by_role("region", name="Calls back")
    section.get_by_role("button", name="I call them").click()
    expect(section.get_by_role("link", name="Dial")).to_have_attribute("href", "tel:+15550100088")
    picture(page, "callback")
    assert without_barriers(page) == []
    section.get_by_role("link", name="Why they called").click()
    expect(page.get_by_role("heading", name="Account 11001")).to_be_visible()
    page.go_back()
    section.get_by_label("How it went").fill("Paid by mail")
    section.get_by_role("button", name="Done").click()
    expect(section.get_by_text("Nobody waits to be called back.")).to_be_visible()
    closed = console.parts.desk_view.callbacks(closed=True)
    assert [(each.state, each.note) for each in closed] == [(CallbackState.DONE, "Paid by mail")]


def test_a_call_that_rings_is_told_of_on_the_page_of_another(
    opened: Opened, maria: User, worker: DeskWorker, another: DeskWorker
) -> None:
    page = call_page(opened, maria, worker)
    page.get_by_label("A note").fill("half a sentence")
    another.hand_over().ring()
    link = page.get_by_role("link", name="Open your other call")
    expect(link).to_be_visible()
    expect(page.get_by_label("A note")).to_have_value("half a sentence")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("o")
    expect(page.get_by_role("heading", level=1)).to_have_text("Account 10001")


def test_the_page_works_without_scripts(opened: Opened, maria: User, worker: DeskWorker) -> None:
    worker.hand_over().talk()
    page = opened(maria, java_script_enabled=False)
    page.goto("/agent")
    page.get_by_role("link", name="Account 11001").click()
    expect(page.locator("noscript p")).to_be_visible()
    page.get_by_role("button", name="Take the payment").click()
    worker.begin(worker.order(OrderKind.TAKE_PAYMENT))
    worker.field("number", FieldState.TYPING, 5, 16)
    eventually(lambda: worker.parts.desk_view.assists_of([worker.uuid]))
    page.reload()
    expect(page.get_by_role("region", name="The payment")).to_contain_text("5 of 16 keys")


def test_the_page_ends_with_the_session(
    console: RunningConsole, opened: Opened, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.parts.live._feed, "_pace", Pace(sessions=0.2))
    page = opened(maria)
    page.goto("/agent")
    expect(page.get_by_text("Nobody is on the line with you.")).to_be_visible()
    console.parts.people.sessions.revoke_all(maria.id)
    expect(page).to_have_url(re.compile("/sign-in"))


def test_of_many_pages_of_one_person_the_oldest_is_live_no_more_until_it_is_asked_to(
    opened: Opened, maria: User
) -> None:
    pages = [opened(maria) for _ in range(Pace().per_user + 1)]
    for page in pages:
        page.goto("/agent")
        expect(page.locator("html")).to_have_attribute("data-connection", "live")
    expect(pages[0].get_by_text("This page is not live")).to_be_visible()
    pages[0].get_by_role("button", name="Make it live").click()
    expect(pages[0].locator("html")).to_have_attribute("data-connection", "live")
    expect(pages[1].get_by_text("This page is not live")).to_be_visible()
