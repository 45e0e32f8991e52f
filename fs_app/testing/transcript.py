"""A phone call written down, and played again over the simulated switch::

    caller: +14155550101
    gateway: drop_after_commit

    << Thank you for calling. ...
    << Please key in your PIN.
    >> 1234
    >>! 1
    == paid 42.50 USD visa 1111
    == hung up

``<<`` is one prompt as it is heard: words are compared, not commas or capitals, and ``...`` stands for any
words. A line ``<< ...`` alone stands for any number of prompts. ``>>`` is what the caller keys once the prompt
has ended, ``>>!`` while it still plays; ``(silence)``, ``(waits)`` for a moment, and ``(hangs up)`` are not
keys, and ``(says yes)`` is what is said after a beep. ``@@`` is what the agent does who talks with the caller, on
the page or on the telephone (`AGENT_DOES`), or sees there: ``@@ sees declined``. A caller whom an agent answers,
and of whom nothing else is written, hangs up after the talk. ``==`` is what the ledger holds, what was agreed to
(``== agreement once active 42.50 USD``), and how the call ended; such a line may stop early. A line that begins
with a space goes on with the line before, ``#`` in the first column is a remark, and the headers come first:
`HEADERS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from fs_app.errors import ConfigError, Problem

SILENCE, WAITS, HANGS_UP = "(silence)", "(waits)", "(hangs up)"
ANYTHING = "..."
_SIGNS = ("<<", ">>!", ">>", "@@", "==")
SAYS = re.compile(r"\(says (\w[\w ']*)\)")
_KEYED = re.compile("|".join(["[0-9*#]+", SAYS.pattern, *map(re.escape, (SILENCE, WAITS, HANGS_UP))]))

# What an agent does. An amount is in the currency of the bill.
AGENT_DOES = (
    re.compile(r"takes the payment(?: of (?P<amount>[0-9]+\.[0-9]{2}))?"),
    re.compile(r"(?P<press>presses [0-9*#]+)"),
    re.compile(r"sends to (?P<place>[a-z_]+)"),
    re.compile(r"transfers to (?P<queue>[a-z_]+)"),
    re.compile(r"(?P<act>clears|goes back|skips the code|stops|hangs up|hands over)"),
    re.compile(r"sees (?P<sight>[a-z_0-9 ]+)"),
)

# What a header may say. `line` sets a channel variable, as the dialplan does; what the call meets is made by
# whoever plays it: gateway, database, an attempt that is open, and who sits at the queue.
HEADERS = {
    "caller": r"\+?[0-9]{3,20}",
    "line": r"[a-z_]+=\S+",
    "gateway": r"down|refuses|(?:drop|status)_(?:before|after)_commit",
    "bill": r"busy",
    "database": r"down",
    "agents": r"none|busy|away|queued",
    "recheck": r"soon",  # an unknown result is asked for again while the caller waits
    "attempts": r"[0-9]+",  # so many by one account, then the velocity limit
    "lockout": r"[0-9]+",  # so many wrong proofs of one account
    "saved": r"[0-9]+",  # a Visa ending in 4242 is saved for that account
    "known": r"[0-9]+",  # the caller was identified for that account in an earlier call
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dialogue and where it stands."""

    number: int
    sign: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A call as it has to go. ``world`` holds the headers that say what the call meets."""

    file: str
    caller: str = "+15551230000"
    variables: dict[str, str] = field(default_factory=dict)
    world: dict[str, str] = field(default_factory=dict)
    dialogue: tuple[Line, ...] = ()
    results: tuple[Line, ...] = ()


def read_transcript(path: Path) -> Transcript:
    """Read a transcript; ConfigError with every mistake as ``file:line``."""
    return parse_transcript(path.read_text(encoding="utf-8"), str(path))


def parse_transcript(text: str, file: str = "transcript") -> Transcript:
    """A transcript from its text; ConfigError with every mistake in it."""
    problems: list[Problem] = []
    transcript, lines = Transcript(file), []
    for number, raw in _joined(text):
        sign = next((sign for sign in _SIGNS if raw.startswith(sign)), None)
        if sign is not None:
            lines.append(Line(number, sign, raw.removeprefix(sign).strip()))
            continue
        name, colon, value = (part.strip() for part in raw.partition(":"))
        if not colon or name not in HEADERS:
            hint = f"a header is one of {', '.join(HEADERS)}; a line begins with {', '.join(_SIGNS)}"
            problems.append(Problem(file, number, 1, f"{raw[:40]!r} is no line of a transcript", hint))
        elif lines:
            problems.append(Problem(file, number, 1, f"the header {name!r} has to stand before the dialogue"))
        elif not re.fullmatch(HEADERS[name], value):
            problems.append(Problem(file, number, len(name) + 3, f"{name} cannot be {value!r}"))
        else:
            transcript = _with_header(transcript, name, value)
    problems += _line_problems(file, lines)
    if problems:
        raise ConfigError(problems)
    return replace(
        transcript,
        dialogue=tuple(line for line in lines if line.sign != "=="),
        results=tuple(line for line in lines if line.sign == "=="),
    )


def matches(expected: str, heard: str) -> bool:
    """Whether what was heard are the expected words; ``...`` stands for any."""
    parts = [re.escape(_words(part)) for part in expected.split(ANYTHING)]
    return re.fullmatch(r"(?:\S+ )*".join(parts), _words(heard)) is not None


def _words(text: str) -> str:
    return "".join(f"{word} " for word in re.findall(r"[\w']+", text.lower()))


def _joined(text: str) -> list[tuple[int, str]]:
    """The lines that say something, each with those that go on with it."""
    joined: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip() or raw.startswith("#"):
            continue
        if raw[0] == " " and joined:
            first, before = joined[-1]
            joined[-1] = first, f"{before} {raw.strip()}"
        else:
            joined.append((number, raw.strip()))
    return joined


def _with_header(transcript: Transcript, name: str, value: str) -> Transcript:
    if name == "caller":
        return replace(transcript, caller=value)
    if name == "line":
        key, _, setting = value.partition("=")
        return replace(transcript, variables={**transcript.variables, f"fs_app_{key}": setting})
    return replace(transcript, world={**transcript.world, name: value})


def _line_problems(file: str, lines: list[Line]) -> list[Problem]:
    problems = []
    for before, line in zip([None, *lines], lines, strict=False):
        complaint = _complaint(before, line)
        if complaint:
            problems.append(Problem(file, line.number, 1, complaint))
    if not lines or lines[-1].sign != "==":
        hint = "add what was booked and how the call ended, e.g. `== no payment` and `== hung up`"
        problems.append(Problem(file, lines[-1].number if lines else 0, 1, "the end is missing", hint))
    return problems


def _complaint(before: Line | None, line: Line) -> str:
    if not line.text:
        return f"nothing follows {line.sign}"
    if line.sign.startswith(">>") and not _KEYED.fullmatch(line.text):
        return (
            f"{line.text!r} cannot be keyed; keys are 0 to 9, * and #, (says yes), {SILENCE}, {WAITS}, {HANGS_UP}"
        )
    if line.sign == "@@" and not any(form.fullmatch(line.text) for form in AGENT_DOES):
        return f"no agent does {line.text!r}; see AGENT_DOES"
    if line.sign == ">>!" and (before is None or before.sign != "<<"):
        return "`>>!` is keyed while a prompt plays, so it has to follow `<<`"
    if line.sign != "==" and before is not None and before.sign == "==":
        return "the dialogue is over: `==` comes last"
    if line.sign.startswith(">>") and before is not None and (before.sign, before.text) == ("<<", ANYTHING):
        return "write the prompt that is answered: `<< ...` alone stands for any number of them"
    return ""
