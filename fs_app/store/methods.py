"""The SavedMethods and Consents ports on our tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from fs_app.domain.means import Kept, MeansKind, MethodToken, SavedMethod
from fs_app.ports import Clock, Consent, ConsentId, ConsentKind
from fs_app.store.engine import Database
from fs_app.store.statements import Row, Statement, run
from fs_app.store.tables import consents, saved_methods

_OF_ACCOUNT = Statement(
    select(saved_methods)
    .where(saved_methods.c.account_id == bindparam("account_id"), saved_methods.c.deleted_at.is_(None))
    .order_by(saved_methods.c.used_at.desc(), saved_methods.c.id.desc())
)


class SqlSavedMethods:
    """See `fs_app.ports.SavedMethods` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of_account(self, account_id: str) -> Sequence[SavedMethod]:
        """Those of an account, the one used last first."""
        chosen = _OF_ACCOUNT(account_id=account_id)
        return [_method(row) for row in self._database.read(lambda connection: run(connection, chosen)[0])]

    def get(self, method_id: int) -> SavedMethod | None:
        """One by its id, None where it was deleted or never was."""
        chosen = select(saved_methods).where(saved_methods.c.id == method_id, saved_methods.c.deleted_at.is_(None))
        row = self._database.read(lambda connection: connection.execute(chosen).one_or_none())
        return None if row is None else _method(row)

    def save(self, account_id: str, kept: Kept, consent: ConsentId) -> SavedMethod:
        """Remember what the gateway has just kept; a token that is known is used again, deleted or not."""
        at = self._clock.now()

        def work(connection: Connection) -> SavedMethod:
            same = select(saved_methods).where(saved_methods.c.token == kept.token).with_for_update()
            found = connection.execute(same).one_or_none()
            if found is not None:
                change = update(saved_methods).where(saved_methods.c.id == found.id)
                connection.execute(change.values(consent_id=consent, used_at=at, deleted_at=None))
                return _method(found)
            row = {
                "account_id": account_id,
                "token": kept.token,
                "kind": kept.kind,
                "brand": kept.brand,
                "last_four": kept.last_four,
                "consent_id": consent,
                "saved_at": at,
                "used_at": at,
            }
            made = connection.execute(insert(saved_methods).values(**row)).inserted_primary_key
            return SavedMethod(int(made[0]) if made else 0, kept.token, kept.kind, kept.brand, kept.last_four)

        return self._database.write(work)

    def used(self, method_id: int) -> None:
        """It was paid with now."""
        self._change(method_id, used_at=self._clock.now())

    def forget(self, method_id: int) -> None:
        """The gateway has deleted it."""
        self._change(method_id, deleted_at=self._clock.now())

    def _change(self, method_id: int, **values: datetime) -> None:
        change = update(saved_methods).where(saved_methods.c.id == method_id, saved_methods.c.deleted_at.is_(None))
        self._database.write(lambda connection: connection.execute(change.values(**values)) and None)


class SqlConsents:
    """See `fs_app.ports.Consents` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def keep(self, consent: Consent) -> ConsentId:
        """Commit a consent with the time."""
        at = self._clock.now()
        row = {
            "kind": consent.kind,
            "account_id": consent.account_id,
            "call_uuid": consent.call_uuid,
            "at": at,
            "language": consent.language,
            "version": consent.version,
            "text": consent.text,
            "recording": consent.recording,
            "keep_until": at + consent.keep,
        }

        def work(connection: Connection) -> ConsentId:
            made = connection.execute(insert(consents).values(**row)).inserted_primary_key
            return ConsentId(int(made[0]) if made else 0)

        return self._database.write(work)

    def of_account(self, account_id: str) -> Sequence[tuple[ConsentId, datetime, Consent]]:
        """The consents on an account with their times, oldest first."""
        chosen = select(consents).where(consents.c.account_id == account_id).order_by(consents.c.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [(ConsentId(row.id), row.at, _consent(row)) for row in rows]


def _method(row: Row) -> SavedMethod:
    return SavedMethod(row.id, MethodToken(row.token), MeansKind(row.kind), row.brand, row.last_four)


def _consent(row: Row) -> Consent:
    return Consent(
        kind=ConsentKind(row.kind),
        account_id=row.account_id,
        call_uuid=row.call_uuid,
        language=row.language,
        version=row.version,
        text=row.text,
        recording=row.recording,
        keep=row.keep_until - row.at,
    )
