"""The rows a node stored in a run, read back from its database, so that the yardsticks insert exactly the same."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from rabita.line.ids import RANK, Lane
from rabita.store.codec import EntryColumns
from rabita.store.sqlite import open_store

SETTINGS: Final = (
    "page_size=8192",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "cache_size=-8192",
    "wal_autocheckpoint=256",
)
"""Those of ``rabita.store.sqlite``: the yardsticks pay for the same durability."""
ADD_ENTRY: Final = f"INSERT INTO entries VALUES ({','.join('?' * len(EntryColumns._fields))})"  # noqa: S608 - marks
ADD_BATCH: Final = "INSERT INTO batches VALUES (?,?,?,?,?,?,?)"
GROW_LOG: Final = "UPDATE logs SET size=?, note=? WHERE author_id=? AND lane=?"
MOVE_ORDER: Final = "UPDATE orders SET n=?, leaf=?, seen=? WHERE author_id=?"
NOTE_RECEIPT: Final = "UPDATE batches SET receipt=? WHERE author_id=? AND lane=? AND size=?"
RECEIPT_LOG: Final = "UPDATE logs SET receipted=?, receipt=? WHERE author_id=? AND lane=?"
_ENTRIES: Final = "SELECT * FROM entries WHERE seq>=? AND seq<? ORDER BY seq"
_BATCHES: Final = """
    SELECT author_id, lane, size, first, seq, note, receipt FROM batches
    WHERE author_id=(SELECT authors.id FROM authors JOIN lines ON line_id=lines.id WHERE party=us)
      AND lane=? AND first>=? AND size<=? ORDER BY size
"""


class Batch(NamedTuple):
    """A group commit as it was stored: the row in ``batches``, its entries' rows, the bytes that travelled."""

    place: tuple[int, int, int, int, int, bytes]
    receipt: bytes
    rows: list[tuple[object, ...]]
    wire: bytes


def stored_batches(database: Path, first: int, end: int, lane: Lane = Lane.ROUTINE) -> list[Batch]:
    """Read the node's own batches from entry *first* to *end* of a lane."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        found = []
        for *place, receipt in connection.execute(_BATCHES, (RANK[lane], first, end)).fetchall():
            begin, count = place[4], place[2] - place[3]
            rows = connection.execute(
                "SELECT * FROM entries WHERE seq>=? AND seq<? ORDER BY seq", (begin, begin + count)
            )
            entries = rows.fetchall()
            # What travels, as the line's own frames have it: stamp, act, approvals, portions; then the note.
            parts = [(row[12], row[13], row[14], row[15]) for row in entries]
            found.append(Batch(tuple(place), receipt, entries, msgspec.msgpack.encode((parts, place[5]))))
        return found


def fresh(database: Path, founded: Path) -> None:
    """Make a database with the product's own tables and indexes, and the line's rows of *founded* in it."""
    open_store(database).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ATTACH ? AS founded", (f"file:{founded}",))
        for table in ("lines", "authors", "logs", "orders"):
            connection.execute(f"INSERT INTO {table} SELECT * FROM founded.{table}")  # noqa: S608 - our own names
        connection.commit()


def connect(database: Path) -> sqlite3.Connection:
    """Open a yardstick's database with the store's settings; transactions are the caller's."""
    connection = sqlite3.connect(database, isolation_level=None)
    for setting in SETTINGS:
        connection.execute(f"PRAGMA {setting}")
    return connection


def insert(connection: sqlite3.Connection, batch: Batch, receipts: Sequence[Batch]) -> None:
    """Commit a batch, and the receipts that came meanwhile, in one durable transaction."""
    author, lane, size, *_ = batch.place
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(ADD_ENTRY, batch.rows)
    connection.execute(ADD_BATCH, (*batch.place, b""))
    connection.execute(GROW_LOG, (size, batch.place[5], author, lane))
    newest = batch.rows[-1]
    connection.execute(MOVE_ORDER, (newest[4], newest[7], newest[6], author))
    note_receipts(connection, receipts)
    connection.execute("COMMIT")


def note_receipts(connection: sqlite3.Connection, receipts: Sequence[Batch]) -> None:
    """Store receipts where the batches stand."""
    for each in receipts:
        author, lane, size, *_ = each.place
        connection.execute(NOTE_RECEIPT, (each.receipt, author, lane, size))
        connection.execute(RECEIPT_LOG, (size, each.receipt, author, lane))
