"""``fs-app graph``: a flow as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from fs_app.app.parts import Parts
from fs_app.commands.context import Context
from fs_app.errors import FsAppError
from fs_app.flow.graph import mermaid
from fs_app.flow.graph import svg as draw_svg
from fs_app.yamlfile import did_you_mean


@click.command()
@click.argument("flow")
@click.option(
    "--svg", type=click.Path(path_type=Path, dir_okay=False), help="Write an SVG picture (needs graphviz)."
)
@click.pass_obj
def graph(obj: Context, flow: str, svg: Path | None) -> None:
    """Draw FLOW: Mermaid text, or an SVG picture."""
    flows = Parts(obj.settings).flows
    if flow not in flows:
        hint = did_you_mean(flow, flows) or f"there are: {', '.join(sorted(flows))}"
        raise FsAppError(f"no flow is called {flow!r}; {hint}")
    if svg is None:
        click.echo(mermaid(flows[flow]))
    else:
        svg.write_text(draw_svg(flows[flow]), encoding="utf-8")
        click.echo(f"wrote {svg}")
