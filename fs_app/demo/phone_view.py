"""What the person on the terminal phone sees: the call as it is heard, and beside it the account and the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fs_app.testing.switch import Happening, What

_STATES = {
    What.CONNECTED: "ringing",
    What.ANSWERED: "answered",
    What.QUEUED: "waiting for an agent",
    What.LEFT_QUEUE: "answered",
    What.AGENT: "talking to an agent",
    What.TRANSFERRED: "talking to somebody else",
    What.TALK_OVER: "the talk is over",
    What.PARKED: "answered",
    What.SOCKET_CLOSED: "the server let go",
    What.FALLBACK: "on the dialplan's own",
    What.HUNG_UP: "ended",
}


@dataclass(frozen=True, slots=True)
class Side:
    """What stands beside the phone; the callables are asked again and again while the call lasts.

    ``payments`` is a line an attempt, as the ledger has it; ``hints`` are what the person may want to key.
    """

    balance: Callable[[], str]
    payments: Callable[[], Sequence[str]]
    hints: Sequence[str] = ()


@dataclass(slots=True)
class Said:
    """A prompt while it plays, and after."""

    text: str
    seconds: float
    since: float
    cut_at: float | None = None  # seconds heard, once it has ended

    def heard(self, now: float) -> float:
        """How many seconds of it were heard."""
        return min(self.seconds, now - self.since) if self.cut_at is None else self.cut_at


@dataclass(slots=True)
class PhoneView:
    """The dialogue so far. ``heard`` tells what is said in a sound file."""

    heard: Callable[[Path], str]
    state: str = "dialling"
    lines: list[Said | str] = field(default_factory=list)
    balance: str = ""
    payments: Sequence[str] = ()

    def note(self, happening: Happening) -> None:
        """Take in what happened."""
        now = time.monotonic()
        if happening.what is What.PROMPT:
            self.lines.append(Said(happening.spoken(self.heard), happening.seconds, now))
        elif happening.what is What.PROMPT_ENDED:
            playing = next((line for line in reversed(self.lines) if isinstance(line, Said)), None)
            if playing is not None:
                playing.cut_at = playing.heard(now)
        else:
            self.state = _STATES[happening.what]
        if happening.what is What.HUNG_UP:
            self.state = f"ended: {'you' if happening.by == 'caller' else 'they'} hung up"

    def key(self, key: str) -> None:
        """The person pressed a key."""
        if self.lines and isinstance(last := self.lines[-1], str):
            self.lines[-1] = last + key
        else:
            self.lines.append(key)

    def ask_side(self, side: Side) -> None:
        """Ask for the account and the ledger."""
        self.balance, self.payments = side.balance(), side.payments()

    def render(self, side: Side, height: int) -> RenderableType:
        """The screen: the newest of the dialogue, and the side panel."""
        now = time.monotonic()
        newest = [self._line(line, now) for line in self.lines[-max(3, (height - 6) // 3) :]]
        keys = Text("0-9 * #   Enter is #   h hangs up", style="dim")
        account = Table.grid(padding=(0, 1))
        account.add_column()
        account.add_column(overflow="fold")  # an address is of no use without its end
        account.add_row("call", Text(self.state, style="bold"))
        account.add_row("balance", Text(self.balance))
        for number, payment in enumerate(self.payments or ["none yet"]):
            account.add_row(
                "" if number else "payments", Text(payment, style="green" if payment[:4] == "paid" else "")
            )
        for number, hint in enumerate(side.hints):
            account.add_row("" if number else "try", Text(hint, style="dim"))
        screen = Table.grid(expand=True)
        screen.add_column(ratio=3)
        screen.add_column(ratio=2)
        screen.add_row(Panel(Group(*newest, keys), title="phone"), Panel(account, title="account"))
        return screen

    def _line(self, line: Said | str, now: float) -> RenderableType:
        if isinstance(line, str):
            return Text(f">> {line}", style="bold cyan")
        heard = line.heard(now)
        length = f"  ({heard:.1f} of {line.seconds:.1f} s)"
        text = Text.assemble("<< ", line.text, (length, "dim"))
        if line.cut_at is not None:
            return text
        progress = Table.grid()
        progress.add_row(ProgressBar(total=line.seconds or 1.0, completed=heard, width=30))
        return Group(text, progress)
