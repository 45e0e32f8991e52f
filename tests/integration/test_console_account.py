"""One's own account in the console, and one-time links."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose
from tests.console_site import OTHER_PASSWORD, PASSWORD, ConsoleSite

AGENT, ADMIN = Role.AGENT, Role.ADMIN


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    yield made
    made.close()


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
