"""What the doctor finds on the way to people: at a running switch, in its files, and between the two and ours."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fs_app.doctor.configuration import read_files, read_running
from fs_app.doctor.examination import examined
from fs_app.doctor.finding import Finding
from fs_app.doctor.own_checks import Own
from fs_app.doctor.people_checks import PEOPLE_CHECKS, WAIT_SECONDS
from fs_app.doctor.switch import RunningSwitch, Switch
from fs_app.settings import Settings
from fs_app.steps import waiting_line
from tests.inbound import DIALPLAN, WELL, Client

SHIPPED = Path(__file__).resolve().parents[3] / "conf" / "freeswitch"
QUEUES, TIERS, AGENTS = (
    f"callcenter_config {order}" for order in ("queue list", "queue list tiers payments@default", "agent list")
)
GATEWAY = "====\nName    \toffice\nProfile \tfs_app\nState   \t{}\nStatus  \t{}\nUptime  \t1s\n===="
FIFO = {"payments": {"way": "fifo", "target": "payments"}}
EXTENSION = {"payments": {"way": "extension", "target": "201@pbx.example.org"}}
TRUNK = {"payments": {"way": "trunk", "target": "office/+15550100"}}


def found(
    tmp_path: Path,
    answers: Mapping[str, str] | None = None,
    *,
    destinations: Mapping[str, Any] | None = None,
    files: Path | None = None,
    queues: Mapping[str, str] | None = None,
    agents: Mapping[str, str] | None = None,
    codes: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """What is found at a switch that is well but for these answers; at no running switch where ``answers`` is
    None."""
    given = {
        "database": {"url": "sqlite:///x"},
        "run": "run",
        "agents": {"destinations": destinations or {}, "codes": codes or {}},
    }
    settings = Settings.model_validate(given, context={"base": tmp_path})
    running = None if answers is None else RunningSwitch(Client(**answers))  # type: ignore[arg-type]
    switch = Switch(settings, files=None if files is None else read_files(files), running=running)
    own = Own(settings, tmp_path / "none.yaml", queues=queues or {}, agents=agents or {})
    return examined(switch, own)


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.check, each.severity.value, each.what) for each in findings]


# --- at the running switch ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destinations", "answers"),
    [
        ({}, {}),
        (FIFO, {"module_exists mod_fifo": "true"}),
        (EXTENSION, {"user_exists id 201 pbx.example.org": "true"}),
        (TRUNK, {"sofia status gateway office": GATEWAY.format("NOREG", "UP")}),
    ],
)
def test_a_way_to_people_that_is_well(
    tmp_path: Path, destinations: Mapping[str, Any], answers: Mapping[str, str]
) -> None:
    assert told(found(tmp_path, answers, destinations=destinations)) == []


TROUBLES: dict[str, tuple[Mapping[str, Any], Mapping[str, str], str]] = {
    # name of the check: where the queue is, what the switch answers, what is found
    "queue": (
        {},
        {QUEUES: "name|strategy\n+OK"},
        "there is no queue payments@default, which line.queue of the settings names",
    ),
    "queue_agents": ({}, {TIERS: "+OK"}, "queue payments@default has no agent"),
    "longest_wait": (
        {},
        {QUEUES: WELL[QUEUES].replace("|900|", "|0|")},
        "max-wait-time of queue payments@default is 0: for ever",
    ),
    "longest_wait 2": (
        {},
        {QUEUES: WELL[QUEUES].replace("|900|", "|1801|")},
        f"max-wait-time of queue payments@default is 1801 seconds, and ours {WAIT_SECONDS}",
    ),
    "nobody_there": (
        {},
        {QUEUES: WELL[QUEUES].replace("|5\n", "|0\n")},
        "callers of queue payments@default wait also where nobody is logged in",
    ),
    "kept_places": (
        {},
        {QUEUES: WELL[QUEUES].replace("|false|", "|true|")},
        "queue payments@default keeps the place of who leaves it",
    ),
    "agent_delays": (
        {},
        {AGENTS: WELL[AGENTS].replace("|3|10|60|0", "|3|10|0|0")},
        "busy_delay_time of agent maria@default is 0",
    ),
    "agent_delays 2": (
        {},
        {AGENTS: WELL[AGENTS].replace("|3|10|60|0", "|0|10|60|0")},
        "no_answer_delay_time of agent maria@default is 0",
    ),
    "fifo": (FIFO, {"module_exists mod_fifo": "false"}, "mod_fifo is not loaded, and payments is a fifo"),
    "extension": (
        EXTENSION,
        {"user_exists id 201 pbx.example.org": "false"},
        "there is no user 201@pbx.example.org, which agents.destinations of the settings names",
    ),
    "trunk": (
        TRUNK,
        {"sofia status gateway office": "Invalid Gateway!\n"},
        "there is no gateway office, which agents.destinations of the settings names",
    ),
    "trunk 2": (
        TRUNK,
        {"sofia status gateway office": GATEWAY.format("FAIL_WAIT", "DOWN")},
        "gateway office is DOWN (state FAIL_WAIT)",
    ),
    "talk_commands": (
        {},
        {"show api": WELL["show api"].replace("\nuuid_audio,", "\nx,")},
        "the switch has no command uuid_audio",
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_wrong_with_it(tmp_path: Path, trouble: str) -> None:
    destinations, answers, words = TROUBLES[trouble]
    findings = found(tmp_path, answers, destinations=destinations)
    assert [(each.check, each.what, each.place) for each in findings] == [
        (trouble.split()[0], words, "the running switch")
    ]
    assert findings[0].change and findings[0].why


@pytest.mark.parametrize(
    ("destinations", "answers", "name"),
    [
        (FIFO, {"module_exists mod_fifo": "true"}, "fifo_music"),
        (EXTENSION, {"user_exists id 201 pbx.example.org": "true"}, "transfer_ringback"),
        (TRUNK, {"sofia status gateway office": GATEWAY.format("NOREG", "UP")}, "transfer_ringback"),
    ],
)
def test_a_way_on_which_callers_hear_nothing(
    tmp_path: Path, destinations: Mapping[str, Any], answers: Mapping[str, str], name: str
) -> None:
    silent = {"xml_locate dialplan": DIALPLAN.replace(f"{name}=", "other=")}
    findings = told(found(tmp_path, {**answers, **silent}, destinations=destinations))
    assert findings == [("silent_way", "wrong", f"extension fs_app does not set {name}")]
    assert found(tmp_path, silent) == []  # nobody goes there


def test_every_queue_that_anything_names_has_to_be_there(tmp_path: Path) -> None:
    dialled = DIALPLAN.replace("<action", '<action application="set" data="fs_app_queue=night"/><action', 1)
    findings = found(
        tmp_path,
        {"xml_locate dialplan": dialled},
        destinations={"gifts": {"target": "donors@office"}, "rent": {"target": "payments"}},
        queues={"debts": "the line debts", "payments": "line.queue of the settings", "gifts": "the line gifts"},
    )
    assert [each.what for each in findings if each.check == "queue"] == [
        "there is no queue night@default, which extension fs_app of the dialplan names",
        "there is no queue debts@default, which the line debts names",
        "there is no queue donors@office, which agents.destinations of the settings names",
    ]
    assert {each.check for each in findings} == {"queue"}


def test_an_agent_of_the_console_whom_the_queues_do_not_know(tmp_path: Path) -> None:
    agents = {"maria@default": "maria", "tom@default": "tom.baker"}
    assert told(found(tmp_path, {}, agents=agents)) == [
        (
            "console_agents",
            "wrong",
            "mod_callcenter has no agent tom@default, which is what the console calls tom.baker",
        )
    ]
    assert [each.check for each in found(tmp_path, {AGENTS: "+OK"}, agents=agents)] == ["console_agents"] * 2
    assert found(tmp_path, None, agents=agents) == []  # nobody was asked


def test_what_is_not_used_is_not_asked_for(tmp_path: Path) -> None:
    """A switch without mod_fifo, directory and gateways is well where no queue leads there: the table has no answer
    for any of these questions."""
    assert found(tmp_path, {}, destinations={"other": {"target": "payments@default"}}) == []


# --- in its files -------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration."""
    folder = tmp_path / "freeswitch"
    shutil.copytree(SHIPPED, folder)
    return folder


CALLCENTER, MODULES = "autoload_configs/callcenter.conf.xml", "autoload_configs/modules.conf.xml"


@pytest.mark.parametrize(
    ("file", "pattern", "text", "names"),
    [
        (CALLCENTER, r'<param name="max-wait-time" value="900"/>', "", ["longest_wait"]),
        (CALLCENTER, r'("max-wait-time" value)="900"', r'\1="1801"', ["longest_wait"]),
        (CALLCENTER, r'("max-wait-time" value)="900"', r'\1="1800"', []),
        (CALLCENTER, r'("max-wait-time-with-no-agent" value)="5"', r'\1="0"', ["nobody_there"]),
        (CALLCENTER, r'("abandoned-resume-allowed" value)="false"', r'\1="true"', ["kept_places"]),
    ],
)
def test_what_is_written_about_a_queue(
    tmp_path: Path, folder: Path, file: str, pattern: str, text: str, names: list[str]
) -> None:
    before = (folder / file).read_text()
    (folder / file).write_text(re.sub(pattern, text, before))
    assert (folder / file).read_text() != before
    findings = found(tmp_path, None, files=folder)
    assert [each.check for each in findings] == names
    assert all(f"{CALLCENTER}:6" in each.place for each in findings)


def test_what_is_wrong_in_both_is_told_once_with_its_file(tmp_path: Path, folder: Path) -> None:
    path = folder / CALLCENTER
    path.write_text(path.read_text().replace("payments@default", "sales@default"))
    findings = found(tmp_path, {QUEUES: "name|strategy\nsales@default|ring-all\n+OK"}, files=folder)
    assert [(each.check, CALLCENTER in each.place) for each in findings] == [("queue", True)]


def test_a_fifo_whose_module_is_not_loaded_at_start(tmp_path: Path, folder: Path) -> None:
    (finding,) = found(tmp_path, None, destinations=FIFO, files=folder)
    assert (finding.check, finding.place.rpartition("/")[2]) == ("fifo", "modules.conf.xml")
    path = folder / MODULES
    path.write_text(path.read_text().replace("<modules>", '<modules><load module="mod_fifo"/>'))
    assert found(tmp_path, None, destinations=FIFO, files=folder) == []


TAKES = (
    '<extension name="support takes the next"><condition><action application="answer"/>{}'
    '<action application="fifo" data="payments out nowait"/></condition></extension>'
)
DIALLED = "dialplan/public/numbers.xml"


@pytest.mark.parametrize(
    ("before", "codes", "wrong"),
    [
        ("", None, True),
        ('<action application="set" data="fifo_consumer_exit_key=#"/>', None, False),
        ('<action application="set" data="fifo_consumer_exit_key=D"/>', None, False),
        ('<action application="set" data="fifo_consumer_exit_key=#"/>', "#71", True),
        ("", "#71", False),
    ],
)
def test_a_key_of_mod_fifo_that_is_in_a_code_of_agents(
    tmp_path: Path, folder: Path, before: str, codes: str | None, wrong: bool
) -> None:
    for file, old, new in (
        (MODULES, "<modules>", '<modules><load module="mod_fifo"/>'),
        (DIALLED, "<include>", f"<include>{TAKES.format(before)}"),
    ):
        text = (folder / file).read_text()
        (folder / file).write_text(text.replace(old, new, 1))
    chosen = {} if codes is None else {"take_payment": codes, "cancel": None, "send_back": None}
    findings = found(tmp_path, None, destinations=FIFO, files=folder, codes=chosen)
    assert [(each.check, DIALLED in each.place) for each in findings] == [("fifo_keys", True)] * wrong
    assert found(tmp_path, None, files=folder) == []  # nobody is led to a fifo


def test_the_key_of_mod_fifo_that_holds_a_caller(tmp_path: Path, folder: Path) -> None:
    path = folder / "autoload_configs/fifo.conf.xml"
    path.write_text(path.read_text().replace('moh-key" value="true"', 'moh-key" value="false"'))
    path = folder / MODULES
    path.write_text(path.read_text().replace("<modules>", '<modules><load module="mod_fifo"/>'))
    findings = found(tmp_path, None, destinations=FIFO, files=folder)
    assert [(each.check, "fifo.conf.xml:" in each.place) for each in findings] == [("fifo_keys", True)]
    codes = {"take_payment": "*71", "cancel": "*72", "send_back": "*73"}
    assert found(tmp_path, None, destinations=FIFO, files=folder, codes=codes) == []


# --- the way back to us -------------------------------------------------------------------------------------------


def way_back(tmp_path: Path, context: str, condition: str) -> list[str]:
    actions = DIALPLAN.partition("<condition>")[2].partition("</condition>")[0]
    text = (
        f'<section name="dialplan"><context name="{context}"><extension name="pay">{condition}{actions}</condition>'
        "</extension></context></section>"
    )
    read_running(text)  # it is XML
    findings = found(tmp_path, {"xml_locate dialplan": text})
    assert {each.check for each in findings} <= {"way_back"}
    return [each.what for each in findings]


def condition(expression: str, field: str = "destination_number") -> str:
    return f'<condition field="{field}" expression="{expression}">'


@pytest.mark.parametrize(
    "expression",
    [
        r"^fs_app$",
        r"^\+?15550001111$",
        r"^(?:\+1)?(555\d{7,9})$",
        r"^pay\.bills-1$",
        r"^(.*)$",
        r"^[0-9]*$",
        r"^1555[0-9]{3,7}$",
    ],
)
def test_a_number_that_we_can_send_back(tmp_path: Path, expression: str) -> None:
    assert way_back(tmp_path, "fs_app", condition(expression)) == []


@pytest.mark.parametrize("expression", [r"^\*55$", r"^[*#]55$", r"^pay#$", r"^pay me$", r"^(1|sip:x)$"])
def test_a_number_that_we_cannot_send_back(tmp_path: Path, expression: str) -> None:
    words = f"extension pay takes numbers that we cannot send: {expression}"
    assert way_back(tmp_path, "fs_app", condition(expression)) == [words]


def test_a_context_that_we_cannot_send_back(tmp_path: Path) -> None:
    words = "extension pay stands in the context 'from outside', a name that we cannot send"
    assert way_back(tmp_path, "from outside", condition("^fs_app$")) == [words]


def test_what_else_an_extension_asks_for_is_its_own_affair(tmp_path: Path) -> None:
    assert way_back(tmp_path, "fs_app", condition("^John *Doe$", "caller_id_name")) == []


# --- the table ----------------------------------------------------------------------------------------------------


def test_nothing_here_keeps_cards_from_being_asked_for() -> None:
    """Critical findings do, at every call of a switch. A caller who reaches no person is no such thing."""
    assert {each.severity.value for each in PEOPLE_CHECKS} == {"wrong", "advice"}


def test_the_longest_wait_is_the_one_that_calls_have() -> None:
    assert WAIT_SECONDS == waiting_line._MOST_WAIT_SECONDS
