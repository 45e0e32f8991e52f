"""What has to be true of a switch before a secret is keyed: the rules, and how seldom the switch is asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fs_app.errors import NotProtected, SwitchTimeout
from fs_app.telephony import commands
from fs_app.telephony.connect import ConnectInfo, KeyWay
from fs_app.telephony.guard import LEVELS, LOG_LEVEL, RULES, TRACE_LEVEL, Guard, broken_rules, level, questions

CORE = "5091120e-2a8e-473f-b09e-aa7a63b71cd2"
LINES = {KeyWay.TONES: "inband", KeyWay.SIP_INFO: "info", KeyWay.EVENT: "auto"}


def logs_at(name: str) -> str:
    return f"+OK log level: {name} [{LEVELS.index(name.lower())}]\n"


def traces_at(name: str) -> str:
    return f"+OK tracelevel is {name}"


def test_every_question_passes_the_gate():
    for rule in RULES:
        for verb, argument in rule.questions:
            assert commands.api(verb, argument) == f"api {verb} {argument}\n\n".encode()


@pytest.mark.parametrize("answer", ["-ERR fsctl Command not found!", "", "+OK log level: LOUD [9]", "+OK"])
def test_an_answer_without_level_is_not_guessed_at(answer):
    with pytest.raises(ValueError, match="no log level"):
        level(answer)


@pytest.mark.parametrize(
    ("keys", "log_level", "trace_level", "broken"),
    [
        (KeyWay.EVENT, "DEBUG", "CONSOLE", []),
        (KeyWay.TONES, "DEBUG", "CONSOLE", ["log_level"]),
        (KeyWay.TONES, "INFO", "CONSOLE", []),
        (KeyWay.TONES, "WARNING", "CONSOLE", []),
        (KeyWay.SIP_INFO, "DEBUG", "DEBUG", ["log_level", "sip_trace"]),
        (KeyWay.SIP_INFO, "INFO", "CONSOLE", ["sip_trace"]),
        (KeyWay.SIP_INFO, "INFO", "INFO", ["sip_trace"]),
        (KeyWay.SIP_INFO, "INFO", "DEBUG", []),
    ],
)
def test_what_may_be_logged_depends_on_how_keys_come(keys, log_level, trace_level, broken):
    answers = {LOG_LEVEL: logs_at(log_level), TRACE_LEVEL: traces_at(trace_level)}
    assert [rule.name for rule in broken_rules(keys, answers)] == broken


def test_a_log_that_is_off_writes_nothing():
    assert broken_rules(KeyWay.TONES, {LOG_LEVEL: "+OK log level: DISABLE [-1]\n"}) == []


def test_a_line_of_telephone_event_is_asked_nothing():
    assert questions(KeyWay.EVENT) == ()
    assert questions(KeyWay.TONES) == (LOG_LEVEL,)
    assert questions(KeyWay.SIP_INFO) == (LOG_LEVEL, TRACE_LEVEL)


class Switch:
    """What a session's `start_api` gives, and how often it was asked."""

    def __init__(self, log_level: str = "INFO") -> None:
        self.answers = {LOG_LEVEL: logs_at(log_level), TRACE_LEVEL: traces_at("DEBUG")}
        self.asked: list[tuple[str, str]] = []
        self.dumb = False

    def start_api(self, verb: str, argument: str) -> SimpleNamespace:
        self.asked.append((verb, argument))
        return SimpleNamespace(wait=lambda seconds: self._answer((verb, argument)))

    def _answer(self, question: tuple[str, str]) -> SimpleNamespace:
        if self.dumb:
            raise SwitchTimeout("fsctl: no answer within 1 s")
        return SimpleNamespace(body=self.answers[question].encode())


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def line(keys: KeyWay, core: str | None = CORE) -> ConnectInfo:
    return ConnectInfo(uuid=CORE, line=LINES[keys], telephone_event=True, core=core)


def test_a_switch_is_believed_for_a_few_seconds():
    switch, clock = Switch(), Clock()
    guard = Guard(clock=clock)
    for _ in range(3):
        guard.check(switch, line(KeyWay.TONES), 1.0)
    assert len(switch.asked) == 1
    clock.now += 5.1
    switch.answers[LOG_LEVEL] = logs_at("DEBUG")
    with pytest.raises(NotProtected, match="fsctl loglevel info") as refused:
        guard.check(switch, line(KeyWay.TONES), 1.0)
    assert refused.value.reason == "log_level"
    with pytest.raises(NotProtected):
        guard.check(switch, line(KeyWay.TONES), 1.0)
    assert len(switch.asked) == 2


def test_another_switch_another_kind_of_line_and_a_switch_without_name_are_asked_for_themselves():
    switch, guard = Switch(), Guard()
    guard.check(switch, line(KeyWay.TONES), 1.0)
    guard.check(switch, line(KeyWay.TONES, "another-core"), 1.0)
    guard.check(switch, line(KeyWay.SIP_INFO), 1.0)
    assert len(switch.asked) == 4
    for _ in range(2):
        guard.check(switch, line(KeyWay.TONES, None), 1.0)
    assert len(switch.asked) == 6
    guard.check(switch, line(KeyWay.EVENT), 1.0)
    assert len(switch.asked) == 6


def test_a_switch_that_does_not_say_is_not_trusted():
    switch, guard = Switch(), Guard()
    switch.dumb = True
    with pytest.raises(NotProtected) as refused:
        guard.check(switch, line(KeyWay.TONES), 1.0)
    assert refused.value.reason == "unanswered"
    switch.dumb = False
    guard.check(switch, line(KeyWay.TONES), 1.0)
