"""Forms of other sites, hostile text in every field and header of the door, and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from fs_app.console.access import ROUTES
from fs_app.console.words import words_in
from fs_app.domain.people import Role
from fs_app.errors import StoreUnavailable
from fs_app.ports.people import LinkPurpose
from tests.console_site import PASSWORD, URL, ConsoleSite, let_in, routes

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


# --- forms of others ---------------------------------------------------------------------------------------------


def test_no_form_is_taken_without_its_token(site: ConsoleSite) -> None:
    browser = site.signed_in("everybody", *Role)
    let_in(site)
    taken = {}
    for endpoint, method, path in routes(site):
        if method != "GET":
            answer = browser.client.open(path, method=method, base_url=URL, headers={"X-Forwarded-Proto": "https"})
            if answer.status_code != 400:
                taken[endpoint] = answer.status_code
    assert taken == {}


def test_a_token_counts_for_its_own_session_only(site: ConsoleSite) -> None:
    maria, eve = site.signed_in("maria", AGENT), site.signed_in("eve", AGENT)
    anonymous = site.browser().token()
    before = maria.token("/account")
    wrong = ["", "x", anonymous, eve.token("/account"), before[:-1], before + "x", "\u0661" * 40]
    for token in wrong:
        answer = maria.bare_post("/account/language", {"language": "tr", "csrf_token": token})
        assert answer.status_code == 400, token
    assert site.people.users.by_name("maria").language == "en"
    maria.post("/sign-out", page="/account")
    maria.sign_in("maria")
    old = maria.bare_post("/account/language", {"language": "tr", "csrf_token": before})
    assert old.status_code == 400, "a token of the session before"
    header = maria.bare_post(
        "/account/language", {"language": "tr"}, headers={"X-CSRFToken": maria.token("/account")}
    )
    assert header.status_code == 303


def test_a_cookie_for_forms_that_somebody_planted_counts_for_nothing(site: ConsoleSite) -> None:
    """Even where another host of the same site could set cookies: the token is bound to the session."""
    maria, eve = site.signed_in("maria", AGENT), site.signed_in("eve", AGENT)
    token = eve.token("/account")
    maria.set_cookie(eve.cookie("__Host-fs_app_door") or "", "__Host-fs_app_door")
    answer = maria.bare_post("/account/language", {"language": "tr", "csrf_token": token})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example/", "http://console.example.org/", "", "https://console.example.org.evil.example/"],
)
def test_a_form_of_another_site_is_refused_with_the_right_token(site: ConsoleSite, referrer: str) -> None:
    browser = site.signed_in("maria", AGENT)
    fields = {"language": "tr", "csrf_token": browser.token("/account")}
    assert browser.bare_post("/account/language", fields, headers={"Referer": referrer}).status_code == 400
    assert browser.bare_post("/account/language", fields).status_code == 303


# --- hostile text ------------------------------------------------------------------------------------------------

HOSTILE = (
    "' OR '1'='1' --", "'; DROP TABLE console_users; --", '" OR ""="', "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "{{ 7 * 7 }}{% raw %}", "\x00\x1b[31m", "a\r\nSet-Cookie: evil=1",
    "\u202egnp.exe", "%s%s%n", "A" * 5000, "\U0001f600" * 200, "../../etc/passwd", "${jndi:ldap://x}",
)  # fmt: skip
FORMS = (
    ("/sign-in", ("name", "password", "next")),
    ("/sign-in/code", ("code", "next")),
    ("/account/password", ("current", "password", "again")),
    ("/account/code", ("current",)),
    ("/account/code/confirm", ("code",)),
    ("/account/code/forget", ("current",)),
    ("/account/language", ("language",)),
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_any_field_does_nothing(site: ConsoleSite, hostile: str) -> None:
    site.with_code("ada", ADMIN)
    browser, waiting = site.signed_in("maria", AGENT), site.browser()
    waiting.sign_in("ada")
    link = f"/link/{site.people.links.make(site.people.users.by_name('ada').id, LinkPurpose.RESET)}"
    answers = [site.browser().get("/sign-in", query_string={"next": hostile, "set": hostile, "language": hostile})]
    for path, fields in (*FORMS, (link, ("password", "again"))):
        sender = waiting if path == "/sign-in/code" else browser if path.startswith("/account") else site.browser()
        for field in fields:
            given = {"name": "maria", "current": PASSWORD, "password": "wrong", "again": "wrong", "code": "1"}
            answers.append(sender.post(path, {**given, field: hostile}))
            site.clock.move(60)  # limits are another test's
    answers.append(browser.get("/account", query_string={"done": hostile}))
    answers.append(site.browser().get("/" + hostile.replace("\x00", "")))
    for answer in answers:
        assert answer.status_code < 500, answer.text
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text
        assert ">49<" not in answer.text and 'value="49' not in answer.text
        assert "evil" not in " ".join(answer.headers.values())
    assert {each.name for each in site.people.users.all()} == {"ada", "maria"}
    assert site.people.passwords.check("maria", PASSWORD)
    assert not any("\n" in each.deed.subject + each.deed.detail + each.result for each in site.entries())


@pytest.mark.parametrize("header", ["User-Agent", "X-Forwarded-For", "Accept-Language", "Referer", "Cookie"])
@pytest.mark.parametrize(
    "value", ["'; DROP TABLE console_sessions; --", "<script>alert(1)</script>", "A" * 4000, "\x7f\x1b[31m"]
)
def test_hostile_headers_do_nothing(site: ConsoleSite, header: str, value: str) -> None:
    site.add("maria", AGENT)
    browser = site.browser()
    token = browser.token()
    answer = browser.bare_post(
        "/sign-in", {"name": "maria", "password": PASSWORD, "csrf_token": token}, headers={header: value}
    )
    assert answer.status_code in (303, 400)
    page = browser.get("/account", headers={header: value})
    assert page.status_code in (200, 302) and "<script>alert" not in page.text


def test_an_answer_names_nothing_that_was_sent(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    for path in ("/nothing-like-xyzzy", "/account/sessions/xyzzy/end", "/link/xyzzy", "/static/xyzzy"):
        answer = browser.get(path)
        assert answer.status_code in (404, 405, 410)
        assert "xyzzy" not in answer.text
    assert "xyzzy" not in browser.bare_post("/account/language", {"language": "xyzzy"}).text


def test_a_script_that_is_refused_is_told_why_in_words(site: ConsoleSite) -> None:
    """Else the page says that nothing is known of what was sent, and people look for what never happened."""
    browser = site.signed_in("maria", AGENT, language="es")
    json = {"Accept": "application/json"}
    refused = {
        400: browser.bare_post("/agent/status", {"csrf_token": "x"}, headers=json),
        403: browser.get("/people", headers=json),
        404: browser.post("/agent/calls/7/order", page="/account", headers=json),
        413: browser.post("/agent/status", {"status": "x" * 70000}, page="/account", headers=json),
    }
    words = words_in("es", UTC)
    for status, answer in refused.items():
        assert answer.status_code == status
        told = {"ok": False, "error": status, "said": words(f"door.error_{status}")}
        assert answer.get_json() == told


# --- headers -----------------------------------------------------------------------------------------------------


def test_every_answer_has_the_headers_that_protect_it(site: ConsoleSite, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, stranger = site.signed_in("maria", AGENT), site.browser()
    answers = {
        "page": browser.get("/account"),
        "static": browser.get("/static/console.js"),
        "health": stranger.get("/health"),
        "to the sign-in": stranger.get("/account"),
        "401": stranger.get("/account", headers={"Accept": "application/json"}),
        "wrong password": stranger.sign_in("maria", "wrong"),
        "no token": browser.bare_post("/sign-out"),
        "404": browser.get("/nothing"),
        "405": browser.get("/sign-out"),
        "too much": browser.bare_post("/sign-in", {"name": "x" * 100_000}),
        "other host": browser.client.get("/sign-in", base_url="https://evil.example"),
        "options": browser.client.options("/account", base_url=URL),
    }

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(site.people.sessions, "of", fail)
    answers["500"] = browser.get("/account")
    monkeypatch.setattr(
        site.people.sessions, "of", lambda _: (_ for _ in ()).throw(StoreUnavailable("secret detail"))
    )
    answers["503"] = browser.get("/account")
    statuses = {name: answer.status_code for name, answer in answers.items()}
    assert statuses | {"static": 0} == {
        "page": 200, "static": 0, "health": 200, "to the sign-in": 302, "401": 401, "wrong password": 401,
        "no token": 400, "404": 404, "405": 405, "too much": 413, "other host": 400, "options": 200, "500": 500,
        "503": 503,
    }  # fmt: skip
    for name, answer in answers.items():
        assert answer.headers.getlist("Content-Security-Policy") == [POLICY], name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", name
        assert "microphone=()" in answer.headers["Permissions-Policy"], name
        assert "Server" not in answer.headers, name
        assert "secret detail" not in answer.text, name
        if name != "static":
            assert answer.headers["Cache-Control"] == "no-store", name


def test_the_address_of_a_one_time_link_is_told_to_nobody_not_even_to_our_own_files(site: ConsoleSite) -> None:
    """A browser that loads the page's stylesheet would name the page, and a proxy would write that down."""
    user = site.add("maria", AGENT)
    path = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    browser = site.browser()
    assert browser.get(path).headers["Referrer-Policy"] == "strict-origin"
    fields = {"password": PASSWORD, "again": PASSWORD, "csrf_token": browser.token(path)}
    answer = browser.bare_post(path, fields, headers={"Referer": f"{URL}/"})
    assert (answer.status_code, answer.headers["Referrer-Policy"]) == (303, "strict-origin"), (
        "the form still counts"
    )
    assert browser.get("/sign-in").headers["Referrer-Policy"] == "same-origin"


def test_pages_hold_no_script_and_no_style_of_their_own(site: ConsoleSite) -> None:
    """What the policy forbids is not tried."""
    user, _ = site.with_code("ada", *Role)
    browser, waiting = site.signed_in("maria", *Role), site.browser()
    waiting.sign_in("ada")
    link = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    setup = browser.post("/account/code", {"current": PASSWORD}, page="/account")
    pages = [site.browser().get("/sign-in"), waiting.get("/sign-in/code"), browser.get("/account"), setup]
    pages += [site.browser().get(link), browser.get("/nothing")]
    for answer in pages:
        for tag in re.findall(r"<[a-z][^>]*>", answer.text):
            assert not re.search(r"\s(style|on[a-z]+)\s*=", tag), tag
            assert not tag.startswith("<style"), tag
            if tag.startswith(("<script", "<link")):
                assert re.search(r'(src|href)="/static/', tag), tag
        assert "http://" not in answer.text and "https://" not in re.sub(r"data:image[^\"]*", "", answer.text)


# --- numbers and days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [str(2**63), "9" * 30, "9" * 5000, "-1", "1e9", "\u0669" * 4, "0x1", "1.5", ""])
def test_a_number_that_no_row_can_have_is_nobodys(site: ConsoleSite, number: str) -> None:
    browser = site.signed_in("everybody", *Role)
    token = browser.token("/account")
    for endpoint, method, path in routes(site):
        if endpoint in ROUTES and "7" in path:
            asked = path.replace("7", number)
            answer = browser.get(asked) if method == "GET" else browser.bare_post(asked, {"csrf_token": token})
            assert answer.status_code == 303 or 400 <= answer.status_code < 500, (endpoint, asked)
    assert browser.get("/audit", query_string={"before": number}).status_code == 200


def test_a_number_that_no_row_can_have_ends_nobodys_live_page(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    for number in (str(2**63), "9" * 30):
        answer = browser.get("/agent/feed", query_string={"call": number}, headers={"Accept": "text/event-stream"})
        assert b"event: clock" in next(iter(answer.response))
        feed = site.parts.live._feed
        feed.turn()
        assert [each.audience.call for each in feed._streams] == [None]
        site.parts.live.close()
        answer.close()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x", "2026-W10-1", "1969-12-31"])
def test_a_day_that_is_of_no_use_is_none(site: ConsoleSite, day: str) -> None:
    browser = site.signed_in("everybody", *Role)
    for path in ("/payments", "/audit"):
        for asked in ({"since": day}, {"until": day}, {"since": day, "until": day}):
            assert browser.get(path, query_string=asked).status_code == 200
