"""Every queue that settings, lines and flows name: where a caller who wants a person may be led to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fs_app.app.lines import Lines
from fs_app.errors import Problem
from fs_app.flow.flow import Flow
from fs_app.settings import Settings
from fs_app.steps.agent import Agent
from fs_app.yamlfile import Document, did_you_mean


def named_queues(settings: Settings, flows: Mapping[str, Flow], lines: Lines) -> dict[str, str]:
    """The queues, each with who names it, in words."""
    named = {settings.line.queue: "line.queue of the settings"}
    for line in lines.values():
        if line.queue:
            named.setdefault(line.queue, f"the line {line.name}")
    for flow in flows.values():
        for node in flow.nodes.values():
            if isinstance(node.step, Agent) and node.step.queue:
                named.setdefault(node.step.queue, f"the step {node.name} of the flow {flow.name}")
    return named


def unnamed_destinations(settings: Settings, document: Document, named: Mapping[str, str]) -> Iterator[Problem]:
    """Destinations of the settings that nobody is led to: typing errors, but for those that a dialplan names. That
    is not known here, so they are a warning."""
    for name in settings.agents.destinations:
        if name not in named:
            hint = did_you_mean(name, named) or "right only where a dialplan names it (fs_app_queue)"
            message = f"no line, no flow and no other setting names the queue {name!r}"
            yield document.problem(("agents", "destinations", name), message, hint, at_key=True)
