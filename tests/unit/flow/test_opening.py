"""What a line says before its flow, and what 0 does when nobody is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fs_app.domain.hours import Hours
from fs_app.domain.notices import After, Announcement, Closed, Emergency
from fs_app.flow.call import Call, Line
from fs_app.flow.engine import run_flow
from fs_app.flow.loader import load_flow
from fs_app.flow.opening import greet
from fs_app.settings.lines import spells
from fs_app.steps import STEPS
from fs_app.testing.fakes import FixedClock, ListJournal, TextVoice
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
HOURS = Hours(ZoneInfo("UTC"), spells({"mon-fri": "8:00-18:00"}))
PLAIN = Line("f", "en", "payments", hours=HOURS)


def call(line: Line, *answers: str, now: datetime = NOW) -> Call:
    services = fake_services(clock=FixedClock(now))
    return Call(line, ScriptedPhone(VOICE, answers), services, ListJournal())


def said(one: Call) -> list[str]:
    assert isinstance(one.channel, ScriptedPhone)
    return one.channel.said


class TestGreeting:
    def test_a_line_with_nothing_to_say_says_nothing(self) -> None:
        one = call(PLAIN)
        assert (greet(one), said(one)) == (After.GO_ON, [])

    @pytest.mark.parametrize("then", After)
    def test_an_emergency_is_heard_first_and_decides(self, then: After) -> None:
        emergency = Emergency("technical_problem", then)
        one = call(replace(PLAIN, emergency=emergency, announcements=(Announcement("welcome"),)))
        assert greet(one) is then
        assert said(one)[0] == "We are sorry. We have a technical problem."
        assert len(said(one)) == (2 if then is After.GO_ON else 1)

    def test_a_closed_line_says_so_and_ends(self) -> None:
        one = call(replace(PLAIN, closed=Closed.MESSAGE))
        assert greet(one) is After.HANG_UP
        assert said(one) == ["Thank you for calling. Our office is closed at this time. Please call again later."]

    def test_an_open_one_goes_on(self) -> None:
        one = call(replace(PLAIN, closed=Closed.MESSAGE), now=NOW + timedelta(days=1))
        assert (greet(one), said(one)) == (After.GO_ON, [])

    @pytest.mark.parametrize(
        ("since", "until", "heard"),
        [(None, None, True), (-1, 1, True), (0, None, True), (1, None, False), (None, 0, False), (None, 1, True)],
    )
    def test_an_announcement_has_its_time(self, since: int | None, until: int | None, heard: bool) -> None:
        times = [None if hours is None else NOW + timedelta(hours=hours) for hours in (since, until)]
        one = call(replace(PLAIN, announcements=(Announcement("goodbye", *times),)))
        assert greet(one) is After.GO_ON
        assert bool(said(one)) is heard


FLOW = """\
flow: f
start: ask
defaults: {next: {agent: operator, gave_up: bye}}
steps:
  ask: {do: menu, say: for_a_person_or_end, choices: {1: person, 2: end}, next: {person: operator, end: bye}}
  operator: {do: agent, next: {talked: bye, not_answered: bye, failed: bye}}
  bye: {do: hang_up}
"""


class TestNobodyIsThere:
    def walk(self, tmp_path: Path, line: Line, *answers: str, now: datetime = NOW, at_person: bool = False) -> Call:
        path = tmp_path / "f.yaml"
        path.write_text(FLOW)
        one = call(line, *answers, now=now)
        run_flow(load_flow(path, STEPS, VOICE), one, at_person=at_person)
        return one

    def test_the_caller_hears_when_and_goes_on_where_they_were(self, tmp_path: Path) -> None:
        one = self.walk(tmp_path, PLAIN, "0", "2")
        assert one.journal.path == "ask:agent operator:closed ask:end bye:ended"  # type: ignore[attr-defined]
        assert said(one)[1].startswith("Our representatives are back on ")
        assert "2026-11-23" in said(one)[1]
        assert one.channel.handed_over == []  # type: ignore[attr-defined]

    def test_who_asks_a_third_time_is_not_answered(self, tmp_path: Path) -> None:
        one = self.walk(tmp_path, PLAIN, "0", "0", "0")
        assert one.journal.path.endswith("operator:not_answered bye:ended")  # type: ignore[attr-defined]

    def test_a_call_that_begins_at_a_person_goes_on_without_one(self, tmp_path: Path) -> None:
        one = self.walk(tmp_path, PLAIN, at_person=True)
        assert one.journal.path.startswith("operator:closed ask:")  # type: ignore[attr-defined]
        assert one.journal.path.endswith("bye:ended")  # type: ignore[attr-defined]

    def test_within_the_hours_the_queue_gets_the_caller(self, tmp_path: Path) -> None:
        one = self.walk(tmp_path, PLAIN, "0", now=NOW + timedelta(days=1))
        assert one.channel.handed_over == ["payments"]  # type: ignore[attr-defined]

    def test_nobody_knows_when(self, tmp_path: Path) -> None:
        one = self.walk(tmp_path, replace(PLAIN, hours=Hours(ZoneInfo("UTC"), ())), "0", "2")
        assert said(one)[1] == "No representative is here at this time. You can go on by yourself."
