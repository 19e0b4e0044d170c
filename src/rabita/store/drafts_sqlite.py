"""Drafts in an SQLite file of their own, ``drafts.db``: the port ``rabita.services.drafts.DraftStore``.

Rules kept here: what was frozen for release survives a restart, byte for byte; what is deleted or overwritten is wiped.
A file of another version is refused, never guessed at.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert

from rabita.line.errors import LocalFault, UserFault
from rabita.services.drafts import Draft, DraftRows, Frozen, Noted, R, Row, Step, Version
from rabita.store.sql import transaction
from rabita.store.sqlite import engine_of, make_file

K = TypeVar("K", bound=Row)

VERSION: Final = 1
CONNECTIONS: Final = 4
_PRAGMAS: Final = {"busy_timeout": "5000", "journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON"}
_metadata: Final = MetaData()


def _table(name: str, texts: str, numbers: str, bytes_: str = "") -> Table:
    """Describe a table: its id, its columns of text, of numbers and of bytes."""
    return Table(
        name,
        _metadata,
        Column("id", Text, primary_key=True),
        *[Column(each, Text, nullable=False, index=each == "draft") for each in texts.split()],
        *[Column(each, BigInteger, nullable=False) for each in numbers.split()],
        *[Column(each, LargeBinary, nullable=False) for each in bytes_.split()],
    )


_DRAFTS: Final = _table(
    "drafts", "line procedure act state writers digest reference", "number version steps created_ms changed_ms"
)
_TABLES: Final[Mapping[type, Table]] = {
    Draft: _DRAFTS,
    Version: _table("versions", "draft by", "number saved_ms", "said"),
    Step: _table("steps", "draft did by comment digest", "number version time_ms"),
    Frozen: _table("frozen", "draft precedence digest sent withheld needed sentence", "version frozen_ms", "act"),
    Noted: _table("approvals", "draft by passkey session post role", "given_ms authenticated_ago_ms", "approval"),
}
Index("drafts_newest", _DRAFTS.c.number.desc())
_LISTS: Final = ("writers", "sent", "withheld", "needed")
"""Columns of text that hold a list as JSON, bytes in base64."""
_OLDEST_FIRST: Final = text("rowid")


class SqliteDrafts:
    """The port ``rabita.services.drafts.DraftStore`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none.

        Raises ``LocalFault("store-unavailable")``, or ``UserFault("store-foreign")`` for a version not known here.
        """
        try:
            make_file(path)
        except OSError as fault:
            raise LocalFault("store-unavailable", path.name) from fault
        self._writer = engine_of(str(path), "BEGIN IMMEDIATE", CONNECTIONS, _PRAGMAS)
        self._reader = engine_of(str(path), "BEGIN", CONNECTIONS, _PRAGMAS)
        try:
            with transaction(self._writer) as connection:
                _prepare(connection, path.name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        self._writer.dispose()
        self._reader.dispose()

    def transaction(self) -> AbstractContextManager[DraftRows]:
        """See ``DraftStore.transaction``."""
        return _rows(self._writer)

    def reading(self) -> AbstractContextManager[DraftRows]:
        """See ``DraftStore.reading``."""
        return _rows(self._reader)


class _SqliteRows:
    """The rows of one transaction; see ``DraftRows``."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection whose transaction has begun."""
        self._connection = connection

    def draft(self, draft_id: str) -> Draft | None:
        """See ``DraftRows.draft``."""
        row = self._connection.execute(select(_DRAFTS).where(_DRAFTS.c.id == draft_id)).one_or_none()
        return _read(Draft, row._mapping) if row is not None else None

    def drafts(self, line: str, state: str, before: int, count: int) -> Sequence[Draft]:
        """See ``DraftRows.drafts``."""
        found = select(_DRAFTS).order_by(_DRAFTS.c.number.desc()).limit(count)
        for column, wanted in ((_DRAFTS.c.line, line), (_DRAFTS.c.state, state)):
            found = found.where(column == wanted) if wanted else found
        found = found.where(_DRAFTS.c.number < before) if before else found
        return [_read(Draft, row._mapping) for row in self._connection.execute(found)]

    def newest(self) -> int:
        """See ``DraftRows.newest``."""
        return int(self._connection.execute(select(func.max(_DRAFTS.c.number))).scalar_one() or 0)

    def of(self, kind: type[R], draft: str) -> tuple[R, ...]:
        """See ``DraftRows.of``."""
        table = _TABLES[kind]
        found = select(table).where(table.c.draft == draft).order_by(_OLDEST_FIRST)
        return tuple([_read(kind, row._mapping) for row in self._connection.execute(found)])

    def put(self, row: Row) -> None:
        """See ``DraftRows.put``."""
        values = {name: _written(value) for name, value in msgspec.structs.asdict(row).items()}
        statement = insert(_TABLES[type(row)]).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def drop(self, kind: type[R], row_id: str) -> None:
        """See ``DraftRows.drop``."""
        table = _TABLES[kind]
        self._connection.execute(delete(table).where(table.c.id == row_id))


@contextmanager
def _rows(engine: Engine) -> Iterator[DraftRows]:
    with transaction(engine) as connection:
        yield _SqliteRows(connection)


def _prepare(connection: Connection, name: str) -> None:
    """Make the tables in a new file; raises ``UserFault("store-foreign")`` where they are of another version."""
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version == 0:
        _metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")
    elif version != VERSION:
        raise UserFault("store-foreign", name)


def _written(value: Any) -> Any:  # noqa: ANN401 - a column
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value


def _read(kind: type[K], row: Any) -> K:  # noqa: ANN401 - a row
    values = {}
    for field in msgspec.structs.fields(kind):
        value = row[field.name]
        values[field.name] = msgspec.json.decode(value, type=field.type) if field.name in _LISTS else value
    return msgspec.convert(values, kind, builtin_types=(bytes,))
