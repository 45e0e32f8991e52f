"""Which flows there are: each with its file and what it is for, as its first comment says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from fs_app import yamlfile
from fs_app.flow.flow import Flow

_SENTENCE = re.compile(r"\.(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One flow of the folder. ``purpose`` is the first sentence of the comment its file begins with."""

    flow: Flow
    path: Path
    purpose: str


def catalogue(directory: Path, flows: Mapping[str, Flow]) -> list[Entry]:
    """The flows that were read from a folder, by file name."""
    entries = []
    for path in sorted(directory.glob("*.yaml")):
        name = yamlfile.read(path).data["flow"]
        entries.append(Entry(flows[name], path, purpose(path.read_text(encoding="utf-8").splitlines())))
    return entries


def purpose(lines: Iterable[str]) -> str:
    """The first sentence of the comment at the beginning of a file; empty where it begins with something else."""
    comment = takewhile(lambda line: line.startswith("#") and line.strip("# "), lines)
    return _SENTENCE.split(" ".join(line.strip("# ") for line in comment), maxsplit=1)[0]
