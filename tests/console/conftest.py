"""A console, a browser, and the people who look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest
from playwright.sync_api import Browser, Page, expect

from fs_app.domain.people import Role
from fs_app.ports.people import User
from tests.consolekit import AGENT, CONTEXT, DeskWorker, RunningConsole, chromium, console_settings, window

expect.set_options(timeout=20_000)  # on a machine that is busy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, once for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture
def console(tmp_path: Path) -> Iterator[RunningConsole]:
    """A console that serves."""
    running = RunningConsole(console_settings(tmp_path))
    yield running
    running.stop()


@pytest.fixture
def opened(browser: Browser, console: RunningConsole) -> Iterator[Callable[..., Page]]:
    """Opens windows: ``opened(user)``."""
    with ExitStack() as windows:

        def open_one(user: User | None = None, **options: Any) -> Page:
            return windows.enter_context(window(browser, console, user, **options))

        yield open_one


@pytest.fixture
def maria(console: RunningConsole) -> User:
    """An agent."""
    return console.add("maria", Role.AGENT, agent=AGENT, full_name="Maria Lopez")


@pytest.fixture
def worker(console: RunningConsole) -> Iterator[DeskWorker]:
    """A worker with one call."""
    with kept_alive(DeskWorker(console.parts)) as one:
        yield one


@pytest.fixture
def another(console: RunningConsole) -> Iterator[DeskWorker]:
    """A worker with another call, of account 10001."""
    context = replace(CONTEXT, call_uuid=f"{CONTEXT.call_uuid[:-1]}2", account_number="10001")
    with kept_alive(DeskWorker(console.parts, context)) as one:
        yield one


@contextmanager
def kept_alive(worker: DeskWorker) -> Iterator[DeskWorker]:
    """Its call is of one that works, however long a busy machine makes the test last."""
    living = gevent.spawn(worker.lives)
    yield worker
    living.kill()
