"""``scripts/chaos``: the campaign from the command line."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import random  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from pathlib import Path  # noqa: E402

import click  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402

from fs_app.chaos.campaign import Campaign  # noqa: E402
from fs_app.chaos.faults import FAULTS, Fault  # noqa: E402
from fs_app.chaos.plan import plan  # noqa: E402
from fs_app.chaos.report import report  # noqa: E402
from fs_app.errors import FsAppError  # noqa: E402
from fs_app.log import configure_logging  # noqa: E402

_WIDTH = 116  # of what goes to a file


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--payments", default=2000, show_default=True, type=click.IntRange(1, 50_000))
@click.option("--seed", type=int, help="Plans the same faults for the same payments as before.")
@click.option("--only", multiple=True, metavar="FAULT", help="These faults and no others; a prefix will do.")
@click.option("--at-once", default=16, show_default=True, type=click.IntRange(1, 200), help="Payments at a time.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep settings and logs there.")
@click.option("--sounds", type=click.Path(path_type=Path, exists=True), default=Path("sounds"), hidden=True)
@click.option("--list", "listing", is_flag=True, help="Tell the faults there are.")
def main(
    payments: int, seed: int | None, only: tuple[str, ...], at_once: int, keep: Path | None, sounds: Path,
    listing: bool,
) -> None:  # fmt: skip
    """Many payments through real processes while everything fails that can; then ledger and gateway must agree.

    Exit code 0 if every rule held, else 1, with the history of every payment that broke one.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started stays behind
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    configure_logging("warning", "console")
    if listing:
        for fault in FAULTS:
            console.print(f"{fault.name:<40} {fault.about}", highlight=False)
        return
    faults = _chosen(only)
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fs_app_chaos_")))
        campaign = Campaign(folder, sounds, plan(payments, faults, seed), at_once=at_once)
        try:
            outcome = campaign.run(stack.enter_context(_Bar(console)))
        except FsAppError as error:
            raise click.ClickException(str(error)) from None
    report(outcome, console, seed=seed)
    sys.exit(1 if outcome.failures else 0)


def _chosen(only: tuple[str, ...]) -> list[Fault]:
    chosen = [fault for fault in FAULTS if not only or any(fault.name.startswith(name) for name in only)]
    if not chosen:
        raise click.BadParameter("no fault is called that; --list tells them", param_hint="--only")
    return chosen


class _Bar:
    """Progress for people; nothing where nobody looks."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> _Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, what: str, done: int, of: int) -> None:
        self._bar.update(self._task, description=what, completed=done, total=of)


if __name__ == "__main__":
    main()
