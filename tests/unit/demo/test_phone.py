"""The terminal phone on a pseudo-terminal: keys are pressed, the screen is read, the terminal is given back."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent.socket import wait_read

PROCESS = Path(__file__).with_name("phone_process.py")
SECONDS = 20.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A person at a terminal of 100 columns on which the phone runs."""

    def __init__(self, folder: Path) -> None:
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self._raw = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a read may end within a character
        self.process = subprocess.Popen(
            [sys.executable, str(PROCESS), str(folder)],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            start_new_session=True,
        )

    @property
    def screen(self) -> str:
        """All that was shown, without what moves and colours it, which a read may cut in two."""
        return ESCAPES.sub("", self._raw)

    def _read(self) -> None:
        self._raw += self._decoder.decode(os.read(self.master, 65536))

    def until(self, text: str) -> None:
        """Read the screen until it shows a text."""
        deadline = time.monotonic() + SECONDS
        while text not in self.screen:
            assert time.monotonic() < deadline, f"{text!r} was not shown:\n{self.screen[-3000:]}"
            wait_read(self.master, timeout=SECONDS)
            self._read()

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def ended(self) -> int:
        """The exit code; what is still written is read, so that nobody waits for us."""
        deadline = time.monotonic() + SECONDS
        os.set_blocking(self.master, False)
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self._read()
            except BlockingIOError:
                time.sleep(0.01)
        return self.process.wait(timeout=1)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()
    os.close(made.master)
    os.close(made.slave)


def test_a_person_hears_keys_and_sees_what_is_booked(terminal: Terminal) -> None:
    terminal.until("This is question.")
    terminal.until("of 0.5 s")
    terminal.until("42.50 USD")
    terminal.until("account 10001")
    terminal.type("12\r")
    terminal.until(">> 12#")
    terminal.until("paid 12")
    terminal.until("This is thanks.")
    terminal.until("ended: they hung up")
    assert terminal.ended() == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before


@pytest.mark.parametrize("key", ["h", "\x03"], ids=["h", "Ctrl-C"])
def test_a_key_hangs_up(terminal: Terminal, key: str) -> None:
    terminal.until("This is question.")
    terminal.type(key)
    terminal.until("ended: you hung up")
    assert terminal.ended() == 0
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_the_terminal_is_given_back_when_the_phone_is_terminated(terminal: Terminal) -> None:
    terminal.until("This is question.")
    assert termios.tcgetattr(terminal.slave) != terminal.before
    terminal.process.send_signal(signal.SIGTERM)
    terminal.ended()
    assert termios.tcgetattr(terminal.slave) == terminal.before


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROCESS), str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert "needs a terminal" in done.stdout
