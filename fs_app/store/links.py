"""The Links port: a link to the operator's page goes the way of every written message."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, select

from fs_app.domain.pay_link import link_to
from fs_app.ports import Clock, LinkRequest
from fs_app.store.engine import Database
from fs_app.store.outbox import link_of
from fs_app.store.statements import run
from fs_app.store.tables import receipts


class SqlLinks:
    """See `fs_app.ports.Links` for the contract. ``page`` is the setting ``messages.pay_link``."""

    def __init__(self, database: Database, clock: Clock, page: str | None) -> None:
        self._database = database
        self._clock = clock
        self._page = page

    def send(self, request: LinkRequest) -> bool:
        """Once for each bill in a call: a call is at one server at a time."""
        if self._page is None:
            return False
        url = link_to(self._page, request.account_id, request.bill, str(request.amount.decimal()))
        bill = sha256(request.bill.id.encode()).hexdigest()[:16]  # of any length, where a cause has room for 64
        cause = f"link:{request.call_uuid}:{bill}"
        written = link_of(request, url, cause, self._clock.now())

        def work(connection: Connection) -> None:
            if connection.execute(select(receipts.c.id).where(receipts.c.cause == cause)).first() is None:
                run(connection, *written)

        self._database.write(work)
        return True
