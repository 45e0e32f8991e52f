"""The console's door: signing in and out, and sessions that end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.console.access import safe_next
from fs_app.domain.people import Role
from tests.console_site import OTHER_PASSWORD, PASSWORD, URL, ConsoleSite

AGENT, ADMIN = Role.AGENT, Role.ADMIN
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    yield made
    made.close()


def test_a_session_is_a_cookie_that_no_script_and_no_other_site_gets(site: ConsoleSite) -> None:
    site.add("maria", AGENT)
    browser = site.browser()
    answer = browser.sign_in("Maria", next="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    cookies = {line.split("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    session = cookies["__Host-fs_app"]
    assert re.fullmatch(r"__Host-fs_app=[A-Za-z0-9_-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax", session)
    assert browser.get("/account").status_code == 200
    door = browser.client.get("/sign-in", base_url=URL).headers.getlist("Set-Cookie")
    assert all("HttpOnly" in each and "Secure" in each and "Domain" not in each for each in door)


def test_without_tls_cookies_say_so(tmp_path: Path) -> None:
    site = ConsoleSite(tmp_path, {"secure_cookies": False, "public_url": "http://localhost:8091"})
    site.add("maria", AGENT)
    answer = site.browser().sign_in("maria")
    assert any(
        re.match(r"fs_app=[^;]{43}; HttpOnly; Path=/; SameSite=Lax", each)
        for each in answer.headers.getlist("Set-Cookie")
    )
    assert "Strict-Transport-Security" not in answer.headers
    site.close()


def test_a_session_that_was_planted_is_not_the_one_after_signing_in(site: ConsoleSite) -> None:
    """Session fixation: with a made-up token, and with a good one of the attacker's own."""
    attacker = site.signed_in("eve", AGENT)
    site.add("maria", AGENT)
    for planted in ("A" * 43, attacker.cookie() or ""):
        victim = site.browser()
        token = victim.token()
        victim.set_cookie(planted)
        answer = victim.post("/sign-in", {"name": "maria", "password": PASSWORD, "csrf_token": victim.token()})
        assert answer.status_code == 303 or answer.status_code == 302, token
        if planted != "A" * 43:
            victim.bare_post("/sign-out", {"csrf_token": victim.token("/account")})
            victim.sign_in("maria")
        assert victim.cookie() != planted
        found = site.people.sessions.find(victim.cookie() or "")
        assert found is not None and found.user.name == "maria"
        still = site.people.sessions.find(planted)
        assert still is None or still.user.name == "eve"


def test_the_token_changes_with_the_code_and_with_the_password(site: ConsoleSite) -> None:
    _, secret = site.with_code("ada", ADMIN)
    browser = site.browser()
    browser.sign_in("ada")
    waiting = browser.cookie()
    browser.post("/sign-in/code", {"code": site.code(secret)}, page="/sign-in/code")
    signed_in = browser.cookie()
    fields = {"current": PASSWORD, "password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    assert browser.post("/account/password", fields, page="/account").status_code == 303
    changed = browser.cookie()
    assert len({waiting, signed_in, changed}) == 3
    for old in (waiting, signed_in):
        assert site.people.sessions.find(old or "") is None
    assert browser.get("/account").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=y", "http:evil.example", "/%0d%0aX: y\n", "", " /account", "/\t/evil.example",
        "/" + "a" * 600, "/sign-in", "/sign-in/oidc", "@evil.example", "/é",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_by_signing_in(site: ConsoleSite, wanted: str) -> None:
    site.add("maria", AGENT)
    browser = site.browser()
    answer = browser.sign_in("maria", next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    led = browser.get("/sign-in", query_string={"next": wanted})
    assert (led.status_code, led.headers["Location"]) == (302, "/")


def test_one_comes_back_to_the_page_that_was_asked_for(site: ConsoleSite) -> None:
    site.add("maria", AGENT)
    browser = site.browser()
    led = browser.get("/account?done=language")
    assert led.headers["Location"] == "/sign-in?next=%2Faccount%3Fdone%3Dlanguage"
    form = browser.get(led.headers["Location"]).text
    assert 'name="next" value="/account?done=language"' in form
    assert browser.sign_in("maria", next="/account?done=language").headers["Location"] == "/account?done=language"
    assert [safe_next(path) for path in ("/agent", "/agent/7?a=b&c=%20", "/")] == [
        "/agent",
        "/agent/7?a=b&c=%20",
        "/",
    ]


def test_signing_out_ends_the_session_in_the_database(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    token = browser.cookie() or ""
    answer = browser.post("/sign-out", page="/account")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert browser.cookie() is None
    assert site.people.sessions.find(token) is None
    browser.set_cookie(token)
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("how", ["idle", "absolute", "revoked", "disabled", "password"])
def test_a_session_that_is_over_opens_nothing(site: ConsoleSite, how: str) -> None:
    browser = site.signed_in("maria", AGENT)
    user = site.people.users.by_name("maria")
    match how:
        case "idle":
            site.clock.move(30 * 60 + 1)
        case "absolute":
            for _ in range(12 * 4):
                site.clock.move(15 * 60)
                browser.get("/account")
        case "revoked":
            site.people.sessions.revoke_all(user.id)
        case "disabled":
            site.people.users.disable(user.id)
        case "password":
            site.people.passwords.change(user.id, OTHER_PASSWORD)
    assert browser.get("/account").headers["Location"] == "/sign-in?next=%2Faccount"
    assert browser.get("/account", headers={"Accept": "text/event-stream"}).status_code == 401


def test_a_click_on_a_page_that_stays_keeps_a_session(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    for _ in range(4):
        site.clock.move(16 * 60)
        assert browser.get("/account/awake", headers={"Accept": "application/json"}).status_code == 204
    site.clock.move(31 * 60)
    assert browser.get("/account/awake", headers={"Accept": "application/json"}).status_code == 401


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    for _ in range(2):
        site.clock.move(16 * 60)
        status = browser.get("/account", headers={"X-Background": "1"}).status_code
    assert status == 302
    browser.sign_in("maria")
    for _ in range(4):
        site.clock.move(16 * 60)
        assert browser.get("/account").status_code == 200


def test_without_the_database_nobody_comes_in_and_that_is_said(site: ConsoleSite, tmp_path: Path) -> None:
    browser, stranger = site.signed_in("maria", AGENT), site.browser()
    token = stranger.token()
    site.parts.database.close()
    (tmp_path / "console.sqlite").rename(tmp_path / "away")
    for answer in (
        browser.get("/account"),
        stranger.bare_post("/sign-in", {"name": "maria", "password": PASSWORD, "csrf_token": token}),
        browser.get("/account", headers={"Accept": "application/json"}),
    ):
        assert answer.status_code == 503
        assert answer.headers.getlist("Content-Security-Policy") == [POLICY]
    assert stranger.get("/sign-in").status_code == 200
    assert stranger.get("/health").status_code == 200
