"""One transaction's worth of writing: ``Changes`` applied to SQL tables in the order of their fields.

Rules kept here: an entry is appended, once, where its log ends, and never changed but by a purge; a batch is one call
of the driver with prepared rows (nothing is built per row but one tuple). What contradicts the rows kept already is
``InvariantBroken``: the core never asks for it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Connection,
    Dialect,
    Insert,
    Table,
    Update,
    and_,
    bindparam,
    func,
    insert,
    select,
    update,
)

from rabita.line.attachment import named_in, names_attachments
from rabita.line.changes import Changes
from rabita.line.errors import ensure
from rabita.line.ids import LogId
from rabita.line.merkle import frontier_bytes
from rabita.line.record import EvidenceRow, LogRow, OrderRow, SealedBatch, StoredReceipt
from rabita.store import queries, schema
from rabita.store.codec import EntryColumns, entry_columns, log_columns, pack, rank
from rabita.store.driver import driver_cursor, run

Author = tuple[str, str, int]
"""Line, party and epoch."""

_batches, _logs = schema.batches.c, schema.logs.c
_at_log: Final = and_(_logs.author_id == bindparam("author"), _logs.lane == bindparam("rank"))
_at_size: Final = and_(
    _batches.author_id == bindparam("author"), _batches.lane == bindparam("rank"), _batches.size == bindparam("at")
)
_LINE_ID: Final = select(schema.lines.c.id).where(schema.lines.c.name == bindparam("line"))
_LAST_SEQ: Final = select(func.max(schema.entries.c.seq))
_ADD_LOG: Final = insert(schema.logs)
_ADD_BATCH: Final = insert(schema.batches)
_CHANGE_LOG: Final = (
    update(schema.logs).where(_at_log).values(stopped=bindparam("now_stopped"), frozen_at=bindparam("now_frozen_at"))
)
_GROW_LOG: Final = (
    update(schema.logs)
    .where(_at_log, _logs.size == bindparam("at"))
    .values(size=bindparam("end"), frontier=bindparam("now_frontier"), note=bindparam("newest"))
)
_NOTE_LOG: Final = update(schema.logs).where(_at_log, _logs.size == bindparam("at")).values(note=bindparam("newest"))
_NOTE_BATCH: Final = update(schema.batches).where(_at_size).values(note=bindparam("newest"))
_RECEIPT_BATCH: Final = update(schema.batches).where(_at_size).values(receipt=bindparam("newest"))
_RECEIPT_LOG: Final = (
    update(schema.logs)
    .where(_at_log, _logs.receipted <= bindparam("at"))
    .values(receipted=bindparam("at"), receipt=bindparam("newest"))
)


class Writing:
    """Applies changes on a connection that is in a transaction; ``authors`` is what it learned, true once committed."""

    def __init__(self, connection: Connection, authors: Mapping[Author, int], now_ms: int) -> None:
        self.authors = dict(authors)
        self._connection = connection
        self._now_ms = now_ms
        self._seq = -1

    def apply(self, changes: Changes) -> None:
        """Write the rows of one line."""
        line = changes.line
        for log in changes.logs:
            self._head(line, log)
        for batch in changes.batches:
            self._append(line, batch.value)
        for receipt in changes.receipts:
            self._receipt(line, receipt.value)
        for order in changes.orders:
            self._order(line, order)
        for evidence in changes.evidence:
            self._evidence(line, evidence)
        if changes.audit:
            rows = [{"line": line} | row._asdict() for row in changes.audit]
            self._connection.execute(insert(schema.audit), rows)
        for name, value in changes.facts:
            put(self._connection, schema.facts, {"line_id": self._line_id(line), "name": name, "value": value})

    def _head(self, line: str, row: LogRow) -> None:
        key = self._log_key(line, row.log)
        if run(self._connection, _CHANGE_LOG, key | {"now_stopped": row.stopped, "now_frozen_at": row.frozen_at}):
            newest = key | {"at": row.frontier.size, "newest": row.note}
            if run(self._connection, _NOTE_LOG, newest):
                run(self._connection, _NOTE_BATCH, newest)
        else:
            ensure(row.frontier.size == 0, "a log begins empty")
            run(self._connection, _ADD_LOG, {"author_id": key["author"], "lane": key["rank"]} | log_columns(row))

    def _append(self, line: str, batch: SealedBatch) -> None:
        first, rows, end = batch.first, batch.rows, batch.frontier.size
        key = self._log_key(line, batch.log)
        grown = {"at": first, "end": end, "now_frontier": frontier_bytes(batch.frontier), "newest": batch.note}
        found = run(self._connection, _GROW_LOG, key | grown)
        ensure(found == 1 and end == first + len(rows) > first, f"a batch at {first} of a log that does not end there")
        ensure([row.index for row in rows] == list(range(first, end)), "the rows of a batch in order")
        if self._seq < 0:
            self._seq = int(self._connection.scalar(_LAST_SEQ) or 0)
        begin, author_id, lane, now_ms = self._seq + 1, key["author"], key["rank"], self._now_ms
        columns = [entry_columns(row, seq, author_id, lane, now_ms) for seq, row in enumerate(rows, begin)]
        with driver_cursor(self._connection) as cursor:
            cursor.executemany(_insert_entries(self._connection.dialect), columns)
        self._seq += len(rows)
        place = {"author_id": author_id, "lane": lane, "size": end, "first": first, "seq": begin}
        run(self._connection, _ADD_BATCH, place | {"note": batch.note, "receipt": b""})
        if attachments := [
            {"digest": bytes.fromhex(digest), "seq": seq, "position": position}
            for seq, row in enumerate(rows, begin)
            if names_attachments(row.entry.act)
            for position, digest in enumerate(named_in(row.entry.act))
        ]:
            self._connection.execute(insert(schema.attachments), attachments)
        if withheld := [
            {"seq": seq, "position": position, "portion": portion}
            for seq, row in enumerate(rows, begin)
            for position, portion in enumerate(row.withheld)
        ]:
            self._connection.execute(insert(schema.withheld), withheld)

    def _receipt(self, line: str, receipt: StoredReceipt) -> None:
        newest = self._log_key(line, receipt.log) | {"at": receipt.size, "newest": receipt.note}
        found = run(self._connection, _RECEIPT_BATCH, newest)
        ensure(found == 1, f"a receipt over {receipt.size} entries, where no note stands")
        run(self._connection, _RECEIPT_LOG, newest)

    def _order(self, line: str, row: OrderRow) -> None:
        author_id = self._author_id(line, row.party, row.epoch)
        columns = {"author_id": author_id, "n": row.n, "leaf": row.leaf, "seen": pack(row.seen)}
        put(self._connection, schema.orders, columns)

    def _evidence(self, line: str, row: EvidenceRow) -> None:
        author_id = self._author_id(line, row.log.party, row.log.epoch)
        values = {"author_id": author_id, "lane": rank(row.log), "code": row.code, "items": pack(row.items)}
        self._connection.execute(insert(schema.evidence), values)

    def _log_key(self, line: str, log: LogId) -> dict[str, Any]:
        return {"author": self._author_id(line, log.party, log.epoch), "rank": rank(log)}

    def _author_id(self, line: str, party: str, epoch: int) -> int:
        author = (line, party, epoch)
        if author not in self.authors:
            names = dict(zip(("line", "party", "epoch"), author, strict=True))
            found = self._connection.scalar(queries.AUTHOR, names)
            if found is None:
                values = {"line_id": self._line_id(line), "party": party, "epoch": epoch}
                found = self._connection.scalar(insert(schema.authors).returning(schema.authors.c.id), values)
            self.authors[author] = int(found or 0)
        return self.authors[author]

    def _line_id(self, line: str) -> int:
        found = self._connection.scalar(_LINE_ID, {"line": line})
        ensure(found is not None, "changes of a line that is not kept")
        return int(found or 0)


def put(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or replace the one with its primary key (there is one writer, so no other comes between)."""
    replace, add = _puts(table)
    if run(connection, replace, {f"key_{name}": value for name, value in row.items()}) == 0:
        run(connection, add, row)


@cache
def _puts(table: Table) -> tuple[Update, Insert]:
    """Prepare the two statements of ``put``; the row's parameters in the first are named ``key_...``."""
    row: dict[str, BindParameter[Any]] = {column.name: bindparam(f"key_{column.name}") for column in table.c}
    same = [column == row.pop(column.name) for column in table.primary_key]
    return update(table).where(*same).values(row), insert(table)


@cache
def _insert_entries(dialect: Dialect) -> str:
    """Write the statement that appends entries, for rows in the order of ``EntryColumns``."""
    return str(insert(schema.entries).compile(dialect=dialect, column_keys=EntryColumns._fields))
