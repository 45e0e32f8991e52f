"""Where a process spends its time: samples of its stacks, as a table by part and as a flame graph."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fs_app.errors import FsAppError

_SAMPLES_A_SECOND = 250
_IDLE = "gevent/_threading.py"  # a thread of the pool that waits for work
_TITLE = re.compile(r'(<text id="title"[^>]*>)[^<]*(</text>)')  # py-spy writes its own command there

# What a stack is counted as: the first of these that one of its frames, from the outermost on, belongs to.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("PIN hash (argon2)", ("argon2/",)),
    ("gateway SDK", ("fs_app/gateways/",)),
    ("database: lookups, ledger, checkpoints", ("fs_app/store/", "fs_app/flow/checkpoint.py")),
    ("metrics", ("fs_app/metrics.py",)),
    ("log", ("structlog/", "fs_app/log.py")),
    ("prompts: from a sentence to its files", ("fs_app/prompts/",)),
    ("event socket and keypad", ("fs_app/telephony/wire.py", "fs_app/telephony/session.py")),
    ("flow, steps and channel", ("fs_app/",)),
    ("gevent's loop and the kernel's polling", ("gevent/",)),
)


def record(pid: int, seconds: int, flame: Path | None) -> dict[str, float]:
    """The share of each part in the time that a process computes; a flame graph (SVG) where one is asked for, of
    as many seconds more, of what holds the interpreter. FsAppError where py-spy is not there or may not look."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "stacks"
        _spy(pid, seconds, "raw", raw)
        shares = _shares(raw.read_text(encoding="utf-8"))
    if flame is not None:
        flame.parent.mkdir(parents=True, exist_ok=True)
        _spy(pid, seconds, "flamegraph", flame, "--gil")
        drawn = flame.read_text(encoding="utf-8")
        flame.write_text(_TITLE.sub(rf"\g<1>{flame.stem}\g<2>", drawn), encoding="utf-8")
    return shares


def _spy(pid: int, seconds: int, kind: str, out: Path, *more: str) -> None:
    command = [str(Path(sys.executable).parent / "py-spy"), "record", "--pid", str(pid), "--duration", str(seconds)]
    command += ["--rate", str(_SAMPLES_A_SECOND), "--format", kind, "--output", str(out), *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode or not out.exists():
        raise FsAppError(f"no stacks of process {pid}: {(done.stderr or done.stdout).strip()[-300:]}")


def _shares(stacks: str) -> dict[str, float]:
    counted: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = stack.split(";")
        if _IDLE not in frames[-1]:
            counted[_part(frames)] += int(samples)
    whole = counted.total() or 1
    return {name: counted[name] / whole for name, _ in (*PARTS, ("else", ()))}


def _part(frames: list[str]) -> str:
    """The innermost frames tell of libraries, the outermost of nothing: a part is looked for in all of them."""
    for name, marks in PARTS:
        if any(mark in frame for frame in frames for mark in marks):
            return name
    return "else"
