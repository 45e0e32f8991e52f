"""conf/lines.yaml: what it makes of a line, and every mistake in it with its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fs_app.app.lines import expired, load_lines
from fs_app.app.parts import Parts
from fs_app.domain.notices import After, Closed
from fs_app.flow.call import Line
from fs_app.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
SETTINGS, _ = load_settings(ROOT / "conf" / "fs_app.yaml")
PARTS = Parts(SETTINGS)

FULL = """\
emergency: {say: technical_problem, then: hang_up}
lines:
  main: {flow: pay_balance}
  night:
    flow: donate
    language: es
    queue: gifts
    payments: {brands: [visa], fee: {fixed_minor: 150}, maximum_minor: 20000}
    timezone: America/New_York
    hours: {mon-fri: "8:00-18:00"}
    holidays: {country: US, subdivision: NY, also: [2026-11-25], open: [2026-11-26]}
    closed: message
    announcements:
      - {say: welcome, from: 2026-11-20, until: 2026-11-21T08:00}
    emergency: {say: goodbye}
"""


def load(tmp_path: Path, text: str) -> tuple[dict[str, Line], list[str]]:
    path = tmp_path / "lines.yaml"
    path.write_text(text, encoding="utf-8")
    settings = SETTINGS.model_copy(update={"lines": path})
    lines, problems = load_lines(settings, PARTS.flows, PARTS.recordings[0])
    return lines, [str(problem).removeprefix(f"{tmp_path}/") for problem in problems]


def test_a_line_has_its_own_and_the_rest_is_the_settings(tmp_path: Path) -> None:
    lines, problems = load(tmp_path, FULL)
    assert problems == []
    night = lines["night"]
    assert (night.flow, night.language, night.queue, night.closed) == ("donate", "es", "gifts", Closed.MESSAGE)
    assert night.rules.brands == {"visa"}
    assert night.rules.fee is not None
    assert night.rules.largest("USD").minor == 20_000
    assert night.rules.smallest("USD").minor == SETTINGS.payments.minimum_minor
    assert lines["main"].rules == SETTINGS.payments.rules()


def test_an_emergency_is_for_all_lines_but_those_with_one_of_their_own(tmp_path: Path) -> None:
    lines, _ = load(tmp_path, FULL)
    said = {name: line.emergency and (line.emergency.say, line.emergency.then) for name, line in lines.items()}
    assert said == {
        "": ("technical_problem", After.HANG_UP),
        "main": ("technical_problem", After.HANG_UP),
        "night": ("goodbye", After.GO_ON),
    }


def test_holidays_are_those_of_the_place_and_ones_own(tmp_path: Path) -> None:
    hours = load(tmp_path, FULL)[0]["night"].hours
    assert hours is not None
    closed = [day for day in range(23, 31) if hours.holiday(date(2026, 11, day))]
    assert closed == [25]  # not Thanksgiving, on the 26th
    assert hours.holiday(date(2026, 12, 25))


def test_an_announcement_that_is_over_can_go(tmp_path: Path) -> None:
    load(tmp_path, FULL)
    settings = SETTINGS.model_copy(update={"lines": tmp_path / "lines.yaml"})
    assert list(expired(settings, datetime(2026, 11, 21, 12, 59, tzinfo=UTC))) == []
    (problem,) = expired(settings, datetime(2026, 11, 21, 13, tzinfo=UTC))
    place = f"{tmp_path}/lines.yaml:14:9: "
    assert str(problem) == f"{place}the announcement welcome ended at 2026-11-21 08:00; it may be deleted"


def test_without_the_file_there_is_one_line(tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"lines": tmp_path / "none.yaml"})
    lines, problems = load_lines(settings, PARTS.flows, PARTS.recordings[0])
    assert (list(lines), problems) == ([""], [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("flow: pay_balnce", "lines.yaml:2:16: no flow is called 'pay_balnce'; did you mean 'pay_balance'?"),
        ("language: xx", "lines.yaml:2:20: no prompts in 'xx'"),
        ("flwo: donate", "lines.yaml:2:10: unknown key 'flwo'; did you mean 'flow'?"),
        ('hours: {mon: "8-18"}', "lines.yaml:2:17: hours: '8-18' should be two times"),
        ('hours: {mon: "8:00-12:00, 9:00-10:00"}', "lines.yaml:2:17: hours: two spells on mon overlap"),
        ('hours: {sun: "22:00-8:00", mon: "7:00-9:00"}', "lines.yaml:2:17: hours: a spell on sun goes on into"),
        ("timezone: Mars/Base", "lines.yaml:2:20: timezone: should be a zone"),
        ("timezone: America", "lines.yaml:2:20: timezone: should be a zone"),
        ("holidays: {country: XX}", "lines.yaml:2:20: holidays: the holidays of XX are not known"),
        ("announcements: [{say: no_such}]", "lines.yaml:2:32: no phrase 'no_such' in 'en'"),
        ("announcements: [{say: paid}]", "lines.yaml:2:32: nothing fills these gaps of 'paid' in 'en'"),
        ("announcements: [{say: welcome, from: soon}]", "lines.yaml:2:47: from: should be a day or a time"),
        (
            "announcements: [{say: welcome, from: 2026-12-02, until: 2026-12-01}]",
            "lines.yaml:2:26: it ends before it begins",
        ),
        (
            'announcements: [{say: welcome, from: "2026-12-02T05:00+00:00", until: 2026-12-01}]',
            "lines.yaml:2:26: it ends before it begins",
        ),
        ("emergency: {say: welcome, then: run}", "lines.yaml:2:42: then: "),
        ("payments: {brands: [visla]}", "lines.yaml:2:29: brands: no brand is called 'visla'"),
        ("payments: {debit_only: yes}", "lines.yaml:2:20: debit_only needs debit_bins"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    _, problems = load(tmp_path, f"lines:\n  main: {{{line}}}\n")
    assert any(problem.startswith(message) for problem in problems), problems
