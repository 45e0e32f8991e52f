"""From YAML files to checked flows. Every mistake of every file is reported at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from fs_app import yamlfile
from fs_app.errors import ConfigError, Problem
from fs_app.flow.checks import Draft, PhraseBook, check, in_use
from fs_app.flow.flow import Flow, Node
from fs_app.flow.step import Step
from fs_app.yamlfile import Document, did_you_mean

Registry = Mapping[str, type[Step]]

Parts = dict[Path, Document]
"""The parts that were read already: flows share them."""

PARTS = "parts"
"""The folder beneath the flows with the steps that several of them share."""

_NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, StringConstraints(pattern=_NAME)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Defaults(_Part):
    tries: int = Field(3, ge=1, le=9)
    next: dict[str, str] = {}


class _FlowFile(_Part):
    flow: Name
    start: str
    parts: tuple[Name, ...] = ()
    defaults: _Defaults = _Defaults()
    steps: dict[str, dict[str, Any]] = Field(min_length=1)


class _PartFile(_Part):
    """Steps that several flows share, with what follows an outcome unless they say otherwise."""

    part: Name
    defaults: _Defaults = _Defaults()
    steps: dict[str, dict[str, Any]] = Field(min_length=1)


def load_flow(path: Path, registry: Registry, voice: PhraseBook) -> Flow:
    """Read and check one flow; ConfigError with every mistake."""
    flow, problems = _read(path, registry, voice, {})
    if problems or flow is None:
        raise ConfigError(problems)
    return flow


def load_flows(directory: Path, registry: Registry, voice: PhraseBook) -> dict[str, Flow]:
    """Read and check every ``*.yaml`` of a directory, by flow name; ConfigError with the mistakes of all files."""
    flows: dict[str, Flow] = {}
    files: dict[str, Path] = {}
    problems: list[Problem] = []
    parts: Parts = {}
    for path in sorted(directory.glob("*.yaml")):
        flow, found = _read(path, registry, voice, parts)
        problems += found
        if flow is None:
            continue
        if flow.name in files:
            problems.append(Problem(str(path), 1, 1, f"{files[flow.name]} is also called {flow.name!r}"))
        flows[flow.name] = flow
        files[flow.name] = path
    if not files and not problems:
        problems.append(Problem(str(directory), 0, 0, "no flow here", "a flow is a file ending in .yaml"))
    if problems:
        raise ConfigError(problems)
    return flows


def _read(path: Path, registry: Registry, voice: PhraseBook, parts: Parts) -> tuple[Flow | None, list[Problem]]:
    try:
        document, problems = yamlfile.compose(yamlfile.read_text(path, str(path)), str(path))
    except ConfigError as error:
        return None, list(error.problems)
    document, of_parts = _with_parts(document, path.parent / PARTS, parts)
    if of_parts:  # what is missing without a part is no news
        return None, [*problems, *of_parts]
    flow, found = build_flow(document, registry, voice)
    return flow, problems + found


def _with_parts(document: Document, folder: Path, parts: Parts) -> tuple[Document, list[Problem]]:
    """A flow with the steps of the parts that it names. What the flow says of a step goes before its part; what a
    part says before the parts that are named after it."""
    named = document.data.get("parts") if isinstance(document.data, dict) else None
    problems: list[Problem] = []
    for index, name in enumerate(named if isinstance(named, list) else []):
        path = folder / f"{name}.yaml"
        if not isinstance(name, str) or not re.match(_NAME, name) or not path.is_file():
            known = sorted(each.stem for each in folder.glob("*.yaml"))
            hint = did_you_mean(str(name), known) or f"known: {', '.join(known)}"
            problems.append(document.problem(("parts", index), f"no part is called {name!r}", hint))
            continue
        try:
            part = parts[path] if path in parts else _read_part(path)
        except ConfigError as error:
            problems += error.problems
            continue
        parts[path] = part
        for key in ("defaults", "steps"):
            document = yamlfile.merged(document, part, key)
    return document, problems


def _read_part(path: Path) -> Document:
    part = yamlfile.read(path)
    yamlfile.validate(part, _PartFile)
    return part


def build_flow(document: Document, registry: Registry, voice: PhraseBook) -> tuple[Flow | None, list[Problem]]:
    """A flow from a parsed document, and what is wrong with it; None where there is too little to build one."""
    try:
        file = yamlfile.validate(document, _FlowFile)
        problems: list[Problem] = []
    except ConfigError as error:
        file, problems = None, list(error.problems)
    data = document.data if isinstance(document.data, dict) else {}
    steps = data.get("steps")
    if not isinstance(steps, dict):
        return None, problems
    defaults = file.defaults if file is not None else _Defaults()
    built: dict[str, Step] = {}
    for name, fields in steps.items():
        if not re.match(_NAME, name):
            hint = "small letters, digits and underscores, a letter first"
            problems.append(document.problem(("steps", name), f"{name!r} is no name for a step", hint, at_key=True))
        if isinstance(fields, dict):
            step, found = _build_step(document, name, fields, registry, defaults)
            problems += found
            if step is not None:
                built[name] = step
    if file is None:
        return None, problems
    draft = in_use(Draft(document, file.start, defaults.next, frozenset(steps), built, _arrows(steps)))
    known, found = check(draft, registry, voice)
    problems += found
    if problems:
        return None, problems
    nodes = {
        name: Node(name, step, MappingProxyType(draft.next_of(name)), known[name])
        for name, step in draft.steps.items()
    }
    return Flow(file.flow, file.start, draft.operator, MappingProxyType(nodes)), []


def _arrows(steps: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Each step's own ``next``, as far as it is one."""
    return {
        name: {outcome: target for outcome, target in fields["next"].items() if isinstance(target, str)}
        for name, fields in steps.items()
        if isinstance(fields, dict) and isinstance(fields.get("next"), dict)
    }


def _build_step(
    document: Document, name: str, fields: Mapping[str, Any], registry: Registry, defaults: _Defaults
) -> tuple[Step | None, list[Problem]]:
    place = ("steps", name)
    problems: list[Problem] = []
    arrows = fields.get("next", {})
    if not isinstance(arrows, dict) or not all(isinstance(target, str) for target in arrows.values()):
        problems.append(document.problem((*place, "next"), "next should be outcome: step, e.g. {done: goodbye}"))
    kind = fields.get("do")
    if not isinstance(kind, str):
        problems.append(document.problem(place, f"step {name!r} does not say what it does", "add do: ..."))
        return None, problems
    if kind not in registry:
        hint = did_you_mean(kind, registry) or f"known: {', '.join(sorted(registry))}"
        problems.append(document.problem((*place, "do"), f"no step does {kind!r}", hint))
        return None, problems
    model = registry[kind]
    own = {key: value for key, value in fields.items() if key not in ("do", "next")}
    if "tries" in model.model_fields:
        own.setdefault("tries", defaults.tries)
    try:
        return yamlfile.validate(document, model, place, own), problems
    except ConfigError as error:
        return None, problems + list(error.problems)
