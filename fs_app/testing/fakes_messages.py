"""In-memory stand-ins for what is sent in writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fs_app.ports import LinkRecord, LinkRequest, ReceiptState

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeLinks:
    """Implements `ports.Links` in lists; ``page`` is whether the operator has one. A test puts into ``records``
    what became of a link in place of what is there."""

    page: bool = True
    sent: list[LinkRequest] = field(default_factory=list)
    records: list[LinkRecord] = field(default_factory=list)

    def send(self, request: LinkRequest) -> bool:
        if self.page:
            self.sent.append(request)
            self.records.append(_record(len(self.sent), request))
        return self.page

    def links_of(self, *, account_id: str | None = None, call_uuid: str | None = None) -> Sequence[LinkRecord]:
        return [
            each
            for each in reversed(self.records)
            if account_id in (None, each.account_id) and call_uuid in (None, each.call_uuid)
        ]


def _record(number: int, request: LinkRequest) -> LinkRecord:
    return LinkRecord(
        receipt_id=number,
        call_uuid=request.call_uuid,
        account_id=request.account_id,
        bill_id=request.bill.id,
        amount=request.amount,
        to=request.to,
        by=request.by,
        state=ReceiptState.WAITING,
        created_at=_EPOCH,
    )
