"""``scripts/bench``: each benchmark is a command, and a module of this package."""

from __future__ import annotations

import click

from fs_app.bench.memory import memory_command
from fs_app.bench.nodes import nodes_command
from fs_app.bench.paying import paying_command
from fs_app.bench.reaction import reaction_command
from fs_app.bench.scaling import scaling_command
from fs_app.bench.script import script_command
from fs_app.bench.start import start_command
from fs_app.bench.switch import switch_command
from fs_app.bench.workers import workers_command


@click.group()
def main() -> None:
    """Measure what a call costs. Every figure comes with its spread and the machine's noise."""


main.add_command(script_command)
main.add_command(paying_command)
main.add_command(memory_command)
main.add_command(reaction_command)
main.add_command(start_command)
main.add_command(switch_command)
main.add_command(workers_command)
main.add_command(scaling_command)
main.add_command(nodes_command)

if __name__ == "__main__":
    main()
