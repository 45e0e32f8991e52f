"""Hand-overs and payments as the desk has them, for tests of what the console makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fs_app.console import assisting
from fs_app.console.words import words_in
from fs_app.domain.assist import AssistState, AssistView, FieldView
from fs_app.domain.handover import HandoverEnd, HandoverState, Reason
from fs_app.domain.money import Money
from fs_app.domain.people import Role
from fs_app.ports import (
    BillNote,
    Context,
    HandoverTicket,
)
from fs_app.ports.console import (
    AssistRecord,
    HandoverRecord,
)
from fs_app.ports.people import User, UserId

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
WORDS = words_in("en", ZoneInfo("UTC"))
MARIA = User(UserId(1), "maria", frozenset({Role.AGENT}), "Maria Lopez", "maria@default", "en", False, True, False)
USD = "USD"
BILLS = (BillNote("a", "700101", Money(6000, USD)), BillNote("b", "700102", Money(2450, USD)))


def handed(number: int = 1, state: HandoverState = HandoverState.TALKING, **more: Any) -> HandoverRecord:
    context = Context(f"uuid-{number}", Reason.ASKED, "pay", "card", "es", caller_id="+15550101234")
    record = HandoverRecord(
        HandoverTicket(number, "ref"), context, "payments@default", state, HandoverEnd.OPEN, NOW, NOW
    )
    return replace(record, **more)


def assist(state: AssistState, *fields: FieldView, **more: Any) -> AssistRecord:
    view = AssistView("uuid-1", 1, 1, "maria", state, Money(4250, USD), ("a",), fields, **more)
    return AssistRecord(view, NOW, NOW)


def shown(record: AssistRecord, *, skip_code: bool = True) -> dict[str, Any]:
    return assisting.shown(record, WORDS, skip_code=skip_code)
