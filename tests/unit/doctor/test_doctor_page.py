"""docs/doctor.md lists the checks as they are, and the command says what it says there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fs_app.app.parts import Parts
from fs_app.cli import main
from fs_app.commands import doctor as command
from fs_app.doctor.examination import CHECKS
from fs_app.doctor.finding import Finding, Severity
from fs_app.doctor.own_checks import Own
from fs_app.domain.people import Role
from fs_app.ports.people import NewUser
from fs_app.settings import load_settings
from fs_app.store.schema import migrate

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_lists_every_check_with_its_severity_and_reason() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text()
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        f"| `{check.name}` | {check.severity} | {check.why} |" for check in CHECKS
    ]


def finding(severity: Severity) -> Finding:
    return Finding("log_level", severity, "the core log level is DEBUG", "keys", "level=info", "switch.conf.xml:6")


@pytest.mark.parametrize(
    ("severities", "code"),
    [([], 0), (["advice"], 0), (["advice", "wrong"], 1), (["critical", "advice"], 2)],
)
def test_the_exit_code_is_that_of_the_worst(
    monkeypatch: pytest.MonkeyPatch, severities: list[str], code: int
) -> None:
    findings = [finding(Severity(each)) for each in severities]
    monkeypatch.setattr(command, "examine", lambda settings, own: findings)
    config = ["--config", str(ROOT / "conf" / "fs_app.yaml"), "doctor"]
    told = CliRunner().invoke(main, config)
    assert told.exit_code == code
    assert ("nothing to mend" in told.output) is (not severities)
    assert ("switch.conf.xml:6" in told.output) is bool(severities)
    written = CliRunner().invoke(main, [*config, "--json"])
    assert written.exit_code == code
    read = json.loads(written.output)
    assert read["checks"] == len(CHECKS)
    assert [each["severity"] for each in read["findings"]] == severities
    assert set(read["findings"][0] if severities else {}) in (
        set(),
        {"check", "severity", "what", "why", "change", "place"},
    )


def test_it_looks_for_the_queues_that_flows_name_and_for_the_agents_of_the_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "fs_app.yaml"
    path.write_text(
        f"database: {{url: 'sqlite:///{tmp_path}/x'}}\nflows: {ROOT}/conf/flows\nsounds: {ROOT}/sounds\n"
        f"lines: lines.yaml\nmessages: {{templates: {ROOT}/conf/messages.yaml}}\n"
    )
    (tmp_path / "lines.yaml").write_text("lines: {night: {queue: night}}")
    parts = Parts(load_settings(path)[0])
    migrate(parts.database)
    for name, agent in (("maria", "maria@default"), ("tom", None), ("gone", "gone@default")):
        added = parts.people.users.add(NewUser(name, frozenset({Role.AGENT}), agent=agent))
    parts.people.users.disable(added.id)
    parts.close()
    seen: list[Own] = []
    monkeypatch.setattr(command, "examine", lambda settings, own: seen.append(own) or [])
    assert CliRunner().invoke(main, ["--config", str(path), "doctor"]).exit_code == 0
    assert seen[0].agents == {"maria@default": "maria"}
    assert seen[0].queues == {"payments": "line.queue of the settings", "night": "the line night"}


def test_without_a_database_and_without_flows_the_rest_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "fs_app.yaml"
    path.write_text("database: {url: 'sqlite:////proc/none/x'}\nflows: nowhere\nsounds: nowhere\n")
    seen: list[Own] = []
    monkeypatch.setattr(command, "examine", lambda settings, own: seen.append(own) or [])
    assert CliRunner().invoke(main, ["--config", str(path), "doctor"]).exit_code == 0
    assert (dict(seen[0].agents), dict(seen[0].queues)) == ({}, {})
    assert seen[0].problems
