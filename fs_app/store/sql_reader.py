"""The operator's own database, read with the SQL statements of the settings.

Laws:

* What a caller keyed is bound, never formatted into a statement.
* A statement reads: it is one SELECT, and its transaction is one that the database itself keeps from writing.
* At start every statement is checked (`sql_shapes`), so that a mistake is found before a call finds it.

What each takes and returns: docs/billing-database.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text

from fs_app.errors import StoreUnavailable
from fs_app.settings import StatementSettings
from fs_app.store.engine import Database
from fs_app.store.sql_rows import Values
from fs_app.store.sql_shapes import SHAPES, column_problems, columns_of, text_problems

T = TypeVar("T")


class StatementReader:
    """Runs the operator's statements by their names in the settings."""

    def __init__(self, theirs: Database, statements: StatementSettings) -> None:
        self._theirs = theirs
        self._statements: dict[str, str] = {
            name: statement.strip().removesuffix(";")
            for name in SHAPES
            if (statement := getattr(statements, name)) is not None
        }
        self._clauses = {name: text(sql) for name, sql in self._statements.items()}

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the statements, by name; ``url`` where their database cannot be asked at all."""
        found: list[tuple[str, str]] = []
        try:
            for name, sql in self._statements.items():
                found += [(name, why) for why in text_problems(sql, SHAPES[name]) or self._refusals(name, sql)]
        except StoreUnavailable as error:
            found.append(("url", f"the database {self._theirs.describe()} cannot be used: {error}"))
        return found

    def rows(self, name: str, value: str, most: int) -> list[Values]:
        """The first rows of a statement; none where the operator gave no such statement. StoreUnavailable."""
        statement, bound = self._clauses.get(name), {SHAPES[name].parameter: value}
        if statement is None:
            return []
        rows = self._theirs.read(lambda connection: connection.execute(statement, bound).mappings().fetchmany(most))
        return [{key.lower(): item for key, item in row.items()} for row in rows]

    def _refusals(self, name: str, sql: str) -> list[str]:
        columns = self._theirs.read(lambda connection: columns_of(connection, name, sql))
        return column_problems(columns, SHAPES[name])


def made_of(name: str, kind: str, make: Callable[[], T]) -> T:
    """What rows come to. StoreUnavailable for a row that is nothing of the kind: it is an error, never a guess."""
    try:
        return make()
    except (ValueError, TypeError, ArithmeticError, LookupError):
        raise StoreUnavailable(f"{name} returned a row that is no {kind}") from None
