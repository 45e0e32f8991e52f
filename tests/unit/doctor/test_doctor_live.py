"""What the doctor finds on a running switch, and on our own side."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import requests

from fs_app.doctor import own_checks
from fs_app.doctor.examination import critical_in_force, examined
from fs_app.doctor.own_checks import Own
from fs_app.doctor.switch import RunningSwitch, Switch
from fs_app.errors import Problem
from fs_app.settings import Settings
from tests.inbound import STATUS, WELL, Client, InboundSocket


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {"database": {"url": "sqlite:///db/x"}, "run": "run"}, context={"base": tmp_path}
    )


def found(settings: Settings, tmp_path: Path, **changed: str) -> list[tuple[str, str]]:
    switch = Switch(settings, running=RunningSwitch(Client(**changed)))  # type: ignore[arg-type]
    return [(each.check, each.what) for each in examined(switch, Own(settings, tmp_path / "none.yaml"))]


def test_a_switch_that_is_well(settings: Settings, tmp_path: Path) -> None:
    assert found(settings, tmp_path) == []


SET = '<action application="set" data="'
TROUBLES = {
    "log_level": ({"fsctl loglevel 4294967290": "+OK log level: DEBUG [7]"}, "logs at DEBUG"),
    "modules": ({"module_exists mod_spandsp": "false"}, "mod_spandsp is not loaded"),
    "queue": ({"callcenter_config queue list": "name|strategy\n+OK"}, "no queue payments@default"),
    "session_limits": ({"status": STATUS.replace("1000", "100")}, "max-sessions is 100"),
    "session_limits 2": ({"status": STATUS.replace("max 100", "max 5")}, "sessions-per-second is 5"),
    "switch_clock": ({"strepoch": str(int(time.time()) - 90)}, "s behind ours"),
    "socket_resume": (
        {"xml_locate dialplan": WELL["xml_locate dialplan"].replace("resume=true", "resume=false")},
        "does not set socket_resume",
    ),
    "bypassed_media": (
        {
            "xml_locate dialplan": WELL["xml_locate dialplan"].replace(
                "min_dup", f'bypass_media=true"/>{SET}min_dup'
            )
        },
        "sets bypass_media=true",
    ),
    "bypassed_agents": (
        {"global_getvar bypass_media_after_bridge": "true"},
        "the switch itself sets bypass_media_after_bridge=true",
    ),
    "bypassed_agents 2": (
        {
            "callcenter_config agent list": WELL["callcenter_config agent list"].replace(
                "[", "[bypass_media_after_hold=1,"
            )
        },
        "agent maria@default sets bypass_media_after_hold=1",
    ),
    "configuration_readable": ({"xml_locate dialplan": '<section name="dialplan"><broken'}, "not XML"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_wrong_with_it(settings: Settings, tmp_path: Path, trouble: str) -> None:
    changed, words = TROUBLES[trouble]
    names = {name for name, what in found(settings, tmp_path, **changed) if words in what}
    assert names == {trouble.split()[0]}


def test_no_card_is_asked_for_while_talks_may_pass_by_the_switch(tmp_path: Path) -> None:
    inbound = InboundSocket("secret")
    given = {"switch": {"event_socket": inbound.address, "password": "secret"}}
    settings = Settings.model_validate(given, context={"base": tmp_path})
    assert critical_in_force(settings) == []
    inbound.answers["global_getvar bypass_media_after_bridge"] = "true"
    assert [each.check for each in critical_in_force(settings)] == ["bypassed_agents"]
    inbound.stop()


def test_the_log_is_never_switched_off_by_looking(settings: Settings, tmp_path: Path) -> None:
    client = Client()
    examined(Switch(settings, running=RunningSwitch(client)), Own(settings, tmp_path / "none"))  # type: ignore[arg-type]
    assert "fsctl loglevel" not in client.asked  # 1.10.12 takes that for: no log


def test_a_switch_that_cannot_be_asked_or_is_open_to_everybody(settings: Settings, tmp_path: Path) -> None:
    switch = Switch(
        settings, unreachable="Connection refused", takes_default_password=True, unreadable=["no files"]
    )
    names = [(each.check, each.severity.value) for each in examined(switch, Own(settings, tmp_path / "none"))]
    assert names == [
        ("event_socket_password", "critical"),
        ("configuration_readable", "advice"),
        ("switch_reachable", "advice"),
    ]


def test_the_copy_of_its_configuration_that_everybody_can_read(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir(mode=0o755)
    copy = log / "freeswitch.xml.fsxml"
    copy.write_text("secrets")
    copy.chmod(0o644)
    changed = {"global_getvar log_dir": str(log)}
    assert [name for name, _ in found(settings, tmp_path, **changed)] == ["configuration_copy"]
    log.chmod(0o750)
    assert found(settings, tmp_path, **changed) == []


def test_core_files_of_the_process(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "freeswitch.pid").write_text(str(os.getppid()))
    limit = Path(f"/proc/{os.getppid()}/limits").read_text().split("Max core file size")[1].split()[0]
    names = [name for name, _ in found(settings, tmp_path, **{"global_getvar run_dir": str(tmp_path)})]
    assert names == ([] if limit == "0" else ["core_dumps"])


# --- our own side ------------------------------------------------------------------------------------------------


def own(settings: Settings, config: Path, *problems: Problem) -> list[tuple[str, str, str]]:
    findings = examined(Switch(settings), Own(settings, config, problems))
    return [(each.check, each.what, each.place) for each in findings]


def test_what_fs_app_check_finds_is_critical_here(settings: Settings, tmp_path: Path) -> None:
    problem = Problem("conf/fs_app.yaml", 3, 4, "no flow is called 'x'", "there is: pay_balance")
    assert own(settings, tmp_path / "none", problem) == [
        ("configuration", "no flow is called 'x'", "conf/fs_app.yaml:3:4")
    ]


@pytest.mark.parametrize(
    ("text", "mode", "names"),
    [
        ("gateway:\n  private_key: abc\n", 0o644, ["file_rights"]),
        ("gateway:\n  private_key: abc\n", 0o640, []),
        ("gateway:\n  private_key: env:KEY\n", 0o644, []),
        ("# password: x\ncalls: {}\n", 0o644, []),
    ],
)
def test_rights_of_the_settings(settings: Settings, tmp_path: Path, text: str, mode: int, names: list[str]) -> None:
    config = tmp_path / "fs_app.yaml"
    config.write_text(text)
    config.chmod(mode)
    assert [name for name, _, _ in own(settings, config)] == names


def test_rights_of_the_database(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "db" / "x"
    file.parent.mkdir()
    file.touch(mode=0o644)
    file.chmod(0o644)
    assert own(settings, tmp_path / "none") == [("file_rights", "everybody on this machine can read x", str(file))]


def test_ports_beyond_loopback(tmp_path: Path) -> None:
    given = {"calls": {"listen": "0.0.0.0:8084"}, "web": {"listen": "192.0.2.1:8090"}}
    given["console"] = {"listen": "192.0.2.1:8091"}
    settings = Settings.model_validate(given, context={"base": tmp_path})
    names = [what.split()[0] for name, what, _ in own(settings, tmp_path / "none") if name == "open_ports"]
    assert names == ["calls.listen", "web.listen", "console.listen"]


@pytest.mark.parametrize(("ahead", "words"), [(0, []), (300, ["s behind"]), (-300, ["s ahead of"])])
def test_the_gateways_clock(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int, words: list[str]
) -> None:
    answer = requests.Response()
    answer.headers["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + ahead))
    monkeypatch.setattr(own_checks.requests, "head", lambda *arguments, **named: answer)
    said = [what for name, what, _ in own(settings, tmp_path / "none") if name == "gateway_clock"]
    assert [any(word in what for what in said) for word in words] == [True] * len(words)
    assert len(said) == len(words)


def test_a_full_disk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run").mkdir()

    class Disk:
        free = 5 * 1024**2

    monkeypatch.setattr(own_checks.shutil, "disk_usage", lambda path: Disk())
    assert [(name, what) for name, what, _ in own(settings, tmp_path / "none")] == [("free_disk", "5 MB are free")]


@pytest.mark.parametrize(
    ("user", "groups", "mode", "wrong"),
    [
        ("4711", "4712", 0o700, True),  # neither theirs nor their group's
        ("4711", "{group}", 0o770, False),
        ("4711", "{group}", 0o750, True),
        ("{user}", "4712", 0o700, False),
        ("0", "0", 0o700, False),
    ],
)
def test_a_folder_that_the_switch_cannot_record_into(
    settings: Settings, tmp_path: Path, user: str, groups: str, mode: int, wrong: bool
) -> None:
    """The user of a process called freeswitch, as proc(5) tells it. Who runs this test may be root: so is then who
    owns the folder, and root may write."""
    folder = tmp_path / "said"
    folder.mkdir()
    folder.chmod(mode)
    theirs = {"user": str(folder.stat().st_uid), "group": str(folder.stat().st_gid)}
    process = tmp_path / "proc" / "42"
    process.mkdir(parents=True)
    user, groups = user.format(**theirs), groups.format(**theirs)
    (process / "status").write_text(
        f"Name:\tfreeswitch\nUid:\t0\t{user}\t0\t0\nGid:\t9\t9\t9\t9\nGroups:\t{groups} 9 \n"
    )
    asked = settings.model_copy(update={"recordings": folder})
    findings = examined(Switch(asked), Own(asked, tmp_path / "none", processes=tmp_path / "proc"))
    assert [each.check for each in findings] == (["spoken_answers"] if wrong else [])
