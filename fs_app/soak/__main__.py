"""``scripts/soak``: the soak from the command line."""

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

from fs_app.errors import FsAppError  # noqa: E402
from fs_app.log import configure_logging  # noqa: E402
from fs_app.soak.report import report, save_samples  # noqa: E402
from fs_app.soak.site import Site  # noqa: E402
from fs_app.soak.soak import Outcome, Pace, Soak  # noqa: E402

_WIDTH = 132  # of what goes to a file


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", default=15.0, show_default=True, type=click.FloatRange(0.1))
@click.option("--seed", type=int, help="The same callers and faults in the same order.")
@click.option("--calls", default=40, show_default=True, type=click.IntRange(1, 1000), help="Callers at a time.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(2, 16), help="One of them is spared.")
@click.option("--switches", default=2, show_default=True, type=click.IntRange(1, 16))
@click.option("--database", default="mariadb", show_default=True, type=click.Choice(["mariadb", "sqlite"]))
@click.option("--load", default=75.0, show_default=True, help="Seconds from one quiet point to the next.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Samples, plot and logs stay there.")
@click.option("--sounds", type=click.Path(path_type=Path, exists=True), default=Path("sounds"), hidden=True)
def main(
    minutes: float, seed: int | None, calls: int, workers: int, switches: int, database: str, load: float,
    out: Path | None, sounds: Path,
) -> None:  # fmt: skip
    """Calls for as long as you like, while workers and switches die; then nothing may have grown, no call may have
    been lost, and ledger and gateway must agree.

    Exit code 0 if so, else 1.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started stays behind
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    configure_logging("warning", "console")
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    with ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fs_app_soak_")))
        site = Site(folder, sounds, workers=workers, switches=switches, mariadb=database == "mariadb")
        try:
            stack.enter_context(site)
            soak = Soak(
                site, seed=seed, at_once=calls, pace=Pace(load=load),
                tell=lambda line: console.print(line, highlight=False),
            )  # fmt: skip
            outcome = soak.run(60 * minutes)
        except FsAppError as error:
            raise click.ClickException(str(error)) from None
    report(outcome, console, seed=seed)
    if out is not None:
        _save(outcome, out, console)
    sys.exit(1 if outcome.failures else 0)


def _save(outcome: Outcome, out: Path, console: Console) -> None:
    from fs_app.soak.plot import plot

    save_samples(outcome.samples, out / "samples.csv")
    plot(outcome, out / "soak.svg")
    console.print(f"{out / 'samples.csv'}, {out / 'soak.svg'}; the logs are beside them", highlight=False)


if __name__ == "__main__":
    main()
