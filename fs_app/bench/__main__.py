"""``scripts/bench``: each benchmark is a command, and a module of this package."""

from __future__ import annotations

import click

from fs_app.bench.script import script_command


@click.group()
def main() -> None:
    """Measure what a call costs. Every figure comes with its spread and the machine's noise."""


main.add_command(script_command)

if __name__ == "__main__":
    main()
