"""The campaign in its short form: every fault at least once, and nothing lost, doubled or misreported."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from fs_app.chaos.campaign import Campaign
from fs_app.chaos.faults import FAULTS
from fs_app.chaos.plan import plan
from fs_app.chaos.report import report

SOUNDS = Path(__file__).parents[2] / "sounds"
SEED = 20260314


def test_every_fault_once_and_ledger_and_gateway_agree(tmp_path: Path) -> None:
    planned = plan(len(FAULTS) + 10, FAULTS, SEED)
    outcome = Campaign(tmp_path, SOUNDS, planned, at_once=24).run(lambda what, done, of: None)
    told = io.StringIO()
    report(outcome, Console(file=told, width=116), seed=SEED)
    assert outcome.failures == [], told.getvalue()
    paid = [payment for payment in outcome.evidence.payments if outcome.evidence.order(payment).kept_minor]
    assert len(paid) > len(planned) / 2, told.getvalue()
    assert sum(outcome.deaths.values()) >= 10, told.getvalue()
    assert outcome.evidence.sent, told.getvalue()
    _no_card_data(tmp_path)


def _no_card_data(folder: Path) -> None:
    """The card of the campaign, searched for in everything its processes wrote."""
    logs = list(folder.glob("*.log"))
    assert len(logs) >= 6
    for log in logs:
        assert "4111111111111111" not in log.read_text(errors="replace"), log
