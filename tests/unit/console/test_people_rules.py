"""Names, agents and pauses: the patterns that stand between a form and the switch."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from fs_app.console.access import safe_next
from fs_app.domain.people import (
    FREE_TRIES,
    LONGEST_PAUSE,
    RIGHTS,
    Right,
    Role,
    TryKind,
    agent_name,
    counted_address,
    language_code,
    login_name,
    may,
    pause_after,
)
from fs_app.errors import ConfigError
from fs_app.settings import load_settings
from fs_app.settings.console import ConsoleSettings, OidcSettings

IN_THE_CLEAR = (
    "over plain http passwords would cross the network in the clear: put a proxy with TLS in front and "
    "write https://{}; http is for trying out on this machine alone, http://localhost:8091"
)


@pytest.mark.parametrize("text", ["maria@default", "m.lopez_2@call-centre.example", "1000@10.0.0.1"])
def test_an_agent_is_a_name_and_a_domain(text: str) -> None:
    assert agent_name(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "maria", "@default", "maria@", "maria@default ", "maria@default\n", "maria@de fault", "a'b@c", "a@b@c",
     "maria@default;reload", "${x}@default", "m\u0430ria@default", "a" * 65 + "@b", "maria@default\x00"],
)  # fmt: skip
def test_nothing_else_reaches_the_switch_as_an_agent(text: str) -> None:
    assert agent_name(text) is None


def test_a_login_name_is_one_in_lower_case() -> None:
    assert login_name(" Maria.Lopez+2@Example.org ") == "maria.lopez+2@example.org"
    for text in ("", ".maria", "maria lopez", "a" * 65, "maria\u0131", "a\x00", "<b>", "a'--"):
        assert login_name(text) is None


def test_a_language_is_a_code() -> None:
    assert [language_code(text) for text in ("en", "pt_BR", "fil")] == ["en", "pt_BR", "fil"]
    assert [language_code(text) for text in ("", "EN", "en-US", "en\n", "../en", "english")] == [None] * 6


def test_a_right_is_somebodys_and_roles_do_not_contain_each_other() -> None:
    assert all(RIGHTS[right] for right in Right)
    theirs = {role: {right for right in Right if may({role}, right)} for role in Role}
    for one in Role:
        for other in Role:
            assert one is other or not theirs[one] < theirs[other], f"{other} is more than {one}"
    assert may({Role.AGENT, Role.FINANCE}, Right.REFUND) and not may(set(), Right.OWN_ACCOUNT)


@pytest.mark.parametrize("kind", list(TryKind))
def test_pauses_begin_after_the_free_tries_and_double(kind: TryKind) -> None:
    free = FREE_TRIES[kind]
    seconds = [pause_after(count, kind).total_seconds() for count in range(free - 1, free + 5)]
    assert seconds == [0, 1, 2, 4, 8, 16]
    assert pause_after(free + 40, kind) == LONGEST_PAUSE == timedelta(minutes=15)


def test_an_address_is_counted_as_what_one_can_have_of_it() -> None:
    assert counted_address("203.0.113.9") == "203.0.113.9"
    assert counted_address("::ffff:203.0.113.9") == "203.0.113.9"
    assert counted_address("2001:db8:1:2:3:4:5:6") == counted_address("2001:0db8:1:2::") == "2001:db8:1:2::/64"
    assert counted_address("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert [counted_address(text) for text in ("", "no address", "fe80::1%eth0")] == ["", "no address", "fe80::/64"]


@pytest.mark.parametrize("path", ["/", "/agent", "/people/7?next=x&y=%20", "/a-b_c.d~e"])
def test_a_path_of_ours_is_gone_on_to(path: str) -> None:
    assert safe_next(path) == path


def test_settings_of_the_console_are_checked() -> None:
    good = ConsoleSettings.model_validate({"public_url": "https://console.example.org/"})
    assert good.url == "https://console.example.org"
    assert ConsoleSettings().url == "http://127.0.0.1:8091"
    times = ConsoleSettings.model_validate({"link_hours": 2, "idle_minutes": 5}).times()
    assert (times.setup_link, times.reset_link, times.idle) == (timedelta(hours=2),) * 2 + (timedelta(minutes=5),)
    assert ConsoleSettings().times().reset_link == timedelta(hours=24)
    wrong = (
        {"public_url": "console.example.org"}, {"public_url": "https://console.example.org/path"},
        {"public_url": "javascript:alert(1)"}, {"key": "short"}, {"languages": []}, {"languages": ["../en"]},
        {"trusted_proxies": -1}, {"idle_minutes": 0}, {"roles": {}},
    )  # fmt: skip
    for values in wrong:
        with pytest.raises(ValueError):
            ConsoleSettings.model_validate(values)


@pytest.mark.parametrize(
    ("console", "told"),
    [
        (
            "{public_url: 'http://console.lan'}",
            f"1:23: public_url: {IN_THE_CLEAR.format('console.lan')} ('http://console.lan')",
        ),
        (
            "{secure_cookies: no, public_url: 'http://192.0.2.7:8091'}",
            f"1:43: public_url: {IN_THE_CLEAR.format('192.0.2.7')} ('http://192.0.2.7:8091')",
        ),
        (
            "{public_url: 'https://console.example.org', secure_cookies: no}",
            "1:10: console: secure_cookies: no does not go with https://console.example.org: over TLS leave it at "
            "yes, or cookies could be read and planted without TLS",
        ),
        (
            "{public_url: 'HTTPS://console.example.org', secure_cookies: no}",
            "1:10: console: secure_cookies: no does not go with HTTPS://console.example.org: over TLS leave it at "
            "yes, or cookies could be read and planted without TLS",
        ),
        (
            "{listen: '0.0.0.0:8091', secure_cookies: no}",
            "1:10: console: secure_cookies: no is for browsers on this machine, and 0.0.0.0 is for others, too: "
            "listen on 127.0.0.1, or leave it at yes and set public_url to the https address of your proxy",
        ),
    ],
)
def test_a_console_without_tls_is_for_this_machine_alone(tmp_path: Path, console: str, told: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"console: {console}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert [str(each) for each in caught.value.problems] == [f"{path}:{told}"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"secure_cookies": False},
        {"secure_cookies": False, "listen": "[::1]:8091"},
        {"secure_cookies": False, "listen": "::1:8091"},
        {"secure_cookies": False, "public_url": "http://localhost:8091"},
        {"secure_cookies": False, "public_url": "http://127.0.0.1:8091", "listen": "0.0.0.0:8091"},
        {"public_url": "http://127.0.0.1:8091"},
        {"public_url": "https://console.example.org", "listen": "192.0.2.7:8091"},
    ],
)
def test_on_this_machine_and_over_tls_a_console_is_taken(values: dict[str, object]) -> None:
    settings = ConsoleSettings.model_validate(values)
    assert settings.secure_cookies is values.get("secure_cookies", True)


def test_settings_of_a_provider_are_checked() -> None:
    good = {"issuer": "https://login.example.org/realms/staff", "client_id": "x", "client_secret": "y"}
    assert OidcSettings.model_validate(good).button == "login.example.org"
    assert OidcSettings.model_validate(good | {"issuer": "http://127.0.0.1:8080"}).button == "127.0.0.1"
    wrong = (
        {"issuer": "http://login.example.org"}, {"issuer": "login.example.org"},
        {"issuer": "https://x/.well-known/openid-configuration"}, {"role_claim": "groups"},
        {"roles": {"it": "admin"}}, {"role_claim": "groups", "roles": {"it": "root"}},
    )  # fmt: skip
    for values in wrong:
        with pytest.raises(ValueError):
            OidcSettings.model_validate(good | values)
