"""The policy of what becomes of an attempt: a table, and what must hold for anything the gateway may show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.money import Money
from fs_app.domain.payment import (
    OPEN_STATES,
    TRANSITIONS,
    Approved,
    Declined,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Returned,
    Settled,
    Submitted,
    TransactionId,
    Unavailable,
    Voided,
    state_after,
)
from fs_app.domain.resolution import AskPerson, Book, Decision, Done, GiveBack, Submit, Wait, decide
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import TAKEN, GatewayRecord, Standing

AT = datetime(2026, 3, 14, 12, tzinfo=UTC)
AMOUNT = Money(4250, "USD")
SCHEDULE = Schedule(proof=3600, adopt=86400)
YOUNG, PROVED, OLD = 10.0, 4000.0, 90000.0
T1, T2 = TransactionId("t1"), TransactionId("t2")


def payment(state: PaymentState, transaction: TransactionId | None = None) -> Payment:
    request = PaymentRequest("uuid", "account", "bill", AMOUNT)
    return Payment(PaymentId(1), OrderId("order"), "10000009", state, request, AT, transaction)


def record(
    standing: Standing, amount: Money = AMOUNT, transaction: TransactionId = T1, code: str = ""
) -> GatewayRecord:
    at = AT + timedelta(seconds=int(transaction[1:]))
    return GatewayRecord(transaction, OrderId("order"), standing, standing.value, amount, at, code=code)


HELD, CAPTURED, SETTLED = record(Standing.HELD), record(Standing.CAPTURED), record(Standing.SETTLED)
VOIDED, RETURNED = record(Standing.GIVEN_BACK), record(Standing.RETURNED, code="R01")
PARTIAL = record(Standing.HELD, Money(3000, "USD"))
opened, unknown = payment(PaymentState.OPENED), payment(PaymentState.UNKNOWN)
authorised = payment(PaymentState.AUTHORISED, T1)
submitted, settled = payment(PaymentState.SUBMITTED, T1), payment(PaymentState.SETTLED, T1)

# fmt: off
TABLE = [
    # what the ledger has, what the gateway shows, the age, what is done
    (opened, None, OLD, Wait),
    (opened, [], YOUNG, Wait),
    (opened, [], PROVED, Book(Unavailable("nothing at the gateway long after it could have been sent"))),
    (opened, [HELD], YOUNG, Book(Approved(T1, AMOUNT))),
    (opened, [HELD], OLD, Book(Approved(T1, AMOUNT))),
    (opened, [CAPTURED], YOUNG, Book(Approved(T1, AMOUNT))),
    (opened, [VOIDED], YOUNG, Book(Approved(T1, AMOUNT))),
    (opened, [record(Standing.DECLINED, code="2001")], YOUNG, Book(Declined("2001", T1))),
    (opened, [record(Standing.NOT_PROCESSED, code="3000")], YOUNG,
     Book(Unavailable("the processor could not be reached (3000)"))),
    (opened, [record(Standing.DUPLICATE)], OLD, Wait),
    (opened, [record(Standing.OTHER)], OLD, Wait),
    (opened, [record(Standing.DECLINED), record(Standing.OTHER, transaction=T2)], OLD, Wait),
    (opened, [record(Standing.DUPLICATE), record(Standing.HELD, transaction=T2)], YOUNG,
     Book(Approved(T2, AMOUNT))),
    (unknown, [PARTIAL], YOUNG, Book(Approved(T1, Money(3000, "USD")))),
    (unknown, [HELD, record(Standing.HELD, transaction=T2)], YOUNG, GiveBack),
    (unknown, [HELD, record(Standing.CAPTURED, transaction=T2)], YOUNG, GiveBack),
    (authorised, None, YOUNG, Wait),
    (authorised, [], OLD, Wait),
    (authorised, [HELD], YOUNG, Submit(HELD)),
    (authorised, [HELD], OLD, GiveBack(HELD, "too old to be submitted")),
    (authorised, [PARTIAL], YOUNG, GiveBack(PARTIAL, "not the amount that was agreed to")),
    (authorised, [CAPTURED], OLD, Book(Submitted(T1))),
    (authorised, [VOIDED], YOUNG, Book(Voided(T1, "the gateway shows it as given_back"))),
    (authorised, [record(Standing.CAPTURED, Money(1, "USD"))], YOUNG, AskPerson),
    (authorised, [record(Standing.DECLINED)], YOUNG, AskPerson),
    (submitted, [CAPTURED], YOUNG, Wait),
    (submitted, [SETTLED], YOUNG, Book(Settled(T1))),
    (submitted, [VOIDED], YOUNG, Book(Voided(T1, "the gateway shows it as given_back"))),
    (submitted, [RETURNED], YOUNG, Book(Returned(T1, "R01"))),
    (submitted, [], OLD, Wait),
    (submitted, [HELD], OLD, AskPerson),
    (settled, [SETTLED], YOUNG, Done()),
    (settled, [RETURNED], YOUNG, Book(Returned(T1, "R01"))),
    (settled, [SETTLED, record(Standing.SETTLED, transaction=T2)], YOUNG,
     GiveBack(record(Standing.SETTLED, transaction=T2), "another transaction stands for this attempt")),
    (payment(PaymentState.NOT_SENT), [HELD], YOUNG, GiveBack),
    (payment(PaymentState.DECLINED, T1), [record(Standing.DECLINED), record(Standing.CAPTURED, transaction=T2)],
     YOUNG, GiveBack),
    (payment(PaymentState.NOT_SENT), [], YOUNG, Done()),
    (payment(PaymentState.REFUNDED, T1), [SETTLED], YOUNG, Done()),
]
# fmt: on


@pytest.mark.parametrize(("attempt", "records", "age", "wanted"), TABLE)
def test_the_policy(
    attempt: Payment, records: list[GatewayRecord] | None, age: float, wanted: Decision | type[Decision]
) -> None:
    decision = decide(attempt, records, age, SCHEDULE)
    assert isinstance(decision, wanted) if isinstance(wanted, type) else decision == wanted


records = st.lists(
    st.builds(
        lambda standing, minor, number: record(standing, Money(minor, "USD"), TransactionId(f"t{number}")),
        st.sampled_from(Standing),
        st.sampled_from([4250, 3000]),
        st.integers(1, 4),
    ),
    max_size=4,
    unique_by=lambda each: each.transaction_id,
).map(lambda found: sorted(found, key=lambda each: each.created_at))
attempts = st.sampled_from([opened, unknown, authorised, submitted, settled, payment(PaymentState.NOT_SENT)])


@given(attempts, records, st.sampled_from([YOUNG, PROVED, OLD]))
def test_whatever_the_gateway_shows_it_comes_to_rest_with_one_capture_at_most(
    attempt: Payment, shown: list[GatewayRecord], age: float
) -> None:
    """Played to its end as the resolver plays it, with a gateway that does what it is asked to."""
    for _ in range(12):
        decision = decide(attempt, shown, age, SCHEDULE)
        match decision:
            case Book(event):
                assert state_after(event) in TRANSITIONS[attempt.state], (
                    "only moves that the table of states allows"
                )
                transaction = getattr(event, "transaction_id", None) or attempt.transaction_id
                attempt = replace(attempt, state=state_after(event), transaction_id=transaction)
            case Submit(chosen):
                assert chosen.amount == AMOUNT and attempt.state is PaymentState.AUTHORISED
                shown = [replace(each, standing=Standing.CAPTURED) if each is chosen else each for each in shown]
            case GiveBack(chosen):
                assert chosen.transaction_id != attempt.transaction_id or attempt.state is PaymentState.AUTHORISED
                shown = [replace(each, standing=Standing.GIVEN_BACK) if each is chosen else each for each in shown]
            case _:
                break
    else:
        raise AssertionError("it does not come to rest")
    taken = [each for each in shown if each.standing in TAKEN]
    if isinstance(decision, AskPerson):
        return
    assert len(taken) <= 1
    if taken and attempt.state not in OPEN_STATES:
        assert taken[0].transaction_id == attempt.transaction_id
    if attempt.state in (PaymentState.NOT_SENT, PaymentState.DECLINED, PaymentState.VOIDED):
        assert not taken, "told as not paid, and money was taken"


@given(attempts, st.sampled_from([YOUNG, PROVED, OLD]))
def test_a_gateway_that_cannot_be_asked_is_no_information(attempt: Payment, age: float) -> None:
    assert isinstance(decide(attempt, None, age, SCHEDULE), Wait)
