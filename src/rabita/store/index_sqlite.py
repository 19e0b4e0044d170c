"""The index of cases in an SQLite file of its own, which may be lost at any time: the store has all of it.

Rules kept here: one connection writes, a few read what is committed; WAL with ``synchronous=NORMAL``, since what a
power cut takes is made again; a file that is damaged, or of another version, is thrown away. ``secure_delete`` is on
and ``scrub`` rewrites the words, so that nothing of a purged portion stays.
"""

# ruff: noqa: S608 - statements are put together from this module's own text, never from values

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import LifoQueue
from typing import Any, Final

from rabita.line.errors import LocalFault
from rabita.line.ids import RANK, LogId
from rabita.ports.index import ActRow, CaseRow, DutyRow, Spread
from rabita.store.index_queries import Queries, sort_ms, spread_columns
from rabita.store.index_schema import DUE_NEVER, SCHEMA, TABLES
from rabita.store.sqlite import make_file

MEMORY: Final = ":memory:"
READERS: Final = 4
_SETTINGS: Final = ("busy_timeout=5000", "temp_store=MEMORY", "secure_delete=ON")
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY: Final = 0xFF
"""What of a result code says what it is; the rest says why (SQLite, Result Codes)."""
_READER: Final = ("query_only=ON", "cache_size=-8192")  # the inner pages of a million entries' trees, and some more
_WRITER: Final = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=2048", "cache_size=-32768")
_ACT_COLUMNS: Final = 29
_ADD_ACT: Final = f"INSERT OR REPLACE INTO acts VALUES ({','.join('?' * (_ACT_COLUMNS + 1))})"
_ADD_CASE: Final = f"INSERT OR REPLACE INTO cases VALUES ({','.join('?' * 15)})"
_ADD_DUTY: Final = f"INSERT INTO duties VALUES (NULL,{','.join('?' * 17)},(SELECT lane FROM acts WHERE seq = ?))"
_GATHER: Final = "INSERT INTO search (search) VALUES ('optimize')"
_SPREADS: Final = ("spread_rows", "spreads")
_OF_LOG: Final = "line = ? AND party = ? AND epoch = ? AND lane = ? AND place >= ? AND place < ?"
_RECEIVED: Final = f"UPDATE acts SET received_ms = ? WHERE {_OF_LOG} AND received_ms = 0"
_CLOCKS: Final = f"SELECT digest FROM acts WHERE {_OF_LOG} AND main"
_STARTED: Final = "UPDATE duties SET since_ms = ? WHERE since = ? AND since_ms = 0"
_STOPPED: Final = "UPDATE duties SET met_ms = ? WHERE met_by = ? AND met_ms = 0"
_SORTED: Final = f"""
    UPDATE duties SET sort_ms = CASE
        WHEN since_ms > 0 AND allowed_ms >= 0 THEN since_ms + allowed_ms
        WHEN named_ms > 0 THEN named_ms ELSE {DUE_NEVER}
    END WHERE since = ?
"""


class SqliteIndex(Queries):
    """The port ``CaseIndex`` in an SQLite file; see ``open_index``."""

    def __init__(self, path: str) -> None:
        super().__init__(self._read)
        self._path = path
        self._writers: LifoQueue[sqlite3.Connection] = LifoQueue()
        self._readers = self._writers if path == MEMORY else LifoQueue()
        self._fill(self._connections())

    @property
    def version(self) -> str:
        """See the port."""
        return next((str(version) for (version,) in self._read("SELECT version FROM about", ())), "")

    def clear(self, version: str) -> None:
        """See the port; whoever reads meanwhile waits until there are tables again."""
        held = self._drained()
        try:
            with _faults_named():
                for end in ("", "-wal", "-shm"):
                    Path(self._path + end).unlink(missing_ok=True)
                held = self._connections()
                held[0].executescript(f"BEGIN;{TABLES}")
                held[0].execute("INSERT INTO about VALUES (?)", (version,))
                held[0].execute("COMMIT")
        finally:
            self._fill(held)

    @contextmanager
    def changing(self) -> Iterator["SqliteChanges"]:
        """See the port."""
        with self._leased(self._writers) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield SqliteChanges(connection)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def gather(self) -> None:
        """See the port; takes some two seconds for a million entries, in which others read."""
        with self._leased(self._writers) as connection:
            connection.execute(_GATHER)

    def scrub(self) -> None:
        """See the port; takes some seconds for a million entries."""
        with self._leased(self._writers) as connection:
            connection.execute(_GATHER)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """See the port; whoever asks afterwards is told that it is unavailable."""
        self._fill(self._drained())

    def _read(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._leased(self._readers) as connection:
            return connection.execute(query, values).fetchall()

    def _connections(self) -> list[sqlite3.Connection]:
        """Open the connection that writes, then those that read: none in memory, where one does both."""
        readers = 0 if self._path == MEMORY else READERS
        settings = [(*_SETTINGS, *_WRITER), *[(*_SETTINGS, *_READER)] * readers]
        with contextlib.ExitStack() as opened:
            held = [opened.enter_context(contextlib.closing(_connection(self._path, each))) for each in settings]
            opened.pop_all()
            return held

    def _fill(self, connections: Sequence[sqlite3.Connection]) -> None:
        writer, *readers = connections
        self._writers.put(writer)
        for each in readers:
            self._readers.put(each)

    def _drained(self) -> list[sqlite3.Connection]:
        """Wait for all connections and close them; closed ones serve to say that they are."""
        held = [self._writers.get()]
        if self._readers is not self._writers:
            held += [self._readers.get() for _ in range(READERS)]
        for each in held:
            each.close()
        return held

    @contextmanager
    def _leased(self, queue: "LifoQueue[sqlite3.Connection]") -> Iterator[sqlite3.Connection]:
        connection = queue.get()
        try:
            with _faults_named():
                yield connection
        finally:
            queue.put(connection)


class SqliteChanges(Queries):
    """The port ``IndexChanges`` on a connection that is in a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(lambda query, values: connection.execute(query, values).fetchall())
        self._do = connection.execute
        self._do_all = connection.executemany
        self._line_ids: dict[str, int] = {}

    def keep_state(self, line: str, state: bytes) -> None:
        """See the port."""
        self._do("UPDATE lines SET state = ? WHERE id = ?", (state, self._line(line)))

    def add(self, rows: Sequence[ActRow], basis: Sequence[tuple[bytes, bytes]]) -> None:
        """See the port."""
        self.change(rows)
        self._do_all("INSERT OR IGNORE INTO basis VALUES (?, ?)", basis)

    def change(self, rows: Sequence[ActRow]) -> None:
        """See the port."""
        self._do_all(_ADD_ACT, [self._act_columns(row) for row in rows])

    def stand(self, rows: Sequence[ActRow]) -> None:
        """See the port."""
        values = [(row.status, row.because, row.seq) for row in rows]
        self._do_all("UPDATE acts SET status = ?, because = ? WHERE seq = ?", values)

    def lacks(self, rows: Sequence[tuple[str, str, str, int]]) -> None:
        """See the port."""
        values = [(self._line(line), party, key, seq) for line, party, key, seq in rows]
        self._do_all("INSERT OR IGNORE INTO lacking VALUES (?, ?, ?, ?)", values)

    def lacking(self, line: str, party: str, key: str) -> tuple[int, ...]:
        """See the port."""
        where = "FROM lacking WHERE line = ? AND party = ? AND key = ?"
        bounds = (self._line(line), party, key)
        found = self._fetch(f"SELECT seq {where}", bounds)
        self._do(f"DELETE {where}", bounds)
        return tuple([seq for (seq,) in found])

    def put_case(self, row: CaseRow, duties: Sequence[DutyRow]) -> None:
        """See the port."""
        head, tail = row[:4], row[4:]
        case, line, procedure, state = head
        self._do(_ADD_CASE, (case, self._line(line), procedure, state, *tail))
        self._do("DELETE FROM duties WHERE case_id = ?", (case,))
        self._do_all(_ADD_DUTY, [self._duty_columns(each) for each in duties])

    def drop_case(self, line: str, case: bytes) -> None:
        """See the port."""
        self._do("DELETE FROM cases WHERE id = ? AND line = ?", (case, self._line(line)))
        self._do("DELETE FROM duties WHERE case_id = ? AND line = ?", (case, self._line(line)))

    def mark_stale(self, line: str, cases: Sequence[bytes]) -> None:
        """See the port."""
        values = [(each, self._line(line)) for each in cases]
        self._do_all("UPDATE cases SET stale = 1 WHERE id = ? AND line = ?", values)

    def received(self, line: str, log: LogId, first: int, end: int, time_ms: int) -> None:
        """See the port."""
        bounds = (self._line(line), log.party, log.epoch, RANK[log.lane], first, end)
        self._do(_RECEIVED, (time_ms, *bounds))
        digests = self._fetch(_CLOCKS, bounds)
        timed = [(time_ms, digest) for (digest,) in digests]
        self._do_all(_STARTED, timed)
        self._do_all(_STOPPED, timed)
        self._do_all(_SORTED, digests)

    def put_words(self, seq: int, facets: Sequence[str], words: Sequence[str]) -> None:
        """See the port."""
        known = next((text for (text,) in self._fetch("SELECT text FROM search WHERE rowid = ?", (seq,))), "")
        text = " ".join([*facets, *words])
        if text == known:
            return
        gone = set(known.split()) - set(text.split()) - set(facets)
        self._do("DELETE FROM search WHERE rowid = ?", (seq,))
        self._do("INSERT INTO search (rowid, text) VALUES (?, ?)", (seq, text))
        self._do_all("INSERT OR IGNORE INTO vocabulary VALUES (?)", [(word,) for word in words])
        for word in sorted(gone):
            if not self.found([], [[word]], 0, 1):
                self._do("DELETE FROM vocabulary WHERE word = ?", (word,))

    def put_spreads(self, spreads: Sequence[tuple[int, str, Spread | None]]) -> None:
        """See the port."""
        rows = [(seq, *spread_columns(each), procedure) for seq, procedure, each in spreads if each is not None]
        for table in _SPREADS:
            self._do_all(f"DELETE FROM {table} WHERE seq = ?", [(seq,) for seq, _, _ in spreads])
            self._do_all(f"INSERT INTO {table} VALUES ({','.join('?' * 8)})", rows)

    def keep_subtrees(self, line: str, log: LogId, level: int, first: int, roots: Sequence[bytes]) -> None:
        """See the port."""
        of_log = (self._line(line), log.party, log.epoch, RANK[log.lane], level)
        rows = [(*of_log, place, root) for place, root in enumerate(roots, first)]
        self._do_all(f"INSERT OR REPLACE INTO subtrees VALUES ({','.join('?' * 7)})", rows)

    def _line(self, name: str) -> int:
        if name not in self._line_ids:
            self._do("INSERT OR IGNORE INTO lines (name) VALUES (?)", (name,))
            self._line_ids[name] = int(self._fetch("SELECT id FROM lines WHERE name = ?", (name,))[0][0])
        return self._line_ids[name]

    def _act_columns(self, row: ActRow) -> tuple[object, ...]:
        seq, line, log, place, n, seen, *rest = row
        *plain, case, waits, stray, status, because = rest
        ends = (case or None, waits or None, stray, status, because)
        spread = seen or (None,) * 6
        return (seq, self._line(line), log.party, log.epoch, RANK[log.lane], place, n, *spread, *plain, *ends)

    def _duty_columns(self, row: DutyRow) -> tuple[object, ...]:
        case, line, *middle = row[:10]
        met_by, ended, rings, since_ms, met_ms = row[10:15]
        ends = (met_by or None, ended, rings, since_ms, met_ms, row.is_open, sort_ms(row), row.since_seq)
        return (case, self._line(line), *middle, *ends)


def open_index(path: str | Path) -> SqliteIndex:
    """Open an index, made where there is none; ``:memory:`` keeps it in memory.

    What is no such file, is damaged at first sight, or of another schema is thrown away; what is only busy is another's
    at work, and stays. Raises ``LocalFault``: ``index-busy`` then, ``index-unavailable`` where none can be made.
    """
    with _faults_named():
        index = SqliteIndex(str(path))
    try:
        current = index.version
    except LocalFault as fault:
        if fault.code == "index-busy":
            index.close()
            raise
        current = ""
    if current.split(":")[0] != SCHEMA:
        index.clear(f"{SCHEMA}:")
    return index


def _connection(path: str, settings: Sequence[str]) -> sqlite3.Connection:
    if path != MEMORY:
        make_file(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for setting in settings:
        try:
            connection.execute(f"PRAGMA {setting}")
        except sqlite3.DatabaseError as fault:  # a damaged file says so when it is read
            if _is_busy(fault):
                connection.close()
                raise
    return connection


def _is_busy(fault: BaseException) -> bool:
    return getattr(fault, "sqlite_errorcode", 0) & _PRIMARY in _BUSY


@contextmanager
def _faults_named() -> Iterator[None]:
    """Name faults of the database; its own words hold no values."""
    try:
        yield
    except (sqlite3.Error, OSError) as fault:
        raise LocalFault("index-busy" if _is_busy(fault) else "index-unavailable", str(fault)[:200]) from fault
