"""The tables of a node's database, as SQLAlchemy Core sees them; ``migrations`` is how a database gets them.

Rules kept here: types that SQLite and PostgreSQL both have; an entry is appended in the order of its arrival (``seq``)
and never moved, so a batch is one contiguous range, found by its row in ``batches``; what never leaves this node
(``withheld``) stands in a table of its own, which nothing that is sent ever reads. ``place`` is an entry's index.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()
Key: Final = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; in SQLite only a column of type INTEGER is the row's own number."""
SEQ_MAX: Final = 2**63 - 1


def _author() -> Column[int]:
    return Column("author_id", Integer, ForeignKey("authors.id"), nullable=False)


def _log_key() -> tuple[Column[int], Column[int]]:
    author = Column("author_id", Integer, ForeignKey("authors.id"), primary_key=True, autoincrement=False)
    return author, Column("lane", SmallInteger, primary_key=True, autoincrement=False)


lines: Final = Table(
    "lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("us", Text, nullable=False),
    Column("peer", Text, nullable=False),
    Column("charter", LargeBinary, nullable=False),
    Column("our_descriptor", LargeBinary, nullable=False),
    Column("peer_descriptor", LargeBinary, nullable=False),
)

authors: Final = Table(  # a party of a line in one epoch: short number for the long name
    "authors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("line_id", Integer, ForeignKey("lines.id"), nullable=False),
    Column("party", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    UniqueConstraint("line_id", "party", "epoch"),
)

logs: Final = Table(  # heads; ``lane`` is the lane's rank in ``LANES`` wherever it stands, ``size`` the frontier's
    "logs",
    metadata,
    *_log_key(),
    Column("nonce", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("receipted", BigInteger, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("stopped", Text, nullable=False),
    Column("frozen_at", BigInteger, nullable=False),
)

batches: Final = Table(  # entries ``first`` to ``size`` of a log, appended from ``seq`` on, and the notes at ``size``
    "batches",
    metadata,
    *_log_key(),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("seq", Key, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
)

entries: Final = Table(
    "entries",
    metadata,
    Column("seq", Key, primary_key=True, autoincrement=False),
    _author(),
    Column("lane", SmallInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("prev", LargeBinary, nullable=False),
    Column("seen", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("act_id", LargeBinary),
    Column("act_digest", LargeBinary, nullable=False),
    Column("fault", Text, nullable=False),
    Column("held_ms", BigInteger, nullable=False),
    Column("stamp", LargeBinary, nullable=False),
    Column("act", LargeBinary, nullable=False),
    Column("approvals", LargeBinary, nullable=False),
    Column("portions", LargeBinary),
    Index("entries_arrival", "author_id", "seq"),
    Index("entries_order", "author_id", "n"),
    Index("entries_act", "act_id"),
)

attachments: Final = Table(  # which entries name which attachment, in the order of their acts
    "attachments",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("seq", Key, ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
    Column("position", SmallInteger, nullable=False),
)

withheld: Final = Table(
    "withheld",
    metadata,
    Column("seq", Key, ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
    Column("position", SmallInteger, primary_key=True, autoincrement=False),
    Column("portion", LargeBinary, nullable=False),
)

orders: Final = Table(
    "orders",
    metadata,
    Column("author_id", Integer, ForeignKey("authors.id"), primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("seen", LargeBinary, nullable=False),
)

evidence: Final = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    _author(),
    Column("lane", SmallInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("items", LargeBinary, nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("line", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

facts: Final = Table(
    "facts",
    metadata,
    Column("line_id", Integer, ForeignKey("lines.id"), primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

documents: Final = Table(
    "documents",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
)
