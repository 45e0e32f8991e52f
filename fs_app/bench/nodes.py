"""Two nodes and a third: what callers notice when a machine dies, and whether anything is charged twice or lost."""

from __future__ import annotations

from pathlib import Path

import click

from fs_app.bench.cluster import isolate


@click.command("nodes")
@click.option("--calls", default=30, show_default=True, help="Callers at a time.")
@click.option("--seconds", default=12.0, show_default=True, help="How long each phase lasts.")
@click.option("--seed", default=1, show_default=True, help="The same callers in the same order.")
@click.option("--haproxy", is_flag=True, help="HAProxy before the nodes, not a list of hosts in the dialplan.")
@click.option("--retries", default=5, show_default=True, help="The switch's net.ipv4.tcp_retries2; Linux has 15.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def nodes_command(calls: int, seconds: float, seed: int, haproxy: bool, retries: int, out: Path) -> None:
    """Nodes of `fs-app serve` on machines of their own, as network namespaces; one is killed, one loses its power,
    one is added, and the cable of one is pulled while calls are up."""
    words = [f"--calls={calls}", f"--seconds={seconds}", f"--seed={seed}", f"--retries={retries}", f"--out={out}"]
    isolate("-m", "fs_app.bench.two_nodes", *words, *(["--haproxy"] if haproxy else []))
