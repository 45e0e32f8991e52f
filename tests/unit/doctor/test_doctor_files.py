"""One mistake at a time in a copy of the shipped configuration: the doctor finds it, with its line, and only it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fs_app.doctor.configuration import read_files
from fs_app.doctor.examination import CHECKS, examined
from fs_app.doctor.finding import Finding
from fs_app.doctor.own_checks import Own
from fs_app.doctor.switch import Switch
from fs_app.errors import ConfigError
from fs_app.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "conf" / "freeswitch"

Change = tuple[str, str, str]
SWITCH, SOCKET, SOFIA, MODULES, QUEUES, DIALPLAN, NUMBERS, VARS = (
    "autoload_configs/switch.conf.xml",
    "autoload_configs/event_socket.conf.xml",
    "autoload_configs/sofia.conf.xml",
    "autoload_configs/modules.conf.xml",
    "autoload_configs/callcenter.conf.xml",
    "dialplan/fs_app.xml",
    "dialplan/public/numbers.xml",
    "vars.xml",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    context = {"base": tmp_path}
    return Settings.model_validate({"database": {"url": "sqlite:///x"}, "run": "run"}, context=context)


@pytest.fixture
def look(tmp_path: Path, settings: Settings) -> Callable[..., list[Finding]]:
    """What is found in the shipped files after some changes: (file, pattern, text in its place)."""

    def find(*changes: Change) -> list[Finding]:
        folder = tmp_path / "freeswitch"
        shutil.copytree(SHIPPED, folder)
        for file, pattern, text in changes:
            before = (folder / file).read_text()
            after = re.sub(pattern, text, before)
            assert after != before, pattern
            (folder / file).write_text(after)
        switch = Switch(settings, files=read_files(folder))
        return examined(switch, Own(settings, tmp_path / "none.yaml"))

    return find


def test_the_shipped_configuration_has_nothing_to_mend(look: Callable[..., list[Finding]]) -> None:
    assert look() == []


LINES = (SHIPPED / DIALPLAN).read_text().splitlines()
QUEUE_LINE = next(number for number, line in enumerate(LINES, start=1) if 'application="callcenter"' in line)
RESUME_LINE = next(number for number, line in enumerate(LINES, start=1) if "socket_resume=true" in line)
FLOW_LINE = next(
    number
    for number, line in enumerate((SHIPPED / NUMBERS).read_text().splitlines(), start=1)
    if "fs_app_flow=pay_balance" in line
)


def sets(data: str, application: str = "set") -> str:
    return f'<action application="{application}" data="{data}"/>'


MARIA = '<agent name="maria@default" contact="[x=y,bypass_media_after_bridge=true]user/201"/>'
GATEWAY = (
    '<gateways><gateway name="office"><variables><variable name="bypass_media_after_hold" value="true"/>'
    '<variable name="bypass_media_after_bridge" value="true" direction="inbound"/></variables></gateway></gateways>'
)
DIRECTORY = (
    '<section name="directory"><domain name="pbx"><user id="201"><params><param name="dial-string" '
    'value="[bypass_media_after_bridge=true]sofia/desk/201"/></params></user></domain></section>'
)
OPTIONS = "".join(
    f'<param name="media-option" value="{option}"/>'
    for option in ("bypass-media-after-hold", "resume-media-on-hold")
)
RESUME = '<action application="set" data="socket_resume=true"/>'
MISTAKES: dict[str, tuple[str, Change, str]] = {
    # name of the check: what it finds, what was changed, where it says that it is
    "log_level": ("DEBUG", (VARS, "fs_app_log_level=info", "fs_app_log_level=debug"), f"{SWITCH}:6"),
    "sip_trace": ("traced", (SOFIA, '"sip-trace" value="no"', '"sip-trace" value="yes"'), f"{SOFIA}:23"),
    "sip_capture": ("HEP", (SOFIA, '"sip-capture" value="no"', '"sip-capture" value="true"'), f"{SOFIA}:24"),
    "event_socket_open": ("beyond loopback", (SOCKET, 'value="127.0.0.1"', 'value="0.0.0.0"'), f"{SOCKET}:5"),
    "event_socket_open 2": ("beyond loopback", (SOCKET, '<param name="listen-ip".*', ""), ""),
    "event_socket_password": (
        "everybody",
        (SOCKET, r"\$\$.fs_app_event_socket_password.", "ClueCon"),
        f"{SOCKET}:7",
    ),
    "event_socket_password 2": ("everybody", (SOCKET, '<param name="password".*', ""), ""),
    "core_dumps": ("core files", (SWITCH, '"dump-cores" value="no"', '"dump-cores" value="yes"'), f"{SWITCH}:11"),
    "call_tracking": (
        "tracked",
        (SOFIA, "<settings>", '<settings><param name="track-calls" value="true"/>'),
        SOFIA,
    ),
    "call_records": ("mod_cdr_csv", (MODULES, "<modules>", '<modules><load module="mod_cdr_csv"/>'), MODULES),
    "modules": ("mod_spandsp", (MODULES, '<load module="mod_spandsp"/>', ""), MODULES),
    "queue": ("no queue payments@default", (QUEUES, "payments@default", "sales@default"), QUEUES),
    "recorded_talks": (
        "payments@default",
        (QUEUES, "(<queue name=.*)", r'\1<param name="record-template" value="/x.wav"/>'),
        QUEUES,
    ),
    "codecs": ("G729, OPUS", (SOFIA, '(inbound-codec-prefs" value)="PCMU', r'\1="OPUS,G729@20i'), f"{SOFIA}:17"),
    "rtp_timer": ("no RTP timer", (SOFIA, '<param name="rtp-timer-name".*', ""), "fs_app"),
    "socket_resume": ("socket_resume", (DIALPLAN, RESUME, ""), DIALPLAN),
    "after_an_agent": ("hangup_after_bridge", (DIALPLAN, "<action .*hangup_after_bridge=.*", ""), DIALPLAN),
    "transferred_here": ("fs_app_pause", (DIALPLAN, '<action application="sleep".*', ""), DIALPLAN),
    "torn_tones": ("min_dup_digit_spacing_ms", (DIALPLAN, "<action .*min_dup_digit.*", ""), DIALPLAN),
    "socket_mode": ("async full", (DIALPLAN, r"(fs_app_hosts\} async) full", r"\1"), DIALPLAN),
    "second_server": ("count its tries", (DIALPLAN, "<action .*fs_app_attempt=2.*", ""), DIALPLAN),
    "fallback": ("no person", (DIALPLAN, '<action application="callcenter".*', ""), DIALPLAN),
    "fallback 2": ("says nothing", (DIALPLAN, '<action application="playback".*', ""), DIALPLAN),
    "fallback_heard": (
        "silence of a payment",
        (DIALPLAN, "<action .*fs_app_heard=.*", ""),
        f"{DIALPLAN}:{QUEUE_LINE}",
    ),
    "loud_digits": ("start_dtmf", (DIALPLAN, RESUME, f'{RESUME}<action application="start_dtmf"/>'), DIALPLAN),
    "bypassed_media": (
        "extension fs_app sets bypass_media_after_bridge=true",
        (DIALPLAN, RESUME, f"{RESUME}{sets('bypass_media_after_bridge=true')}"),
        f"{DIALPLAN}:{RESUME_LINE}",
    ),
    "bypassed_media 2": (
        "extension did_15550001111 sets proxy_media=yes",
        (NUMBERS, "(<action[^>]*fs_app_flow=pay_balance.*)", rf"\1{sets('proxy_media=yes')}"),
        f"{NUMBERS}:{FLOW_LINE}",
    ),
    "bypassed_media 3": (
        "sets bypass_media=1",
        (DIALPLAN, RESUME, f"{RESUME}{sets('^^:x=y:bypass_media=1', 'multiset')}"),
        DIALPLAN,
    ),
    "bypassed_agents": (
        "agent maria@default sets bypass_media_after_bridge=true",
        (QUEUES, "</agents>|<agents/>", f"{MARIA}</agents>"),
        QUEUES,
    ),
    "bypassed_agents 2": (
        "the switch itself sets bypass_media_after_bridge=true",
        (VARS, "(.*fs_app_hosts=.*)", r'\1\n<X-PRE-PROCESS cmd="set" data="bypass_media_after_bridge=true"/>'),
        f"{VARS}:",
    ),
    "bypassed_agents 3": (
        "gateway office sets bypass_media_after_hold=true",
        (SOFIA, "</settings>", f"</settings>{GATEWAY}"),
        SOFIA,
    ),
    "bypassed_agents 4": (
        "user 201 sets bypass_media_after_bridge=true",
        ("freeswitch.xml", '<section name="directory".*', DIRECTORY),
        "freeswitch.xml:",
    ),
    "bypassed_agents 5": (
        "sets nolocal:bypass_media_after_bridge=true",
        (DIALPLAN, RESUME, f"{RESUME}{sets('nolocal:bypass_media_after_bridge=true', 'export')}"),
        DIALPLAN,
    ),
    "bypassing_profile": (
        "profile fs_app has the media-option bypass-media-after-hold",
        (SOFIA, "<settings>", f"<settings>{OPTIONS}"),
        f"{SOFIA}:",
    ),
    "bypass_until_answered": (
        "profile fs_app sets inbound-bypass-media",
        (SOFIA, "<settings>", '<settings><param name="inbound-bypass-media" value="true"/>'),
        SOFIA,
    ),
    "dialplan": ("no extension", (DIALPLAN, "(?s)<context.*</context>", ""), ""),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_with_its_line_and_nothing_else_is(
    look: Callable[..., list[Finding]], mistake: str
) -> None:
    words, change, place = MISTAKES[mistake]
    found = look(change)
    assert {finding.check for finding in found} == {mistake.split()[0]}
    assert any(words in finding.what and place in finding.place for finding in found), found
    assert all(finding.change and finding.why for finding in found)


def test_one_socket_only(look: Callable[..., list[Finding]]) -> None:
    last = r'(?s)<action application="set" data="fs_app_attempt=2"/>(\s*<action application="socket"[^>]*/>)+'
    found = look((DIALPLAN, last, ""))
    assert [(each.check, each.severity.value) for each in found] == [("second_server", "wrong")]


def test_what_the_dialplan_sets_back_before_socket_is_well(look: Callable[..., list[Finding]]) -> None:
    found = look(
        (NUMBERS, "(<action[^>]*fs_app_flow=.*)", rf"\1{sets('bypass_media=true')}"),
        (DIALPLAN, RESUME, f"{RESUME}{sets('bypass_media=false')}{sets('bypass_media_sdp_filter=x')}"),
    )
    assert found == []


def test_what_the_extension_sets_is_told_once_however_many_numbers_lead_there(
    look: Callable[..., list[Finding]],
) -> None:
    found = look((DIALPLAN, RESUME, f"{RESUME}{sets('bypass_media=true')}"))
    assert [each.what for each in found] == ["extension fs_app sets bypass_media=true before `socket`"]


def test_what_leads_elsewhere_may_pass_by_the_switch(look: Callable[..., list[Finding]]) -> None:
    other = (
        '<extension name="other"><condition field="destination_number" expression="^9$">'
        f"{sets('bypass_media=true')}{sets('fs_app_other XML fs_app', 'transfer')}</condition></extension>"
    )
    assert look((NUMBERS, "<include>", f"<include>\n{other}")) == []


def test_ports_that_do_not_match(look: Callable[..., list[Finding]]) -> None:
    found = look((VARS, r"fs_app_hosts=127.0.0.1:8084\|127.0.0.1:8085", "fs_app_hosts=127.0.0.1:9999"))
    assert [each.check for each in found] == ["hosts"]
    assert "9999" in found[0].what and "8084" in found[0].what


def test_a_file_that_is_no_xml_is_named_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "freeswitch"
    shutil.copytree(SHIPPED, folder)
    file = folder / SOFIA
    file.write_text(file.read_text().replace("</settings>", "</setting>"))
    with pytest.raises(ConfigError) as caught:
        read_files(folder)
    assert re.search(rf"{SOFIA}:\d+:\d+: not XML", str(caught.value))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"freeswitch\.xml: cannot be read"):
        read_files(tmp_path)


def test_a_directive_counts_even_inside_a_comment_as_the_switch_reads_it(tmp_path: Path) -> None:
    (tmp_path / "freeswitch.xml").write_text(
        '<document>\n<!--\n<X-PRE-PROCESS cmd="set" data="a=1"/>\n-->\n'
        '<X-PRE-PROCESS cmd="include" data="d/*.xml"/>\n</document>'
    )
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "s.xml").write_text(
        '<?xml version="1.0"?>\n<include>\n<configuration name="switch.conf"><settings>\n'
        '<param name="loglevel" value="$${a}-$${b}"/>\n</settings></configuration>\n</include>\n'
    )
    read = read_files(tmp_path)
    param = read.settings("switch.conf")["loglevel"]
    assert param.get("value") == "1-$${b}"
    assert read.place(param) == f"{tmp_path}/d/s.xml:4"


def test_every_check_has_a_name_of_its_own() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) >= 30
