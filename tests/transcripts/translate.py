"""Writes the transcripts of other languages: a call for each flow, keyed as in English, heard in another language.

    python tests/transcripts/translate.py es tr ar

Each call is played twice, in worlds of which one is some years ahead of the other, and what differs is written as
``...``: dates and confirmation numbers. What is written is to be read by somebody who speaks the language; the
suite holds every call to it.
"""

# The process is patched as the server's is, before anything else is imported.
# ruff: noqa: E402

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import difflib
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from world import NOON, NoonClock, NoonParts, Prepared, World, prepare

from fs_app.app.parts import Parts
from fs_app.ports import Clock, Ledger
from fs_app.store.ledger import SqlLedger
from fs_app.testing.transcript import ANYTHING, Transcript, read_transcript

HERE = Path(__file__).parent
MAIN = ("paid_in_full", "utility", "card_saved", "bank_debit", "rent", "hospital_bill", "fine_early",
        "pay_for_another", "renewal", "appointment_confirmed", "gift_to_all", "debt")  # fmt: skip
"""The call that shows each flow."""
# A word or two between two that differ are in common by chance, as "of" in a date.
_BETWEEN = re.compile(r"\.\.\.(?: (?:\S+ ){0,3}\.\.\.)+")
_AHEAD = timedelta(days=1600)  # another decade, month, weekday and day: nothing of a date is in common for ever


class Today(NoonParts):
    """A world whose confirmation numbers have nothing in common with those of the other."""

    digit = "1"

    @cached_property
    def ledger(self) -> Ledger:
        return SqlLedger(
            self.database, self.clock, schedule=self.schedule, confirmation=lambda digits: self.digit * digits
        )


class Ahead(Today):
    """A world some years later."""

    digit = "7"

    @cached_property
    def clock(self) -> Clock:
        class Later(NoonClock):
            def now(self) -> datetime:
                return super().now() + _AHEAD

        return Later(self.settings.timezone)


def in_language(transcript: Transcript, language: str) -> Transcript:
    """The same call in another language: each prompt may be anything, but there is as many of them."""
    lines = [
        replace(line, text=f"{ANYTHING} {ANYTHING}") if line.sign == "<<" and line.text != ANYTHING else line
        for line in transcript.dialogue
    ]
    variables = {**transcript.variables, "fs_app_language": language}
    return replace(transcript, variables=variables, dialogue=tuple(lines))


def heard(transcript: Transcript, prepared: Prepared, parts: type[Parts]) -> tuple[str, ...]:
    """The dialogue of one call."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), prepared, transcript, parts=parts)
        try:
            return world.play().dialogue
        finally:
            world.close()


def common(one: str, other: str) -> str:
    """What two sayings of a prompt have in common, word by word; ``...`` for what they do not."""
    first, second = one.split(), other.split()
    words: list[str] = []
    for kind, begin, end, _, _ in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        words += first[begin:end] if kind == "equal" else [ANYTHING]
    return _BETWEEN.sub(ANYTHING, " ".join(words))


def written(name: str, language: str, transcript: Transcript, dialogue: Sequence[str]) -> Iterator[str]:
    """The lines of the file."""
    yield f"# {name}.txt in another language, written by translate.py."
    for key, value in {**transcript.variables, "fs_app_language": language}.items():
        yield f"line: {key.removeprefix('fs_app_')}={value}"
    if transcript.caller != Transcript("").caller:
        yield f"caller: {transcript.caller}"
    for key, value in transcript.world.items():
        yield f"{key}: {value}"
    yield ""
    for line in (*dialogue, *map(str, transcript.results)):
        yield from textwrap.wrap(line, 116, subsequent_indent="   ", break_on_hyphens=False)


def main(languages: Sequence[str], names: Sequence[str] = MAIN) -> None:
    with tempfile.TemporaryDirectory() as folder:
        today = NOON.date()
        for name in ("now", "later"):
            (Path(folder) / name).mkdir()
        now, later = prepare(Path(folder) / "now", today), prepare(Path(folder) / "later", today + _AHEAD)
        for name in names:
            transcript = read_transcript(HERE / f"{name}.txt")
            for language in languages:
                call = in_language(transcript, language)
                pairs = zip(heard(call, now, Today), heard(call, later, Ahead), strict=True)
                said = [common(one, other) if one.startswith("<<") else one for one, other in pairs]
                dialogue = [line for line in said if not line.startswith("==")]
                path = HERE / f"{name}_{language}.txt"
                path.write_text("\n".join(written(name, language, transcript, dialogue)) + "\n", encoding="utf-8")
                print(path.relative_to(HERE), flush=True)


if __name__ == "__main__":
    wanted = sys.argv[1:]
    main([each for each in wanted if len(each) < 4], [each for each in wanted if len(each) >= 4] or MAIN)
