"""What calls run by: flows, lines and the voice, proved together. Immutable; a call keeps the one it began with."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fs_app.app.lines import Lines, load_lines
from fs_app.errors import ConfigError, Problem
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flows
from fs_app.prompts.phrasebook import PHRASES_FILE
from fs_app.prompts.voice import FileVoice, read_voice
from fs_app.settings import Settings
from fs_app.steps import STEPS

Prints = Mapping[str, tuple[int, int]]
"""Size and time of change (ns) of every file, and of every folder of recordings, by its path."""


@dataclass(frozen=True, slots=True)
class Programme:
    """Flows and lines by name, and the voice that has every phrase they say."""

    flows: Mapping[str, Flow]
    lines: Lines
    voice: FileVoice


Proof = Callable[[Programme], list[Problem]]
"""What else has to be true of a programme, beyond that its parts fit each other: every mistake in it."""


def load_programme(settings: Settings, prove: Proof) -> Programme:
    """Read and prove everything; ConfigError with every mistake of all files. It takes a second or so."""
    voice, problems = read_voice(settings.sounds)
    flows: dict[str, Flow] = {}
    try:
        flows = load_flows(settings.flows, STEPS, voice)
    except ConfigError as error:
        problems = [*problems, *error.problems]
    lines, found = load_lines(settings, flows, voice) if flows else ({}, [])
    problems = [*problems, *found]
    if problems:
        raise ConfigError(problems)
    programme = Programme(flows, lines, voice)
    problems = prove(programme)
    if problems:
        raise ConfigError(problems)
    return programme


def prints(settings: Settings, *, recordings: bool) -> Prints:
    """How the files look now. ``recordings``: each of them too, not their folders alone; there are thousands.

    A recording that is replaced without its folder changing is found by looking at each only.
    """
    found: dict[str, tuple[int, int]] = {}
    for path in _files(settings, recordings):
        with suppress(OSError):  # it may be gone by now
            status = path.stat()
            found[str(path)] = (status.st_size, status.st_mtime_ns)
    return found


def version(files: Prints) -> str:
    """A short name for how the files look."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:8]


def _files(settings: Settings, recordings: bool) -> Iterator[Path]:
    yield settings.lines
    yield from settings.flows.rglob("*.yaml")
    for folder, _, names in os.walk(settings.sounds):
        yield Path(folder)
        yield from (Path(folder, name) for name in names if recordings or name == PHRASES_FILE)
