"""Rows of structs in an SQLite file of their own: what ``officers.db`` and ``drafts.db`` have in common.

Rules kept here: each transaction that writes takes the writer's lock first and sees all that was committed, for another
process may write too. A file of another version is brought to this one or refused, never guessed at; what is deleted or
overwritten is wiped.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_origin

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert

from rabita.line.errors import LocalFault, UserFault
from rabita.store.sql import transaction
from rabita.store.sqlite import engine_of, make_file

S = TypeVar("S", bound=msgspec.Struct)
OLDEST_FIRST: Final = text("rowid")
CONNECTIONS: Final = 4
_PRAGMAS: Final = {"busy_timeout": "5000", "journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON"}


class Layout(NamedTuple):
    """The tables of a file, by the struct whose rows each keeps, and the column ``owner`` by which rows are listed.

    ``steps`` bring a file of a version to the next one, besides making the tables that it lacks.
    """

    version: int
    owner: str
    metadata: MetaData
    tables: Mapping[type, Table]
    steps: Mapping[int, tuple[str, ...]] = {}

    def prepare(self, connection: Connection, name: str) -> None:
        """Make the tables, or bring those of an older version to this one; raises ``UserFault("store-foreign")``."""
        found: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found == self.version:
            return
        if found not in (0, *self.steps):
            raise UserFault("store-foreign", name)
        for version in range(found or self.version, self.version):
            for step in self.steps[version]:
                connection.exec_driver_sql(step)
        self.metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={self.version}")


def new_table(
    metadata: MetaData, owner: str, name: str, texts: str, numbers: str, bytes_: str = "", *others: Column[Any]
) -> Table:
    """Describe a table: its id, its columns of text (lists as JSON), of numbers and of bytes."""
    return Table(
        name,
        metadata,
        Column("id", Text, primary_key=True),
        *[Column(each, Text, nullable=False, index=each == owner) for each in texts.split()],
        *[Column(each, BigInteger, nullable=False) for each in numbers.split()],
        *[Column(each, LargeBinary, nullable=False) for each in bytes_.split()],
        *others,
    )


class Rows:
    """The rows of one transaction; what is put is seen at once within it."""

    def __init__(self, connection: Connection, layout: Layout) -> None:
        """Work on a connection whose transaction has begun."""
        self._connection = connection
        self._layout = layout

    def get(self, kind: type[S], row_id: str) -> S | None:
        """Find a row by its id."""
        found = self._connection.execute(_with(self._layout.tables[kind], "id"), {"id": row_id})
        row = found.one_or_none()
        return read_row(kind, row._mapping) if row is not None else None

    def of(self, kind: type[S], owner: str = "") -> tuple[S, ...]:
        """List the rows of an owner, or of everyone, the oldest first."""
        table, column = self._layout.tables[kind], self._layout.owner
        asked = (_with(table, column), {column: owner}) if owner else (_with(table, ""), {})
        return tuple([read_row(kind, row._mapping) for row in self._connection.execute(*asked)])

    def put(self, row: msgspec.Struct) -> None:
        """Keep a row, in place of the one of the same kind and id."""
        values = {name: _written(value) for name, value in msgspec.structs.asdict(row).items()}
        statement = insert(self._layout.tables[type(row)]).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def drop(self, kind: type[msgspec.Struct], row_id: str) -> None:
        """Forget a row, if there is one."""
        table = self._layout.tables[kind]
        self._connection.execute(delete(table).where(table.c.id == row_id))


RowsT = TypeVar("RowsT", bound=Rows)


class RowFile(Generic[RowsT]):
    """A file of rows, which *rows* reads and writes."""

    def __init__(self, path: Path, layout: Layout, rows: type[RowsT]) -> None:
        """Open the file, made where there is none.

        Raises ``LocalFault("store-unavailable")``, or ``UserFault("store-foreign")`` for a version not known here.
        """
        try:
            make_file(path)
        except OSError as fault:
            raise LocalFault("store-unavailable", path.name) from fault
        self._layout = layout
        self._rows = rows
        self._writer = engine_of(str(path), "BEGIN IMMEDIATE", CONNECTIONS, _PRAGMAS)
        self._reader = engine_of(str(path), "BEGIN", CONNECTIONS, _PRAGMAS)
        self._watcher = engine_of(str(path), "", 1, _PRAGMAS)
        try:
            with transaction(self._writer) as connection:
                layout.prepare(connection, path.name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        for each in (self._writer, self._reader, self._watcher):
            each.dispose()

    @contextmanager
    def transaction(self) -> Iterator[RowsT]:
        """Read and change; what is raised within changes nothing."""
        with self._begun(self._writer) as rows:
            yield rows

    @contextmanager
    def reading(self) -> Iterator[RowsT]:
        """Read; holds nobody up."""
        with self._begun(self._reader) as rows:
            yield rows

    def version(self) -> int:
        """Give a number that is another one once anybody has changed the file, this process or another.

        It says nothing across two openings. Raises ``LocalFault("store-unavailable")``.
        """
        with transaction(self._watcher) as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[RowsT]:
        with transaction(engine) as connection:
            yield self._rows(connection, self._layout)


def read_row(kind: type[S], row: Mapping[Any, Any]) -> S:
    """Read a struct from a row of its table."""
    values = {
        name: row[name] if listed is None else msgspec.json.decode(row[name], type=listed)
        for name, listed in _fields(kind)
    }
    return msgspec.convert(values, kind, builtin_types=(bytes,))


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    """Name the fields of a struct, with the type of those that a row keeps as lists in JSON."""
    found = msgspec.structs.fields(kind)
    return tuple([(each.name, each.type if get_origin(each.type) is tuple else None) for each in found])


@cache
def _with(table: Table, column: str) -> Select[Any]:
    """Write once what is asked on every request: the rows of a table with a value in a column, the oldest first."""
    found = select(table).order_by(OLDEST_FIRST)
    return found.where(table.c[column] == bindparam(column)) if column else found


def _written(value: Any) -> Any:  # noqa: ANN401 - a column
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value
