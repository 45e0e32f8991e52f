"""The queues that settings, lines and flows name, and destinations that nobody is led to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from fs_app.app.parts import Parts
from fs_app.app.queues import named_queues, unnamed_destinations
from fs_app.cli import main
from fs_app.flow.flow import Flow
from fs_app.settings import load_settings
from fs_app.steps.agent import Agent
from fs_app.store.engine import Database
from fs_app.store.schema import migrate

ROOT = Path(__file__).resolve().parents[2]
PARTS = Parts(load_settings(ROOT / "conf" / "fs_app.yaml")[0])
LINES = {**PARTS.lines, "gifts": replace(PARTS.lines[""], name="gifts", queue="donors")}


@pytest.fixture
def flows() -> dict[str, Flow]:
    """The shipped flow, whose person is reached in a queue of its own."""
    flow = PARTS.flows["pay_balance"]
    name, node = next((name, node) for name, node in flow.nodes.items() if isinstance(node.step, Agent))
    step = node.step.model_copy(update={"queue": "debts@office"})
    return {flow.name: replace(flow, nodes={**flow.nodes, name: replace(node, step=step)})}


def test_a_queue_is_named_by_a_setting_a_line_or_a_step(flows: dict[str, Flow]) -> None:
    assert named_queues(PARTS.settings, flows, LINES) == {
        "payments": "line.queue of the settings",
        "donors": "the line gifts",
        "debts@office": "the step operator of the flow pay_balance",
    }


def test_a_destination_that_nobody_names_is_told_with_its_place(tmp_path: Path, flows: dict[str, Flow]) -> None:
    path = tmp_path / "fs_app.yaml"
    path.write_text(
        "agents:\n  destinations:\n"
        "    donors: {way: fifo, target: donors}\n"
        "    dept@office: {way: trunk, target: office/201}\n"
        "    zebra: {way: extension, target: 201@pbx.example.org}\n"
    )
    settings, document = load_settings(path)
    named = named_queues(settings, flows, LINES)
    assert [str(each).removeprefix(f"{tmp_path}/") for each in unnamed_destinations(settings, document, named)] == [
        "fs_app.yaml:4:5: no line, no flow and no other setting names the queue 'dept@office'; "
        "did you mean 'debts@office'?",
        "fs_app.yaml:5:5: no line, no flow and no other setting names the queue 'zebra'; "
        "right only where a dialplan names it (fs_app_queue)",
    ]


def test_what_is_shipped_names_no_queue_for_nothing() -> None:
    settings, document = load_settings(ROOT / "conf" / "fs_app.yaml")
    named = named_queues(settings, PARTS.flows, PARTS.lines)
    assert named == {"payments": "line.queue of the settings"}
    assert list(unnamed_destinations(settings, document, named)) == []


def test_the_check_warns_and_lets_it_be(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/x"
    opened = Database(database, 1, 10.0)
    migrate(opened)
    opened.close()
    path = tmp_path / "fs_app.yaml"
    path.write_text(
        f"database: {{url: '{database}'}}\nflows: {ROOT}/conf/flows\nsounds: {ROOT}/sounds\n"
        f"messages: {{templates: {ROOT}/conf/messages.yaml}}\n"
        "agents: {destinations: {paymnts: {way: fifo, target: payments}}}\n"
    )
    told = CliRunner().invoke(main, ["--config", str(path), "check"])
    assert told.exit_code == 0, told.output
    warning = "no line, no flow and no other setting names the queue 'paymnts'; did you mean 'payments'?"
    assert f"warning: {path}:5:25: {warning}" in told.output
