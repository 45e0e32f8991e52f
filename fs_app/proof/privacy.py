"""Whole paying calls with a canary card; then what a second client, the log, the records and recordings know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import unquote

import gevent
from gevent.pool import Group

from fs_app.errors import FsAppError
from fs_app.proof.callers import Line, Script
from fs_app.proof.search import Card, Find, keys_seen, runs, tracks, windows, without_noise, words
from fs_app.proof.site import PIN, Bill, Site
from fs_app.proof.switchboard import RECORDS
from fs_app.proof.tones import keys_in, loud_seconds
from fs_app.telephony.headers import Frame, decode_value

# Test numbers that share no two neighbouring digits; nothing else that is keyed has two of the canary's.
CANARY = Card("371449635398431", "0828", "6752")
CONTROL = Card("4005519200000004", "1230", "218")
_POSTAL_CODE = "94106"
_ACCOUNTS = [
    "".join(digits)
    for digits in product("601", repeat=6)
    if digits[0] != "0" and digits[-1] != "1" and not re.search("00|11", "".join(digits))
][:28]
_ROUND_SECONDS = 150


@dataclass(frozen=True, slots=True)
class Caller:
    """One of the calls of a round: what it shows, its bill, and what it keys that the others do not."""

    about: str
    minor: int
    replies: Mapping[str, Sequence[str]]
    until: tuple[str, ...] = ("paid",)


def callers(card: Card, *, tones: bool) -> list[Caller]:
    """The calls of a round with that card. Who keys it where a menu is asked does so with telephone-event alone: no
    recording can know that those tones are a secret."""
    (number, expiry, code), agent = card.fields, ("connecting_agent",)
    astray = Caller("keys the card at a menu", 9_450, {"confirm_payment": [number[4:6], "1"]})
    return [
        *([] if tones else [astray]),
        Caller("pays in full", 4_250, {}),
        Caller("types ahead", 5_150, {"enter_pin": [f"{PIN}1{number}"]}),
        Caller(
            "corrects everything",
            6_350,
            {
                "enter_card_number": [f"{number[:7]}*", f"{number[:-1]}{(int(number[-1]) + 1) % 10}", number],
                "enter_expiry": ["1320", expiry],
                "enter_security_code": [f"{code[:2]}#", code],
                "enter_security_code_front": [f"{code[:2]}#", code],
            },
        ),
        Caller(
            "is declined, pays less",
            200_100,
            {"offer_amount_or_card": ["1"], "pay_full": ["1", "2"], "enter_amount": ["6600#"]},
        ),
        Caller("wants a person inside the card", 7_450, {"enter_card_number": [f"{number[:9]}*", "0#"]}, agent),
        Caller(
            "falls silent in the expiry", 8_350, {"enter_expiry": [expiry[:3]]}, ("no_key_heard", "too_few_keys")
        ),
    ]


@dataclass(slots=True)
class Round:
    """Everything that was written while some calls were made: lines by where they stood and by call; the seconds of
    each recording that are no silence, and the keys in each of its channels."""

    name: str
    card: Card
    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    texts: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    recordings: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    def finds(self, other: Round | None = None) -> Iterator[Find]:
        """What gives the card away; ``other`` is the same round with another card."""
        for where in self.texts:
            plain = self.plain(where)
            found = {
                "keys": [f"{pair} in a row" for keys in self.keys(where) for pair in runs(keys, self.card)],
                "windows": windows(plain, self.card),
                "words": words(plain, self.card),
            }
            if other is not None:
                found["tracks"] = tracks(plain, other.plain(where), self.card, other.card)
            yield from (Find(search, where, what) for search, whats in found.items() for what in whats)
        for uuid, (_, channels) in self.recordings.items():
            for keys in channels:
                yield from (Find("tones", "recordings", f"{uuid}: {pair}") for pair in runs([keys], self.card))

    def keys(self, where: str) -> list[list[str]]:
        """The keys that could be seen there, whatever they are, call by call."""
        return [[keys for keys, _ in keys_seen(lines)] for lines in self.texts[where].values()]

    def plain(self, where: str) -> set[str]:
        """The lines that stood there, each once, without what is full of digits and cannot hold a key."""
        return {without_noise(line) for lines in self.texts.get(where, {}).values() for line in lines}


class Privacy:
    """Makes rounds of calls on a site and keeps what was written."""

    def __init__(self, site: Site, folder: Path) -> None:
        self._site = site
        self._folder = folder
        self._accounts = iter(_ACCOUNTS)
        self.records = {module: site.lines.api(f"load {module}").startswith("+OK") for module in RECORDS}

    def pay(self, name: str, number: str, *, tones: bool) -> tuple[Round, Round]:
        """The calls of a round with the canary and, at the same time, with the other card."""
        rounds, people, marks = (Round(name, CANARY), Round(name, CONTROL)), Group(), self._marks()
        for made in rounds:
            for caller in callers(made.card, tones=tones):
                line = self._site.exchange.dial(number, tones=tones)
                made.lines.append(line)
                replies = _replies(made.card, next(self._accounts)) | dict(caller.replies)
                people.spawn(line.follow, Script(replies, caller.until))
                gevent.sleep(0.3)
        people.join(_ROUND_SECONDS)
        for made in rounds:
            made.problems += [
                f"{name}: who {caller.about}, came to {' '.join(line.phrases[-3:])}"
                for line, caller in zip(made.lines, callers(made.card, tones=tones), strict=True)
                if not {*line.phrases} & {*caller.until}
            ]
            for line in made.lines:
                if not line.ended:
                    line.hang_up()
        self._gather(rounds, marks)
        return rounds

    def be_careless(self, name: str, number: str, *, tones: bool) -> Round:
        """A call of a number whose dialplan asks for the card by itself: the search has to find it."""
        made, marks = Round(name, CANARY), self._marks()
        line = self._site.exchange.dial(number, tones=tones)
        made.lines.append(line)
        line.follow(Script({"enter_card_number": [CANARY.number]}))
        if not line.ended:
            line.hang_up()
        self._gather([made], marks)
        return made

    # --- what was written ---

    def _marks(self) -> _Marks:
        overheard = self._site.lines.overheard
        files = {path: path.stat().st_size for path in self._written()}
        return _Marks(len(overheard.events), len(overheard.log), files)

    def _written(self) -> list[Path]:
        records = [path for pattern in RECORDS.values() for path in sorted(self._folder.glob(pattern))]
        return [self._site.switch_log, self._site.log, *records]

    def _gather(self, rounds: Sequence[Round], marks: _Marks) -> None:
        gevent.sleep(2.0)  # the last record is written after the last event
        overheard = self._site.lines.overheard
        new = {path: _since(path, marks.files.get(path, 0)) for path in self._written()}
        if "Lost [" in new[self._site.switch_log]:
            raise FsAppError("the switch threw log lines away: this would prove nothing")
        pieces = {
            "events": [_lines(frame) for frame in overheard.events[marks.events :]],
            "log by socket": [_lines(frame) for frame in overheard.log[marks.log :]],
            "log file": [[line] for line in new[self._site.switch_log].split("\n")],
            "fs_app's own log": [[line] for line in new[self._site.log].split("\n")],
        }
        for module, pattern in RECORDS.items():
            if self.records[module]:
                pieces[module] = [
                    record for path in sorted(self._folder.glob(pattern)) for record in _records(path, new[path])
                ]
        for made in rounds:
            others = [line.uuid for each in rounds if each is not made for line in each.lines]
            for where, some in pieces.items():
                made.texts[where] = _by_call(some, [line.uuid for line in made.lines], others)
            for line in made.lines:
                recording = self._folder / f"{line.uuid}.wav"
                if recording.exists():
                    made.recordings[line.uuid] = loud_seconds(recording), keys_in(recording)


@dataclass(frozen=True, slots=True)
class _Marks:
    """How much there was before a round: events, lines of the log, bytes of files."""

    events: int
    log: int
    files: Mapping[Path, int]


def _replies(card: Card, account: str) -> dict[str, Sequence[str]]:
    return {
        "enter_account_number": [f"{account}#"],
        "enter_pin": [PIN],
        "pay_full": ["1"],
        "enter_card_number": [card.number],
        "enter_expiry": [card.expiry],
        "enter_security_code": [card.code],
        "enter_security_code_front": [card.code],
        "enter_postal_code": [_POSTAL_CODE],
        "amount_read_back": ["1"],
        "confirm_payment": ["1"],
    }


def bills() -> list[Bill]:
    """A bill for each caller: of a round with telephone-event, then of one with tones, each with both cards."""
    owed = [
        caller.minor
        for tones in (False, True)
        for card in (CANARY, CONTROL)
        for caller in callers(card, tones=tones)
    ]
    return [Bill(account, minor) for account, minor in zip(_ACCOUNTS, owed, strict=False)]


def _lines(frame: Frame) -> list[str]:
    return [decode_value(line) for part in (frame.head, frame.body) for line in part.split(b"\n") if line]


def _records(path: Path, text: str) -> list[list[str]]:
    """The records in a file, as short lines."""
    if path.suffix == ".csv":
        return [line.split(",") for line in text.split("\n")]
    return [[unquote(part) for part in re.split(r"\n|(?<=>)(?=<)|,(?=\")", text)]]


def _by_call(pieces: Sequence[list[str]], calls: Sequence[str], others: Sequence[str]) -> dict[str, list[str]]:
    """Lines by the call they tell of; those of no call under ``""``, those of others left out."""
    found: dict[str, list[str]] = defaultdict(list)
    known = re.compile("|".join([*calls, *others]))
    for lines in pieces:
        call = next((match.group() for line in lines if (match := known.search(line))), "")
        if call not in others:
            found[call] += lines
    return dict(found)


def _since(path: Path, offset: int) -> str:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read().decode("utf-8", "replace")
