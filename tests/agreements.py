"""What tests of agreements begin with: a consent, a saved method, and what was agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, insert

from fs_app.domain.agreement import AgreementKind, AgreementRequest, Fixed, Planned, Terms, terms_of
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.plan import MONTHLY
from fs_app.store.engine import Database
from fs_app.store.tables import consents, saved_methods

FIFTY = Money(5000, "USD")
TO = Contact.parse("sms:+15550100001")
TERMS = "You will pay $50.00 on the first of each month."
EACH_MONTH = Terms(Fixed(FIFTY), date(2026, 5, 1), MONTHLY)
AUTOPAY = AgreementRequest(
    AgreementKind.RECURRING, "demo-10001", "10001", "call", 1, 1, EACH_MONTH, told=FIFTY, receipt_to=TO
)


def in_plan(planned: tuple[Planned, ...]) -> AgreementRequest:
    """A plan of these instalments."""
    return replace(AUTOPAY, kind=AgreementKind.PLAN, terms=terms_of(planned), planned=planned, told=None)


def agreed(database: Database, request: AgreementRequest = AUTOPAY) -> AgreementRequest:
    """A request whose consent and saved method are in the database; a new consent each time."""

    def work(connection: Connection) -> tuple[int, int]:
        at = datetime(2026, 3, 14, tzinfo=UTC)
        consent = connection.execute(
            insert(consents).values(
                kind="agreement", account_id=request.account_id, call_uuid=request.call_uuid, at=at, language="en",
                version="1", text=TERMS, keep_until=at,
            )
        ).inserted_primary_key  # fmt: skip
        assert consent is not None
        method = connection.execute(
            insert(saved_methods).values(
                account_id=request.account_id, token=f"token-{consent[0]}", kind="card", brand="visa",
                last_four="4242", consent_id=consent[0], saved_at=at, used_at=at,
            )
        ).inserted_primary_key  # fmt: skip
        assert method is not None
        return int(consent[0]), int(method[0])

    consent, method = database.write(work)
    return replace(request, consent_id=consent, method_id=method)
