"""A store in one SQLite file: durable by WAL and an fsync of every commit, copied while it runs, wiped where purged.

Rules kept here: the figures behind a setting stand beside it (two cores, ext4, batches of 200); the file is its owner's
alone.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from rabita.line.errors import LocalFault, UserFault
from rabita.store.driver import driver_cursor
from rabita.store.migrate import is_current, migrate
from rabita.store.sql import SqlStore, transaction

FILE_MODE: Final = 0o600
READERS: Final = 4
_EVERY_CONNECTION: Final = {"busy_timeout": "5000", "temp_store": "MEMORY"}
_READER: Final = {
    "query_only": "ON",
    "cache_size": "-8192",  # the inner pages of a million entries' trees are 3 MiB; with 2 MiB lists take 1.5 times
}
_WRITER: Final = {
    "page_size": "8192",  # five acts of 1 KiB fit one: 1.7 KiB each on disk; with 4 KiB pages 2.1, and 20 % slower
    "journal_mode": "WAL",
    "synchronous": "FULL",  # an fsync of the log at each commit
    "wal_autocheckpoint": "256",  # 2 MiB: the commit that copies it back takes 12 ms at p99; with 8 MiB 21, 32 MiB 45
    "cache_size": "-8192",
    "foreign_keys": "ON",
    "secure_delete": "ON",  # no slower: a store deletes only where it purges
}


class SqliteStore(SqlStore):
    """The port ``Store`` in an SQLite file; see ``open_store``."""

    def __init__(self, path: str) -> None:
        self._path = path
        writer = engine_of(path, "BEGIN IMMEDIATE", 1, _EVERY_CONNECTION | _WRITER)
        super().__init__(writer, engine_of(path, "BEGIN", READERS, _EVERY_CONNECTION | _READER))
        self._plain = engine_of(path, "", 1, _EVERY_CONNECTION)
        try:
            with transaction(self._reader) as connection:
                current = is_current(connection)
            if not current:  # asked first, so that a disk that became read-only can still be read
                with transaction(writer) as connection:
                    migrate(connection)
        except BaseException:
            self.close()
            raise

    def backup(self, target: str) -> None:
        """See ``Store.backup``."""
        copy_database(self._path, Path(target))

    def close(self) -> None:
        """See ``Store.close``."""
        super().close()
        self._plain.dispose()

    def scrub(self) -> None:
        """Empty the write-ahead log, where purged bytes may stand; ``secure_delete`` has zeroed them in the file."""
        with transaction(self._plain) as connection:
            (busy, *_) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise LocalFault("store-unavailable", "the write-ahead log is in use")


def open_store(url_or_path: str | Path) -> SqliteStore:
    """Open a store, made (with its tables) where there is none, by path or ``sqlite:///`` URL.

    Raises ``LocalFault("store-unavailable")`` for a file that cannot be opened or is no database,
    ``UserFault("store-foreign")`` for one of another program or an unknown version.
    """
    path = str(url_or_path).removeprefix("sqlite:///")
    try:
        make_file(path)
    except OSError as fault:
        raise LocalFault("store-unavailable", str(fault)) from fault
    return SqliteStore(path)


def copy_database(source: str | Path, target: Path) -> None:
    """Copy a database as of one moment, while others use it, to a new file: its owner's alone, synced.

    Raises ``UserFault("backup-exists")``; ``LocalFault("store-unavailable")``, no file left.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL, FILE_MODE))
    except FileExistsError:
        raise UserFault("backup-exists", str(target)) from None
    except OSError as fault:
        raise LocalFault("store-unavailable", str(fault)) from fault
    engine = engine_of(str(source), "", 1, _EVERY_CONNECTION)
    try:
        with transaction(engine) as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(target),))
        sync(target)
        sync(target.parent)
    except BaseException:
        target.unlink()
        raise
    finally:
        engine.dispose()


def make_file(path: str | Path) -> None:
    """Make an empty file, its owner's alone, where there is none; raises ``OSError``.

    One that is there is not even opened: closing any handle of a file gives up every lock that this process holds on it
    (POSIX, fcntl), and then the next process to close it takes the write-ahead log away from under us.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))


def engine_of(path: str, begin: str, connections: int, pragmas: Mapping[str, str]) -> Engine:
    """Make an engine whose connections carry these settings and begin each transaction with *begin* (empty: none)."""
    url, shared = URL.create("sqlite", database=path), {"check_same_thread": False}
    engine = create_engine(
        url, hide_parameters=True, connect_args=shared, pool_size=connections, max_overflow=0, pool_reset_on_return=None
    )

    def connected(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # SQLite's own transactions, not those Python's module guesses
        cursor = connection.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name}={value}")
        cursor.close()

    def begun(connection: Connection) -> None:
        with driver_cursor(connection) as cursor:
            cursor.execute(begin)

    event.listen(engine, "connect", connected)
    if begin:
        event.listen(engine, "begin", begun)
    return engine


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
