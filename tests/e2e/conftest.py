"""Fixtures of the tests on a real FreeSWITCH."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import gevent
import pytest
from house import House
from paymentsite import Site, listens

from fs_app.app.calls import Calls
from fs_app.settings import load_settings
from fs_app.testing.freeswitch import RealSwitch


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    try:
        with site.switch:
            assert site.switch.api("load mod_xml_cdr").startswith("+OK")
            yield site
    finally:
        site.gateway.stop()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[House]:
    """A house with a server, for calls with agents."""
    chosen = {item.name for item in request.session.items}
    with House(tmp_path_factory.mktemp("house"), chosen) as house, house.server():
        yield house


@pytest.fixture
def switch(site: Site) -> Iterator[RealSwitch]:
    """The switch at DEBUG, without agents; calls that a test left are ended."""
    yield site.switch
    site.switch.api("hupall")
    site.switch.remove_agent()
    site.switch.api("fsctl loglevel debug")


@pytest.fixture
def server(site: Site) -> Iterator[Calls]:
    """The first application server, in this process."""
    calls = Calls(load_settings(site.settings(site.ports[0]))[0])
    calls.start()
    yield calls
    calls.stop()


@pytest.fixture
def second_server(site: Site) -> Iterator[Calls]:
    """The second application server, in this process."""
    calls = Calls(load_settings(site.settings(site.ports[1]))[0])
    calls.start()
    yield calls
    calls.stop()


@pytest.fixture
def server_process(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """The first application server, as a process that can be killed."""
    port = site.ports[0]
    command = [sys.executable, "-m", "fs_app", "--config", str(site.settings(port)), "calls"]
    with (site.folder / "calls.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    until = time.monotonic() + 30
    while not listens(port):
        assert process.poll() is None and time.monotonic() < until, (site.folder / "calls.log").read_text()
        gevent.sleep(0.1)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """Wait for a condition that no event announces, at most five seconds."""

    def wait(condition: Callable[[], bool]) -> bool:
        until = time.monotonic() + 5
        while not condition() and time.monotonic() < until:
            gevent.sleep(0.02)
        return condition()

    return wait
