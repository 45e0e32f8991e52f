"""Statements of ours, compiled once, and several of them in one round trip.

SQLAlchemy builds a statement anew for each call, and each costs the network once: of a paying call's work in the
store that was three quarters. Here a statement is built when its module is imported, its gaps are `bindparam`s, and
what does not wait for an answer is sent together. It is for what calls do; whoever is in no hurry uses SQLAlchemy's
own ``connection.execute``.

MySQL runs what was sent together in order and stops at the first that fails, as SQLite does one by one. Only
sessions that write take several at once (`sessions`): an operator's own SQL never runs in one.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, Select, Table, bindparam, exc
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.compiler import SQLCompiler

Processor = Callable[[Any], Any]
Row = Any  # a named tuple of the columns that were asked for


class Bound(NamedTuple):
    """A statement and what is in its gaps."""

    statement: Statement
    values: Mapping[str, Any]


class Statement:
    """A statement with gaps; call it with their values. ``others`` are how other kinds of database say it."""

    __slots__ = ("_clause", "_compiled", "_others")

    def __init__(self, clause: Executable, **others: Executable) -> None:
        self._clause = clause
        self._others = others
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, **values: Any) -> Bound:
        return Bound(self, values)

    def on(self, dialect: Dialect) -> _Compiled:
        """Its text for a kind of database. Two threads may compile it at once: both get the same."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            clause = self._others.get(dialect.name, self._clause)
            compiled = self._compiled[dialect.name] = _Compiled(clause, dialect)
        return compiled


class _Compiled:
    """The text of a statement, and how its values and rows pass the driver."""

    __slots__ = ("_columns", "_gaps", "_returns", "_row", "text")

    def __init__(self, clause: Executable, dialect: Dialect) -> None:
        made = clause.compile(dialect=dialect)  # type: ignore[attr-defined]
        assert isinstance(made, SQLCompiler)
        gaps = {name for name, gap in made.binds.items() if gap.required}
        state = made.construct_expanded_state(dict.fromkeys(gaps))
        self.text = state.statement
        self._gaps = [
            _Gap(name, None, made.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            if name in gaps
            else _Gap(None, state.parameters[name], None)
            for name in state.positiontup or ()
        ]
        columns = list(clause.selected_columns) if isinstance(clause, Select) else []
        self._row: Callable[..., Row] = namedtuple("Row", [column.key for column in columns])  # type: ignore[misc]
        self._returns = bool(columns)
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._columns = [(place, process) for place, process in enumerate(processors) if process is not None]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """What stands in the gaps of the text. KeyError where a value is missing."""
        return [
            constant if name is None else values[name] if process is None else process(values[name])
            for name, constant, process in self._gaps
        ]

    def rows(self, cursor: Any) -> list[Row]:
        """What the statement returned."""
        if not self._returns:
            return []
        rows = []
        for values in map(list, cursor.fetchall()):
            for place, process in self._columns:
                values[place] = process(values[place])
            rows.append(self._row(*values))
        return rows


class _Gap(NamedTuple):
    """A place in the text: filled by name, or always the same."""

    name: str | None
    constant: Any
    process: Processor | None


def run(connection: Connection, *statements: Bound) -> list[list[Row]]:
    """Run statements in this order and return the rows of each; in one round trip where the database has any.

    Raises SQLAlchemy's DBAPIError as ``connection.execute`` does; none after the one that failed was run. MySQL
    takes nothing for an error, so nothing is not sent.
    """
    if not statements:
        return []
    dialect = connection.dialect
    compiled = [bound.statement.on(dialect) for bound in statements]
    parameters = [each.parameters(bound.values) for each, bound in zip(compiled, statements, strict=True)]
    try:
        cursor = connection.connection.cursor()
        try:
            return _SENDERS[dialect.name](cursor, compiled, parameters)
        finally:
            cursor.close()
    except dialect.loaded_dbapi.Error as error:
        raise _known(connection, error) from None


def _one_by_one(cursor: Any, compiled: Sequence[_Compiled], parameters: Sequence[list[Any]]) -> list[list[Row]]:
    results = []
    for each, values in zip(compiled, parameters, strict=True):
        cursor.execute(each.text, values)
        results.append(each.rows(cursor))
    return results


def _together(cursor: Any, compiled: Sequence[_Compiled], parameters: Sequence[list[Any]]) -> list[list[Row]]:
    text = ";\n".join([each.text for each in compiled])
    cursor.execute(text, [value for values in parameters for value in values])
    results = [compiled[0].rows(cursor)]
    for each in compiled[1:]:
        cursor.nextset()
        results.append(each.rows(cursor))
    return results


_SENDERS = {"sqlite": _one_by_one, "mysql": _together, "mariadb": _together}


def _known(connection: Connection, error: Exception) -> exc.DBAPIError:
    """The driver's exception as SQLAlchemy would raise it, without the statement and its values."""
    lost = connection.dialect.is_disconnect(error, None, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    kind = getattr(exc, type(error).__name__, exc.DBAPIError)
    known: exc.DBAPIError = kind(None, None, error, hide_parameters=True, connection_invalidated=lost)
    return known


def gaps(*names: str) -> dict[str, Any]:
    """A gap for each column, by the column's name."""
    return {name: bindparam(name) for name in names}


def upsert(table: Table, key: str | tuple[str, ...], *changed: str, first: tuple[str, ...] = ()) -> Statement:
    """Insert a row of ``key``, ``changed`` and ``first``, or change what is ``changed`` of the one that has the
    key. What is ``first`` stays as it was inserted."""
    keys = (key,) if isinstance(key, str) else key
    in_mysql = mysql_insert(table).values(gaps(*keys, *changed, *first))
    in_sqlite = sqlite_insert(table).values(gaps(*keys, *changed, *first))
    return Statement(
        in_mysql.on_duplicate_key_update({name: in_mysql.inserted[name] for name in changed}),
        sqlite=in_sqlite.on_conflict_do_update(keys, set_={name: in_sqlite.excluded[name] for name in changed}),
    )
