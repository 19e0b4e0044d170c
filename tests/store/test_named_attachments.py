"""Which entries name which attachments: as the port says, in either store, and in a database from before the table."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rabita.line.record import SealedBatch
from rabita.line.verify import Verified
from rabita.ports import NamedAttachment, Store
from rabita.store.sqlite import open_store
from tests.store.rows import LINE, OTHER_LINE, ROUTINE, THEIRS, Author, keep, record

ONE: Final = "11" * 32
TWO: Final = "22" * 32


def act(*digests: str) -> bytes:
    listed = ",".join(f'"{each}"' for each in digests)
    return b'{"attachments":[' + listed.encode() + b"]}"


def filled(store: Store) -> None:
    """Name attachments on one line and another."""
    ours, theirs = Author(ROUTINE), Author(THEIRS)
    keep(store, with_acts(ours, b"{}", act(TWO, ONE)))
    keep(store, with_acts(theirs, act(ONE)))
    keep(store, with_acts(Author(ROUTINE), act(TWO)), line=OTHER_LINE)


def with_acts(author: Author, *acts: bytes) -> Verified[SealedBatch]:
    rows = author.rows(len(acts))
    return author.sealed(
        tuple([row._replace(entry=row.entry._replace(act=each)) for row, each in zip(rows, acts, strict=True)])
    )


FOUND: Final = (
    NamedAttachment(TWO, ROUTINE, 1),
    NamedAttachment(ONE, ROUTINE, 1),
    NamedAttachment(ONE, THEIRS, 0),
)


def test_what_acts_name_is_listed_by_line_as_it_arrived(store: Store) -> None:
    filled(store)
    assert store.attachments(LINE) == FOUND
    assert store.attachments(LINE, ONE) == FOUND[1:]
    assert store.attachments(OTHER_LINE) == (NamedAttachment(TWO, ROUTINE, 0),)
    assert store.attachments(OTHER_LINE, ONE) == ()
    assert store.attachments("nobody") == ()


@contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    with connection:
        yield connection
    connection.close()


def test_a_database_from_before_the_table_is_filled_from_its_entries(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    store = open_store(path)
    for line in (LINE, OTHER_LINE):
        store.add_line(record(line))
    filled(store)
    store.close()
    with database(path) as connection:
        connection.execute("DROP TABLE attachments")
        connection.execute("UPDATE alembic_version SET version_num = 'r0001'")
    store = open_store(path)
    assert store.attachments(LINE) == FOUND
    store.close()
