"""The feed over HTTP: two processes on one database, a browser that takes nothing, a session that is over."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Mapping, Set
from pathlib import Path

import gevent
import pytest
from gevent import socket
from playwright.sync_api import Browser, Page, expect

from fs_app.console.feed import Audience, Feed, Pace, Snapshot
from fs_app.domain.handover import HandoverState
from fs_app.domain.people import Role
from fs_app.ports.people import User
from tests.consolekit import DeskWorker, RunningConsole, console_settings, eventually, window

Opened = Callable[..., Page]


def request(console: RunningConsole, user: User, path: str) -> bytes:
    """A request for a stream, as a browser makes it."""
    token = console.parts.people.sessions.open(user.id, "127.0.0.1", "a test")
    port = console.url.rpartition(":")[2]
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Accept: text/event-stream",
        f"Cookie: fs_app={token}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def connected(console: RunningConsole, sent: bytes) -> socket.socket:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", int(console.url.rpartition(":")[2])))
    sock.sendall(sent)
    return sock


def feed_of(console: RunningConsole) -> Feed:
    return console.parts.live._feed


def test_what_is_told_at_one_process_is_seen_at_another(
    browser: Browser, console: RunningConsole, maria: User, worker: DeskWorker, tmp_path: Path
) -> None:
    second = RunningConsole(console_settings(tmp_path))
    try:
        worker.hand_over().talk()
        with window(browser, console, maria) as here, window(browser, second, maria) as there:
            for page in (here, there):
                page.goto(f"/agent/calls/{worker.id}")
            here.get_by_role("button", name="To the survey").click()
            expect(there.get_by_role("region", name="What you told the call")).to_contain_text("To the survey")
    finally:
        second.stop()


def test_a_browser_goes_on_at_another_process_that_has_nothing_new_to_tell(
    console: RunningConsole, maria: User, worker: DeskWorker, tmp_path: Path
) -> None:
    worker.hand_over().talk()
    eventually(lambda: console.parts.desk_view.handovers_of(worker.uuid)[-1].state is HandoverState.TALKING)
    console.parts.live.lookout.agents.refresh()
    first = connected(console, request(console, maria, "/agent/feed"))
    seen = eventually(lambda: re.findall(rb"id: (\w+)", first.recv(65536)))[-1]
    first.close()
    second = RunningConsole(console_settings(tmp_path))
    second.parts.live.lookout.agents.refresh()
    try:
        sent = request(second, maria, "/agent/feed").replace(
            b"\r\n\r\n", b"\r\nLast-Event-ID: " + seen + b"\r\n\r\n"
        )
        again = connected(second, sent)
        again.settimeout(20.0)
        got = b""
        while b"event: clock" not in got:
            more = again.recv(65536)
            assert more, f"the stream ended: {got!r}"
            got += more
        again.settimeout(1.0)
        with pytest.raises(TimeoutError):  # nothing more comes
            while more := again.recv(65536):
                got += more
        assert b"event: calls" not in got
        again.close()
    finally:
        second.stop()


def test_a_browser_that_takes_nothing_is_dropped(
    console: RunningConsole, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_of(console), "_pace", Pace(look=0.01, slow=0.3))
    numbers = iter(range(1_000_000))

    def look(audiences: Set[Audience]) -> Mapping[Audience, Snapshot]:
        return {each: {"calls": f"{next(numbers)}" * 200_000} for each in audiences}

    monkeypatch.setattr(feed_of(console), "_look", look)
    sock = connected(console, request(console, maria, "/agent/feed"))
    eventually(lambda: feed_of(console).watched == 1)
    eventually(lambda: feed_of(console).watched == 0)
    sock.close()


def test_a_browser_that_went_away_is_forgotten_at_the_next_word(
    console: RunningConsole, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_of(console), "_pace", Pace(heartbeat=0.1))
    sock = connected(console, request(console, maria, "/agent/feed"))
    eventually(lambda: feed_of(console).watched == 1)
    sock.close()
    eventually(lambda: feed_of(console).watched == 0)


def test_without_a_session_there_is_no_stream(console: RunningConsole) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(console.url.rpartition(":")[2]))
    connection.request("GET", "/agent/feed", headers={"Accept": "text/event-stream"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (401, {"error": "sign in"})
    connection.close()


def test_a_page_whose_session_ended_while_the_console_was_away_leads_to_the_sign_in(
    console: RunningConsole, opened: Opened, maria: User
) -> None:
    page = opened(maria)
    page.goto("/agent")
    expect(page.locator("html")).to_have_attribute("data-connection", "live")
    console.parts.people.sessions.revoke_all(maria.id)
    feed_of(console).close()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_the_streams_end_when_the_console_is_told_to_stop(tmp_path: Path) -> None:
    console = RunningConsole(console_settings(tmp_path))
    user = console.add("maria", Role.AGENT)
    sock = connected(console, request(console, user, "/agent/feed"))
    eventually(lambda: feed_of(console).watched == 1)
    with gevent.Timeout(5):
        console.stop()
    sock.settimeout(2)
    while sock.recv(65536):
        pass
    sock.close()
