"""The second step of the console: a code after the password, and roles that have to have one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.console.access import ROUTES
from fs_app.domain.people import Role
from fs_app.ports.people import NewUser
from fs_app.settings.console import ConsoleSettings
from tests.console_site import PASSWORD, Browser, ConsoleSite, let_in, routes

AGENT, FINANCE, ADMIN = Role.AGENT, Role.FINANCE, Role.ADMIN


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    yield made
    made.close()


def test_who_has_a_second_step_is_not_in_before_it(site: ConsoleSite) -> None:
    _, secret = site.with_code("ada", ADMIN)
    browser = site.browser()
    answer = browser.sign_in("ada", next="/account")
    assert answer.headers["Location"] == "/sign-in/code?next=/account"
    assert browser.get("/account").status_code == 302
    assert browser.get("/account", headers={"Accept": "application/json"}).status_code == 401
    form = browser.get("/sign-in/code?next=/account")
    assert form.status_code == 200 and 'value="/account"' in form.text
    wrong = browser.post("/sign-in/code", {"code": "000000", "next": "/account"}, page="/sign-in/code")
    assert (wrong.status_code, "wrong" in wrong.text) == (401, True)
    code = site.code(secret)
    spaced = f"{code[:3]} {code[3:]}"
    right = browser.post("/sign-in/code", {"code": spaced, "next": "/account"}, page="/sign-in/code")
    assert (right.status_code, right.headers["Location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    actions = [(action, result) for _, action, result in site.audit()]
    assert actions == [("sign_in", "password"), ("sign_in_code", "refused: code"), ("sign_in_code", "done")]


def test_a_code_that_was_seen_is_of_no_use(site: ConsoleSite) -> None:
    _, secret = site.with_code("ada", ADMIN)
    code = site.code(secret)
    statuses = []
    for _ in range(2):
        browser = site.browser()
        browser.sign_in("ada")
        statuses.append(browser.post("/sign-in/code", {"code": code}, page="/sign-in/code").status_code)
    assert statuses == [303, 401]


def test_codes_cannot_be_tried_one_after_the_other(site: ConsoleSite) -> None:
    _, secret = site.with_code("ada", ADMIN)
    statuses = []
    for number in range(3):
        browser = site.browser(f"203.0.113.{number}")
        browser.sign_in("ada")
        for _ in range(2):
            statuses.append(browser.post("/sign-in/code", {"code": "123123"}, page="/sign-in/code").status_code)
    assert statuses == [401, 401, 401, 401, 401, 429], "another browser and the right password again do not help"
    browser = site.browser()
    browser.sign_in("ada")
    assert browser.post("/sign-in/code", {"code": site.code(secret)}, page="/sign-in/code").status_code == 429


def test_the_page_for_codes_is_for_who_gave_the_password(site: ConsoleSite) -> None:
    browser = site.browser()
    assert browser.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert browser.post("/sign-in/code", {"code": "123123"}).headers["Location"] == "/sign-in"
    _, secret = site.with_code("ada", ADMIN)
    browser.sign_in("ada")
    site.clock.move(301)
    late = browser.post("/sign-in/code", {"code": site.code(secret)})
    assert late.headers["Location"] == "/sign-in"


def test_a_second_step_is_set_up_with_the_password_and_a_first_code(site: ConsoleSite) -> None:
    browser = site.signed_in("ada", ADMIN)
    assert browser.post("/account/code", {"current": "wrong"}, page="/account").status_code == 422
    shown = browser.post("/account/code", {"current": PASSWORD}, page="/account")
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", shown.text)
    assert secret is not None
    assert re.search(r'<img [^>]*src="data:image/svg\+xml[^"]+" alt="[^"]+">', shown.text)
    assert "style=" not in shown.text and "<script" not in shown.text.replace("<script type", "")
    code = site.code(secret[1].replace(" ", ""))
    assert browser.post("/account/code/confirm", {"code": "000000"}, page="/account").status_code == 422
    before = browser.cookie()
    assert browser.post("/account/code/confirm", {"code": code}, page="/account").status_code == 303
    assert browser.cookie() != before
    assert site.browser().sign_in("ada").headers["Location"].startswith("/sign-in/code")
    assert browser.post("/account/code", {"current": PASSWORD}, page="/account").status_code == 409
    assert browser.post("/account/code/forget", {"current": "wrong"}, page="/account").status_code == 422
    assert browser.post("/account/code/forget", {"current": PASSWORD}, page="/account").status_code == 303
    assert site.browser().sign_in("ada").headers["Location"] == "/"


def test_a_first_code_that_was_mistyped_can_be_typed_again(site: ConsoleSite) -> None:
    browser = site.signed_in("ada", ADMIN)
    secret = secret_of(browser)
    again = browser.post("/account/code/confirm", {"code": "000000"}, page="/account")
    assert (again.status_code, 'name="code"' in again.text, "This code is wrong" in again.text) == (422, True, True)
    assert secret not in again.text.replace(" ", ""), "it is shown once"
    assert browser.post("/account/code/confirm", {"code": site.code(secret)}, page="/account").status_code == 303


def test_how_long_one_has_to_wait_is_told_as_it_is(site: ConsoleSite) -> None:
    browser = site.signed_in("ada", ADMIN)
    for _ in range(5):
        browser.post("/account/code", {"current": "wrong"}, page="/account")
    assert "Try again in 1 min." in browser.post("/account/code", {"current": PASSWORD}, page="/account").text


# --- roles that have to have one ---------------------------------------------------------------------------------


def secret_of(browser: Browser) -> str:
    """Begin a second step; its secret."""
    shown = browser.post("/account/code", {"current": PASSWORD}, page="/account")
    found = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", shown.text)
    assert found is not None, shown.text
    return found[1].replace(" ", "")


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path, {"second_step": ["admin", "finance"]})
    yield made
    made.close()


def test_who_has_to_have_a_second_step_opens_nothing_before_it(strict: ConsoleSite) -> None:
    browser = strict.signed_in("ada", ADMIN, AGENT)
    assert browser.get("/people").headers["Location"] == "/account"
    page = browser.get("/account").text
    assert "Your role needs a second step" in page and 'href="/people"' not in page
    code = strict.code(secret_of(browser))
    assert browser.post("/account/code/confirm", {"code": code}, page="/account").status_code == 303
    assert browser.get("/people").status_code == 200
    assert "Your role needs a second step" not in browser.get("/account").text
    assert strict.browser().sign_in("ada").headers["Location"].startswith("/sign-in/code")


def test_before_it_there_are_these_pages_alone(strict: ConsoleSite) -> None:
    browser = strict.signed_in("ada", *Role)
    token = browser.token("/account")
    let_in(strict)
    reached = set()
    for endpoint, method, path in routes(strict):
        for accept in ("text/html", "application/json", "text/event-stream", "*/*"):
            if endpoint in ROUTES:
                headers = {"Accept": accept}
                if method == "GET":
                    answer = browser.get(path, headers=headers)
                else:
                    answer = browser.bare_post(path, {"csrf_token": token}, headers=headers)
                if answer.text == "reached":
                    reached.add(endpoint)
                else:
                    assert answer.status_code in (302, 403), (endpoint, accept)
    assert reached == {
        "account.show", "account.begin_code", "account.confirm_code", "account.language", "door.sign_out",
    }  # fmt: skip


def test_it_cannot_be_ended_by_oneself_and_begins_anew_where_an_admin_takes_it(strict: ConsoleSite) -> None:
    user, secret = strict.with_code("flora", FINANCE)
    browser = strict.browser()
    browser.sign_in("flora")
    browser.post("/sign-in/code", {"code": strict.code(secret)}, page="/sign-in/code")
    assert "it cannot be ended" in browser.get("/account").text
    assert browser.post("/account/code/forget", {"current": PASSWORD}, page="/account").status_code == 409
    assert strict.people.users.get(user.id).has_code
    strict.people.passwords.forget_code(user.id)
    assert browser.get("/payments").headers["Location"] == "/account"


def test_other_roles_and_who_comes_by_a_provider_alone_need_none(strict: ConsoleSite) -> None:
    assert strict.signed_in("maria", AGENT).get("/agent").status_code == 200
    strict.people.users.add(NewUser("olga", frozenset({ADMIN})))
    browser = strict.browser()
    browser.set_cookie(strict.people.sessions.open(strict.people.users.by_name("olga").id, "", ""))
    assert browser.get("/people").status_code == 200


def test_a_role_that_nobody_has_is_a_mistake_of_the_settings() -> None:
    with pytest.raises(ValueError, match="second_step"):
        ConsoleSettings.model_validate({"second_step": ["root"]})
