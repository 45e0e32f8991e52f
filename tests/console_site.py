"""The console for tests: its application with a clock that stands, people who can sign in, and their browsers."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fs_app.app.desk_parts import DeskParts
from fs_app.console.access import ROUTES
from fs_app.console.app import console_app
from fs_app.domain.people import Role
from fs_app.ports import Clock
from fs_app.ports.people import ConsoleEntry, LinkPurpose, NewUser, User
from fs_app.settings import Settings
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import StandingClock

ROOT = Path(__file__).resolve().parents[1]
URL = "https://console.example.org"
PASSWORD, OTHER_PASSWORD = "nine green herons wade", "a lamp under seven stairs"
ADDRESS = "203.0.113.9"
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')


_FILE = "console.sqlite"


@cache
def _empty() -> bytes:
    """A database with our tables and nothing in them: made once, as that takes a while."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/{_FILE}")
        migrate(database)
        database.close()
        with closing(sqlite3.connect(f"{folder}/{_FILE}")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(folder, _FILE).read_bytes()


class StandingParts(DeskParts):
    """The parts, at a time that stands."""

    @cached_property
    def clock(self) -> Clock:
        return StandingClock()


class ConsoleSite:
    """A console with a database of its own. ``console`` is the part of the settings."""

    def __init__(
        self, folder: Path, console: dict[str, Any] | None = None, database: Database | None = None
    ) -> None:
        self.settings = Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{folder}/{_FILE}"},
                "messages": {"templates": str(ROOT / "conf/messages.yaml")},
                "flows": str(ROOT / "conf/flows"),
                "sounds": str(ROOT / "sounds"),
                "console": {"public_url": URL, "key": "a key that is long enough", **(console or {})},
            }
        )
        self.parts = StandingParts(self.settings)
        if database is not None:
            self.parts.__dict__["database"] = database
        elif not (folder / _FILE).exists():
            (folder / _FILE).write_bytes(_empty())
        self.app: Flask = console_app(self.parts)
        self.app.testing = False  # errors become pages, as they do outside

    @property
    def clock(self) -> StandingClock:
        assert isinstance(self.parts.clock, StandingClock)
        return self.parts.clock

    @property
    def people(self) -> Any:
        return self.parts.people

    def add(self, name: str, *roles: Role, agent: str | None = None, language: str = "en") -> User:
        """Somebody who can sign in with `PASSWORD`."""
        added = self.people.users.add(NewUser(name, frozenset(roles), agent=agent, language=language))
        used = self.people.links.use(self.people.links.make(added.id, LinkPurpose.SETUP), PASSWORD)
        assert isinstance(used, User)
        return used

    def with_code(self, name: str, *roles: Role) -> tuple[User, str]:
        """Somebody with a second step, and its secret."""
        user = self.add(name, *roles)
        secret = self.people.passwords.begin_code(user.id).secret
        assert self.people.passwords.confirm_code(user.id, self.code(secret))
        self.clock.move(60)
        return user, secret

    def code(self, secret: str) -> str:
        """The code of now."""
        return pyotp.TOTP(secret).at(self.clock.now())

    def browser(self, address: str = ADDRESS) -> Browser:
        """Another browser; nobody is signed in."""
        return Browser(self, address)

    def signed_in(self, name: str, *roles: Role, **options: Any) -> Browser:
        """The browser of somebody who is added and signs in."""
        self.add(name, *roles, **options)
        browser = self.browser()
        answer = browser.sign_in(name)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), answer.text
        return browser

    def audit(self, **asked: Any) -> list[tuple[str, str, str]]:
        """Who, what and with which result, oldest first."""
        return [(each.deed.user, each.deed.action, each.result) for each in self.entries(**asked)]

    def entries(self, **asked: Any) -> list[ConsoleEntry]:
        """The audit, oldest first."""
        return list(reversed(self.people.audit.entries(limit=1000, **asked)))

    def close(self) -> None:
        self.parts.close()


class Browser:
    """One browser: its cookies, and the tokens of the forms that it has read."""

    def __init__(self, site: ConsoleSite, address: str) -> None:
        self.client: FlaskClient = site.app.test_client()
        self._address = address
        self._url = site.settings.console.url

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for a page."""
        return self._open("GET", path, options)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, page: str = "/sign-in", **options: Any
    ) -> TestResponse:
        """Send a form with the token of a page that was read before, unless it brings its own."""
        given = dict(data or {})
        given.setdefault("csrf_token", self.token(page))
        return self._open("POST", path, {"data": given, **options})

    def bare_post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as it is."""
        return self._open("POST", path, {"data": data or {}, **options})

    def token(self, page: str = "/sign-in") -> str:
        """The token of forms that a page has; of a page for those who are signed in, where one is."""
        answer = self.get(page)
        if answer.status_code in (302, 303):
            answer = self.get("/account")
        found = _TOKEN.search(answer.text)
        assert found is not None, answer.text
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Fill the form."""
        return self.post("/sign-in", {"name": name, "password": password, **fields})

    def cookie(self, name: str = "__Host-fs_app") -> str | None:
        """What the browser keeps under a name."""
        found = self.client.get_cookie(name, domain="console.example.org")
        return None if found is None else found.value

    def set_cookie(self, value: str, name: str = "__Host-fs_app") -> None:
        """Plant one."""
        self.client.set_cookie(name, value, domain="console.example.org", secure=True)

    def _open(self, method: str, path: str, options: dict[str, Any]) -> TestResponse:
        headers = {"Referer": f"{self._url}/somewhere", "Accept": "text/html", **options.pop("headers", {})}
        base = {"REMOTE_ADDR": "127.0.0.1"} | options.pop("environ_base", {})
        headers.setdefault("X-Forwarded-For", self._address)
        headers.setdefault("X-Forwarded-Proto", self._url.partition(":")[0])
        return self.client.open(
            path, method=method, base_url=self._url, headers=headers, environ_base=base, **options
        )


def routes(site: ConsoleSite) -> list[tuple[str, str, str]]:
    """Every route of the whole console: its endpoint, a method, and a path that leads there."""
    found = []
    for rule in site.app.url_map.iter_rules():
        values = {name: 7 if "Integer" in type(kind).__name__ else "x" for name, kind in rule._converters.items()}
        built = rule.build(values)
        assert built is not None, rule
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(rule.endpoint, method, built[1]) for method in methods]
    return found


def let_in(site: ConsoleSite) -> None:
    """Have every view say that it was reached: what is looked at is who reaches it."""
    for endpoint in site.app.view_functions:
        if endpoint in ROUTES:
            site.app.view_functions[endpoint] = lambda **_: "reached"
