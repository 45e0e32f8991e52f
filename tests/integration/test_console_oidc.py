"""Signing in to the console by an OpenID provider, which runs on loopback and is wrong in every way that counts."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import TestResponse

from fs_app.domain.people import Role
from tests.console_site import PASSWORD, URL, Browser, ConsoleSite
from tests.openid import CLIENT, SECRET, OpenIdProvider

AGENT, FINANCE, ADMIN = frozenset({Role.AGENT}), frozenset({Role.FINANCE}), frozenset({Role.ADMIN})


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider().serving() as made:
        yield made


def opened(folder: Path, provider: OpenIdProvider, **options: Any) -> ConsoleSite:
    part = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, **options}
    return ConsoleSite(folder, {"oidc": part})


@pytest.fixture
def site(tmp_path: Path, provider: OpenIdProvider) -> Iterator[ConsoleSite]:
    made = opened(tmp_path, provider)
    yield made
    made.close()


def back_from(led: TestResponse) -> str:
    """The provider's page is opened as a browser does; where it leads back to."""
    there = urlsplit(led.headers["Location"])
    connection = http.client.HTTPConnection(there.netloc, timeout=10)
    connection.request("GET", f"{there.path}?{there.query}")
    answer = connection.getresponse()
    connection.close()
    location = answer.getheader("Location") or ""
    assert location.startswith(f"{URL}/sign-in/oidc/back?"), location
    return location.removeprefix(URL)


def sign_in(browser: Browser, wanted: str = "/account") -> TestResponse:
    return browser.get(back_from(browser.get("/sign-in/oidc", query_string={"next": wanted})))


def test_who_is_known_here_comes_in(site: ConsoleSite, provider: OpenIdProvider) -> None:
    site.add("maria", *AGENT)
    browser = site.browser()
    assert "Sign in with 127.0.0.1" in browser.get("/sign-in").text
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert browser.get("/account").status_code == 200
    assert site.audit() == [("maria", "bind_account", "asked"), ("maria", "sign_in_oidc", "done")]
    (asked,) = provider.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == f"{URL}/sign-in/oidc/back"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert "code_verifier" not in asked and provider.exchanged[0]["code_verifier"]


NOW = int(time.time())


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"}, {"nonce": None}, {"iss": "http://127.0.0.1:1/staff"}, {"iss": None},
        {"aud": "somebody else"}, {"aud": None}, {"exp": NOW - 3600}, {"exp": None}, {"iat": NOW + 3600},
        {"nbf": NOW + 3600}, {"sub": None}, {"azp": "somebody else"},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_for_us_now_lets_nobody_in(
    site: ConsoleSite, provider: OpenIdProvider, wrong: dict[str, Any]
) -> None:
    site.add("maria", *AGENT)
    provider.wrong = wrong
    browser = site.browser()
    refused(site, browser, sign_in(browser))
    provider.wrong = {}
    assert sign_in(browser).status_code == 303


@pytest.mark.parametrize("signed", ["hs256", "none", "stranger"])
def test_only_the_key_of_the_provider_signs(site: ConsoleSite, provider: OpenIdProvider, signed: str) -> None:
    site.add("maria", *AGENT)
    provider.signed = signed
    browser = site.browser()
    refused(site, browser, sign_in(browser))


def test_an_answer_without_a_token_lets_nobody_in(site: ConsoleSite, provider: OpenIdProvider) -> None:
    site.add("maria", *AGENT)
    provider.id_token = False
    browser = site.browser()
    refused(site, browser, sign_in(browser))


def refused(site: ConsoleSite, browser: Browser, answer: TestResponse) -> None:
    assert (answer.status_code, browser.cookie()) == (403, None)
    assert "cannot sign in with this account" in answer.text
    assert browser.get("/account").status_code == 302
    who, action, result = site.audit()[-1]
    assert (who, action, result.partition(":")[0]) == ("", "sign_in_oidc", "refused")


def test_an_answer_counts_in_the_browser_that_asked_and_once(site: ConsoleSite) -> None:
    site.add("maria", *AGENT)
    victim, attacker = site.browser(), site.browser()
    path = back_from(attacker.get("/sign-in/oidc"))
    refused(site, victim, victim.get(path))
    assert attacker.get(path).status_code == 303
    attacker.post("/sign-out", page="/account")
    refused(site, attacker, attacker.get(path))


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x", "code=x&state=y", "error=access_denied&error_description=%3Cb%3E"]
)
def test_an_answer_that_nobody_asked_for_is_none(site: ConsoleSite, query: str) -> None:
    browser = site.browser()
    browser.get("/sign-in/oidc")
    answer = browser.get(f"/sign-in/oidc/back?{query}")
    refused(site, browser, answer)
    assert "<b>" not in answer.text


@pytest.mark.parametrize(
    "name", ["nobody", "Maria Lopez", "", None, ["maria"], {"a": 1}, 7, "maria' OR 1=1 --"], ids=str
)
def test_a_name_that_nobody_has_here_is_refused(site: ConsoleSite, provider: OpenIdProvider, name: Any) -> None:
    site.add("maria", *AGENT)
    provider.claims = {"sub": "u-1", "preferred_username": name}
    browser = site.browser()
    refused(site, browser, sign_in(browser))
    assert len(site.people.users.all()) == 1


def test_who_is_disabled_here_is_refused(site: ConsoleSite) -> None:
    site.people.users.disable(site.add("maria", *AGENT).id)
    browser = site.browser()
    refused(site, browser, sign_in(browser))


def test_a_second_step_of_ours_is_asked_for_all_the_same(site: ConsoleSite) -> None:
    _, secret = site.with_code("maria", *AGENT)
    browser = site.browser()
    assert sign_in(browser).headers["Location"] == "/sign-in/code?next=/account"
    assert browser.get("/account").status_code == 302
    browser.post("/sign-in/code", {"code": site.code(secret)}, page="/sign-in/code")
    assert browser.get("/account").status_code == 200


def test_a_name_may_come_from_the_page_about_the_user(site: ConsoleSite, provider: OpenIdProvider) -> None:
    site.add("maria", *AGENT)
    provider.claims = {"sub": "u-1"}
    provider.told_apart = {"sub": "u-1", "preferred_username": "maria"}
    assert sign_in(site.browser()).status_code == 303
    provider.told_apart = {"sub": "u-2", "preferred_username": "maria"}
    browser = site.browser()
    refused(site, browser, sign_in(browser))


def test_an_address_counts_as_a_name_only_where_the_provider_has_verified_it(
    tmp_path: Path, provider: OpenIdProvider
) -> None:
    site = opened(tmp_path, provider, name_claim="email")
    site.add("maria@example.org", *AGENT)
    for verified in (False, None, "true"):
        provider.claims = {"sub": "u-1", "email": "Maria@example.org", "email_verified": verified}
        browser = site.browser()
        refused(site, browser, sign_in(browser))
    provider.claims["email_verified"] = True
    assert sign_in(site.browser()).status_code == 303
    site.close()


ROLES = {"role_claim": "groups", "roles": {"desk": "agent", "books": "finance", "it": "admin"}}


def test_roles_of_a_claim_add_people_and_change_them(tmp_path: Path, provider: OpenIdProvider) -> None:
    site = opened(tmp_path, provider, **ROLES)
    provider.claims["groups"] = ["desk", "unknown", 7]
    browser = site.browser()
    assert sign_in(browser).status_code == 303
    maria = site.people.users.by_name("maria")
    assert (maria.roles, maria.full_name, maria.has_password) == (AGENT, "Maria Lopez", False)
    provider.claims["groups"] = "books"
    other = site.browser()
    assert sign_in(other).status_code == 303
    assert site.people.users.by_name("maria").roles == FINANCE
    assert browser.get("/account").status_code == 302, "rights changed: the session before is over"
    provider.claims["groups"] = ["unknown"]
    refused(site, third := site.browser(), sign_in(third))
    assert site.people.users.by_name("maria").roles == FINANCE
    details = [each.deed.detail for each in site.entries() if each.result == "asked" and each.deed.detail]
    assert details == ["by the provider: agent", "by the provider: finance"]
    site.close()


def test_the_last_admin_stays_one_whatever_the_provider_says(tmp_path: Path, provider: OpenIdProvider) -> None:
    site = opened(tmp_path, provider, **ROLES)
    site.add("maria", *ADMIN)
    provider.claims["groups"] = ["desk"]
    refused(site, browser := site.browser(), sign_in(browser))
    assert site.people.users.by_name("maria").roles == ADMIN
    site.close()


def test_passwords_can_be_left_out(tmp_path: Path, provider: OpenIdProvider) -> None:
    site = opened(tmp_path, provider, passwords=False, label="Staff login")
    site.add("maria", *AGENT)
    browser = site.browser()
    form = browser.get("/sign-in").text
    assert "Sign in with Staff login" in form and 'type="password"' not in form
    assert (
        browser.bare_post(
            "/sign-in", {"name": "maria", "password": PASSWORD, "csrf_token": browser.token()}
        ).status_code
        == 404
    )
    assert sign_in(browser).status_code == 303
    site.close()


@pytest.mark.parametrize(
    "told", [{"issuer": "http://127.0.0.1:1/staff"}, {"issuer": None}, {"authorization_endpoint": None}]
)
def test_a_provider_that_calls_itself_otherwise_is_not_used(
    site: ConsoleSite, provider: OpenIdProvider, told: dict[str, Any]
) -> None:
    provider.metadata = told
    answer = site.browser().get("/sign-in/oidc")
    assert (answer.status_code, "does not work at the moment" in answer.text) == (503, True)


def test_a_provider_that_is_down_is_told_and_passwords_go_on(tmp_path: Path) -> None:
    provider = OpenIdProvider()
    with provider.serving():
        site = opened(tmp_path, provider)
    site.add("maria", *AGENT)
    assert site.browser().get("/sign-in/oidc").status_code == 503
    assert site.browser().sign_in("maria").status_code == 303
    site.close()


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere(site: ConsoleSite, wanted: str) -> None:
    site.add("maria", *AGENT)
    assert sign_in(site.browser(), wanted).headers["Location"] == "/"


def test_many_beginnings_do_not_fill_the_cookie(site: ConsoleSite) -> None:
    site.add("maria", *AGENT)
    browser = site.browser()
    for _ in range(6):
        led = browser.get("/sign-in/oidc")
    assert len(browser.cookie("__Host-fs_app_door") or "") < 3500
    assert parse_qs(urlsplit(led.headers["Location"]).query)["state"]
    assert browser.get(back_from(led)).status_code == 303
    assert len(browser.cookie("__Host-fs_app_door") or "") < 500, "what was for the way there is gone"


def test_answers_that_nobody_asked_for_do_not_fill_the_audit(site: ConsoleSite) -> None:
    site.add("maria", *AGENT)
    statuses = [site.browser().get(f"/sign-in/oidc/back?code=x&state={number}").status_code for number in range(40)]
    assert statuses == [403] * 20 + [429] * 20
    assert len(site.entries()) == 20
    assert sign_in(site.browser()).status_code == 303, "who belongs here comes in all the same"


def test_a_name_finds_somebody_once_and_then_it_is_their_account(
    site: ConsoleSite, provider: OpenIdProvider
) -> None:
    """Names at a provider are changed, and given to somebody else; ``sub`` never is."""
    maria = site.add("maria", *AGENT)
    site.add("ada", *ADMIN)
    assert sign_in(site.browser()).status_code == 303
    provider.claims = {"sub": "u-1", "preferred_username": "ada"}
    renamed = site.browser()
    assert sign_in(renamed).status_code == 303
    found = site.people.sessions.find(renamed.cookie() or "")
    assert found is not None and found.user.id == maria.id, "who calls herself as the admin is not the admin"
    provider.claims = {"sub": "u-2", "preferred_username": "maria"}
    refused(site, other := site.browser(), sign_in(other))
    assert "another account of that name" in site.audit()[-1][2]
    site.people.users.unbind(maria.id)
    assert sign_in(site.browser()).status_code == 303
    bound = [(each.deed.user, each.deed.subject) for each in site.entries(action="bind_account")]
    assert bound == [("maria", "user maria")] * 2


def test_an_account_of_another_provider_is_another_one(
    tmp_path: Path, site: ConsoleSite, provider: OpenIdProvider
) -> None:
    site.add("maria", *AGENT)
    assert sign_in(site.browser()).status_code == 303
    with OpenIdProvider().serving() as second:
        moved = opened(tmp_path, second)
        refused(moved, browser := moved.browser(), sign_in(browser))
        moved.close()


def test_a_role_of_the_provider_reaches_nobody_by_anothers_name(tmp_path: Path, provider: OpenIdProvider) -> None:
    site = opened(tmp_path, provider, **ROLES)
    provider.claims["groups"] = ["it"]
    assert sign_in(site.browser()).status_code == 303
    provider.claims = {"sub": "u-2", "preferred_username": "maria", "groups": ["desk"]}
    refused(site, browser := site.browser(), sign_in(browser))
    assert site.people.users.by_name("maria").roles == ADMIN
    site.close()
