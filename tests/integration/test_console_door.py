"""The console's door: signing in, its limits, the second step, one's own account, one-time links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from fs_app.console.access import safe_next
from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose, NewUser
from tests.console_site import ADDRESS, OTHER_PASSWORD, PASSWORD, URL, ConsoleSite

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


# --- signing in --------------------------------------------------------------------------------------------------


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
    site = ConsoleSite(tmp_path, {"secure_cookies": False, "public_url": "http://console.example.org"})
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


# --- brute force and enumeration ---------------------------------------------------------------------------------


def test_tries_for_a_name_are_limited_from_whatever_address(site: ConsoleSite) -> None:
    site.add("maria", AGENT)
    for number in range(5):
        answer = site.browser(f"203.0.113.{number}").sign_in("maria", "wrong")
        assert (answer.status_code, "name or the password" in answer.text) == (401, True)
    refused = site.browser("203.0.113.77").sign_in("maria")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1"), "the right one is not looked at"
    site.clock.move(1)
    assert site.browser("203.0.113.78").sign_in("maria").status_code == 303
    assert site.browser("203.0.113.79").sign_in("maria", "wrong").status_code == 401, "counted anew"
    results = [result for _, action, result in site.audit() if action == "sign_in"]
    assert results == ["refused: name or password"] * 5 + ["refused: too many tries", "done"] + results[-1:]


def test_tries_from_an_address_are_limited_for_whatever_name(site: ConsoleSite) -> None:
    site.add("maria", AGENT)
    statuses = [site.browser().sign_in(f"name{number}", "wrong").status_code for number in range(21)]
    assert statuses == [401] * 20 + [429]
    assert site.browser().sign_in("maria").status_code == 429
    assert site.browser("203.0.113.10").sign_in("maria").status_code == 303, "others go on"


def test_the_limits_hold_over_all_processes(site: ConsoleSite, tmp_path: Path) -> None:
    site.add("maria", AGENT)
    another = ConsoleSite(tmp_path)
    statuses = [each.browser().sign_in("maria", "wrong").status_code for each in (site, another) * 3]
    assert statuses == [401] * 5 + [429]
    another.close()


def test_a_header_of_the_clients_own_does_not_change_its_address(site: ConsoleSite) -> None:
    """One proxy is trusted: what it adds is the last address, whatever came before."""
    for number in range(20):
        site.browser(f"198.51.100.{number}, {ADDRESS}").sign_in(f"name{number}", "wrong")
    assert site.browser(f"192.0.2.1, {ADDRESS}").sign_in("maria", "wrong").status_code == 429
    assert {each.deed.address for each in site.entries(action="sign_in")} == {ADDRESS}


def test_no_proxy_is_believed_where_none_is_trusted(tmp_path: Path) -> None:
    site = ConsoleSite(
        tmp_path, {"trusted_proxies": 0, "secure_cookies": False, "public_url": "http://console.example.org"}
    )
    site.browser("192.0.2.1").sign_in("maria", "wrong")
    assert {each.deed.address for each in site.entries()} == {"127.0.0.1"}
    site.close()


def test_an_unknown_name_cannot_be_told_from_a_wrong_password(
    site: ConsoleSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page, and the same work: one comparison of argon2 and as many questions to the database."""
    site.add("maria", AGENT)
    site.people.users.disable(site.add("gone", AGENT).id)
    site.people.users.add(NewUser("new", frozenset({AGENT})))
    work: list[str] = []
    for name in ("hash", "verify"):
        real = getattr(PasswordHasher, name)

        def counted(self: Any, *given: Any, _real: Any = real) -> Any:
            work.append("argon2")
            return _real(self, *given)

        monkeypatch.setattr(f"argon2.PasswordHasher.{name}", counted)
    site.parts.database._observe = lambda _seconds, _answered: work.append("database")
    seen = {}
    for name in ("maria", "nobody", "gone", "new", "no name at all!", ""):
        browser = site.browser("203.0.113.50")
        token = browser.token()
        work.clear()
        answer = browser.bare_post("/sign-in", {"name": name, "password": "wrong", "csrf_token": token})
        page = re.sub(r'"[A-Za-z0-9_.-]{80,}"', '""', answer.text)
        seen[name] = (answer.status_code, page, sorted(answer.headers.keys()), tuple(sorted(work)))
    assert len({str(each[:3]) for each in seen.values()}) == 1
    names = [seen[name][3] for name in ("maria", "nobody", "gone", "new")]  # the others can be nobody's
    assert len(set(names)) == 1, names
    assert seen["maria"][0] == 401 and seen["maria"][3].count("argon2") == 1


def test_what_was_typed_as_a_name_is_kept_nowhere_unless_it_is_one(site: ConsoleSite, tmp_path: Path) -> None:
    site.browser().sign_in("my password in the wrong field", "maria")
    site.browser().sign_in("hunter2hunter2", "x")
    site.parts.database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"hunter2" not in kept and b"wrong field" not in kept
    assert {each.deed.user for each in site.entries()} == {""}


# --- the second step ---------------------------------------------------------------------------------------------


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


# --- one's own account -------------------------------------------------------------------------------------------


def test_another_password_needs_the_one_before_and_ends_every_other_session(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    elsewhere = site.browser()
    elsewhere.sign_in("maria")
    good = {"current": PASSWORD, "password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    for wrong in ({"current": "wrong"}, {"again": PASSWORD}, {"password": "short", "again": "short"}):
        assert browser.post("/account/password", good | wrong, page="/account").status_code == 422
    assert browser.post("/account/password", good, page="/account").headers["Location"] == "/account?done=password"
    assert browser.get("/account?done=password").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert site.browser().sign_in("maria").status_code == 401
    assert site.browser().sign_in("maria", OTHER_PASSWORD).status_code == 303


def test_the_password_cannot_be_guessed_at_a_desk_that_somebody_left(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    pages = ["/account/password", "/account/code", "/account/code/forget"] * 2
    said = [browser.post(path, {"current": f"guess {path}"}, page="/account").text for path in pages]
    assert ["is wrong" in each for each in said] == [True] * 5 + [False]
    assert "Too many tries" in said[-1]
    fields = {"current": PASSWORD, "password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    assert browser.post("/account/password", fields, page="/account").status_code == 422


def test_only_ones_own_sessions_can_be_ended(site: ConsoleSite) -> None:
    browser, other = site.signed_in("maria", AGENT), site.signed_in("eve", AGENT)
    elsewhere = site.browser("198.51.100.7")
    elsewhere.sign_in("maria")
    mine = site.people.sessions.of(site.people.users.by_name("maria").id)
    assert "198.51.100.7" in browser.get("/account").text
    assert other.post(f"/account/sessions/{mine[0].id}/end", page="/account").status_code == 404
    assert elsewhere.get("/account").status_code == 200
    assert browser.post(f"/account/sessions/{mine[0].id}/end", page="/account").status_code == 303
    assert elsewhere.get("/account").status_code == 302


def test_the_language_is_one_of_the_settings(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    for wrong in ("de", "", "<script>", "../en"):
        assert browser.post("/account/language", {"language": wrong}, page="/account").status_code == 400
    browser.post("/account/language", {"language": "ar"}, page="/account")
    assert '<html lang="ar" dir="rtl"' in browser.get("/account").text


# --- one-time links ----------------------------------------------------------------------------------------------


def test_a_link_sets_a_password_once_and_signs_nobody_in(site: ConsoleSite) -> None:
    user = site.add("maria", AGENT)
    path = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    browser, late = site.browser(), site.browser()
    assert "maria" in browser.get(path).text
    good = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    for wrong, words in (
        ({"again": PASSWORD}, "not the same"), ({"password": "short", "again": "short"}, "too short"),
        ({"password": "x" * 2000, "again": "x" * 2000}, "too long"),
        ({"password": "passwordpassword", "again": "passwordpassword"}, "easily guessed"),
    ):  # fmt: skip
        answer = browser.post(path, good | wrong)
        assert (answer.status_code, words in answer.text) == (422, True), words
    token = late.token(path)
    assert browser.post(path, good).headers["Location"] == "/sign-in?set=yes"
    assert "Your password is set" in browser.get("/sign-in?set=yes").text
    assert browser.get("/account").status_code == 302
    assert late.bare_post(path, good | {"csrf_token": token}).status_code == 410
    assert browser.get(path).status_code == 410
    assert browser.sign_in("maria", OTHER_PASSWORD).status_code == 303


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "%00", "'; DROP TABLE console_links; --"])
def test_a_link_that_is_none_says_nothing(site: ConsoleSite, token: str) -> None:
    browser = site.browser()
    assert browser.get(f"/link/{token}").status_code == 410
    fields = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    assert browser.post(f"/link/{token}", fields).status_code == 410


def test_a_link_does_not_go_round_the_second_step(site: ConsoleSite) -> None:
    user, _ = site.with_code("ada", ADMIN)
    path = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    browser = site.browser()
    browser.post(path, {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD})
    assert browser.sign_in("ada", OTHER_PASSWORD).headers["Location"].startswith("/sign-in/code")


# --- the database is down ----------------------------------------------------------------------------------------


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
