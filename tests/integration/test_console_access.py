"""Who may open what of the console, and what is written of it: a table, and what is not in it is refused."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint
from sqlalchemy import text

from fs_app.console.access import OPEN, ROUTES, page
from fs_app.domain.people import RIGHTS, Right, Role
from fs_app.errors import StoreUnavailable
from fs_app.log import configure_logging
from fs_app.ports.people import LinkPurpose
from fs_app.store.people_tables import console_audit
from tests.console_site import ADDRESS, OTHER_PASSWORD, PASSWORD, URL, Browser, ConsoleSite, let_in, routes

AGENT, SUPERVISOR, FINANCE, ADMIN = Role.AGENT, Role.SUPERVISOR, Role.FINANCE, Role.ADMIN
BARE = {"static", "health"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    yield made
    made.close()


def send(browser: Browser, method: str, path: str, token: str) -> Any:
    if method == "GET":
        return browser.get(path)
    return browser.client.open(
        path,
        method=method,
        base_url=URL,
        data={"csrf_token": token},
        headers={"Referer": URL, "X-Forwarded-For": ADDRESS, "X-Forwarded-Proto": "https"},
    )


# --- who may open what -------------------------------------------------------------------------------------------


def test_every_route_of_the_console_has_a_decision(site: ConsoleSite) -> None:
    endpoints = {endpoint for endpoint, _, _ in routes(site)}
    assert endpoints - BARE - OPEN - set(ROUTES) == set()
    assert len(endpoints) > 10
    assert OPEN & set(ROUTES) == set()


def test_what_is_open_to_everybody_is_the_door_alone(site: ConsoleSite) -> None:
    here = {endpoint for endpoint, _, _ in routes(site)} & OPEN
    assert here == {"door.sign_in", "door.check", "door.code", "door.check_code", "door.link", "door.use_link"}


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_the_table_says_and_nothing_else(site: ConsoleSite, role: Role) -> None:
    browser = site.signed_in("somebody", role)
    token = browser.token("/account")
    let_in(site)
    wrong = {}
    for endpoint, method, path in routes(site):
        if endpoint in ROUTES:
            answer = send(browser, method, path, token)
            expected = 200 if role in ROUTES[endpoint].roles else 403
            if answer.status_code != expected or (answer.text == "reached") != (expected == 200):
                wrong[endpoint, method] = answer.status_code
    assert wrong == {}
    refused = [each for each in site.entries() if each.result == "refused: role"]
    kept_out = [
        endpoint for endpoint, _, _ in routes(site) if endpoint in ROUTES and role not in ROUTES[endpoint].roles
    ]
    assert len(refused) == len(kept_out), "each refusal is in the audit"
    assert all((each.deed.user, each.deed.roles) == ("somebody", {role}) for each in refused)


def test_who_is_not_signed_in_opens_nothing(site: ConsoleSite) -> None:
    let_in(site)
    reached = {}
    for (endpoint, method, path), accept in itertools.product(
        routes(site), ("text/html", "application/json", "text/event-stream", "*/*")
    ):
        if endpoint in ROUTES:
            answer = site.app.test_client().open(path, method=method, base_url=URL, headers={"Accept": accept})
            expected = 401 if accept != "text/html" else 302 if method == "GET" else 303
            if answer.status_code != expected or answer.text == "reached":
                reached[endpoint, method, accept] = answer.status_code
    assert reached == {}


def test_the_rights_of_the_roles_are_these() -> None:
    """Whoever changes the table changes it here, too, and knows why."""
    table = {role: {right for right in Right if role in RIGHTS[right]} for role in Role}
    assert set(RIGHTS) == set(Right)
    assert table == {
        AGENT: {Right.OWN_ACCOUNT, Right.TAKE_CALLS, Right.SEE_CUSTOMERS},
        SUPERVISOR: {
            Right.OWN_ACCOUNT,
            Right.SEE_CUSTOMERS,
            Right.WATCH_CALLS,
            Right.MESSAGE_AGENTS,
            Right.LISTEN_IN,
        },
        FINANCE: {
            Right.OWN_ACCOUNT,
            Right.SEE_CUSTOMERS,
            Right.SEE_PAYMENTS,
            Right.REFUND,
            Right.RECONCILE,
        },
        ADMIN: {Right.OWN_ACCOUNT, Right.MANAGE_PEOPLE, Right.READ_AUDIT},
    }


def test_a_route_that_was_not_declared_is_refused_to_everybody(site: ConsoleSite) -> None:
    leak = Blueprint("leak", __name__)
    leak.add_url_rule("/leak", "leak", lambda: "the ledger")
    site.app.register_blueprint(leak)
    admin = site.signed_in("ada", *Role)
    for browser in (admin, site.browser()):
        answer = browser.get("/leak")
        assert (answer.status_code, "the ledger" in answer.text) == (403, False)


def test_a_declaration_says_who_and_what_for() -> None:
    pages = Blueprint("declared", __name__)
    with pytest.raises(ValueError, match="who may open it"):
        page(pages, "/a", roles=frozenset())
    with pytest.raises(ValueError, match="has an action"):
        page(pages, "/a", roles={AGENT}, methods=("POST",))

    def view() -> str:
        return ""

    page(pages, "/a", roles={AGENT})(view)
    try:
        with pytest.raises(ValueError, match="decided otherwise"):
            page(pages, "/b", roles={ADMIN})(view)
    finally:
        del ROUTES["declared.view"]


def test_rights_that_were_taken_are_gone_with_the_next_click(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    user = site.people.users.by_name("maria")
    assert browser.get("/account").status_code == 200
    site.people.users.change(user.id, roles=frozenset({AGENT, ADMIN}))
    assert browser.get("/account").headers["Location"] == "/sign-in?next=%2Faccount"


# --- the audit ---------------------------------------------------------------------------------------------------


def test_an_action_is_written_before_and_after_it(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    browser.post("/account/language", {"language": "tr"}, page="/account")
    browser.post("/account/language", {"language": "xx"}, page="/account")
    browser.post("/account/code", {"current": "wrong"}, page="/account")
    browser.post("/account/sessions/999/end", page="/account")
    browser.post("/sign-out", page="/account")
    assert site.audit() == [
        ("maria", "sign_in", "done"),
        ("maria", "own_language", "asked"),
        ("maria", "own_language", "done"),
        ("maria", "own_language", "asked"),
        ("maria", "own_language", "refused: 400"),
        ("maria", "own_code_begin", "asked"),
        ("maria", "own_code_begin", "refused: door.wrong_password"),
        ("maria", "own_session_end", "asked"),
        ("maria", "own_session_end", "refused: 404"),
        ("maria", "sign_out", "asked"),
        ("maria", "sign_out", "done"),
    ]
    changed = site.entries()[2].deed
    assert (changed.detail, changed.address, changed.roles) == ("tr", ADDRESS, {AGENT})
    assert site.entries()[7].deed.subject == "number=999"


def test_an_action_that_fails_is_written_as_failed(site: ConsoleSite, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = site.signed_in("maria", AGENT)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    def down(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("down")

    token = browser.token("/account")
    for act, status in ((fail, 500), (down, 503)):
        monkeypatch.setattr(site.people.users, "change", act)
        answer = browser.bare_post("/account/language", {"language": "tr", "csrf_token": token})
        assert answer.status_code == status
    results = [result for _, action, result in site.audit() if action == "own_language"]
    assert results == ["asked", "failed", "asked", "unknown: the database did not answer"]


def test_nothing_is_done_that_cannot_be_written_to_the_audit(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    site.add("eve", AGENT)
    site.parts.database.write(lambda connection: console_audit.drop(connection))
    token = browser.token("/account")
    assert browser.bare_post("/account/language", {"language": "tr", "csrf_token": token}).status_code == 503
    assert site.people.users.by_name("maria").language == "en"
    assert browser.bare_post("/sign-out", {"csrf_token": token}).status_code == 503
    assert browser.get("/account").status_code == 200
    stranger = site.browser()
    assert stranger.sign_in("eve").status_code == 503
    assert stranger.cookie() is None
    assert not site.people.sessions.of(site.people.users.by_name("eve").id)


def test_an_action_that_was_done_is_told_although_its_end_cannot_be_written(
    site: ConsoleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = site.signed_in("maria", AGENT)
    write = site.people.audit.write

    def once(deed: Any, result: str) -> None:
        if result != "asked":
            raise StoreUnavailable("down")
        write(deed, result)

    token = browser.token("/account")
    monkeypatch.setattr(site.people.audit, "write", once)
    assert browser.bare_post("/account/language", {"language": "tr", "csrf_token": token}).status_code == 303
    assert site.people.users.by_name("maria").language == "tr"
    assert site.audit()[-1][2] == "asked"


def test_no_secret_gets_into_the_audit_or_the_log(site: ConsoleSite) -> None:
    configure_logging("debug", stream=(log := io.StringIO()))
    _, secret = site.with_code("ada", ADMIN)
    browser = site.browser()
    browser.sign_in("ada", "a wrong password")
    browser.sign_in("ada")
    code = site.code(secret)
    browser.post("/sign-in/code", {"code": code}, page="/sign-in/code")
    cookie = browser.cookie() or pytest.fail("she is not signed in")
    new = "another good password of mine"
    browser.post("/account/password", {"current": PASSWORD, "password": new, "again": new}, page="/account")
    token = site.people.links.make(site.people.users.by_name("ada").id, LinkPurpose.RESET)
    browser.post(f"/link/{token}", {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD})
    read = site.parts.database.read(lambda c: str(c.execute(text("SELECT * FROM console_audit")).all()))
    assert "own_password" in read and "set_password" in read
    for hidden in (PASSWORD, OTHER_PASSWORD, new, "a wrong password", code, token, secret, cookie):
        assert hidden not in read
        assert hidden not in log.getvalue()


def test_a_page_that_fails_tells_the_log_where_and_not_the_link_that_led_there(
    site: ConsoleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logging(stream=(log := io.StringIO()))
    user = site.add("maria", AGENT)
    token = site.people.links.make(user.id, LinkPurpose.RESET)

    def fail(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(site.people.links, "use", fail)
    browser = site.browser()
    answer = browser.post(f"/link/{token}", {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD})
    told = log.getvalue()
    assert answer.status_code == 500
    assert "door.use_link" in told and "broken" in told
    for hidden in (token, OTHER_PASSWORD):
        assert hidden not in told + answer.text


def test_a_card_number_in_a_field_gets_into_no_row(site: ConsoleSite, tmp_path: Path) -> None:
    browser = site.signed_in("maria", AGENT)
    number = "4111111111111111"
    browser.post("/account/language", {"language": number}, page="/account")
    site.browser().sign_in(number, number)
    browser.post("/account/code", {"current": number}, page="/account")
    site.parts.database.close()
    assert all(number.encode() not in path.read_bytes() for path in tmp_path.iterdir())
