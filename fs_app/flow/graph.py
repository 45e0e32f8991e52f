"""A flow as a picture: Mermaid text for a page, SVG through Graphviz for a wall."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from fs_app.errors import FsAppError
from fs_app.flow.flow import Flow, Node

_DOT_SECONDS = 30


def mermaid(flow: Flow) -> str:
    """The flow as a Mermaid flowchart. Arrows to the operator that every question has are left out: a person is
    always one key away, and drawing it hides the rest."""
    lines = ["flowchart TD", f"    start(( )) --> {flow.start}"]
    for node in flow.nodes.values():
        opening, closing = ("([", "])") if not node.next else ("[", "]")
        lines.append(f'    {node.name}{opening}"{node.name}<br/><i>{node.step.do}</i>"{closing}')
    for node in flow.nodes.values():
        for target, outcomes in _arrows(flow, node):
            lines.append(f'    {node.name} -->|"{", ".join(outcomes)}"| {target}')
    return "\n".join(lines) + "\n"


def dot(flow: Flow) -> str:
    """The flow in the language of Graphviz."""
    lines = [
        f'digraph "{flow.name}" {{',
        '    node [shape=box, style=rounded, fontname="sans-serif"];',
        '    edge [fontname="sans-serif", fontsize=10];',
        "    start [shape=point];",
        f'    start -> "{flow.start}";',
    ]
    for node in flow.nodes.values():
        lines.append(
            f'    "{node.name}" [label="{node.name}\\n{node.step.do}"{"" if node.next else ", peripheries=2"}];'
        )
    for node in flow.nodes.values():
        for target, outcomes in _arrows(flow, node):
            lines.append(f'    "{node.name}" -> "{target}" [label="{", ".join(outcomes)}"];')
    return "\n".join([*lines, "}"]) + "\n"


def svg(flow: Flow) -> str:
    """The flow as SVG, drawn by the program ``dot``. FsAppError where it is not installed or does not answer."""
    try:
        drawn = subprocess.run(
            ["dot", "-Tsvg"], input=dot(flow), capture_output=True, text=True, timeout=_DOT_SECONDS, check=True
        )
    except FileNotFoundError:
        raise FsAppError(
            "the program dot is not installed: install the Debian package graphviz, or draw the flow as Mermaid"
        ) from None
    except subprocess.CalledProcessError as error:
        raise FsAppError(f"the program dot did not draw the flow: {error.stderr.strip()}") from error
    except subprocess.TimeoutExpired:
        raise FsAppError(f"the program dot did not draw the flow within {_DOT_SECONDS} seconds") from None
    return drawn.stdout


def _arrows(flow: Flow, node: Node) -> Iterator[tuple[str, list[str]]]:
    """Each step that follows, and the outcomes that lead to it."""
    outcomes: dict[str, list[str]] = {}
    for outcome, target in node.next.items():
        if not (node.step.asks and target == flow.operator and outcome in ("agent", "gave_up")):
            outcomes.setdefault(target, []).append(outcome)
    yield from outcomes.items()
