"""What has to be true of a switch before a caller keys a secret there, and the guard that asks the switch itself.

The rules are a table without I/O, which `fs_app.doctor` shares. The guard needs no password of the switch: a call's
own socket may ask. What a switch answers is believed for a few seconds, so that not every call pays for it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from fs_app.errors import NotProtected, SwitchError
from fs_app.telephony.connect import ConnectInfo, KeyWay
from fs_app.telephony.session import Session

log = structlog.get_logger()

Question = tuple[str, str]
"""An API of the switch and its argument; what it answers is looked at by rules."""

LOG_LEVEL: Question = ("fsctl", "loglevel 4294967290")  # see commands.APIS
TRACE_LEVEL: Question = ("sofia", "tracelevel")

LEVELS = ("console", "alert", "crit", "err", "warning", "notice", "info", "debug")
_DISABLED = -1
_LEVEL = re.compile(r"\+OK (?:log level:|tracelevel is) ([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that would write a caller's keys down. ``broken`` gets the answers to ``questions``, in order;
    ValueError where it cannot read them."""

    name: str  # a label of metrics
    lines: frozenset[KeyWay]
    questions: tuple[Question, ...]
    broken: Callable[..., bool]
    why: str
    change: str


def level(answer: str) -> int:
    """The level in an answer of the switch: 0 console ... 7 debug, -1 where its log is off. ValueError."""
    match = _LEVEL.match(answer)
    name = match[1].lower() if match else ""
    if name == "disable":
        return _DISABLED
    if name not in LEVELS:
        raise ValueError("no log level in the switch's answer")
    return LEVELS.index(name)


RULES: tuple[Rule, ...] = (
    Rule(
        name="log_level",
        lines=frozenset({KeyWay.TONES, KeyWay.SIP_INFO}),
        questions=(LOG_LEVEL,),
        broken=lambda log_level: level(log_level) >= LEVELS.index("debug"),
        why="at DEBUG the switch logs each key of a line whose keys come as tones or as SIP INFO",
        change='fsctl loglevel info; in switch.conf.xml <param name="loglevel" value="info"/>',
    ),
    Rule(
        name="sip_trace",
        lines=frozenset({KeyWay.SIP_INFO}),
        questions=(TRACE_LEVEL, LOG_LEVEL),
        broken=lambda trace_level, log_level: level(trace_level) <= level(log_level),
        why="a SIP trace, once somebody switches it on, would write each key of a SIP INFO line to the log",
        change='sofia tracelevel debug; in sofia.conf.xml, globally, <param name="tracelevel" value="debug"/>',
    ),
)


def questions(keys: KeyWay) -> tuple[Question, ...]:
    """What has to be asked for a line whose keys come that way; nothing for telephone-event."""
    return tuple(dict.fromkeys(each for rule in RULES if keys in rule.lines for each in rule.questions))


def broken_rules(keys: KeyWay, answers: Mapping[Question, str]) -> list[Rule]:
    """The rules that do not hold for such a line. ValueError where an answer cannot be read."""
    concerned = (rule for rule in RULES if keys in rule.lines)
    return [rule for rule in concerned if rule.broken(*(answers[each] for each in rule.questions))]


class Guard:
    """Lets a call ask for secrets, or not. One for all calls of a server.

    ``on_refusal`` is told the reason, a word of a closed set, whenever a secret is not asked for.
    """

    def __init__(
        self,
        *,
        believed_seconds: float = 5.0,
        on_refusal: Callable[[str], None] = lambda reason: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._believed_seconds = believed_seconds
        self._clock = clock
        self._answers: dict[tuple[str | None, KeyWay], tuple[float, Mapping[Question, str]]] = {}
        self.on_refusal = on_refusal

    def check(self, session: Session, info: ConnectInfo, seconds: float) -> None:
        """NotProtected where the switch would write down what this caller keys; asks it where need be."""
        if not questions(info.keys):
            return
        try:
            broken = broken_rules(info.keys, self._believed(info) or self._asked(session, info, seconds))
        except (SwitchError, ValueError) as error:
            raise NotProtected(f"the switch did not say how it logs: {error}", reason="unanswered") from None
        for rule in broken:
            raise NotProtected(f"{rule.why}; {rule.change}", reason=rule.name)

    def _believed(self, info: ConnectInfo) -> Mapping[Question, str] | None:
        asked_at, answers = self._answers.get((info.core, info.keys), (0.0, {}))
        return answers if answers and self._clock() - asked_at < self._believed_seconds else None

    def _asked(self, session: Session, info: ConnectInfo, seconds: float) -> Mapping[Question, str]:
        asked_at = self._clock()
        pending = {question: session.start_api(*question) for question in questions(info.keys)}
        answers = {
            question: each.wait(max(0.0, asked_at + seconds - self._clock())).body.decode("utf-8", "replace")
            for question, each in pending.items()
        }
        if info.core is not None:
            self._answers = {key: kept for key, kept in self._answers.items() if self._fresh(kept[0])}
            self._answers[info.core, info.keys] = asked_at, answers
        return answers

    def _fresh(self, asked_at: float) -> bool:
        return self._clock() - asked_at < self._believed_seconds
