"""The door in Chromium, by keyboard alone: a one-time link, a second step, a language, what one may not open."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose
from tests.consolekit import PASSWORD, RunningConsole, picture, without_barriers

Opened = Callable[..., Page]


def typed(page: Page, *texts: str) -> None:
    """Text after text into the fields that follow each other, from the one that has the focus; then Enter.

    A page that has just come gives the focus a little after it is shown; keys before that would be lost."""
    expect(page.locator("input:focus")).to_be_visible()
    for number, text in enumerate(texts):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")


def whole(page: Page, name: str) -> None:
    """A page that anybody can use."""
    picture(page, name)
    assert without_barriers(page) == [], name


def test_from_the_first_link_to_a_second_step_by_the_keyboard(console: RunningConsole, opened: Opened) -> None:
    ada = console.add("ada", Role.ADMIN, full_name="Ada King")
    page = opened()
    page.goto(f"/link/{console.parts.people.links.make(ada.id, LinkPurpose.SETUP)}")
    whole(page, "door-set-password")
    typed(page, "adaadaadaada", "adaadaadaada")
    expect(page.get_by_role("alert")).to_contain_text("easily guessed")
    whole(page, "door-weak-password")
    typed(page, PASSWORD, PASSWORD)
    expect(page.get_by_role("status")).to_contain_text("Your password is set")
    whole(page, "door-password-set")
    typed(page, "ada", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("name or the password is wrong")
    expect(page.get_by_label("Name", exact=True)).to_have_value("ada")
    whole(page, "door-wrong")
    typed(page, PASSWORD)  # the focus is there
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto("/account")
    whole(page, "door-account")
    set_up = page.get_by_role("button", name="Set up the second step")
    page.locator("form", has=set_up).get_by_label("Current password").focus()
    typed(page, PASSWORD)
    shown = page.get_by_role("img", name=re.compile("QR"))
    expect(shown).to_be_visible()
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth > 100"), "the policy lets it be seen"
    whole(page, "door-code-setup")
    codes = pyotp.TOTP(page.locator("code").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows").focus()
    typed(page, codes.at(time.time()))
    expect(page.get_by_role("status").filter(has_text="second step is set up")).to_be_visible()
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.url}/sign-in")
    typed(page, "ada", PASSWORD)
    expect(page).to_have_title("Second step")
    whole(page, "door-code")
    typed(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    typed(page, codes.at(time.time() + 30))  # the one before is used up, and a telephone may be ahead
    page.wait_for_url(lambda url: "sign-in" not in url)
    assert console.parts.people.sessions.of(ada.id)


@pytest.mark.parametrize("language", ["es", "tr", "ar"])
def test_the_door_speaks_the_language_of_the_browser_and_then_of_the_user(
    console: RunningConsole, opened: Opened, language: str
) -> None:
    omar = console.with_password(console.add("omar", Role.AGENT, agent="omar@default"))
    page = opened(locale=language)
    page.goto("/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    whole(page, f"door-{language}")
    typed(page, "omar", PASSWORD)
    page.wait_for_url(lambda url: "sign-in" not in url)
    page.goto("/account")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_label("Language").select_option(language)
    page.locator("form", has=page.get_by_label("Language")).get_by_role("button").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    whole(page, f"door-account-{language}")
    assert (console.parts.people.users.get(omar.id) or omar).language == language


def test_a_click_and_a_key_say_that_somebody_is_there(console: RunningConsole, opened: Opened) -> None:
    page = opened(console.add("omar", Role.AGENT, agent="omar@default"))
    page.clock.install()
    page.goto("/agent")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(console.url)))
    page.keyboard.press("Shift")
    assert "/account/awake" not in asked, "the page itself was just asked for"
    for act in (lambda: page.keyboard.press("Shift"), lambda: page.get_by_role("main").click()):
        page.clock.fast_forward(61_000)
        asked.clear()
        with page.expect_response("**/account/awake") as answer:
            act()
        assert answer.value.status == 204
        page.keyboard.press("Shift")
        assert asked.count("/account/awake") == 1, "once a minute is enough"


def test_a_page_that_one_may_not_open_says_so(console: RunningConsole, opened: Opened) -> None:
    page = opened(console.add("omar", Role.AGENT, agent="omar@default"))
    answer = page.goto("/people")
    assert answer is not None and answer.status == 403
    expect(page.get_by_role("heading")).to_have_text("You may not open this page.")
    whole(page, "door-403")
    page.goto("/nothing")
    whole(page, "door-404")
