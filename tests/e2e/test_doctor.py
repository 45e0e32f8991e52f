"""The doctor at a real FreeSWITCH: nothing to mend on the shipped one; what is changed while it runs, and what is
missing on the way to people, is found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from paymentsite import Site

from fs_app.doctor.examination import examined, look_at
from fs_app.doctor.finding import Finding
from fs_app.doctor.own_checks import Own
from fs_app.doctor.people_checks import PEOPLE_CHECKS
from fs_app.settings import Settings
from fs_app.testing.freeswitch import RealSwitch

pytestmark = pytest.mark.freeswitch


def examination(
    site: Site,
    folder: Path,
    *,
    destinations: Mapping[str, Mapping[str, str]] | None = None,
    agents: Mapping[str, str] | None = None,
) -> list[Finding]:
    """The findings at the running switch, with these destinations in the settings and agents of the console."""
    given = {
        "agents": {"destinations": destinations or {}},
        "database": {"url": "sqlite:///db/x"},
        "run": "run",
        "calls": {"listen": f"127.0.0.1:{site.ports[0]}"},
        "switch": {
            "event_socket": f"127.0.0.1:{site.switch.event_socket_port}",
            "password": site.switch.password,
            "configuration": str(site.switch.configuration),
        },
    }
    switch = look_at(Settings.model_validate(given, context={"base": folder}))
    assert switch.running is not None, switch.unreachable
    try:
        return examined(switch, Own(switch.settings, folder / "none", agents=agents or {}))
    finally:
        switch.running.close()


def found(site: Site, folder: Path) -> list[tuple[str, str]]:
    """What is found, and where it is."""
    return [(each.check, each.place.rpartition("/")[2]) for each in examination(site, folder)]


def test_what_is_shipped_is_well_and_what_is_changed_is_found(site: Site, tmp_path: Path) -> None:
    # The tests' own switch is started at DEBUG, writes call records, keeps its log where everybody may look, and
    # may write core files. Nobody works there yet.
    ours = {"call_records", "configuration_copy", "core_dumps", "queue_agents"}
    site.switch.api("fsctl loglevel info")
    assert [each for each in found(site, tmp_path) if each[0] not in ours] == [("log_level", "switch.conf.xml:6")]
    site.switch.api("fsctl loglevel debug")
    site.switch.api("unload mod_spandsp")
    try:
        names = [
            name for name, place in found(site, tmp_path) if place == "the running switch" and name not in ours
        ]
    finally:
        site.switch.api("load mod_spandsp")
    assert names == ["log_level", "modules"]


PEOPLE = {
    "night": {"way": "callcenter", "target": "night"},
    "sales": {"way": "fifo", "target": "sales"},
    "desk": {"way": "extension", "target": "201@pbx.example.org"},
    "office": {"way": "trunk", "target": "office/+15550100"},
}


def of_people(site: Site, folder: Path, **given: Mapping[str, Any]) -> list[str]:
    names = {check.name for check in PEOPLE_CHECKS}
    return [each.what for each in examination(site, folder, **given) if each.check in names]


def test_what_leads_to_people_and_is_not_there(site: Site, switch: RealSwitch, tmp_path: Path) -> None:
    who = "which agents.destinations of the settings names"
    assert of_people(site, tmp_path, destinations=PEOPLE, agents={"maria@default": "maria"}) == [
        "mod_callcenter has no agent maria@default, which is what the console calls maria",
        f"there is no user 201@pbx.example.org, {who}",
        "mod_fifo is not loaded at start, and sales is a fifo",
        "mod_fifo is not loaded, and sales is a fifo",
        f"there is no queue night@default, {who}",
        "queue payments@default has no agent",
        f"there is no gateway office, {who}",
    ]


def test_an_agent_who_was_added_without_delays(site: Site, switch: RealSwitch, tmp_path: Path) -> None:
    for words in ("agent add maria@default callback", "tier add payments@default maria@default 1 1"):
        assert switch.api(f"callcenter_config {words}") == "+OK"
    delays = ("busy_delay_time", "reject_delay_time", "no_answer_delay_time")
    try:
        assert of_people(site, tmp_path, agents={"maria@default": "maria"}) == [
            f"{name} of agent maria@default is 0" for name in delays
        ]
        for name in delays:
            assert switch.api(f"callcenter_config agent set {name} maria@default 10") == "+OK"
        assert of_people(site, tmp_path, agents={"maria@default": "maria"}) == []
    finally:
        switch.api("callcenter_config agent del maria@default")


def test_the_module_of_fifos_loads_with_what_is_shipped(site: Site, switch: RealSwitch, tmp_path: Path) -> None:
    assert switch.api("load mod_fifo").endswith("+OK")
    try:
        sales = {"sales": PEOPLE["sales"]}
        assert of_people(site, tmp_path, destinations=sales) == [
            "mod_fifo is not loaded at start, and sales is a fifo",
            "queue payments@default has no agent",
        ]
    finally:
        switch.api("unload mod_fifo")
