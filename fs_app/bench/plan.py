"""What the driver is asked to do, and what it saw: both cross a pipe as one line of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls to a server. Seconds throughout.

    ``in_flight``: how many calls are kept up where ``rate`` is 0; otherwise so many arrive a second. ``burst``: all
    of them connect at once. ``keys``: what is keyed when a file of that name is heard (``{n}``: the call's number).
    ``barge``: the share of questions that are answered before they are heard out. ``hold``: calls stay where they
    are after so many prompts. ``hang_up``: the caller hangs up when a file of that name has been heard.

    A phrase that is heard several times in a call is answered by the words of its keys, one after the other.
    """

    port: int
    calls: int
    in_flight: int = 100
    rate: float = 0.0
    burst: bool = False
    playback: float = 0.0
    per_file: float = 0.0  # a playback lasts so much longer for each file of its sentence
    think: float = 0.0  # from hearing to keying, at most
    key_gap: float = 0.0  # from one key to the next
    barge: float = 0.0
    keys: dict[str, str] = field(default_factory=dict)
    hang_up: str = ""
    quiet: list[str] = field(default_factory=list)  # after these phrases an answer from elsewhere is waited for
    hold_after: int = 0
    caller_id: str = "14085550100"
    numbers: int = 1
    warm_up: int = 0  # calls before anything is measured
    limit: float = 300.0  # the whole run

    def at(self, port: int) -> Plan:
        """The same for a server at that port."""
        return replace(self, port=port)

    def line(self) -> str:
        """As it is sent."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> Self:
        """As it came."""
        return cls(**json.loads(line))


@dataclass(slots=True)
class Seen:
    """What the driver saw. Times in seconds, one each.

    ``first``: from the connection to the first command; ``reactions``: from the last byte of an event that ends a
    prompt, or of the last key of an answer, to the next whole command; ``first_at`` and ``reacted_at``: when those
    commands came (`time.monotonic`); ``elsewhere``: the same where an answer from
    elsewhere was waited for; ``slow``: what came before a reaction of more than 50 ms; ``most_up``: calls at once;
    ``lost``: calls that ended before their hang-up command, or never.
    """

    calls: int = 0
    lost: int = 0
    seconds: float = 0.0
    driver_cpu: float = 0.0
    commands: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    keys: int = 0
    playbacks: int = 0
    first: list[float] = field(default_factory=list)
    reactions: list[float] = field(default_factory=list)
    first_at: list[float] = field(default_factory=list)
    reacted_at: list[float] = field(default_factory=list)
    elsewhere: list[float] = field(default_factory=list)
    slow: dict[str, int] = field(default_factory=dict)
    verbs: dict[str, int] = field(default_factory=dict)
    held: int = 0
    most_up: int = 0

    def line(self) -> str:
        """As it is sent."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> Self:
        """As it came."""
        return cls(**json.loads(line))
