"""One step of a call, on fakes, as a test reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fs_app.domain.bill import Account
from fs_app.domain.rules import Rules
from fs_app.errors import CallEnded
from fs_app.flow.call import Call, Line, Services
from fs_app.flow.step import StepEnds
from fs_app.steps import STEPS
from fs_app.testing.fakes import ListJournal, TextVoice
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
HOLDER = Account("a1", "1001")
NO_RULES = Rules()


@dataclass
class Walk:
    """A step that was run: its outcome, and what the caller heard."""

    outcome: str
    phone: ScriptedPhone
    call: Call
    services: Services = field(repr=False)

    @property
    def said(self) -> list[str]:
        return self.phone.said


def walk(
    kind: str,
    *answers: str,
    services: Services | None = None,
    facts: dict[str, Any] | None = None,
    caller_id: str | None = None,
    rules: Rules = NO_RULES,
    **fields: Any,
) -> Walk:
    """Run a step with these YAML fields; the answers are keyed after one question each, then there is silence."""
    services = services or fake_services()
    phone = ScriptedPhone(VOICE, answers)
    call = Call(Line("f", "en", "payments", rules), phone, services, ListJournal(), caller_id=caller_id)
    for name, value in ({"account": HOLDER} | (facts or {})).items():
        setattr(call.facts, name, value)
    try:
        outcome = STEPS[kind].model_validate(fields).run(call)
    except StepEnds as ends:
        outcome = ends.outcome
    except CallEnded:
        outcome = "caller_hung_up"
    return Walk(outcome, phone, call, services)
