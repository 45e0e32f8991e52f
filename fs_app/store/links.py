"""The Links port: a link to the operator's page goes the way of every written message, and what became of it.

Where payers can reach us (``web.public_url``), what is sent is an address of ours that leads there, so that it is
seen whether they opened it. The page it leads to is the one that was stored when it was sent: nothing that comes
with the request decides where anybody is led.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from fs_app.domain.bill import Account, BillKind
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.pay_link import link_to
from fs_app.domain.payment import PAID_STATES
from fs_app.errors import StoreUnavailable
from fs_app.ports import MOST_BILLS, Clock, Directory, LinkRecord, LinkRequest, ReceiptState
from fs_app.store.desk_tables import pay_links
from fs_app.store.engine import Database
from fs_app.store.outbox import link_of
from fs_app.store.statements import Statement, gaps, run
from fs_app.store.tables import UtcTime, allocations, payments, receipts

_log = structlog.get_logger(__name__)

_TOKEN_BYTES = 16
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")  # as long as so many bytes are in base64
_MOST_TOLD = 100
_ONE_OPENING = timedelta(seconds=10)  # whoever comes back sooner is not counted again, nor written down
_ASK_AGAIN = timedelta(seconds=15)
_MOST_REMEMBERED = 1000
_NOT_LISTED = frozenset({BillKind.RENEWAL, BillKind.COPAY, BillKind.GIFT})
"""Kinds of bills that are made up in a call: the directory lists none of them, paid or not."""

_KEEP = Statement(
    insert(pay_links).values(
        receipt_id=select(receipts.c.id).where(receipts.c.cause == bindparam("cause")).scalar_subquery(),
        **gaps("token_hash", "call_uuid", "account_id", "bill_id", "listed", "amount_minor", "currency", "url"),
        **gaps("by_user", "created_at"),
    )
)
_THIS_LINK = pay_links.c.token_hash == bindparam("hashed")
_FIND = Statement(select(pay_links.c.url, pay_links.c.last_opened_at).where(_THIS_LINK))
_now = bindparam("now", type_=UtcTime())
_COUNT = Statement(
    update(pay_links)
    .where(
        _THIS_LINK,
        or_(
            pay_links.c.last_opened_at.is_(None),
            pay_links.c.last_opened_at <= bindparam("not_since", type_=UtcTime()),
        ),
    )
    .values(opens=pay_links.c.opens + 1, opened_at=func.coalesce(pay_links.c.opened_at, _now), last_opened_at=_now)
)
_PAID = (
    exists()
    .where(
        allocations.c.bill_id == pay_links.c.bill_id,
        allocations.c.payment_id == payments.c.id,
        payments.c.state.in_(PAID_STATES),
        payments.c.opened_at >= pay_links.c.created_at,
    )
    .label("paid")
)
_TOLD = (
    select(pay_links, receipts.c.state, receipts.c.send_to, _PAID)
    .join_from(pay_links, receipts, receipts.c.id == pay_links.c.receipt_id)
    .order_by(pay_links.c.receipt_id.desc())
    .limit(_MOST_TOLD)
)


class SqlLinks:
    """See `fs_app.ports.Links` and `fs_app.ports.LinkTargets` for the contracts. ``page`` is the setting
    ``messages.pay_link``, ``public_url`` is ``web.public_url``; without ``directory`` only our ledger says what is
    paid."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        page: str | None,
        *,
        public_url: str | None = None,
        directory: Directory | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._page = page
        self._public_url = public_url
        self._directory = directory
        self._due: dict[str, tuple[datetime, frozenset[str] | None]] = {}  # by account, and when it was asked

    def send(self, request: LinkRequest) -> bool:
        """Once for each bill and address in a call: a call is at one server at a time."""
        if self._page is None:
            return False
        url = link_to(self._page, request.account_id, request.bill, str(request.amount.decimal()))
        token = None if self._public_url is None else secrets.token_urlsafe(_TOKEN_BYTES)
        sent = url if token is None else f"{self._public_url}/l/{token}"
        what = sha256(f"{request.bill.id}\n{request.to}".encode()).hexdigest()[:16]  # a cause has room for 64
        cause, at = f"link:{request.call_uuid}:{what}", self._clock.now()
        written = link_of(request, sent, cause, at)
        kept = _KEEP(
            cause=cause,
            token_hash=None if token is None else _hashed(token),
            call_uuid=request.call_uuid,
            account_id=request.account_id,
            bill_id=request.bill.id,
            listed=request.bill.kind not in _NOT_LISTED,
            amount_minor=request.amount.minor,
            currency=request.amount.currency,
            url=url,
            by_user=request.by,
            created_at=at,
        )

        def work(connection: Connection) -> None:
            if connection.execute(select(receipts.c.id).where(receipts.c.cause == cause)).first() is None:
                run(connection, *written, kept)

        self._database.write(work)
        return True

    def links_of(self, *, account_id: str | None = None, call_uuid: str | None = None) -> Sequence[LinkRecord]:
        """The links of an account, or of a call, the newest first."""
        chosen = _TOLD
        if account_id is not None:
            chosen = chosen.where(pay_links.c.account_id == account_id)
        if call_uuid is not None:
            chosen = chosen.where(pay_links.c.call_uuid == call_uuid)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        still_due = {
            account: self._open_bills(account)
            for account in {row.account_id for row in rows if row.listed and not row.paid}
        }
        return [_record(row, still_due.get(row.account_id)) for row in rows]

    def follow(self, token: str, *, person: bool) -> str | None:
        """The page that is behind a token. What has not their form is not looked for."""
        if not _TOKEN.fullmatch(token):
            return None
        hashed, now = _hashed(token), self._clock.now()
        rows = self._database.read(lambda connection: run(connection, _FIND(hashed=hashed))[0])
        if not rows:
            return None
        before = now - _ONE_OPENING
        if person and (rows[0].last_opened_at is None or rows[0].last_opened_at <= before):
            counted = _COUNT(hashed=hashed, now=now, not_since=before)
            self._database.write(lambda connection: run(connection, counted))
        url: str = rows[0].url
        return url

    def _open_bills(self, account_id: str) -> frozenset[str] | None:
        """The bills of an account on which something is due, as of some seconds; None where nobody knows them
        all. A page that shows links asks every few seconds: the operator's database is not asked as often."""
        now = self._clock.now()
        asked_at, due = self._due.get(account_id, (None, None))
        if asked_at is None or now - asked_at >= _ASK_AGAIN:
            due = self._bills_of(account_id)
            if len(self._due) >= _MOST_REMEMBERED:
                self._due.clear()
            self._due[account_id] = now, due
        return due

    def _bills_of(self, account_id: str) -> frozenset[str] | None:
        if self._directory is None:
            return None
        try:
            found = self._directory.open_bills(Account(account_id, number=""))
        except StoreUnavailable as error:
            _log.warning("bills_of_links_not_read", error=str(error))
            return None
        return None if len(found) >= MOST_BILLS else frozenset(bill.id for bill in found)


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _record(row: Any, still_due: frozenset[str] | None) -> LinkRecord:
    settled = row.listed and still_due is not None and row.bill_id not in still_due
    return LinkRecord(
        receipt_id=row.receipt_id,
        call_uuid=row.call_uuid,
        account_id=row.account_id,
        bill_id=row.bill_id,
        amount=Money(row.amount_minor, row.currency),
        to=Contact.parse(row.send_to),
        by=row.by_user,
        state=ReceiptState(row.state),
        created_at=row.created_at,
        opened_at=row.opened_at,
        opens=None if row.token_hash is None else row.opens,
        paid=bool(row.paid) or settled,
    )
