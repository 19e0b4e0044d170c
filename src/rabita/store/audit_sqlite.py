"""The audit log in an SQLite file of its own, to which rows can be added and of which none can be changed.

Rules kept here: triggers abort every UPDATE and DELETE, and every INSERT that would replace a row or leave a number
out, so not even this program changes what was written; who writes past them is found by the signed heads.
The node and the command line append at once: a number is given inside an IMMEDIATE transaction, synced before it
returns. What is searched by is computed from the entry's own bytes, so there is nothing beside them to disagree.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from sqlalchemy import (
    Column,
    ColumnClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from rabita.line.errors import LocalFault
from rabita.line.merkle import leaf_hash
from rabita.services.audit import Deed, Head, Row, Wanted, write_deed
from rabita.store.sqlite import engine_of, make_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

CONNECTIONS: Final = 2
_PRAGMAS: Final = {"busy_timeout": "5000", "journal_mode": "WAL", "synchronous": "FULL", "recursive_triggers": "ON"}
_metadata: Final = MetaData()
_entries: Final = Table(
    "entries",
    _metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("raw", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)
_heads: Final = Table(
    "heads",
    _metadata,
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
)
_ACTOR: Final[ColumnClause[str]] = literal_column("json_extract(raw, '$.actor')")
_ACTION: Final[ColumnClause[str]] = literal_column("json_extract(raw, '$.action')")
_LINE: Final[ColumnClause[str]] = literal_column("json_extract(raw, '$.line')")
_TIME: Final[ColumnClause[int]] = literal_column("json_extract(raw, '$.time_ms')")
_LAST: Final[ColumnClause[int]] = literal_column("json_extract(raw, '$.last_ms')")
for _name, _column in (("actor", _ACTOR), ("action", _ACTION), ("line", _LINE)):
    Index(f"entries_{_name}", _column, _table=_entries)
_RULES: Final = {
    "BEFORE UPDATE ON entries": "TRUE",
    "BEFORE DELETE ON entries": "TRUE",
    "BEFORE INSERT ON entries": "NEW.number <> (SELECT coalesce(max(number) + 1, 0) FROM entries)",
    "BEFORE UPDATE ON heads": "TRUE",
    "BEFORE DELETE ON heads": "TRUE",
    "BEFORE INSERT ON heads": "NEW.size <= (SELECT coalesce(max(size), 0) FROM heads)",
}
"""What is aborted, when: whatever changes a row, or adds one out of its turn."""


class SqliteAudit:
    """The port ``AuditLog`` in an SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none; raises ``LocalFault("audit-unavailable")``."""
        try:
            make_file(path)
        except OSError as fault:
            raise LocalFault("audit-unavailable", path.name) from fault
        self._writer = engine_of(str(path), "BEGIN IMMEDIATE", 1, _PRAGMAS)
        self._reader = engine_of(str(path), "BEGIN", CONNECTIONS, _PRAGMAS)
        try:
            with self._reading() as connection:
                made = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
            if not made:
                with self._writing() as connection:
                    _metadata.create_all(connection)
                    for number, (moment, when) in enumerate(_RULES.items()):
                        abort = "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
                        connection.exec_driver_sql(f"CREATE TRIGGER rule_{number} {moment} WHEN {when} {abort}")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        for each in (self._writer, self._reader):
            each.dispose()

    def append(self, deeds: Sequence[Deed]) -> int:
        """See ``AuditLog.append``."""
        with self._writing() as connection:
            first = _next(connection)
            rows = []
            for number, deed in enumerate(deeds, first):
                raw = write_deed(msgspec.structs.replace(deed, number=number))
                rows.append({"number": number, "raw": raw.decode(), "leaf": leaf_hash(raw)})
            if rows:
                connection.execute(insert(_entries), rows)
        return first

    def size(self) -> int:
        """See ``AuditLog.size``."""
        with self._reading() as connection:
            return _next(connection)

    def rows(self, first: int, count: int) -> Sequence[Row]:
        """See ``AuditLog.rows``."""
        columns = (_entries.c.number, cast(_entries.c.raw, LargeBinary), cast(_entries.c.leaf, LargeBinary))
        found = select(*columns).where(_entries.c.number >= first).order_by(_entries.c.number).limit(count)
        with self._reading() as connection:
            return [Row(*row) for row in connection.execute(found)]

    def newest(self, wanted: Wanted, before: int, count: int) -> Sequence[bytes]:
        """See ``AuditLog.newest``."""
        found = select(cast(_entries.c.raw, LargeBinary)).where(_entries.c.number < before)
        for column, value in ((_ACTOR, wanted.actor), (_ACTION, wanted.action), (_LINE, wanted.line)):
            found = found.where(column == value) if value else found
        if wanted.lines:
            found = found.where(_LINE.in_(wanted.lines))
        if wanted.from_ms:
            found = found.where(or_(_TIME >= wanted.from_ms, _LAST >= wanted.from_ms))
        if wanted.until_ms:
            found = found.where(_TIME < wanted.until_ms)
        with self._reading() as connection:
            return connection.execute(found.order_by(_entries.c.number.desc()).limit(count)).scalars().all()

    def put_head(self, head: Head) -> None:
        """See ``AuditLog.put_head``."""
        with self._writing() as connection:
            largest = connection.execute(select(func.max(_heads.c.size))).scalar_one()
            if (largest or 0) < head.size:
                connection.execute(insert(_heads).values(head._asdict()))

    def heads(self) -> Sequence[Head]:
        """See ``AuditLog.heads``."""
        with self._reading() as connection:
            return [Head(*row) for row in connection.execute(_select_heads.order_by(_heads.c.size))]

    def last_head(self) -> Head | None:
        """See ``AuditLog.last_head``."""
        with self._reading() as connection:
            row = connection.execute(_select_heads.order_by(_heads.c.size.desc()).limit(1)).one_or_none()
        return Head(*row) if row is not None else None

    @contextmanager
    def _writing(self) -> "Iterator[Connection]":
        with _faults_named(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> "Iterator[Connection]":
        with _faults_named(), self._reader.begin() as connection:
            yield connection


_select_heads: Final = select(_heads.c.size, cast(_heads.c.frontier, LargeBinary), cast(_heads.c.note, LargeBinary))


def _next(connection: "Connection") -> int:
    largest = connection.execute(select(func.max(_entries.c.number))).scalar_one()
    return 0 if largest is None else int(largest) + 1


@contextmanager
def _faults_named() -> "Iterator[None]":
    try:
        yield
    except (SQLAlchemyError, OSError) as fault:
        raise LocalFault("audit-unavailable", type(fault).__name__) from fault
