"""Officers, passkeys and sessions in an SQLite file of their own, ``officers.db``, and the same in memory.

Rules kept here: who may enter is no part of the store or of a backup of it, so that a copy of what was said names
nobody. The command line writes while the node runs: each transaction takes the writer's lock first and sees all that
was committed. A file of another version is refused, never guessed at; what is deleted is wiped.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    select,
    text,
)
from sqlalchemy.dialects.sqlite import insert

from rabita.line.errors import LocalFault, UserFault
from rabita.services.officers import (
    Identity,
    Invitation,
    Officer,
    OfficerRows,
    Passkey,
    R,
    Recovery,
    Row,
    Session,
    Tenure,
)
from rabita.store.sql import transaction
from rabita.store.sqlite import engine_of, make_file

VERSION: Final = 2
CONNECTIONS: Final = 4
_PRAGMAS: Final = {"busy_timeout": "5000", "journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON"}
_metadata: Final = MetaData()


def _table(name: str, texts: str, times: str, *others: Column[Any]) -> Table:
    """Describe a table: its id, its columns of text, its columns of milliseconds."""
    return Table(
        name,
        _metadata,
        Column("id", Text, primary_key=True),
        *[Column(each, Text, nullable=False, index=each == "officer") for each in texts.split()],
        *[Column(each, BigInteger, nullable=False) for each in times.split()],
        *others,
    )


_TABLES: Final[Mapping[type, Table]] = {
    Officer: _table("officers", "name rank languages clearances standing by", "created_ms"),
    Tenure: _table("tenures", "officer post role by", "from_ms until_ms"),
    Passkey: _table(
        "passkeys",
        "officer standing",
        "sign_count created_ms used_ms",
        Column("public_key", LargeBinary, nullable=False),
    ),
    Identity: _table("identities", "officer issuer subject by", "created_ms"),
    Invitation: _table(
        "invitations", "officer by", "created_ms expires_ms used_ms", Column("digest", LargeBinary, nullable=False)
    ),
    Recovery: _table("recoveries", "officer by", "created_ms expires_ms"),
    Session: _table(
        "sessions",
        "officer passkey",
        "created_ms seen_ms authenticated_ms revoked_ms",
        Column("digest", LargeBinary, nullable=False),
        Column("identity", Text, nullable=False, server_default=""),
    ),
}
_STEPS: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("ALTER TABLE sessions ADD COLUMN identity TEXT NOT NULL DEFAULT ''",),
}
"""What brings a file of a version to the next one, besides making the tables that it lacks."""
_LISTS: Final = ("languages", "clearances")
_OLDEST_FIRST: Final = text("rowid")


class SqliteOfficers:
    """The port ``rabita.services.officers.OfficerStore`` in an SQLite file."""

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
        self._watcher = engine_of(str(path), "", 1, _PRAGMAS)
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
        self._watcher.dispose()

    def transaction(self) -> AbstractContextManager[OfficerRows]:
        """See ``OfficerStore.transaction``."""
        return _rows(self._writer)

    def reading(self) -> AbstractContextManager[OfficerRows]:
        """See ``OfficerStore.reading``."""
        return _rows(self._reader)

    def version(self) -> int:
        """Give a number that is another one once anybody has changed the file, this process or another.

        It says nothing across two openings. Raises ``LocalFault("store-unavailable")``.
        """
        with transaction(self._watcher) as connection:
            return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


class _SqliteRows:
    """The rows of one transaction; see ``OfficerRows``."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection whose transaction has begun."""
        self._connection = connection

    def get(self, kind: type[R], row_id: str) -> R | None:
        """See ``OfficerRows.get``."""
        table = _TABLES[kind]
        row = self._connection.execute(select(table).where(table.c.id == row_id)).one_or_none()
        return _read(kind, row._mapping) if row is not None else None

    def of(self, kind: type[R], officer: str = "") -> tuple[R, ...]:
        """See ``OfficerRows.of``."""
        table = _TABLES[kind]
        found = select(table).order_by(_OLDEST_FIRST)
        if officer:
            found = found.where(table.c.officer == officer)
        return tuple([_read(kind, row._mapping) for row in self._connection.execute(found)])

    def put(self, row: Row) -> None:
        """See ``OfficerRows.put``."""
        values = {name: _written(value) for name, value in msgspec.structs.asdict(row).items()}
        statement = insert(_TABLES[type(row)]).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def drop(self, kind: type[R], row_id: str) -> None:
        """See ``OfficerRows.drop``."""
        table = _TABLES[kind]
        self._connection.execute(delete(table).where(table.c.id == row_id))


class MemoryOfficers:
    """The port ``rabita.services.officers.OfficerStore`` in memory, for tests: the plainest statement of it."""

    def __init__(self) -> None:
        """Begin empty."""
        self._rows: dict[tuple[type, str], Row] = {}
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[OfficerRows]:
        """See ``OfficerStore.transaction``."""
        with self._lock:
            changed = dict(self._rows)
            yield _MemoryRows(changed)
            self._rows = changed

    @contextmanager
    def reading(self) -> Iterator[OfficerRows]:
        """See ``OfficerStore.reading``."""
        yield _MemoryRows(self._rows)


class _MemoryRows:
    """The rows of one transaction in memory."""

    def __init__(self, rows: dict[tuple[type, str], Row]) -> None:
        """Work on these."""
        self._rows = rows

    def get(self, kind: type[R], row_id: str) -> R | None:
        """See ``OfficerRows.get``."""
        found = self._rows.get((kind, row_id))
        return found if isinstance(found, kind) else None

    def of(self, kind: type[R], officer: str = "") -> tuple[R, ...]:
        """See ``OfficerRows.of``."""
        rows = [each for each in self._rows.values() if isinstance(each, kind)]
        return tuple([each for each in rows if not officer or getattr(each, "officer", "") == officer])

    def put(self, row: Row) -> None:
        """See ``OfficerRows.put``."""
        self._rows[type(row), row.id] = row

    def drop(self, kind: type[R], row_id: str) -> None:
        """See ``OfficerRows.drop``."""
        self._rows.pop((kind, row_id), None)


@contextmanager
def _rows(engine: Engine) -> Iterator[OfficerRows]:
    with transaction(engine) as connection:
        yield _SqliteRows(connection)


def _prepare(connection: Connection, name: str) -> None:
    """Make the tables, or bring those of an older version to this one; raises ``UserFault("store-foreign")``."""
    found: int = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found == VERSION:
        return
    if found not in (0, *_STEPS):
        raise UserFault("store-foreign", name)
    for version in range(found or VERSION, VERSION):
        for step in _STEPS[version]:
            connection.exec_driver_sql(step)
    _metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _written(value: Any) -> Any:  # noqa: ANN401 - a column
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value


def _read(kind: type[R], row: Any) -> R:  # noqa: ANN401 - a row
    values = {name: row[name] for name in kind.__struct_fields__}
    values |= {name: msgspec.json.decode(values[name]) for name in _LISTS if name in values}
    return msgspec.convert(values, kind, builtin_types=(bytes,))
