"""``fs-app console`` in real processes: two share one database, and what is wrong ends them before they serve."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from gevent.socket import create_server

from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from tests.console_site import OTHER_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
_READY = re.compile(r'"listen": "127.0.0.1:(\d+)"')
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Machine:
    """Settings of a site, and its commands as processes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "site.yaml"
        self.console: dict[str, Any] = {"listen": "127.0.0.1:0", "secure_cookies": False}
        self._settings = {
            "database": {"url": f"sqlite:///{folder}/x.sqlite"},
            "gateway": {"kind": "local", "listen": "127.0.0.1:1"},
            "messages": {"templates": str(ROOT / "conf/messages.yaml")},
            "flows": str(ROOT / "conf/flows"),
            "sounds": str(ROOT / "sounds"),
        }
        migrate(Database(self._settings["database"]["url"]))

    def command(self, *words: str) -> list[str]:
        self.path.write_text(yaml.safe_dump({**self._settings, "console": self.console}))
        return [sys.executable, "-m", "fs_app", "--config", str(self.path), *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "200"}
        )

    @contextmanager
    def process(self) -> Iterator[str]:
        """A console that serves: what its addresses begin with."""
        with subprocess.Popen(self.command("console"), stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            told = []
            for line in process.stderr:
                told.append(line)
                found = _READY.search(line)
                if found:
                    break
            else:
                raise AssertionError("".join(told))
            try:
                yield f"http://127.0.0.1:{found[1]}"
            finally:
                process.terminate()
                _, rest = process.communicate(timeout=20)
            assert process.returncode == 0, rest


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def post(browser: requests.Session, url: str, page: str, fields: dict[str, str]) -> requests.Response:
    """Fill the form of a page as a browser does."""
    found = _TOKEN.search(browser.get(url + page, timeout=10).text)
    assert found is not None
    return browser.post(
        url + page, data={**fields, "csrf_token": found[1]}, headers={"Referer": url + page}, timeout=10
    )


def test_what_one_console_lets_in_another_one_knows(machine: Machine) -> None:
    link = machine.run("user", "first-admin").stdout.strip()
    path = re.sub(r"^http://127\.0\.0\.1:0", "", link)
    assert path.startswith("/link/")
    with ExitStack() as up:
        one, two = (up.enter_context(machine.process()) for _ in range(2))
        browser = requests.Session()
        browser.headers["Accept"] = "text/html"
        fields = {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD}
        assert post(browser, one, path, fields).status_code == 200
        answer = post(browser, two, "/sign-in", {"name": "admin", "password": OTHER_PASSWORD})
        assert answer.status_code == 200 and "sign-in" not in answer.url
        for url in (one, two):
            shown = browser.get(f"{url}/account", timeout=10)
            assert (shown.status_code, shown.url) == (200, f"{url}/account")
            assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
            assert "gevent" not in str(shown.headers).lower()
        assert post_out(browser, one).url.endswith("/sign-in")
        assert browser.get(f"{two}/account", timeout=10).url.endswith("/sign-in?next=%2Faccount")
        assert requests.get(f"{two}/health", timeout=10).json() == {"alive": True}


def post_out(browser: requests.Session, url: str) -> requests.Response:
    found = _TOKEN.search(browser.get(f"{url}/account", timeout=10).text)
    assert found is not None
    return browser.post(f"{url}/sign-out", data={"csrf_token": found[1]}, headers={"Referer": url}, timeout=10)


def test_what_is_wrong_is_found_before_it_serves(machine: Machine) -> None:
    machine.console["oidc"] = {"issuer": "http://login.example.org", "client_id": "x", "client_secret": "env:NONE"}
    done = machine.run("console")
    assert done.returncode == 78
    assert "should be an https address" in done.stderr and "NONE is not set" in done.stderr
    del machine.console["oidc"]
    with create_server(("127.0.0.1", 0)) as taken:
        machine.console["listen"] = f"127.0.0.1:{taken.getsockname()[1]}"
        done = machine.run("console")
    assert done.returncode == 78
    assert "cannot listen there: Address already in use" in done.stderr


def test_a_provider_without_its_library_is_told(machine: Machine, tmp_path: Path) -> None:
    """As on a machine where the extra was not installed."""
    machine.console["oidc"] = {"issuer": "https://login.example.org", "client_id": "x", "client_secret": "y"}
    hook = (
        "import importlib.util as util, sys; real = util.find_spec; "
        "util.find_spec = lambda name, *rest: None if name == 'authlib' else real(name, *rest); "
        "from fs_app.__main__ import main; sys.argv[0] = 'fs-app'; main()"
    )
    words = machine.command("console")
    done = subprocess.run(
        [sys.executable, "-c", hook, *words[3:]], capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert done.returncode == 78, done.stderr
    assert "its library is not installed" in done.stderr and "fs-app[oidc]" in done.stderr
