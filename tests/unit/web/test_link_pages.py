"""The pages behind links: they lead where the store says, and count persons only."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient

from fs_app.errors import StoreUnavailable
from fs_app.web.links import links
from fs_app.web.site import web_app

PAGE = "https://pay.example.org/10001?bill=77"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)
BROWSERS = [
    SAFARI,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile "
    "Safari/537.36",
]
PROGRAMS = [
    "",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",  # how an iPhone shows what is behind a link
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "curl/8.7.1",
]


@dataclass
class Targets:
    """One link, and who followed it."""

    token: str = "aWell-formed_token0000"
    persons: list[bool] = field(default_factory=list)
    down: bool = False

    def follow(self, token: str, *, person: bool) -> str | None:
        if self.down:
            raise StoreUnavailable("down")
        if token != self.token:
            return None
        self.persons.append(person)
        return PAGE


@pytest.fixture
def targets() -> Targets:
    return Targets()


@pytest.fixture
def client(targets: Targets) -> FlaskClient:
    return web_app([links(targets)]).test_client()


def test_a_link_leads_to_what_was_stored(client: FlaskClient, targets: Targets) -> None:
    answer = client.get(f"/l/{targets.token}?next=https://evil.example.com/", headers={"User-Agent": SAFARI})
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert targets.persons == [True]


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:443"])
def test_no_header_leads_elsewhere(client: FlaskClient, targets: Targets, host: str) -> None:
    headers = {"User-Agent": SAFARI, "Host": host, "X-Forwarded-Host": host, "Referer": f"https://{host}/"}
    assert client.get(f"/l/{targets.token}", headers=headers).headers["Location"] == PAGE


@pytest.mark.parametrize(
    "path", ["/l/unknown", "/l/", "/l/a/b", "/l/https://evil.example.com", "/l/%2f%2fevil.com"]
)
def test_what_was_never_sent_is_not_known(client: FlaskClient, targets: Targets, path: str) -> None:
    answer = client.get(path, headers={"User-Agent": SAFARI})
    assert answer.status_code == 404
    assert "Location" not in answer.headers
    assert b"evil" not in answer.data
    assert targets.persons == []


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browser_is_a_person(client: FlaskClient, targets: Targets, browser: str) -> None:
    client.get(f"/l/{targets.token}", headers={"User-Agent": browser})
    assert targets.persons == [True]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_shows_what_is_behind_a_link_is_not(
    client: FlaskClient, targets: Targets, program: str
) -> None:
    answer = client.get(f"/l/{targets.token}", headers={"User-Agent": program})
    assert (answer.status_code, targets.persons) == (302, [False])


@pytest.mark.parametrize("header", ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"])
def test_a_browser_that_loads_it_beforehand_is_not_yet(client: FlaskClient, targets: Targets, header: str) -> None:
    client.get(f"/l/{targets.token}", headers={"User-Agent": SAFARI, header: "prefetch;prerender"})
    assert targets.persons == [False]


def test_who_only_asks_for_the_head_is_not(client: FlaskClient, targets: Targets) -> None:
    answer = client.head(f"/l/{targets.token}", headers={"User-Agent": SAFARI})
    assert (answer.status_code, answer.headers["Location"], targets.persons) == (302, PAGE, [False])


def test_nothing_can_be_sent_to_it(client: FlaskClient, targets: Targets) -> None:
    assert client.post(f"/l/{targets.token}", headers={"User-Agent": SAFARI}).status_code == 405
    assert targets.persons == []


def test_a_database_that_is_down_is_no_unknown_link(client: FlaskClient, targets: Targets) -> None:
    targets.down = True
    assert client.get(f"/l/{targets.token}", headers={"User-Agent": SAFARI}).status_code == 503
