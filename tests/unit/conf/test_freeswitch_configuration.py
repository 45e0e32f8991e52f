"""The shipped FreeSWITCH configuration, read as FreeSWITCH reads it: laws that no edit may break."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fs_app.telephony import commands
from fs_app.testing.switch import dialplan

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "conf" / "freeswitch"
FILES = sorted(FOLDER.rglob("*.xml"))
_SET, _INCLUDE = re.compile(r"^(\w+)=(.*)$"), "X-PRE-PROCESS"


def shipped() -> list[Path]:
    return [path for path in FILES if path.name != "secrets.xml"]


def load(path: Path, variables: dict[str, str]) -> ET.Element:
    """A file with its includes in place and ``$${...}`` expanded, in FreeSWITCH's order."""
    root = ET.fromstring(path.read_text(encoding="utf-8"))
    _expand(root, path.parent, variables)
    return root


def _expand(element: ET.Element, folder: Path, variables: dict[str, str]) -> None:
    for name, value in element.attrib.items():
        element.set(name, re.sub(r"\$\$\{(\w+)\}", lambda found: variables.get(found[1], ""), value))
    children: list[ET.Element] = []
    for child in element:
        if child.tag != _INCLUDE:
            _expand(child, folder, variables)
            children.append(child)
        elif child.get("cmd") == "include":
            for path in sorted(folder.glob(child.get("data", ""))):
                if path.name != "secrets.xml":
                    part = load(path, variables)
                    children += list(part) if part.tag == "include" else [part]
        else:
            assert child.get("cmd") in ("set", "exec-set")
            found = _SET.match(child.get("data", ""))
            assert found
            variables[found[1]] = found[2] if child.get("cmd") == "set" else "made-at-start"
    element[:] = children


@pytest.fixture(scope="module")
def document() -> ET.Element:
    return load(FOLDER / "freeswitch.xml", {"log_dir": "/var/log/freeswitch"})


def configuration(document: ET.Element, name: str) -> ET.Element:
    found = document.findall(f"section[@name='configuration']/configuration[@name='{name}.conf']")
    assert len(found) == 1
    return found[0]


def params(element: ET.Element) -> dict[str, str]:
    return {param.get("name", ""): param.get("value", "") for param in element.iter("param")}


def actions(document: ET.Element) -> list[tuple[str, str]]:
    found = document.findall(".//context[@name='fs_app']/extension[@name='fs_app']/condition/action")
    return [(action.get("application", ""), action.get("data", "")) for action in found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_xmllint_accepts_it(path: Path) -> None:
    program = shutil.which("xmllint")
    assert program, "xmllint is missing (apt package libxml2-utils)"
    subprocess.run([program, "--noout", "--nonet", str(path)], check=True, timeout=20)


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_comment_hides_a_preprocessor_line(path: Path) -> None:
    """FreeSWITCH obeys it there."""
    comments = re.findall(r"<!--.*?-->", path.read_text(encoding="utf-8"), re.DOTALL)
    assert not [comment for comment in comments if _INCLUDE in comment or comment.startswith("<!--#")]


def test_no_password_is_shipped_and_none_is_the_well_known_one() -> None:
    for path in FOLDER.rglob("*"):
        if path.is_file():
            assert "cluecon" not in path.read_text(encoding="utf-8").lower(), path
    for path in shipped():
        assert not re.search(r'cmd="set" data="[a-z_]*password=', path.read_text(encoding="utf-8")), path
    tracked = subprocess.run(
        ["git", "check-ignore", "-q", "conf/freeswitch/secrets.xml"], cwd=ROOT, check=False, timeout=20
    )
    assert tracked.returncode == 0


def test_the_password_is_never_empty_when_there_are_no_secrets(document: ET.Element) -> None:
    assert params(configuration(document, "event_socket"))["password"] == "made-at-start"
    line = re.search(r'cmd="exec-set" data="\w+=([^"]+)"', (FOLDER / "vars.xml").read_text(encoding="utf-8"))
    assert line
    made = {
        subprocess.run(line[1], shell=True, capture_output=True, text=True, timeout=20).stdout for _ in range(2)
    }
    assert len(made) == 2 and all(re.fullmatch("[0-9a-f]{48}", password) for password in made)


def test_make_secrets_writes_a_file_that_only_its_owner_reads_and_never_replaces_it(tmp_path: Path) -> None:
    script = shutil.copy(FOLDER / "make-secrets", tmp_path)
    subprocess.run([script], check=True, timeout=20)
    made = tmp_path / "secrets.xml"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    text = made.read_text(encoding="utf-8")
    assert re.search(r"fs_app_event_socket_password=[0-9a-f]{48}\"", text)
    ET.fromstring(text)
    subprocess.run([script], check=True, timeout=20)
    assert made.read_text(encoding="utf-8") == text


def test_everything_listens_on_loopback(document: ET.Element) -> None:
    assert params(configuration(document, "event_socket"))["listen-ip"] == "127.0.0.1"
    profile = params(configuration(document, "sofia"))
    assert profile["sip-ip"] == profile["rtp-ip"] == "127.0.0.1"


def test_calls_come_from_known_trunks_alone(document: ET.Element) -> None:
    name = params(configuration(document, "sofia"))["apply-inbound-acl"]
    lists = {one.get("name"): one for one in configuration(document, "acl").iter("list")}
    assert lists[name].get("default") == "deny"
    assert [node.get("cidr") for node in lists[name]] == ["127.0.0.0/8"]


def test_the_payment_extension_never_ends_in_silence(document: ET.Element) -> None:
    applications = [application for application, _ in actions(document)]
    assert applications == [
        *(["set"] * 5),
        "socket",
        "set",
        *(["socket"] * 7),
        *(
            "answer",
            "clear_digit_action",
            "set",
            "record_session_unmask",
            "set",
            "unset",
            "playback",
            "playback",
            "callcenter",
            "playback",
            "hangup",
        ),
    ]
    data = [data for _, data in actions(document)]
    assert [each.partition("=")[0] for each in data[:5]] == [
        *("socket_resume", "hangup_after_bridge", "transfer_ringback", "fifo_music", "min_dup_digit_spacing_ms")
    ]
    assert {"socket_resume=true", "hangup_after_bridge=true", "min_dup_digit_spacing_ms=80"} < set(data[:5])
    assert "transfer_ringback=%(2000,4000,440,480)" in data
    heard = "fs_app_heard=${uuid_audio(${uuid} stop)}"
    assert data[-9] == heard, "whom a server had silenced and died is heard by the person at the end"
    assert data[-7:-5] == ["hangup_after_bridge=true", "transfer_after_bridge"], "the talk at the end ends the call"
    assert data[5] == "127.0.0.1:8084|127.0.0.1:8085 async full"
    assert data[6:8] == ["fs_app_attempt=2", "127.0.0.1:8085|127.0.0.1:8084 async full"]
    assert [(application, data) for application, data in dialplan(["host"])[2:11]] == [
        (application, "host async full" if application == "socket" else data)
        for application, data in actions(document)[5:14]
    ]


def test_who_is_transferred_to_the_payment_extension_waits_until_the_talk_is_let_go(document: ET.Element) -> None:
    context = document.find(".//context[@name='fs_app']")
    names = [extension.get("name") for extension in context]
    pause = context.find("extension[@name='fs_app_pause']")
    assert pause.get("continue") == "true" and names.index("fs_app_pause") < names.index("fs_app")
    assert [(one.get("application"), one.get("data")) for one in pause.iter("action")] == [
        ("sleep", f"${{{commands.PAUSE}}}")
    ]


def test_the_recordings_of_the_apology_exist(document: ET.Element) -> None:
    played = [data for application, data in actions(document) if application == "playback"]
    assert len(played) == 3
    for data in played:
        path = data.replace("/opt/fs_app/sounds", str(ROOT / "sounds")).replace("${fs_app_language}", "en")
        assert Path(path).is_file(), data


def test_every_number_names_a_queue_and_a_flow_that_exist(document: ET.Element) -> None:
    queues = {queue.get("name") for queue in configuration(document, "callcenter").iter("queue")}
    numbers = document.findall(".//context[@name='public']/extension")
    assert len(numbers) >= 2
    for number in numbers:
        steps = [(action.get("application"), action.get("data", "")) for action in number.iter("action")]
        settings = dict(data.split("=", 1) for application, data in steps if application == "set")
        assert set(settings) == {"fs_app_flow", "fs_app_language", "fs_app_line", "fs_app_queue"}
        assert f"{settings['fs_app_queue']}@default" in queues
        assert (ROOT / "conf" / "flows" / f"{settings['fs_app_flow']}.yaml").is_file()
        assert (ROOT / "sounds" / settings["fs_app_language"]).is_dir()
        assert settings["fs_app_line"] in ("auto", "inband")
        assert steps[-1] == ("transfer", "fs_app XML fs_app")
    defaults = document.findall(".//extension[@name='fs_app_defaults']//anti-action")
    assert "fs_app_queue=payments" in [action.get("data") for action in defaults]


def test_modules_are_those_that_a_payment_call_needs(document: ET.Element) -> None:
    modules = {module.get("module") for module in configuration(document, "modules").iter("load")}
    assert modules == {
        f"mod_{name}"
        for name in (
            *("logfile", "event_socket", "commands", "dptools", "dialplan_xml"),
            *("sofia", "sndfile", "tone_stream", "spandsp", "callcenter"),
        )
    }


def test_the_log_is_not_at_debug_and_nothing_is_recorded(document: ET.Element) -> None:
    assert params(configuration(document, "switch"))["loglevel"] == "info"
    mappings = configuration(document, "logfile").findall(".//map")
    assert mappings and not [one for one in mappings if "debug" in one.get("value", "")]
    assert "record-template" not in params(configuration(document, "callcenter"))
    recording = [action for action in actions(document) if "record" in action[0]]
    assert recording == [("record_session_unmask", "${fs_app_masked}")]
