"""The Surveys port: the fake, and ours on SQLite and MariaDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentRequest
from fs_app.ports import SurveyAnswer, Surveys
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.surveys import SqlSurveys
from fs_app.testing.fakes import FakeSurveys
from fs_app.testing.fakes_payments import StandingClock

ANSWER = SurveyAnswer("after_payment", "survey_easy", 4, "uuid-1", "es")


def kept(surveys: Surveys, survey: str = "after_payment") -> list[SurveyAnswer]:
    answers = list(surveys.answers(survey))
    assert all(answer.at is not None for answer in answers)
    return [replace(answer, at=None) for answer in answers]


class Contract:
    """What holds for every implementation."""

    def test_what_is_kept_is_what_was_answered(self, surveys: Surveys) -> None:
        other = replace(ANSWER, question="survey_again", answer=1)
        surveys.keep(ANSWER)
        surveys.keep(other)
        assert kept(surveys) == [ANSWER, other]
        assert kept(surveys, "another") == []

    def test_the_last_answer_of_a_call_to_a_question_counts(self, surveys: Surveys) -> None:
        surveys.keep(ANSWER)
        surveys.keep(replace(ANSWER, call_uuid="uuid-2", answer=1))
        surveys.keep(replace(ANSWER, answer=2))
        assert {(answer.call_uuid, answer.answer) for answer in kept(surveys)} == {("uuid-2", 1), ("uuid-1", 2)}


class TestFake(Contract):
    @pytest.fixture
    def surveys(self) -> Surveys:
        return FakeSurveys()


class TestSql(Contract):
    @pytest.fixture
    def surveys(self, database: Database) -> Surveys:
        return SqlSurveys(database, StandingClock())


def test_an_answer_belongs_to_its_payment(database: Database) -> None:
    payment = SqlLedger(database, StandingClock()).open(PaymentRequest("uuid-1", "a", "b", Money(100, "USD")))
    surveys = SqlSurveys(database, StandingClock())
    surveys.keep(replace(ANSWER, payment_id=payment.id))
    assert kept(surveys) == [replace(ANSWER, payment_id=payment.id)]
