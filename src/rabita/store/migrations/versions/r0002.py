"""Which entries name which attachments."""

import sqlalchemy as sa
from alembic import op

from rabita.line.attachment import named_in, names_attachments

revision = "r0002"
down_revision = "r0001"

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ROWS_AT_ONCE = 1_000


def upgrade() -> None:
    """Create the table and fill it from the entries held."""
    table = op.create_table(
        "attachments",
        sa.Column("digest", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("seq", KEY, sa.ForeignKey("entries.seq"), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
    )
    connection = op.get_bind()
    entries = sa.table("entries", sa.column("seq"), sa.column("act"))
    after = 0
    held = sa.select(entries.c.seq, entries.c.act).order_by(entries.c.seq).limit(ROWS_AT_ONCE)
    while rows := connection.execute(held.where(entries.c.seq > after)).all():
        after = rows[-1].seq
        named = [
            {"digest": bytes.fromhex(digest), "seq": row.seq, "position": position}
            for row in rows
            if names_attachments(row.act)
            for position, digest in enumerate(named_in(row.act))
        ]
        if named:
            connection.execute(sa.insert(table), named)
