"""The coverage-guided fuzzer over `targets`: ``scripts/fuzz [TARGET ...] [--seconds N] [--keep]``.

New inputs go to ``var/fuzz``; with ``--keep`` those that reach new code are merged into the corpus, which is kept.
An input that breaks a target is written to the corpus at once, as ``crash-...``: the suite fails from then on.
"""

from __future__ import annotations

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import argparse
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import atheris
import structlog

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).parent / "corpus"
FOUND = ROOT / "var" / "fuzz"
_LONGEST = 2048


def main() -> int:
    if sys.argv[1:2] == ["--run"]:
        return _fuzz(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="framer, connect, gate, session; all of them unless named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", action="store_true", help="merge what reaches new code into the corpus")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    names = arguments.targets or ["framer", "connect", "gate", "session"]
    return max(_campaign(name, arguments.seconds, arguments.keep) for name in names)


def _campaign(name: str, seconds: int, keep: bool) -> int:
    """One target in a process of its own; 0 where nothing broke."""
    print(f"-- {name}, {seconds} s", flush=True)
    found, corpus = FOUND / name, CORPUS / name
    for folder in (found, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz", "--run", name]
    options = [f"-max_len={_LONGEST}", "-timeout=10", "-print_final_stats=1", "-verbosity=0"]
    limits = [f"-max_total_time={seconds}", f"-artifact_prefix={corpus}/"]
    code = subprocess.run([*command, *options, *limits, str(found), str(corpus)], cwd=ROOT, check=False).returncode
    if keep and code == 0:
        _keep(name, found, corpus)
    return code


def _keep(name: str, found: Path, corpus: Path) -> None:
    """Copy what takes a way through the code that nothing kept takes, the shortest first."""
    from tests.fuzz.targets import TARGETS

    known = set().union(*(_ways(TARGETS[name], each.read_bytes()) for each in corpus.iterdir()))
    kept = 0
    for each in sorted(found.iterdir(), key=lambda path: path.stat().st_size):
        ways = _ways(TARGETS[name], each.read_bytes())
        if not ways <= known:
            known |= ways
            kept += 1
            shutil.copyfile(each, corpus / each.name[:16])
    print(f"   {kept} kept, {len(known)} ways through the code", flush=True)


def _ways(target: Callable[[bytes], None], data: bytes) -> set[tuple[str, int, int]]:
    """The jumps from line to line within ``telephony`` that an input takes."""
    ways: set[tuple[str, int, int]] = set()

    def enter(frame: FrameType, event: str, argument: object) -> Callable[..., object] | None:
        if "telephony" not in frame.f_code.co_filename:
            return None
        before = frame.f_lineno

        def step(frame: FrameType, event: str, argument: object) -> object:
            nonlocal before
            ways.add((frame.f_code.co_filename, before, frame.f_lineno))
            before = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        target(data)
    finally:
        sys.settrace(None)
    return ways


def _fuzz(name: str, options: list[str]) -> int:
    with atheris.instrument_imports(include=["fs_app.telephony"]):
        from tests.fuzz.targets import TARGETS
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    atheris.Setup([sys.argv[0], *options], TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
