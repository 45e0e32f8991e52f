"""The policy of due dates as a table: what it finds, and what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from fs_app.domain.agreement import (
    UNDER_WAY,
    Agreement,
    AgreementId,
    AgreementKind,
    AgreementRequest,
    AgreementState,
    Fixed,
    Instalment,
    InstalmentId,
    InstalmentState,
    Terms,
)
from fs_app.domain.collection import (
    Announce,
    AskPerson,
    Attempt,
    Case,
    Charge,
    CollectionPolicy,
    Decision,
    Done,
    End,
    Fail,
    Notice,
    Retry,
    Wait,
    by_due,
    by_ledger,
)
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState
from fs_app.domain.plan import MONTHLY
from fs_app.domain.retries import RetryPolicy, Setback, may_help

FIFTY, THIRTY, LOTS = Money(5000, "USD"), Money(3000, "USD"), Money(100_000, "USD")
DUE = date(2026, 5, 1)
NINE = datetime(2026, 5, 1, 9, tzinfo=UTC)
POLICY = CollectionPolicy()
TO = Contact.parse("sms:+15550100001")
REQUEST = AgreementRequest(
    AgreementKind.RECURRING, "10001", "10001", "call", 1, 1, Terms(Fixed(FIFTY), DUE, MONTHLY), receipt_to=TO
)
AGREEMENT = Agreement(AgreementId(1), "20000004", AgreementState.ACTIVE, REQUEST, NINE)
INSTALMENT = Instalment(
    InstalmentId("i"), AgreementId(1), 1, DUE, FIFTY, InstalmentState.SCHEDULED, DUE
)  # fmt: skip
CASE = Case(AGREEMENT, INSTALMENT, next_due=date(2026, 6, 1))


def of(state: InstalmentState, *attempts: Attempt, **more: object) -> Case:
    return replace(CASE, instalment=replace(INSTALMENT, state=state, begun_at=NINE), attempts=attempts, **more)  # type: ignore[arg-type]


def attempt(state: PaymentState, setback: Setback | None = None, opened_at: datetime = NINE) -> Attempt:
    request = PaymentRequest("i", "10001", "bill", FIFTY, instalment="i")
    return Attempt(Payment(PaymentId(1), OrderId("o"), "12345674", state, request, opened_at), setback)


SCHEDULED, CHARGING = InstalmentState.SCHEDULED, InstalmentState.CHARGING
FUNDS, STOLEN = Setback("2001"), Setback("2013")
DECLINED, RETURNED, NOT_SENT = PaymentState.DECLINED, PaymentState.RETURNED, PaymentState.NOT_SENT
PAID = End(InstalmentState.PAID, "payment 12345674")
R01, R02, R09 = (Setback(code, returned=True, on=DUE) for code in ("R01", "R02", "R09"))


@pytest.mark.parametrize(
    ("case", "decision"),
    [
        (of(SCHEDULED), None),
        (of(CHARGING), Wait(NINE + timedelta(seconds=180), "another worker set out to charge it")),
        (of(CHARGING, attempt(PaymentState.UNKNOWN)), Wait),
        (of(CHARGING, attempt(PaymentState.AUTHORISED)), Wait),
        (of(SCHEDULED, attempt(PaymentState.OPENED)), Wait),
        (of(CHARGING, attempt(PaymentState.SUBMITTED)), PAID),
        (of(CHARGING, attempt(RETURNED, R01)), PAID),
        (of(CHARGING, attempt(NOT_SENT)), Wait(NINE + timedelta(hours=1), "the gateway did not take it")),
        (of(CHARGING, attempt(NOT_SENT, opened_at=NINE - timedelta(hours=1))), None),
        (of(CHARGING, attempt(PaymentState.VOIDED)), AskPerson),
        (of(CHARGING, attempt(PaymentState.VOIDED), released=True), None),
        (of(CHARGING, attempt(DECLINED, FUNDS)), Retry(date(2026, 5, 4), "declined 2001")),
        (of(CHARGING, attempt(DECLINED, FUNDS), seen=1), Wait),
        (of(CHARGING, attempt(DECLINED, FUNDS), next_due=date(2026, 5, 4)), Fail("declined 2001", stops=True)),
        (of(CHARGING, attempt(DECLINED, STOLEN)), Fail("declined 2013", stops=True)),
        (of(CHARGING, attempt(DECLINED)), AskPerson),
        (of(InstalmentState.PAID, attempt(PaymentState.SETTLED)), Done()),
        (of(InstalmentState.PAID, attempt(PaymentState.REFUNDED)), Done()),
        (of(InstalmentState.PAID, attempt(RETURNED, R09)), Retry),
        (of(InstalmentState.PAID, attempt(RETURNED, R02)), Fail("returned R02", stops=True)),
        (of(InstalmentState.SKIPPED), Done()),
    ],
)  # fmt: skip
def test_what_the_ledger_leads_to(case: Case, decision: Decision | type | None) -> None:
    found = by_ledger(case, NINE, POLICY)
    assert isinstance(found, decision) if isinstance(decision, type) else found == decision


@pytest.mark.parametrize(
    ("state", "of_agreement", "decision"),
    [
        (CHARGING, AgreementState.CANCELLED, End(InstalmentState.CANCELLED, "declined 2001")),
        (InstalmentState.PAID, AgreementState.CANCELLED, Fail("declined 2001", stops=False)),
        (InstalmentState.PAID, AgreementState.DONE, Retry(date(2026, 5, 4), "declined 2001")),
    ],
)
def test_a_setback_of_what_has_ended(
    state: InstalmentState, of_agreement: AgreementState, decision: Decision
) -> None:
    last = attempt(DECLINED if state is CHARGING else RETURNED, FUNDS)
    case = replace(of(state, last), agreement=replace(AGREEMENT, state=of_agreement))
    assert by_ledger(case, NINE, POLICY) == decision


def test_nothing_is_sent_beside_an_attempt_that_is_open() -> None:
    for state in UNDER_WAY:
        for payment in (PaymentState.OPENED, PaymentState.UNKNOWN, PaymentState.AUTHORISED):
            assert isinstance(by_ledger(of(state, attempt(payment)), NINE, POLICY), Wait)


SENT = Notice(datetime(2026, 4, 20, tzinfo=UTC))
ANNOUNCED = replace(CASE, instalment=replace(INSTALMENT, announced=THIRTY), notice=SENT)
FULL = replace(CASE, instalment=replace(INSTALMENT, amount=None))


@pytest.mark.parametrize(
    ("case", "owed", "at", "decision"),
    [
        (CASE, LOTS, NINE, Charge(FIFTY, 0)),
        (CASE, None, NINE, Charge(FIFTY, 0)),  # a gift
        (CASE, LOTS, NINE - timedelta(seconds=1), Wait(NINE, "it is not due yet")),
        (CASE, LOTS, NINE - timedelta(days=5), Wait(NINE - timedelta(days=4), "it is not due yet")),
        (CASE, LOTS, NINE - timedelta(days=30), Wait(NINE - timedelta(days=12), "the amount is looked at then")),
        (CASE, Money(0, "USD"), NINE, End(InstalmentState.SKIPPED, "nothing is due")),
        (CASE, Money(0, "USD"), NINE - timedelta(days=1), Wait(NINE, "nothing is due yet")),
        (CASE, THIRTY, NINE - timedelta(days=12), Announce(THIRTY, DUE)),
        (CASE, THIRTY, NINE - timedelta(days=9), Announce(THIRTY, date(2026, 5, 2))),
        (CASE, THIRTY, NINE, Announce(THIRTY, date(2026, 5, 11))),
        (FULL, LOTS, NINE - timedelta(days=12), Announce(LOTS, DUE)),
        (replace(FULL, agreement=replace(AGREEMENT, told=LOTS)), LOTS, NINE, Charge(LOTS, 0)),
        (ANNOUNCED, LOTS, NINE, Charge(THIRTY, 0)),
        (ANNOUNCED, Money(2000, "USD"), NINE, Announce(Money(2000, "USD"), date(2026, 5, 11))),
        (replace(ANNOUNCED, notice=Notice(datetime(2026, 4, 22, tzinfo=UTC))), LOTS, NINE,
         Wait(datetime(2026, 5, 2, 9, tzinfo=UTC), "it is announced ten days ahead")),
        (replace(ANNOUNCED, notice=Notice(None)), LOTS, NINE, Wait),
        (replace(ANNOUNCED, notice=Notice(None)), LOTS, NINE + timedelta(days=8), AskPerson),
        (replace(ANNOUNCED, notice=Notice(None, hopeless=True)), LOTS, NINE, AskPerson),
        (CASE, LOTS, NINE + timedelta(days=7), Charge(FIFTY, 7)),
        (CASE, LOTS, NINE + timedelta(days=8), AskPerson),
        (replace(CASE, released=True), THIRTY, NINE + timedelta(days=80), Charge(THIRTY, 80)),
        (replace(CASE, agreement=replace(AGREEMENT, state=AgreementState.STOPPED)), LOTS, NINE,
         End(InstalmentState.CANCELLED, "the agreement is stopped")),
        (replace(CASE, agreement=replace(AGREEMENT, request=replace(REQUEST, receipt_to=None))), THIRTY, NINE,
         AskPerson),
    ],
)  # fmt: skip
def test_what_the_day_and_the_bills_lead_to(
    case: Case, owed: Money | None, at: datetime, decision: Decision | type
) -> None:
    found = by_due(case, owed, at, POLICY)
    assert isinstance(found, decision) if isinstance(decision, type) else found == decision


TODAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("setbacks", "again"),
    [
        ([FUNDS], 3),
        ([FUNDS, FUNDS], 5),
        ([FUNDS, FUNDS, FUNDS], 7),
        ([FUNDS] * 4, None),
        ([Setback("2001", advice="28")], 6),
        ([Setback("2001", advice="24")], 3),
        ([Setback("2001", advice="03")], None),
        ([FUNDS, STOLEN], None),
        ([Setback("2004")], None),
        ([Setback("gateway_fraud")], None),
        ([Setback("9999")], None),
        ([R01], 3),
        ([R01, R09], 5),
        ([R01, R01, R01], None),
        ([R02], None),
        ([replace(R01, on=DUE - timedelta(days=177))], 3),
        ([replace(R01, on=DUE - timedelta(days=178))], None),  # it would be the 181st day
        ([Setback("R01")], None),  # a code of a decline is none of a return
    ],
)
def test_another_try(setbacks: list[Setback], again: int | None) -> None:
    found = RetryPolicy().again_on(setbacks, TODAY, None)
    assert found == (None if again is None else TODAY + timedelta(days=again))
    assert again is None or may_help(setbacks)


def test_no_other_try_on_the_next_due_date_or_after_it() -> None:
    assert RetryPolicy().again_on([FUNDS], TODAY, date(2026, 5, 5)) == date(2026, 5, 4)
    assert RetryPolicy().again_on([FUNDS], TODAY, date(2026, 5, 4)) is None
