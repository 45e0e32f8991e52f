"""The phone in the terminal: a person on the simulated switch, with the keyboard as the keypad."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

import gevent
from rich.console import Console
from rich.live import Live

from fs_app.demo.phone_keyboard import HANG_UP, NoTerminal, keypad
from fs_app.demo.phone_view import PhoneView, Side
from fs_app.testing.switch import Call, SimulatedSwitch, What

_FRAME_SECONDS = 0.1
_SIDE_FRAMES = 10  # the ledger is asked once a second
_NO_TERMINAL = (
    "The phone needs a terminal: the keyboard is its keypad, and input here is a file or a pipe. "
    "Run it in a terminal, or with --auto to have calls played."
)


def run_phone(
    switch: SimulatedSwitch,
    heard: Callable[[Path], str],
    side: Side,
    *,
    console: Console,
    caller_id: str = "15551230000",
    variables: Mapping[str, str] | None = None,
    keyboard: TextIO = sys.stdin,
) -> int:
    """Dial, and put the person on the phone until the call is over; an exit code.

    ``heard`` tells what is said in a sound file; ``variables`` are those that the dialplan sets. The terminal is
    given back as it was, also at SIGTERM.
    """
    try:
        with keypad(keyboard) as keys:
            _talk(switch.dial(caller_id, variables=variables), keys, PhoneView(heard), side, console)
    except NoTerminal:
        console.print(_NO_TERMINAL)
        return 1
    return 0


def _talk(call: Call, keys: Iterator[str], view: PhoneView, side: Side, console: Console) -> None:
    fingers = gevent.spawn(_press, call, keys, view)
    terminated = gevent.signal_handler(signal.SIGTERM, call.hang_up)
    try:
        with Live(console=console, auto_refresh=False) as live:
            frame = 0
            while not call.over.is_set() or not call.told:
                happening = call.next(_FRAME_SECONDS)
                if happening is not None:
                    view.note(happening)
                if frame % _SIDE_FRAMES == 0 or (happening is not None and happening.what is not What.PROMPT):
                    view.ask_side(side)
                live.update(view.render(side, console.height), refresh=True)
                frame += 1
            view.ask_side(side)
            live.update(view.render(side, console.height), refresh=True)
    finally:
        terminated.cancel()
        fingers.kill()
        call.hang_up()


def _press(call: Call, keys: Iterator[str], view: PhoneView) -> None:
    for key in keys:
        if key == HANG_UP:
            call.hang_up()
            return
        view.key(key)
        call.press(key)
