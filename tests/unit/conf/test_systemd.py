"""The shipped units: what they run exists, and they give it the time it needs."""

import shlex
from configparser import ConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from fs_app.cli import main
from fs_app.serve.plan import seats
from fs_app.settings import load_settings

ROOT = Path(__file__).resolve().parents[3]
UNITS = {
    path.name.removeprefix("fs-app-").removesuffix("@.service"): path
    for path in (ROOT / "conf/systemd").glob("*.service")
}


def service(role):
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(UNITS[role].read_text(encoding="utf-8"))
    return unit["Service"]


def test_there_is_one_for_each_role():
    settings, _ = load_settings(ROOT / "conf/fs_app.yaml")
    assert UNITS.keys() == {seat.role for seat in seats(settings)}


@pytest.mark.parametrize("role", sorted(UNITS))
def test_what_it_runs_exists(role):
    for name in ("ExecStart", "ExecReload"):
        if name in service(role):
            _, option, _, *words = shlex.split(service(role)[name])
            assert option == "--config"
            assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0, words


@pytest.mark.parametrize("role", sorted(UNITS.keys() - {"sandbox"}))
def test_it_has_the_time_it_may_need_to_leave(role):
    settings, _ = load_settings(ROOT / "conf/fs_app.yaml")
    longest = max(seat.leave_seconds for seat in seats(settings) if seat.role == role)
    assert int(service(role)["TimeoutStopSec"]) > longest


def test_workers_are_told_to_stop_by_their_supervisor_alone():
    """From systemd and from the supervisor it would be twice, and twice is at once."""
    assert service("calls")["KillMode"] == "mixed"
