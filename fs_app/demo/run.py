"""``fs-app demo``: the real server and gateway in processes of their own, and a caller."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fs_app.app.parts import SystemClock, open_directory, open_gateway
from fs_app.demo.agreement import differences
from fs_app.demo.people import AGENT, DemoConsole, add_people
from fs_app.demo.phone import run_phone
from fs_app.demo.phone_view import Side
from fs_app.demo.workspace import Workspace
from fs_app.ports import DeskView
from fs_app.prompts.voice import FileVoice, load_voice
from fs_app.store.demo_data import DEMO_ACCOUNTS, DEMO_PIN
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.ledger import SqlLedger
from fs_app.testing.switch import Agents, SimulatedSwitch, dialplan
from fs_app.testing.transcript import Transcript, read_transcript
from fs_app.testing.transcript_play import Differs, booked, play

_FOLDER = Path("var/demo")


def run_demo(config: Path, *, auto: bool, freeswitch: bool, console: Console) -> int:
    """Run the demo; the exit code for the shell: 0 only where every call went as it should and the ledger and the
    gateway agree."""
    console.print("starting the server and the local gateway ...", style="dim")
    with Workspace(config, _FOLDER) as workspace:
        console.print(f"running; their log is {workspace.log}", style="dim")
        people = add_people(workspace.settings)
        if not auto:
            console.print(f"the console is at {people}", style="bold")
        voice = load_voice(workspace.settings.sounds)
        ledger = SqlLedger(workspace.database, SystemClock(workspace.settings.timezone))
        if freeswitch:
            from fs_app.demo.freeswitch import run_on_freeswitch

            fine = run_on_freeswitch(workspace.settings.calls.listen, console, auto=auto, heard=voice.text_of)
        elif auto:
            fine = _play_calls(workspace, voice, ledger, console)
        else:
            fine = _phone(workspace, voice, ledger, console, people)
        return 0 if agree(workspace, ledger, console) and fine else 1


def _play_calls(workspace: Workspace, voice: FileVoice, ledger: SqlLedger, console: Console) -> bool:
    """The calls of ``calls/*.txt``, one after the other; each is printed as it went."""
    fine, desk = True, SqlDeskView(workspace.database, SystemClock(workspace.settings.timezone))
    with as_file(files("fs_app.demo") / "calls") as folder, _switch(workspace) as switch:
        for path in sorted(folder.glob("*.txt")):
            title, _, _ = path.read_text(encoding="utf-8").partition("\n")
            console.rule(title.lstrip("# "))
            fine = play_call(read_transcript(path), switch, voice, ledger, console, desk) and fine
    return fine


def play_call(
    transcript: Transcript,
    switch: SimulatedSwitch,
    voice: FileVoice,
    ledger: SqlLedger,
    console: Console,
    desk: DeskView | None = None,
) -> bool:
    """Play one call and print it as it went; False where it went otherwise."""
    earlier = len(ledger.payments())
    try:
        played = play(transcript, switch, voice.text_of, lambda: ledger.payments()[earlier:], desk=desk)
    except Differs as difference:
        console.print(str(difference), markup=False, style="red")
        return False
    for line in played.dialogue:
        console.print(line, markup=False, highlight=False, style=_STYLES.get(line[:2]))
    return True


_STYLES = {">>": "bold cyan", "@@": "bold magenta", "==": "bold green"}


def agree(workspace: Workspace, ledger: SqlLedger, console: Console) -> bool:
    """Show the ledger, and whether the gateway has every attempt the same."""
    payments = ledger.payments()
    found = differences(payments, open_gateway(workspace.settings.gateway))
    table = Table("attempt", "amount", "card", "state", "confirmation", title="the ledger")
    for payment in payments:
        card = f"{payment.request.brand} {payment.request.last_four}"
        table.add_row(str(payment.id), str(payment.request.amount), card, payment.state, payment.confirmation)
    console.print(table)
    for text in found:
        console.print(text, style="bold red", markup=False)
    if not found:
        console.print(f"ledger and gateway agree on {len(payments)} attempts", style="bold green")
    return not found


def _phone(
    workspace: Workspace, voice: FileVoice, ledger: SqlLedger, console: Console, people: DemoConsole
) -> bool:
    """A person on the phone, in real time."""
    directory = open_directory(workspace.settings, workspace.database)

    def balance() -> str:
        lines = []
        for number in (account.number for account in DEMO_ACCOUNTS):
            account = directory.by_number(number)
            bills = directory.open_bills(account) if account else ()
            lines.append(f"{number}  {bills[0].due}" if bills else f"{number}  nothing due")
        return "\n".join(lines)

    side = Side(balance, lambda: booked(ledger.payments()), (*_HINTS, f"console {people}"))
    with _switch(workspace, speed=1.0) as switch:
        return run_phone(switch, voice.text_of, side, console=console, caller_id="+14085550100") == 0


def _switch(workspace: Workspace, speed: float = 0.0) -> SimulatedSwitch:
    """A switch with one agent, who rings for a moment and talks for as long as anybody wants."""
    agents = Agents(names=(AGENT,), after=4.0, rings=3.0, talk=_LONGEST_TALK_SECONDS)
    return SimulatedSwitch(dialplan(workspace.hosts), speed=speed, agents={"payments": agents})


_LONGEST_TALK_SECONDS = 3600.0
_HINTS = ("account 10001#", f"PIN {DEMO_PIN}", "card 4111111111111111", "date 1231", "code 123", "zip 94107")
