"""The demo on a real FreeSWITCH: conf/freeswitch as it is, pointed at the running server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from gevent.event import Event
from rich.console import Console

from fs_app.domain.prompt import sentence
from fs_app.errors import CallEnded
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.freeswitch_call import TestCall

_FOLDER = Path("var/demo/freeswitch")
_SOUNDS = Path(__file__).resolve().parents[2] / "sounds"

# What a caller keys when a phrase begins, and whether it is written masked.
Answers = dict[str, tuple[str, bool]]
_UP_TO_THE_CARD: Answers = {
    "enter_account_number": ("10001#", False),
    "enter_pin": ("1234", True),
    "pay_full": ("1", False),
}
_PAYS: Answers = {
    **_UP_TO_THE_CARD,
    "enter_card_number": ("4111111111111111", True),
    "enter_expiry": ("1231", True),
    "enter_security_code": ("123", True),
    "enter_postal_code": ("94107", False),
    "confirm_payment": ("1", False),
}
_ASKS_FOR_AN_AGENT: Answers = {
    **_UP_TO_THE_CARD,
    "enter_account_number": ("10005#", False),
    "enter_card_number": ("411111*0#", True),
}


def run_on_freeswitch(
    server_address: tuple[str, int], console: Console, *, auto: bool, heard: Callable[[Path], str]
) -> bool:
    """Start FreeSWITCH for the server at that address and print where to dial; wait for Ctrl-C, or with ``auto``
    dial a call that pays and one that asks for an agent inside the card number. True where they went as they
    should. SwitchError where there is no FreeSWITCH."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    host, port = server_address
    with RealSwitch(_FOLDER, [f"{host}:{port}"], _SOUNDS) as switch:
        console.print(f"FreeSWITCH is ready: dial {switch.sip_address}", style="bold green")
        switch.add_agent()
        if not auto:
            _wait_for_ctrl_c(console)
            return True
        console.rule("A caller pays the full balance")
        paid = _play(switch.dial(), _PAYS, console, heard, until="paid")
        console.rule("A caller asks for an agent inside the card number")
        connected = _play(switch.dial(), _ASKS_FOR_AN_AGENT, console, heard, until="connecting_agent")
        return paid and connected


def _play(call: TestCall, answers: Answers, console: Console, heard: Callable[[Path], str], *, until: str) -> bool:
    """Answer prompts as they begin; True where the call came to the phrase ``until``."""
    left = dict(answers)
    try:
        while True:
            files = call.next_prompt()
            phrases = [path.name.split(".")[0] for path in files]
            console.print(f"<< {_text(files, heard)}", markup=False, highlight=False)
            if until in phrases:
                return _finish(call, until)
            for phrase in phrases:
                if phrase in left:
                    keys, secret = left.pop(phrase)
                    shown = "*" * len(keys) if secret else keys
                    console.print(f">> {shown}", style="bold cyan", markup=False, highlight=False)
                    call.press(keys)
    except CallEnded as end:
        console.print(str(end), style="red", markup=False)
        return False


def _finish(call: TestCall, phrase: str) -> bool:
    """Hang up after what was paid; talk to the agent until the call ends."""
    if phrase == "connecting_agent":
        call.waits_until("CHANNEL_BRIDGE")
        call.waits_for_end()
    else:
        call.hang_up()
    return True


def _text(files: tuple[Path, ...], heard: Callable[[Path], str]) -> str:
    return sentence(_said(path, heard) for path in files)


def _said(path: Path, heard: Callable[[Path], str]) -> str:
    try:
        return heard(path)
    except KeyError:
        return f"({path.name})"  # the hold tone


def _wait_for_ctrl_c(console: Console) -> None:
    console.print("Ctrl-C ends it", style="dim")
    try:
        Event().wait()
    except KeyboardInterrupt:
        console.print("")
