"""Admins in Chromium: somebody is added, changed and kept out, and everything is in the audit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from fs_app.domain.people import Role
from fs_app.ports.people import User
from tests.consolekit import PASSWORD, RunningConsole, picture, without_barriers

Opened = Callable[..., Page]


@pytest.fixture
def ada(console: RunningConsole) -> User:
    return console.with_password(console.add("ada", Role.ADMIN, full_name="Ada Bloom"))


@pytest.fixture
def page(opened: Opened, ada: User) -> Page:
    return opened(ada)


def test_somebody_is_added_and_sets_a_password_by_their_link(
    console: RunningConsole, opened: Opened, page: Page
) -> None:
    page.goto("/people")
    picture(page, "people")
    assert without_barriers(page) == []
    page.get_by_label("Signs in as").fill("Omar")
    page.get_by_label("Name", exact=True).fill("Omar Diaz")
    page.get_by_label("Name in the queues").fill("omar@default")
    page.get_by_label("Agent", exact=True).check()
    page.get_by_role("button", name="Add them").click()
    link = page.get_by_role("region", name="A link to set a password").locator("code")
    expect(link).to_be_visible()
    picture(page, "person-link")
    assert without_barriers(page) == []
    path = (link.text_content() or "").partition("/link/")[2]
    omar = opened()
    omar.goto(f"/link/{path}")
    omar.get_by_label("New password", exact=True).fill(PASSWORD)
    omar.get_by_label("again").fill(PASSWORD)
    omar.get_by_role("button").click()
    omar.get_by_label("Name", exact=True).fill("omar")
    omar.get_by_label("Password").fill(PASSWORD)
    omar.get_by_role("button").click()
    expect(omar.get_by_role("heading", level=1)).to_have_text("Calls")
    user = console.parts.people.users.by_name("omar")
    assert user is not None
    assert (user.roles, user.agent, user.full_name) == ({Role.AGENT}, "omar@default", "Omar Diaz")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Signs in as": "O'Brien"}, "A name has small letters"),
        ({"Signs in as": "omar", "Name in the queues": "omar"}, "A name in the queues looks like maria@default."),
        ({"Signs in as": "omar"}, "Choose at least one role."),
    ],
)
def test_what_is_wrong_with_somebody_new_is_said(page: Page, fields: dict[str, str], said: str) -> None:
    page.goto("/people")
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Name", exact=True).fill("Omar Diaz")
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_text(said)).to_be_visible()
    for label, text in {**fields, "Name": "Omar Diaz"}.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(text)
    assert without_barriers(page) == []


def test_other_roles_end_every_session_and_the_last_admin_stays(
    console: RunningConsole, opened: Opened, page: Page, ada: User, maria: User
) -> None:
    agent = opened(maria)
    agent.goto("/agent")
    page.goto(f"/people/{maria.id}")
    page.get_by_label("Supervisor").check()
    page.get_by_role("button", name="Keep the changes").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    agent.goto("/agent")
    expect(agent.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(f"/people/{ada.id}")
    page.get_by_label("Admin", exact=True).uncheck()
    page.get_by_label("Finance").check()
    page.get_by_role("button", name="Keep the changes").click()
    expect(page.get_by_text("Nobody would be left who can manage people.")).to_be_visible()
    expect(page.get_by_role("button", name="Keep them out")).to_be_hidden()


def test_who_is_kept_out_is_signed_out_and_a_session_can_be_ended(
    console: RunningConsole, opened: Opened, page: Page, maria: User
) -> None:
    opened(maria)
    page.goto(f"/people/{maria.id}")
    expect(page.get_by_role("button", name="Sign them out")).to_be_visible()
    page.get_by_role("button", name="Sign them out").click()
    expect(page.get_by_text("Not signed in anywhere.")).to_be_visible()
    page.get_by_role("button", name="Keep them out").click()
    expect(page.get_by_text("Kept out")).to_be_visible()
    found = console.parts.people.users.get(maria.id)
    assert found is not None
    assert found.disabled
    page.get_by_role("button", name="Let them in again").click()
    expect(page.get_by_text("Has no password yet")).to_be_visible()


def test_the_audit_tells_who_did_what_and_is_searched(page: Page, maria: User) -> None:
    page.goto(f"/people/{maria.id}")
    page.get_by_role("button", name="Keep the changes").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    page.goto("/audit")
    row = page.get_by_role("row").filter(has_text="user maria").first
    expect(row).to_contain_text("ada")
    expect(row).to_contain_text("Changed somebody")
    picture(page, "audit")
    assert without_barriers(page) == []
    page.get_by_role("textbox", name="Who").fill("maria")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_role("textbox", name="Who").fill("")
    page.get_by_role("combobox", name="What").select_option("change_user")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(3)
