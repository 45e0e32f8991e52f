"""The console's limits: brute force, enumeration, and who is not kept out by what strangers try."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose, NewUser
from tests.console_site import ADDRESS, OTHER_PASSWORD, ConsoleSite

AGENT, ADMIN = Role.AGENT, Role.ADMIN


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    yield made
    made.close()


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
        tmp_path, {"trusted_proxies": 0, "secure_cookies": False, "public_url": "http://localhost:8091"}
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
        page = page.replace(f'value="{name}"', 'value=""').replace(
            " autofocus", ""
        )  # what was typed is still there
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


def test_strangers_who_go_on_trying_do_not_keep_the_only_admin_out(site: ConsoleSite) -> None:
    """For hours, from everywhere, as soon as each pause is over; and from the admin's own address as well."""
    ada = site.signed_in("ada", ADMIN)
    ada.post("/sign-out", page="/account")
    for number in range(30):
        site.browser(f"198.51.100.{number}").sign_in("ada", "wrong")
        site.browser().sign_in(f"somebody{number}", "wrong")
        site.clock.move(15 * 60)
    assert site.browser("198.51.100.99").sign_in("ada", "wrong").status_code == 401
    for browser in (site.browser("198.51.100.77"), site.browser()):
        assert browser.sign_in("ada").status_code == 429, "a browser that nobody knows waits"
    assert ada.sign_in("ada").status_code == 303


def test_whoever_is_kept_out_in_a_new_browser_comes_in_by_a_link(site: ConsoleSite) -> None:
    user, secret = site.with_code("ada", ADMIN)
    for number in range(12):
        site.browser(f"198.51.100.{number}").sign_in("ada", "wrong")
        site.clock.move(15 * 60)
    site.browser("198.51.100.66").sign_in("ada", "wrong")
    browser = site.browser()
    assert browser.sign_in("ada").status_code == 429
    link = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    assert browser.post(link, {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}).status_code == 303
    assert browser.sign_in("ada", OTHER_PASSWORD).status_code == 303
    answer = browser.post("/sign-in/code", {"code": site.code(secret)}, page="/sign-in/code")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_browser_that_is_known_has_few_tries_as_well_and_for_its_own_name_only(site: ConsoleSite) -> None:
    browser = site.signed_in("maria", AGENT)
    site.add("eve", AGENT)
    browser.post("/sign-out", page="/account")
    assert [browser.sign_in("maria", "wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    assert site.browser("198.51.100.7").sign_in("maria").status_code == 303, "others are not counted with it"
    assert [browser.sign_in("eve", "wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    assert site.browser("198.51.100.7").sign_in("eve").status_code == 429


@pytest.mark.parametrize("made_up", ["x", "A" * 4000, "eyJhIjoxfQ.x.y", "", "null"])
def test_no_browser_makes_itself_known(site: ConsoleSite, made_up: str) -> None:
    site.add("maria", AGENT)
    statuses = []
    for number in range(6):
        browser = site.browser(f"198.51.100.{number}")
        browser.set_cookie(f"{made_up}{number}", "__Host-fs_app_known")
        statuses.append(browser.sign_in("maria", "wrong").status_code)
    assert statuses == [401] * 5 + [429]


def test_a_browser_is_known_by_a_cookie_without_a_name_for_half_a_year(site: ConsoleSite) -> None:
    browser = site.browser()
    site.add("maria.lopez", AGENT)
    cookies = browser.sign_in("maria.lopez").headers.getlist("Set-Cookie")
    (known,) = [each for each in cookies if each.startswith("__Host-fs_app_known=")]
    value, _, rest = known.partition("; ")
    assert re.fullmatch(r"Expires=[^;]+; Max-Age=15552000; Secure; HttpOnly; Path=/; SameSite=Lax", rest)
    packed = value.split("=", 1)[1].split(".")[0]
    assert b"maria" not in urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    assert site.browser().sign_in("maria.lopez", "wrong").status_code == 401
    assert "fs_app_known" not in str(site.browser().sign_in("maria.lopez", "wrong").headers)


def test_many_at_one_desk_are_known_there(site: ConsoleSite) -> None:
    browser = site.browser()
    names = [f"agent{number}" for number in range(9)]
    for name in names:
        site.add(name, AGENT)
        browser.sign_in(name)
        browser.post("/sign-out", page="/account")
    for number in range(25):
        site.browser().sign_in(f"nobody{number}", "wrong")
    assert site.browser().sign_in("agent1").status_code == 429
    assert [browser.sign_in(name).status_code for name in names[1:]] == [303] * 8
    browser.post("/sign-out", page="/account")
    assert browser.sign_in(names[0]).status_code == 429, "who was there first is forgotten"


def test_a_network_of_the_new_internet_is_one_address(site: ConsoleSite) -> None:
    statuses = [
        site.browser(f"2001:db8:1:2:{number:x}::{number:x}").sign_in(f"name{number}", "wrong").status_code
        for number in range(21)
    ]
    assert statuses == [401] * 20 + [429]
    assert site.browser("2001:db8:1:3::1").sign_in("name1", "wrong").status_code == 401
    assert "2001:db8:1:2:1::1" in {each.deed.address for each in site.entries()}, "the audit has it whole"


def test_of_the_tries_in_a_pause_the_audit_has_the_first(site: ConsoleSite) -> None:
    """Who is not signed in does not fill what nobody may delete from."""
    for _ in range(3):
        for number in range(40):
            site.browser(f"203.0.113.{number}").sign_in("maria", "wrong")
        site.clock.move(15 * 60)
    results = [result for _, _, result in site.audit()]
    assert (
        results
        == ["refused: name or password"] * 5
        + ["refused: too many tries"]
        + [
            "refused: name or password",
            "refused: too many tries",
        ]
        * 2
    )


def test_links_that_are_none_do_not_fill_the_audit(site: ConsoleSite) -> None:
    fields = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
    browser = site.browser()
    statuses = [browser.post(f"/link/{number}", fields).status_code for number in range(50)]
    assert statuses == [410] * 20 + [429] * 30
    assert len(site.entries()) == 20
    user = site.add("maria", AGENT)
    link = f"/link/{site.people.links.make(user.id, LinkPurpose.RESET)}"
    assert browser.post(link, fields).status_code == 303, "a good one is one"
