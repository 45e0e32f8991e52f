"""``scripts/freeswitch-proof``: the proof from the command line."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import click  # noqa: E402
from rich.console import Console  # noqa: E402

from fs_app.errors import FsAppError  # noqa: E402
from fs_app.log import configure_logging  # noqa: E402
from fs_app.proof import privacy, survival  # noqa: E402
from fs_app.proof.report import Outcome, report  # noqa: E402
from fs_app.proof.site import Site  # noqa: E402
from fs_app.proof.switchboard import (  # noqa: E402
    CARELESS,
    CARELESS_INBAND,
    RECORDED,
    RECORDED_INBAND,
    documents,
)
from fs_app.testing.freeswitch import find_freeswitch  # noqa: E402

_WIDTH = 150  # of what goes to a file
_PARTS = ("privacy", "kill", "restart")
_SKIPPED = 77  # exit code of a test that could not be made
_STRIKES = {
    "kill": ("kill -9 of one of two workers", survival.kill_one),
    "restart": ("fs-app restart with calls up", survival.restart),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--calls", default=100, show_default=True, type=click.IntRange(2, 200), help="Calls up at a strike.")
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="These parts and no others.")
@click.option("--seed", default=1, show_default=True, help="How long callers think.")
@click.option("--most-silence", default=5.0, show_default=True, help="Seconds; a longer silence is a failure.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep logs, records and a plot there."
)
@click.option("--sounds", type=click.Path(path_type=Path, exists=True), default=Path("sounds"), hidden=True)
def main(calls: int, only: tuple[str, ...], seed: int, most_silence: float, out: Path | None, sounds: Path) -> None:
    """On a real FreeSWITCH: nothing of a card is left anywhere, and calls outlive their server.

    Exit code 0 if everything holds, 1 if not, 77 where no FreeSWITCH is installed.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started stays behind
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    configure_logging("warning", "console")
    if find_freeswitch() is None:
        console.print("no FreeSWITCH is installed here (FREESWITCH_HOME, /usr, /usr/local/freeswitch, PATH)")
        sys.exit(_SKIPPED)
    outcome = Outcome(most_silence=most_silence)
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fs_app_proof_")))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for part in only or _PARTS:
                console.print(f"{part} ...", style="dim")
                if part == "privacy":
                    _look(outcome, folder / part, sounds)
                else:
                    _strike(outcome, part, folder / part, sounds, calls, seed)
        except FsAppError as error:
            raise click.ClickException(str(error)) from None
    report(outcome, console)
    if out is not None and outcome.survivals:
        from fs_app.proof.plot import plot

        plot(outcome.survivals, out / "silence.svg")
        console.print(f"plot: {out / 'silence.svg'}")
    sys.exit(1 if outcome.failures() else 0)


def _look(outcome: Outcome, folder: Path, sounds: Path) -> None:
    records = folder.resolve() / "records"
    records.mkdir(parents=True, exist_ok=True)
    extra = documents(records, sounds.resolve())
    with Site(folder, sounds, privacy.bills(), debug=True, documents=extra) as site:
        site.add_agents(3, seconds=3)
        eye = privacy.Privacy(site, records)
        outcome.records = eye.records
        outcome.rounds.append(eye.pay("telephone-event", RECORDED, tones=False))
        site.lines.api("fsctl loglevel info")
        outcome.rounds.append(eye.pay("in-band", RECORDED_INBAND, tones=True))
        site.lines.api("fsctl loglevel debug")
        for name, number, tones in (("telephone-event", CARELESS, False), ("in-band", CARELESS_INBAND, True)):
            outcome.careless.append(eye.be_careless(f"careless {name}", number, tones=tones))


def _strike(outcome: Outcome, part: str, folder: Path, sounds: Path, calls: int, seed: int) -> None:
    title, strike = _STRIKES[part]
    owed = survival.bills(calls)
    with Site(folder, sounds, owed, debug=False, documents={}) as site:
        outcome.survivals.append(survival.survive(site, title, owed, strike(site), seed=seed))


if __name__ == "__main__":
    main()
