"""What a caller agreed to is charged on its days, by the jobs, at the gateway that kept the card."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fs_app.app.jobs import followers
from fs_app.app.parts import Parts
from fs_app.domain.agreement import Agreement, AgreementState, InstalmentState
from fs_app.domain.payment import Payment
from fs_app.ports import ConsentKind, ReceiptKind, TaskKind
from fs_app.settings import Settings
from fs_app.testing.transcript import matches, parse_transcript, read_transcript

FIRST_PAYMENT = Path(__file__).parents[1] / "transcripts" / "later_first_payment.txt"
BEGINNING, _, _ = FIRST_PAYMENT.read_text().partition("<< Now you can schedule payments")
PLAN = """
<< Now you can schedule payments with the card that you saved.
<< To pay on a day of your choice, press 1. ...
>> 2
<< Your balance is thirty-two dollars and fifty cents, ...
<< For two installments of sixteen dollars and twenty-five cents every month, ...
>> 1
<< To use your Visa card ending in one eight eight one, press one. ...
>> 1
<< Please listen. ...
>> 1
<< Thank you. It is scheduled. ...
>> (silence)
<< For your other scheduled payments, press 1. ...
>> 2
<< Thank you for calling. Goodbye.
== paid 10.00 USD visa 1881
== agreement plan active 32.50 USD 2 times
== hung up
"""


class MovedClock:
    """The clock of the jobs: a day is as long as a test wants."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def day(self, moment: datetime) -> date:
        return moment.date()

    def today(self) -> date:
        return self.day(self.at)


class LaterParts(Parts):
    def __init__(self, settings: Settings, clock: MovedClock) -> None:
        super().__init__(settings)
        self._moved = clock

    @property
    def clock(self) -> MovedClock:  # type: ignore[override]
        return self._moved


class Weeks:
    """The weeks after a call: once a day the jobs do what is due, twice."""

    def __init__(self, settings: Settings) -> None:
        self.clock = MovedClock()
        self.parts = LaterParts(settings, self.clock)
        self._followers = followers(self.parts)
        self.clock.at = self.agreement.opened_at.replace(hour=12)  # after the hour that is charged at

    def pass_by(self, days: int) -> None:
        for _ in range(days):
            self.clock.at += timedelta(days=1)
            for _ in range(2):
                for task in self.parts.tasks.claim([TaskKind.INSTALMENT], limit=9, lease_seconds=600):
                    self._followers[task.kind].work(task)

    def charged(self) -> list[Payment]:
        return [each for each in self.parts.ledger.payments() if each.request.instalment is not None]

    @property
    def agreement(self) -> Agreement:
        (made,) = self.parts.agreements.all()
        return made


@pytest.mark.parametrize(
    ("world", "amounts", "days"),
    [
        (parse_transcript(BEGINNING + PLAN, "a plan"), ["16.25 USD", "16.25 USD"], 40),
        (read_transcript(FIRST_PAYMENT), ["32.50 USD"], 370),
    ],
    indirect=["world"],
    ids=["plan", "once"],
)
def test_it_is_charged_on_its_days_and_no_more(world, amounts: list[str], days: int) -> None:
    world.play()
    weeks = Weeks(world.settings)
    weeks.pass_by(days)
    charged = weeks.charged()
    assert [str(payment.request.amount) for payment in charged] == amounts
    instalments = weeks.parts.agreements.instalments(weeks.agreement.id)
    assert [payment.opened_at.date() for payment in charged] == [each.due_on for each in instalments]
    assert {each.state for each in instalments} == {InstalmentState.PAID}
    assert weeks.agreement.state is AgreementState.DONE
    assert weeks.parts.directory.open_bills(weeks.parts.directory.by_number("10001")) == []
    weeks.pass_by(40)
    assert len(weeks.charged()) == len(amounts)
    weeks.parts.close()


@pytest.mark.parametrize("world", [read_transcript(FIRST_PAYMENT)], indirect=True, ids=["once"])
def test_the_payer_has_it_in_writing_with_the_words_that_they_heard(world) -> None:
    played = world.play()
    weeks = Weeks(world.settings)
    request = weeks.agreement.request
    [(number, _, consent)] = [
        each for each in weeks.parts.consents.of_account(request.account_id) if each[2].kind is ConsentKind.SCHEDULE
    ]
    assert request.consent_id == number
    assert request.call_uuid == consent.call_uuid == played.call.uuid
    heard = consent.text.replace("1 8 8 1", "one eight eight one")
    assert any(matches(f"{heard} ...", line) for line in played.dialogue)
    sent = [each.kind for each in weeks.parts.outbox.receipts(agreement_id=weeks.agreement.id)]
    assert sent == [ReceiptKind.AGREED]
    weeks.parts.close()
