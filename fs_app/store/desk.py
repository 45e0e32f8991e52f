"""The Desk port on our tables: what a call tells its agents, and takes from them.

What must be known before a caller is handed over, or is told to be called back, is committed while they wait for
it. All else goes through the process's one writer (`soon`), beside the call's checkpoint and in its transaction.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from fs_app.domain.assist import AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.ports import STALE_SECONDS, CallbackRequest, CallbackState, Clock, Context, HandoverTicket, Order
from fs_app.store.desk_changes import Alive, AssistChange, HandoverChange, OrderAnswer
from fs_app.store.desk_rows import KNOWN_ORDER, context_text, fit, order_of
from fs_app.store.desk_tables import call_orders, callbacks, handovers
from fs_app.store.engine import Database
from fs_app.store.soon import Soon
from fs_app.store.statements import Statement, run, upsert
from fs_app.store.tables import UtcTime

LAPSED = "lapsed"
"""What came of an order that no call took in time."""

_REFERENCE = string.ascii_lowercase + string.digits
_REFERENCE_LENGTH = 12  # 62 bits

_RECENTLY = timedelta(hours=4)
_FEWEST_TALKS = 3
_MOST_TALKS = 200
# The talks of a queue that ended since; of one that nobody knows the end of, nobody knows how long it was.
_TALKS = Statement(
    select(handovers.c.answered_at, handovers.c.ended_at)
    .where(
        handovers.c.queue == bindparam("asked"),
        handovers.c.ended_at > bindparam("since", type_=UtcTime()),
        handovers.c.answered_at.is_not(None),
        handovers.c.end != HandoverEnd.LOST,
    )
    .order_by(handovers.c.ended_at.desc())
    .limit(_MOST_TALKS)
)
_CALL_BACK = upsert(
    callbacks, "call_uuid", "queue", "number", "language", "handover_id", first=("asked_at", "state")
)


class SqlDesk:
    """See `fs_app.ports.Desk` for the contract."""

    def __init__(self, database: Database, clock: Clock, soon: Soon) -> None:
        self._database = database
        self._clock = clock
        self._soon = soon

    def open(self, context: Context, queue: str) -> HandoverTicket:
        """Write down that a caller is about to be handed over."""
        at, columns = self._clock.now(), handovers.c
        reference = "".join(secrets.choice(_REFERENCE) for _ in range(_REFERENCE_LENGTH))
        row = {
            "call_uuid": context.call_uuid,
            "reference": reference,
            "queue": fit(columns.queue, queue),
            "state": HandoverState.WAITING,
            "reason": context.reason,
            "context": context_text(context),
            "account_id": context.account_id,
            "caller_id": fit(columns.caller_id, context.caller_id),
            "language": fit(columns.language, context.language),
            "created_at": at,
            "alive_at": at,
        }

        def work(connection: Connection) -> int:
            made = connection.execute(insert(handovers).values(row)).inserted_primary_key
            assert made is not None
            return int(made[0])

        return HandoverTicket(self._database.write(work), reference)

    def waiting(self, handover_id: int, place: int, expected_seconds: int | None) -> None:
        """The caller's place in the line."""
        at = self._clock.now()
        self._told(HandoverChange(handover_id, at, place=place, expected_seconds=expected_seconds))

    def offered(self, handover_id: int, agent: str) -> None:
        """That agent's telephone rings, or nobody's."""
        at = self._clock.now()
        if agent:
            change = HandoverChange(handover_id, at, state=HandoverState.OFFERED, agent=agent, offered_at=at)
        else:
            change = HandoverChange(handover_id, at, state=HandoverState.WAITING, agent="")
        self._told(change)

    def talking(self, handover_id: int, agent: str, leg: str) -> None:
        """They talk."""
        at = self._clock.now()
        state = HandoverState.TALKING
        self._told(HandoverChange(handover_id, at, state=state, agent=agent or None, leg=leg, answered_at=at))

    def alive(self, calls: Sequence[str]) -> None:
        """Their worker lives."""
        if calls:
            change = Alive(tuple(calls), self._clock.now())
            self._soon.put(change.key, change)

    def ended(self, handover_id: int, end: HandoverEnd) -> None:
        """It is over."""
        self._told(HandoverChange(handover_id, self._clock.now(), end=end))

    def assist(self, view: AssistView) -> None:
        """How an assisted payment stands."""
        at = self._clock.now()
        change = AssistChange(view, started_at=at, changed_at=at)
        self._soon.put(change.key, change)

    def take(self, calls: Sequence[str]) -> Sequence[Order]:
        """The orders for these calls, each once: whoever marks it first has it."""
        if not calls:
            return ()
        columns, at = call_orders.c, self._clock.now()
        wanted = (columns.call_uuid.in_(calls), columns.taken_at.is_(None), KNOWN_ORDER)
        chosen = select(call_orders).where(*wanted).order_by(columns.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        if not rows:
            return ()

        stale = at - timedelta(seconds=STALE_SECONDS)

        def work(connection: Connection) -> list[Order]:
            return [order_of(row) for row in rows if _marked(connection, row.id) and row.created_at > stale]

        def _marked(connection: Connection, order_id: int) -> bool:
            mark = update(call_orders).where(columns.id == order_id, columns.taken_at.is_(None))
            return connection.execute(mark.values(taken_at=at)).rowcount == 1

        for row in rows:
            if row.created_at <= stale:
                self.answer(row.id, LAPSED)
        return self._database.write(work)

    def answer(self, order_id: int, result: str) -> None:
        """What came of an order."""
        change = OrderAnswer(order_id, result, self._clock.now())
        self._soon.put(change.key, change)

    def call_back(self, request: CallbackRequest) -> None:
        """Write down who wants to be called back; another number in the same call takes the place of the first."""
        row = _CALL_BACK(
            call_uuid=request.call_uuid,
            queue=fit(callbacks.c.queue, request.queue),
            number=request.number,
            language=fit(callbacks.c.language, request.language),
            handover_id=request.handover_id,
            asked_at=self._clock.now(),
            state=CallbackState.WAITING,
        )
        self._database.write(lambda connection: run(connection, row) and None)

    def expected_wait(self, queue: str, place: int, agents: int) -> int | None:
        """The mean talk of the last hours, once for everybody before them, by as many agents."""
        asked = _TALKS(asked=queue, since=self._clock.now() - _RECENTLY)
        talks = self._database.read(lambda connection: run(connection, asked)[0])
        if len(talks) < _FEWEST_TALKS:
            return None
        seconds: float = sum((talk.ended_at - talk.answered_at).total_seconds() for talk in talks) / len(talks)
        return round(seconds * place / max(agents, 1))

    def _told(self, change: HandoverChange) -> None:
        self._soon.put(change.key, change)
