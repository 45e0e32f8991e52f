"""The keyboard as a keypad: one key at a time, without Enter, and the terminal as it was on any exit."""

from __future__ import annotations

import os
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from gevent.socket import wait_read

HANG_UP = "hang up"
_ENTER, _CONTROL_C, _CONTROL_D = "\r\n", "\x03", "\x04"


class NoTerminal(Exception):
    """There is no keyboard: input is a file or a pipe."""


@contextmanager
def keypad(keyboard: TextIO) -> Iterator[Iterator[str]]:
    """Keys as they are pressed: ``0`` to ``9``, ``*``, ``#`` (Enter as well), and `HANG_UP` for h or Ctrl-C.

    Waits in the hub. NoTerminal where ``keyboard`` is none.
    """
    if not keyboard.isatty():
        raise NoTerminal
    descriptor = keyboard.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSANOW)
        quiet = termios.tcgetattr(descriptor)
        quiet[3] &= ~termios.ISIG  # Ctrl-C is a key here: it hangs up
        termios.tcsetattr(descriptor, termios.TCSANOW, quiet)
        yield _keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)


def _keys(descriptor: int) -> Iterator[str]:
    while True:
        wait_read(descriptor)
        typed = os.read(descriptor, 64).decode("ascii", "ignore")
        if not typed:
            yield HANG_UP  # the terminal is gone
            return
        for character in typed:
            if character in "0123456789*#":
                yield character
            elif character in _ENTER:
                yield "#"
            elif character in ("h", "H", _CONTROL_C, _CONTROL_D):
                yield HANG_UP
