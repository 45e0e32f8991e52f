"""The search for a card in everything that a switch wrote, said and fired. No I/O.

Digits are everywhere in a log: times, ports, addresses, counters. Four searches tell a card from chance:

* **keys**: a line, event or header whose meaning is "this key was pressed" is found by its name, whatever digit it
  holds. The keys that others could see, one after the other, are put together: two in a row that are neighbours
  in the card are a run.
* **windows**: four or more neighbouring digits of the card, once times, addresses and counters are taken out.
* **tracks**: the same calls are made with another card. Where the one has a part of the first card and the other
  the same part of the second, in a line that is else the same, that line follows the card. Two digits are enough.
* **words**: digits that were spoken, as names of recordings. The last four are told to the caller, and no others.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WINDOW = 4
_WORDS = {word: str(digit) for digit, word in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """A card to look for, in the fields it is keyed in."""

    number: str
    expiry: str
    code: str

    @property
    def fields(self) -> tuple[str, str, str]:
        """Number, expiry, security code."""
        return self.number, self.expiry, self.code

    def parts(self, length: int) -> list[str]:
        """Every row of so many neighbouring digits."""
        return [field[at : at + length] for field in self.fields for at in range(len(field) - length + 1)]


@dataclass(frozen=True, slots=True)
class Find:
    """Something that gives the card away; ``search`` is one of those above."""

    search: str
    where: str
    what: str


# What FreeSWITCH writes about a key, at any level.
_KEY_LINES = re.compile(
    r"(?:RECV|SEND) DTMF ([0-9*#])|DTMF (?:BEGIN |END )?DETECTED: \[([0-9*#])|Digit parser DTMF|(?:RECV|SEND) DTMF"
)
# Headers, variables and parts of records that hold keys; `none` is what an empty `digits_dialed` says.
_KEY_VALUES = re.compile(
    r"^(?:variable_)?(?:DTMF-Digit|\w*digits\w*): (?!none)(\S*[0-9*#]\S*)$"
    r"|<\w*digits\w*>(?!none)([^<]*[0-9*#][^<]*)<|\"\w*digits\w*\":\s*\"(?!none)([^\"]*[0-9*#][^\"]*)\"",
    re.IGNORECASE,
)

# Times, names of calls and counters: what is full of digits and cannot hold a key.
_NOISE = [
    re.compile(pattern)
    for pattern in (
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",  # uuids
        r"\d{4}-\d\d-\d\d[ T]\d\d[:-]\d\d[:-]\d\d(?:[.,]\d+)?Z?",
        r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d(?: GMT)?",
        r"\b1[6-9]\d{8}(?:\.?\d{3}|\.?\d{6})?\b",  # seconds, milli- and microseconds of the epoch
        r"\b1\.[6-9]\d{1,14}e\+15\b",  # the same microseconds, as mod_json_cdr writes those that end with 0
        r"\b\w+\.c(?:pp)?:\d+",
        r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b",
        r"\b0x[0-9a-f]+\b",
        r"\b\d+\.\d+%",
        r"\bSession \d+",
        r"\"(?:seconds|payment|receipt)\": [\d.]+",
        r"\b1408\d{7}\b",  # the callers' own numbers
        r"\b1555000\d{4}\b",  # the numbers they call
    )
]
_COUNTERS = re.compile(
    r"^\W*(?:Event-(?:Sequence|Calling-Line-Number|Date-\w+)|Core-UUID|Log-(?:File|Func|Line|Level)|Text-Channel|"
    r"Content-Length|Job-UUID|Heartbeat-.*|Idle-CPU|Up-Time|Uptime-\w+|Event-Info|Session-\w+|Max-Sessions|"
    r"Caller-(?:Profile-\w+|Channel-\w+-Time|Network-Addr)|Other-Leg-.*-Time|CC-\w+-Time|Variable_.*_port|"
    r"(?:variable_)?(?:rtp_|remote_(?:audio|media|video)|local_(?:audio|media)|sip_(?:via|contact|network|received|"
    r"from|to|call_id|req|full|cseq)|switch_[rm]_sdp|ep_codec|read_|write_|record_|playback_|"
    r"\w*(?:usec|msec|uepoch|epoch|stamp|duration|billsec|ms|_port|_id|_seconds|_samples|sec|variance|"
    r"deviation|interval|quality|mos|packets|bytes|count|period|stamps?|ssrc)\b).*?)[:>\"]",
    re.IGNORECASE,
)


def keys_seen(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The keys that each line tells, with the line. A header that says the same as the one before is told once."""
    before = ""
    for line in lines:
        if (found := _KEY_LINES.search(line)) is not None:
            yield next((group for group in found.groups() if group), "?"), line
        elif (found := _KEY_VALUES.search(line)) is not None:
            if line != before:
                yield next(group for group in found.groups() if group), line
            before = line


def runs(seen: Sequence[str], card: Card) -> list[str]:
    """Neighbours in the card among the keys that were seen one after the other."""
    keys, pairs = "".join(seen), set(card.parts(2))
    return [keys[at : at + 2] for at in range(len(keys) - 1) if keys[at : at + 2] in pairs]


def without_noise(line: str) -> str:
    """The line without what is full of digits and cannot hold a key."""
    if (counter := _COUNTERS.match(line)) is not None:
        return counter.group(0)
    for noise in _NOISE:
        line = noise.sub("~", line)
    return line


def windows(lines: Iterable[str], card: Card) -> list[str]:
    """Lines that hold four or more neighbouring digits of the card, also with blanks or dashes between them."""
    parts = card.parts(_WINDOW)
    found = []
    for line in lines:
        digits = re.sub(r"(?<=\d)[ \-](?=\d)", "", line)
        if any(part in digits for part in parts):
            found.append(line)
    return found


def tracks(ours: Iterable[str], others: Iterable[str], card: Card, other: Card) -> list[str]:
    """Kinds of line that hold a part of the card with the one, and the same part of the other with the other."""
    mine, theirs = _tokens(ours), _tokens(others)
    found = []
    for kind in mine.keys() & theirs.keys():
        only_mine, only_theirs = mine[kind] - theirs[kind], theirs[kind] - mine[kind]
        for one, two in _same_parts(card, other):
            if one in only_mine and two in only_theirs:
                found.append(f"{kind}: {one} with the one card, {two} with the other")
                break
    return found


def words(lines: Iterable[str], card: Card) -> list[str]:
    """Rows of four or more digits of the card that were spoken, but for its last four."""
    parts = [part for part in card.parts(_WINDOW) if part != card.number[-4:]]
    found = []
    for line in lines:
        names = re.findall(r"/(\w+)\.wav", line)
        spoken = "".join(_WORDS.get(name.split(".")[0], " ") for name in names)
        found += [f"{part}: {line}" for part in parts if part in spoken]
    return found


def _tokens(lines: Iterable[str]) -> dict[str, set[str]]:
    tokens: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        kind = re.sub(r"\d+", "#", line)
        tokens[kind].update(re.findall(r"\d{2,}", line))
    return tokens


def _same_parts(card: Card, other: Card) -> Iterator[tuple[str, str]]:
    for one, two in zip(card.fields, other.fields, strict=True):
        for length in range(2, min(len(one), len(two)) + 1):
            for at in range(min(len(one), len(two)) - length + 1):
                yield one[at : at + length], two[at : at + length]
