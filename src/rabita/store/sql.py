"""A store in any SQL database: one connection writes, others read what is committed.

Rules kept here: one call is one transaction, so what it reads belongs together; every fault of the database, a damaged
row included, is ``LocalFault("store-unavailable")`` with nothing changed, and its text never holds content. Each side
has its pool of connections, which is also its lock: the node's thread may read while another commits.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Engine, Select, delete, insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from rabita.line.changes import Changes
from rabita.line.errors import InvariantBroken, LocalFault, PeerFault, UserFault, ensure
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.record import AuditRow, EvidenceRow, LineRecord, LogRow, OrderEntry, OrderRow, Snapshot, StoredBatch
from rabita.ports import Document, ListedEntry, NamedAttachment
from rabita.store import queries, schema
from rabita.store.codec import (
    ActColumns,
    EntryParts,
    LaneRank,
    LogColumns,
    OrderColumns,
    checked,
    entry,
    listed_entries,
    log_row,
    order_entry,
    pack_portions,
    rank,
    unpack_items,
    unpack_numbers,
    unpack_portions,
)
from rabita.store.driver import fetch
from rabita.store.writing import Author, Writing, put

T = TypeVar("T")
AT_ONCE: Final = 500
"""Numbers asked for in one statement; SQLite takes 32,766 parameters, PostgreSQL 65,535."""


class SqlStore(ABC):
    """The port ``Store`` over two engines; a subclass knows how its database is copied and scrubbed."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._author_ids: dict[Author, int] = {}

    @abstractmethod
    def backup(self, target: str) -> None:
        """See ``Store.backup``; raises ``UserFault("backup-exists")``."""

    @abstractmethod
    def scrub(self) -> None:
        """Leave nothing readable of deleted bytes in the files."""

    def close(self) -> None:
        """See ``Store.close``."""
        self._writer.dispose()
        self._reader.dispose()

    # writing

    def commit(self, changes: Sequence[Changes], now_ms: int) -> None:
        """See ``Store.commit``."""
        with transaction(self._writer) as connection:
            writing = Writing(connection, self._author_ids, now_ms)
            for each in changes:
                writing.apply(each)
        self._author_ids |= writing.authors

    def add_line(self, record: LineRecord) -> None:
        """See ``Store.add_line``."""
        ours, theirs = record.descriptors
        columns = (record.line, record.us, record.peer, record.charter, ours, theirs)
        names = [column.name for column in queries.RECORDS.selected_columns]
        with transaction(self._writer) as connection:
            kept = connection.execute(queries.RECORD, {"line": record.line}).one_or_none()
            ensure(kept is None or tuple(kept) == columns, "another record under the name of a line")
            if kept is None:
                connection.execute(insert(schema.lines), dict(zip(names, columns, strict=True)))

    def purge(self, line: str, log: LogId, index: int) -> None:
        """See ``Store.purge``."""
        ensure(log.lane is not Lane.CONTROL, "nothing of a control lane is purged")
        with transaction(self._writer) as connection:
            if (seq := self._seq(connection, line, log, index)) is None:
                return
            (kept,) = whole(self._rows(connection, queries.PARTS, EntryParts, begin=seq, end=seq + 1), 1)
            gone = pack_portions((None,) * len(unpack_portions(kept.portions)))
            connection.execute(update(schema.entries).where(schema.entries.c.seq == seq).values(portions=gone))
            connection.execute(delete(schema.withheld).where(schema.withheld.c.seq == seq))
        self.scrub()

    def put_document(self, document: Document) -> None:
        """See ``Store.put_document``."""
        with transaction(self._writer) as connection:
            put(connection, schema.documents, document._asdict())

    # reading

    def lines(self) -> tuple[LineRecord, ...]:
        """See ``Store.lines``; one look-up, which needs no transaction around it."""
        with _faults_named(), self._reader.connect() as connection:
            return self._records(connection, queries.RECORDS)

    def snapshot(self, line: str) -> Snapshot:
        """See ``Store.snapshot``; control entries come in the order of their arrival, without withheld portions."""
        with transaction(self._reader) as connection:
            records = self._records(connection, queries.RECORD, line=line)
            if not records:
                raise UserFault("line-unknown", line)
            orders = self._rows(connection, queries.ORDERS, tuple[str, int, int, bytes, bytes], line=line)
            control = listed_entries(line, connection.execute(queries.CONTROL, {"line": line}).all())
            facts = self._rows(connection, queries.FACTS, tuple[str, str], line=line)
            return Snapshot(
                records[0],
                self._logs(connection, line),
                tuple(
                    [OrderRow(party, epoch, n, leaf, unpack_numbers(seen)) for party, epoch, n, leaf, seen in orders]
                ),
                tuple([(each.log, each.row) for each in control]),
                {name: msgspec.json.decode(value) for name, value in facts},
            )

    def batch(self, line: str, log: LogId, first: int) -> StoredBatch | None:
        """See ``Store.batch``."""
        with transaction(self._reader) as connection:
            key = self._key(connection, line, log)
            found = self._rows(connection, queries.NEXT_BATCH, tuple[int, int, int, bytes], first=first, **key)
            if not found:
                return None
            size, begins, seq, note = found[0]
            bounds = {"begin": seq + first - begins, "end": seq + size - begins}
            parts = whole(self._rows(connection, queries.PARTS, EntryParts, **bounds), size - first)
        return StoredBatch(log, first, tuple([entry(each) for each in parts]), note)

    def note(self, line: str, log: LogId, size: int) -> bytes | None:
        """See ``Store.note``; one look-up, which needs no transaction around it."""
        with _faults_named(), self._reader.connect() as connection:
            key = self._key(connection, line, log)
            found = self._rows(connection, queries.NOTE, tuple[bytes], size=size, **key)
            return next((note for (note,) in found), None)

    def leaves(self, line: str, log: LogId, first: int, end: int) -> tuple[bytes, ...]:
        """See ``Store.leaves``."""
        with transaction(self._reader) as connection:
            key = self._key(connection, line, log)
            found = self._rows(connection, queries.LEAVES, tuple[bytes], begin=first, end=end, **key)
            return tuple([leaf for (leaf,) in found])

    def order(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[OrderEntry, ...]:
        """See ``Store.order``."""
        with transaction(self._reader) as connection:
            author = self._author_id(connection, (line, party, epoch))
            found = self._rows(connection, queries.ORDER, OrderColumns, author=author, after_n=after_n, count=count)
            return tuple([order_entry(party, epoch, row) for row in found])

    def entry(self, line: str, log: LogId, index: int) -> ListedEntry | None:
        """See ``Store.entry``."""
        with transaction(self._reader) as connection:
            if (seq := self._seq(connection, line, log, index)) is None:
                return None
            (found,) = whole(listed_entries(line, connection.execute(queries.HELD_AT, {"at": seq}).all()), 1)
            withheld = tuple([portion for (portion,) in self._rows(connection, queries.WITHHELD, tuple[bytes], at=seq)])
            return found._replace(row=found.row._replace(withheld=withheld))

    def acts(self, line: str, act_id: bytes) -> tuple[tuple[LogId, int, bytes], ...]:
        """See ``Store.acts``."""
        with transaction(self._reader) as connection:
            found = self._rows(connection, queries.ACTS, ActColumns, line=line, act_id=act_id)
            return tuple([(LogId(row.party, row.epoch, LANES[row.lane]), row.place, row.act_digest) for row in found])

    def listed(self, line: str, party: str, before_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """See ``Store.listed``; withheld portions are left out."""
        before = before_seq or schema.SEQ_MAX
        with transaction(self._reader) as connection:
            authors = self._rows(connection, queries.AUTHORS, tuple[int], line=line, party=party)
            bounds = [{"author": author, "before": before, "count": count} for (author,) in authors]
            rows = [row for each in bounds for row in connection.execute(queries.HELD_BELOW, each)]
            newest = sorted(listed_entries(line, rows), key=lambda found: found.seq, reverse=True)
            return tuple(newest[:count])

    def following(self, line: str, after_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """See ``Store.following``."""
        with transaction(self._reader) as connection:
            authors = self._rows(connection, queries.AUTHORS, tuple[int], line=line, party="")
            bounds = [{"author": author, "after": after_seq, "count": count} for (author,) in authors]
            rows = [row for each in bounds for row in connection.execute(queries.HELD_ABOVE, each)]
            return tuple(sorted(listed_entries(line, rows), key=lambda found: found.seq)[:count])

    def at(self, seqs: Sequence[int]) -> tuple[ListedEntry, ...]:
        """See ``Store.at``."""
        found: list[ListedEntry] = []
        with transaction(self._reader) as connection:
            for begin in range(0, len(seqs), AT_ONCE):
                rows = connection.execute(queries.HELD_AMONG, {"seqs": list(seqs[begin : begin + AT_ONCE])}).all()
                by_line: dict[str, list[Sequence[Any]]] = {}
                for line, *rest in rows:
                    by_line.setdefault(line, []).append(rest)
                for line, each in by_line.items():
                    found += listed_entries(line, each)
        return tuple(sorted(found, key=lambda each: each.seq))

    def notes(self, line: str, log: LogId, after_size: int, count: int) -> tuple[tuple[int, bytes, bytes], ...]:
        """See ``Store.notes``."""
        with transaction(self._reader) as connection:
            bounds = self._key(connection, line, log) | {"after_size": after_size, "count": count}
            return tuple(self._rows(connection, queries.NOTES, tuple[int, bytes, bytes], **bounds))

    def logs(self, line: str) -> tuple[LogRow, ...]:
        """See ``Store.logs``."""
        with transaction(self._reader) as connection:
            return self._logs(connection, line)

    def evidence(self, line: str) -> tuple[EvidenceRow, ...]:
        """See ``Store.evidence``."""
        with transaction(self._reader) as connection:
            found = self._rows(connection, queries.EVIDENCE, tuple[str, int, LaneRank, str, bytes], line=line)
            return tuple(
                [
                    EvidenceRow(LogId(party, epoch, LANES[lane]), code, unpack_items(items))
                    for party, epoch, lane, code, items in found
                ]
            )

    def audit(self, count: int) -> tuple[AuditRow, ...]:
        """See ``Store.audit``."""
        with transaction(self._reader) as connection:
            return tuple(self._rows(connection, queries.AUDIT, AuditRow, count=count))

    def attachments(self, line: str, digest: str = "") -> tuple[NamedAttachment, ...]:
        """See ``Store.attachments``."""
        query = queries.ATTACHMENTS_OF if digest else queries.ATTACHMENTS
        values = {"line": line} | ({"digest": bytes.fromhex(digest)} if digest else {})
        with transaction(self._reader) as connection:
            found = self._rows(connection, query, tuple[bytes, str, int, LaneRank, int], **values)
        return tuple(
            [
                NamedAttachment(raw.hex(), LogId(party, epoch, LANES[lane]), place)
                for raw, party, epoch, lane, place in found
            ]
        )

    def documents(self, kind: str) -> tuple[Document, ...]:
        """See ``Store.documents``."""
        with transaction(self._reader) as connection:
            return tuple(self._rows(connection, queries.DOCUMENTS, Document, kind=kind))

    # parts of a reading

    def _rows(self, connection: Connection, query: Select[Any], shape: type[T], **values: object) -> list[T]:
        return checked(fetch(connection, query, values), shape)

    def _records(self, connection: Connection, query: Select[Any], **values: object) -> tuple[LineRecord, ...]:
        found = self._rows(connection, query, tuple[str, str, str, bytes, bytes, bytes], **values)
        return tuple(
            [LineRecord(line, us, peer, charter, (ours, theirs)) for line, us, peer, charter, ours, theirs in found]
        )

    def _logs(self, connection: Connection, line: str) -> tuple[LogRow, ...]:
        return tuple([log_row(row) for row in self._rows(connection, queries.LOGS, LogColumns, line=line)])

    def _seq(self, connection: Connection, line: str, log: LogId, index: int) -> int | None:
        key = self._key(connection, line, log)
        found = self._rows(connection, queries.NEXT_BATCH, tuple[int, int, int, bytes], first=index, **key)
        return next((seq + index - begins for _size, begins, seq, _note in found), None)

    def _key(self, connection: Connection, line: str, log: LogId) -> dict[str, int]:
        return {"author": self._author_id(connection, (line, log.party, log.epoch)), "rank": rank(log)}

    def _author_id(self, connection: Connection, author: Author) -> int:
        """Give the number of an author, 0 (which no row has) while nothing of it is committed."""
        if author not in self._author_ids:
            names = dict(zip(("line", "party", "epoch"), author, strict=True))
            found = connection.scalar(queries.AUTHOR, names)
            if found is None:
                return 0
            self._author_ids[author] = int(found)
        return self._author_ids[author]


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Run one transaction, rolled back by any exception; raises as ``_faults_named``."""
    with _faults_named(), engine.begin() as connection:
        yield connection


@contextmanager
def _faults_named() -> Iterator[None]:
    """Name faults of the database.

    Raises ``LocalFault("store-unavailable")`` for whatever it refuses or has damaged, ``InvariantBroken`` for rows that
    contradict rows kept.
    """
    try:
        yield
    except (IntegrityError, OverflowError) as fault:
        raise InvariantBroken("invariant-broken", _cause(fault)) from fault
    except (SQLAlchemyError, msgspec.MsgspecError, PeerFault) as fault:
        raise LocalFault("store-unavailable", _cause(fault)) from fault


def whole(rows: list[T], count: int) -> list[T]:
    """Give the rows if all of them were found; raises ``LocalFault("store-unavailable")`` for a damaged table."""
    if len(rows) != count:
        raise LocalFault("store-unavailable", f"{len(rows)} of {count} entries found")
    return rows


def _cause(fault: Exception) -> str:
    """Name what happened in the database's own words, which (unlike the statement's) hold no values."""
    return str(fault.orig) if isinstance(fault, DBAPIError) else type(fault).__name__
