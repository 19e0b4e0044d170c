"""Statements prepared once and given to the database's driver past SQLAlchemy's execution and results.

That halves the cost of a small commit or look-up. The statements stay SQLAlchemy's, and so do the transaction they run
in and the faults a caller sees.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection, Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler


def run(connection: Connection, statement: ClauseElement, row: Mapping[str, Any]) -> int:
    """Execute a statement that changes rows, and count them."""
    with driver_cursor(connection) as cursor:
        cursor.execute(*_call(connection, statement, row))
        return cursor.rowcount


def fetch(connection: Connection, statement: ClauseElement, row: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    """Execute a query and give all its rows, each column as the driver reads it."""
    with driver_cursor(connection) as cursor:
        cursor.execute(*_call(connection, statement, row))
        return cursor.fetchall()


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[DBAPICursor]:
    """Give the driver's own cursor within a connection's transaction; its faults are SQLAlchemy's for the caller."""
    cursor = connection.connection.cursor()
    dbapi = connection.dialect.loaded_dbapi
    try:
        yield cursor
    except dbapi.Error as fault:
        raise DBAPIError.instance(None, None, fault, dbapi.Error, dialect=connection.dialect) from fault
    finally:
        cursor.close()


def _call(connection: Connection, statement: ClauseElement, row: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    text, names, constants = _prepared(statement, connection.dialect)
    return text, tuple([row[name] if name in row else constants[name] for name in names])


@cache
def _prepared(statement: ClauseElement, dialect: Dialect) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
    return str(compiled), tuple(compiled.positiontup or ()), dict(compiled.params)
