"""What is known when all is quiet: the ledger, the gateway, what was told and what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select

from fs_app.app.parts import SystemClock
from fs_app.chaos.callers import Word
from fs_app.chaos.control import GatewayControl
from fs_app.chaos.invariants import Evidence, Sent, orders_of
from fs_app.chaos.provider import Provider
from fs_app.domain.payment import PaymentId, PaymentState
from fs_app.ports import LedgerEvent, ReceiptState
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.tables import payment_events, payments, receipts


def unfinished(database: Database, states: Sequence[PaymentState]) -> int:
    """How many attempts are in these states, and how many receipts were not sent yet."""
    unsent = select(func.count()).select_from(receipts).where(receipts.c.state == ReceiptState.WAITING)
    chosen = select(func.count()).select_from(payments).where(payments.c.state.in_(states))
    return database.read(
        lambda connection: connection.execute(chosen).scalar_one() + connection.execute(unsent).scalar_one()
    )


def gather(database: Database, control: GatewayControl, provider: Provider, words: Sequence[Word]) -> Evidence:
    """Everything, from where it is kept; ``words`` is what the payers remember."""
    rows = database.read(
        lambda connection: connection.execute(select(payment_events).order_by(payment_events.c.id)).all()
    )
    history: dict[PaymentId, list[LedgerEvent]] = defaultdict(list)
    for row in rows:
        history[PaymentId(row.payment_id)].append(LedgerEvent(row.at, row.state, row.detail))
    written = database.read(lambda connection: connection.execute(select(receipts)).all())
    by_id = {row.id: row for row in written}
    taken = [(by_id[int(each.key.rpartition("-")[2])], each) for each in provider.taken]
    return Evidence(
        payments=SqlLedger(database, SystemClock("UTC")).payments(),
        history=dict(history),
        orders=orders_of(control.transactions()),
        words=list(words),
        sent=[Sent(PaymentId(row.payment_id), row.kind, each.text, each.at) for row, each in taken],
        receipts={(PaymentId(row.payment_id), row.kind): row.state for row in written},
    )
