"""What an agent sees of calls in Chromium, and tells them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from fs_app.domain.people import Role
from fs_app.ports.people import User
from tests.consolekit import PASSWORD, DeskWorker, RunningConsole, picture

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
