"""The Surveys port on our tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from fs_app.domain.payment import PaymentId
from fs_app.ports import Clock, SurveyAnswer
from fs_app.store.engine import Database
from fs_app.store.statements import Statement, gaps, run
from fs_app.store.tables import survey_answers

_KEPT = ("survey", "question", "answer", "call_uuid", "payment_id", "language", "at")
_FORGET = Statement(
    delete(survey_answers).where(
        survey_answers.c.call_uuid == bindparam("call"), survey_answers.c.question == bindparam("asked")
    )
)
_KEEP = Statement(insert(survey_answers).values(gaps(*_KEPT)))


class SqlSurveys:
    """See `fs_app.ports.Surveys` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, answer: SurveyAnswer) -> None:
        """Keep an answer in place of an earlier one to the same question in the same call."""
        row = {name: getattr(answer, name) for name in _KEPT} | {"at": self._clock.now()}
        before = _FORGET(call=answer.call_uuid, asked=answer.question)
        self._database.write(lambda connection: run(connection, before, _KEEP(**row)))

    def answers(self, survey: str) -> Sequence[SurveyAnswer]:
        """Every answer of a survey, oldest first."""
        chosen = select(survey_answers).where(survey_answers.c.survey == survey).order_by(survey_answers.c.id)

        def work(connection: Connection) -> Sequence[SurveyAnswer]:
            return [
                SurveyAnswer(
                    survey=row.survey,
                    question=row.question,
                    answer=row.answer,
                    call_uuid=row.call_uuid,
                    language=row.language,
                    payment_id=None if row.payment_id is None else PaymentId(row.payment_id),
                    at=row.at,
                )
                for row in connection.execute(chosen)
            ]

        return self._database.read(work)
