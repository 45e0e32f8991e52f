"""``fs-app flow try``: one flow on this machine, with the local gateway and the demo accounts, and a caller.

The server is the real one and so are the flow, the phrases and the recordings; the database, the gateway and the
rules for payments are those of the demo, since its accounts have to fit them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from fs_app.app.parts import SystemClock, open_directory
from fs_app.demo.phone import run_phone
from fs_app.demo.phone_view import Side
from fs_app.demo.run import agree, play_call
from fs_app.demo.workspace import Workspace
from fs_app.errors import FsAppError
from fs_app.ports import Directory
from fs_app.prompts.voice import FileVoice, load_voice
from fs_app.store.demo_data import DEMO_ACCOUNTS, DEMO_PIN, DemoAccount
from fs_app.store.ledger import SqlLedger
from fs_app.testing.switch import SimulatedSwitch, dialplan
from fs_app.testing.transcript import Transcript
from fs_app.testing.transcript_play import booked

_FOLDER = Path("var/try")
_CALLER = "+14085550100"
_KEYS = (f"PIN {DEMO_PIN}", "card 4111111111111111", "date 1231", "code 123", "zip 94107")


@dataclass(frozen=True, slots=True)
class Trial:
    """A flow to try. Without a language it is spoken in the one of the demo, English; without a caller, from a
    number that no account has. ``transcript`` is a call to be played instead of a person's."""

    flow: str
    language: str | None = None
    caller: str | None = None
    transcript: Transcript | None = None

    @property
    def variables(self) -> dict[str, str]:
        """What the dialplan sets for the call."""
        spoken = {} if self.language is None else {"fs_app_language": self.language}
        return {"fs_app_flow": self.flow, **spoken}

    def call(self, transcript: Transcript) -> Transcript:
        """The transcript as a call of this trial. FsAppError where it needs a world that is not the demo's."""
        if transcript.world:
            wanted = ", ".join(f"{name}: {value}" for name, value in transcript.world.items())
            raise FsAppError(f"{transcript.file} cannot be played here: it wants `{wanted}`")
        own = {**transcript.variables, **self.variables}
        return replace(transcript, caller=self.caller or transcript.caller, variables=own)


def run_trial(config: Path, trial: Trial, console: Console) -> int:
    """Start the server, and have the flow called by a person at this terminal, or by the transcript. The exit code
    for the shell: 0 only where the call went as it should and the ledger and the gateway agree."""
    call = None if trial.transcript is None else trial.call(trial.transcript)
    console.print("starting the server and the local gateway ...", style="dim")
    with Workspace(config, _FOLDER) as workspace:
        console.print(f"running; their log is {workspace.log}", style="dim")
        voice = load_voice(workspace.settings.sounds)
        ledger = SqlLedger(workspace.database, SystemClock(workspace.settings.timezone))
        if call is None:
            fine = _phone(workspace, trial, voice, ledger, console)
        else:
            with SimulatedSwitch(dialplan(workspace.hosts)) as switch:
                fine = play_call(call, switch, voice, ledger, console)
        return 0 if agree(workspace, ledger, console) and fine else 1


def _phone(workspace: Workspace, trial: Trial, voice: FileVoice, ledger: SqlLedger, console: Console) -> bool:
    """A person on the phone, in real time."""
    directory = open_directory(workspace.settings, workspace.database)
    side = Side(lambda: "\n".join(_accounts(directory)), lambda: booked(ledger.payments()), _KEYS)
    with SimulatedSwitch(dialplan(workspace.hosts), speed=1.0) as switch:
        caller_id = trial.caller or _CALLER
        variables = trial.variables
        code = run_phone(switch, voice.text_of, side, console=console, caller_id=caller_id, variables=variables)
        return code == 0


def _accounts(directory: Directory) -> Iterator[str]:
    """The demo accounts, each with what there is to pay on it now, and what else can be asked of it."""
    for demo in DEMO_ACCOUNTS:
        account = directory.by_number(demo.number)
        bills = directory.open_bills(account) if account is not None else ()
        owed = [f"{bill.due} {bill.kind} {bill.number}".strip() for bill in bills]
        yield "  ".join([demo.number, ", ".join([*owed, *_besides(demo)]) or "nothing"])


def _besides(demo: DemoAccount) -> Iterator[str]:
    if demo.plan is not None:
        yield "a subscription"
    if demo.visits:
        yield "an appointment"
    if demo.birth_date is not None:
        yield f"born {demo.birth_date:%m%d%Y}"
    if demo.closed:
        yield "closed"
