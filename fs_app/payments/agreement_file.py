"""Everything there is to know about one agreement, for whoever has to decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fs_app.domain.agreement import (
    Agreement,
    AgreementKind,
    AgreementRequest,
    AgreementState,
    Fixed,
    InstalmentState,
)
from fs_app.domain.collection import Case
from fs_app.domain.means import SavedMethod
from fs_app.ports import (
    AgreementEvent,
    Agreements,
    Audit,
    AuditEntry,
    Consent,
    Consents,
    Outbox,
    Receipt,
    SavedMethods,
    TaskKind,
    Tasks,
)


@dataclass(frozen=True, slots=True)
class AgreementFile:
    """An agreement, its instalments with what was tried on each, and what hangs on it. ``method`` is None where the
    saved method was deleted; ``stuck`` says why an instalment waits for a person, by its number."""

    agreement: Agreement
    consent: tuple[datetime, Consent] | None
    method: SavedMethod | None
    cases: Sequence[Case]
    history: Sequence[AgreementEvent]
    messages: Sequence[Receipt]
    audit: Sequence[AuditEntry]
    stuck: dict[int, str]

    def advice(self) -> str:
        """What to do about it, if anything."""
        number = self.agreement.number
        if self.stuck:
            first, command = min(self.stuck), "`fs-app agreements"
            return (
                f"instalment {first}: {self.stuck[first]}. {command} charge {number} {first} --reason ...` charges "
                f"it now, {command} skip {number} {first} --reason ...` leaves it out"
            )
        if self.agreement.state is AgreementState.STOPPED:
            return "it could not be charged: the payer was told; they may agree to a new one on the telephone"
        return "nothing"

    def as_dict(self) -> dict[str, Any]:
        """For programs; amounts as text with their currency, times in UTC, due dates as they are on the spot."""
        request = self.agreement.request
        return {
            "number": self.agreement.number,
            "kind": request.kind,
            "state": self.agreement.state,
            "account": request.account_id,
            "terms": in_words(request),
            "for": [f"{each.id} ({each.share})" if each.share else each.id for each in request.targets],
            "method": f"{self.method.brand} {self.method.last_four}" if self.method else "deleted",
            "told": None if self.agreement.told is None else str(self.agreement.told),
            "receipt_to": None if request.receipt_to is None else str(request.receipt_to),
            "call": request.call_uuid,
            "opened_at": self.agreement.opened_at.isoformat(),
            "consent": self._consent(),
            "instalments": [_instalment(case, self.stuck.get(case.instalment.number)) for case in self.cases],
            "history": [[e.at.isoformat(), e.number or "", e.state, e.detail] for e in self.history],
            "messages": [[each.kind, str(each.to), each.state, each.sends] for each in self.messages],
            "audit": [
                [e.at.isoformat(), e.deed.operator, e.deed.action, e.deed.reason, e.result] for e in self.audit
            ],
            "needs_person": bool(self.stuck),
            "advice": self.advice(),
        }

    def _consent(self) -> dict[str, str | None] | None:
        if self.consent is None:
            return None
        at, consent = self.consent
        return {
            "at": at.isoformat(),
            "call": consent.call_uuid,
            "language": consent.language,
            "version": consent.version,
            "text": consent.text,
            "recording": consent.recording,
        }


def in_words(request: AgreementRequest) -> str:
    """Terms as finance staff read them: ``50.00 USD from 2026-05-01, every 1 month, 12 times``."""
    terms = request.terms
    due = f"what is due ({terms.amount.currency})"
    amount = str(terms.amount.amount) if isinstance(terms.amount, Fixed) else due
    if request.kind is AgreementKind.PLAN:
        return f"{amount} in {terms.times} instalments from {terms.first}"
    if terms.every is None:
        return f"{amount} on {terms.first}"
    words = [f"{amount} from {terms.first}", f"every {terms.every.count} {terms.every.unit}"]
    if terms.last is not None:
        words.append(f"until {terms.last}")
    if terms.times is not None:
        words.append(f"{terms.times} times")
    return ", ".join(words)


def _instalment(case: Case, stuck: str | None) -> dict[str, Any]:
    instalment = case.instalment
    payments = [each.payment for each in case.attempts]
    is_open = instalment.state not in (InstalmentState.CANCELLED, InstalmentState.SKIPPED)
    return {
        "number": instalment.number,
        "due_on": instalment.due_on.isoformat(),
        "charge_on": instalment.charge_on.isoformat() if is_open else None,
        "amount": None if instalment.amount is None else str(instalment.amount),
        "announced": None if instalment.announced is None else str(instalment.announced),
        "state": instalment.state,
        "payments": [[each.id, each.confirmation, str(each.request.amount), each.state] for each in payments],
        "waits_for_person": stuck,
    }


class AgreementRecords:
    """Puts the files of agreements together. Raises StoreUnavailable."""

    def __init__(
        self,
        agreements: Agreements,
        consents: Consents,
        methods: SavedMethods,
        outbox: Outbox,
        audit: Audit,
        tasks: Tasks,
    ) -> None:
        self._agreements = agreements
        self._consents = consents
        self._methods = methods
        self._outbox = outbox
        self._audit = audit
        self._tasks = tasks

    def file(self, agreement: Agreement) -> AgreementFile:
        """Everything about one agreement, as it stands."""
        request, instalments = agreement.request, self._agreements.instalments(agreement.id)
        stuck = self.stuck()
        consents = {number: (at, consent) for number, at, consent in self._consents.of_account(request.account_id)}
        return AgreementFile(
            agreement=agreement,
            consent=next((each for number, each in consents.items() if number == request.consent_id), None),
            method=self._methods.get(request.method_id),
            cases=[self._agreements.case(each.id) for each in instalments],
            history=self._agreements.history(agreement.id),
            messages=self._outbox.receipts(agreement_id=agreement.id),
            audit=self._audit.of_agreement(agreement.id),
            stuck={each.number: stuck[each.id] for each in instalments if each.id in stuck},
        )

    def stuck(self) -> dict[str, str]:
        """Why instalments wait for a person, by their ids."""
        return {task.subject: task.note for task in self._tasks.stuck() if task.kind is TaskKind.INSTALMENT}
