"""The doctor at a real FreeSWITCH: nothing to mend on the shipped one; what is changed while it runs is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from paymentsite import Site

from fs_app.doctor.examination import examined, look_at
from fs_app.doctor.own_checks import Own
from fs_app.settings import Settings

pytestmark = pytest.mark.freeswitch


def found(site: Site, folder: Path) -> list[tuple[str, str]]:
    """The findings at the running switch, and where they are."""
    given = {
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
        findings = examined(switch, Own(switch.settings, folder / "none"))
    finally:
        switch.running.close()
    return [(each.check, each.place.rpartition("/")[2]) for each in findings]


def test_what_is_shipped_is_well_and_what_is_changed_is_found(site: Site, tmp_path: Path) -> None:
    # The tests' own switch is started at DEBUG, writes call records, keeps its log where everybody may look, and
    # may write core files.
    ours = {"call_records", "configuration_copy", "core_dumps"}
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
