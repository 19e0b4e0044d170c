"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create every table of version 1."""
    _lines()
    _logs()
    _entries()
    _rest()


def _author(*, primary_key: bool = False) -> sa.Column[int]:
    reference = sa.ForeignKey("authors.id")
    return sa.Column("author_id", sa.Integer, reference, primary_key=primary_key, autoincrement=False, nullable=False)


def _lines() -> None:
    op.create_table(
        "lines",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("us", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("charter", sa.LargeBinary, nullable=False),
        sa.Column("our_descriptor", sa.LargeBinary, nullable=False),
        sa.Column("peer_descriptor", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "authors",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("line_id", sa.Integer, sa.ForeignKey("lines.id"), nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("line_id", "party", "epoch"),
    )


def _logs() -> None:
    op.create_table(
        "logs",
        _author(primary_key=True),
        sa.Column("lane", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("receipted", sa.BigInteger, nullable=False),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
        sa.Column("stopped", sa.Text, nullable=False),
        sa.Column("frozen_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "batches",
        _author(primary_key=True),
        sa.Column("lane", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("seq", KEY, nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("receipt", sa.LargeBinary, nullable=False),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("seq", KEY, primary_key=True, autoincrement=False),
        _author(),
        sa.Column("lane", sa.SmallInteger, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("prev", sa.LargeBinary, nullable=False),
        sa.Column("seen", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("act_id", sa.LargeBinary),
        sa.Column("act_digest", sa.LargeBinary, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("held_ms", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.LargeBinary, nullable=False),
        sa.Column("act", sa.LargeBinary, nullable=False),
        sa.Column("approvals", sa.LargeBinary, nullable=False),
        sa.Column("portions", sa.LargeBinary),
    )
    op.create_index("entries_arrival", "entries", ["author_id", "seq"])
    op.create_index("entries_order", "entries", ["author_id", "n"])
    op.create_index("entries_act", "entries", ["act_id"])
    op.create_table(
        "withheld",
        sa.Column("seq", KEY, sa.ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("portion", sa.LargeBinary, nullable=False),
    )


def _rest() -> None:
    op.create_table(
        "orders",
        _author(primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("seen", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer, primary_key=True),
        _author(),
        sa.Column("lane", sa.SmallInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("items", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "facts",
        sa.Column("line_id", sa.Integer, sa.ForeignKey("lines.id"), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("serial", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
