"""How rows of the core become columns and come back; a column that is not what was written is never passed on.

Lists of a row are msgpack. Reading checks the type of every column (SQLite itself does not, and a damaged file may hold
anything): ``msgspec.MsgspecError`` says that a row is damaged.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, NamedTuple, TypeVar

import msgspec

from rabita.line.entry import Entry
from rabita.line.ids import LANES, RANK, LogId
from rabita.line.merkle import frontier_bytes, frontier_from_bytes
from rabita.line.record import EntryRow, LogRow, OrderEntry
from rabita.ports import ListedEntry

T = TypeVar("T")
LaneRank = Annotated[int, msgspec.Meta(ge=0, lt=len(LANES))]

pack: Final = msgspec.msgpack.Encoder().encode
unpack_numbers: Final = msgspec.msgpack.Decoder(tuple[int, ...]).decode
unpack_items: Final = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
_unpack_portions: Final = msgspec.msgpack.Decoder(tuple[bytes | None, ...]).decode


class EntryColumns(NamedTuple):
    """The columns of an entry, small ones first, so that what is read alone is read without the words."""

    seq: int
    author_id: int
    lane: LaneRank
    place: int
    n: int
    prev: bytes
    seen: bytes
    leaf: bytes
    act_id: bytes | None
    act_digest: bytes
    fault: str
    held_ms: int
    stamp: bytes
    act: bytes
    approvals: bytes
    portions: bytes | None


class LogColumns(NamedTuple):
    """The columns of a log's head, and whose it is."""

    party: str
    epoch: int
    lane: LaneRank
    nonce: str
    frontier: bytes
    note: bytes
    receipted: int
    receipt: bytes
    stopped: str
    frozen_at: int


class OrderColumns(NamedTuple):
    """The columns of an ``OrderEntry``."""

    n: int
    prev: bytes
    leaf: bytes
    seen: bytes
    lane: LaneRank
    place: int


class ActColumns(NamedTuple):
    """Where an act was used, and its digest."""

    party: str
    epoch: int
    lane: LaneRank
    place: int
    act_digest: bytes


class EntryParts(NamedTuple):
    """The columns of an entry that travel."""

    stamp: bytes
    act: bytes
    approvals: bytes
    portions: bytes | None


def checked(rows: Iterable[Sequence[Any]], kind: type[T]) -> list[T]:
    """Read the rows of a result as *kind*, a tuple type; raises ``msgspec.ValidationError`` for a damaged one."""
    return msgspec.convert([tuple(row) for row in rows], list[kind])  # type: ignore[valid-type] # - a form chosen at run time


def pack_portions(portions: tuple[bytes | None, ...]) -> bytes | None:
    """Write the portions of an entry; None when it has none."""
    return pack(portions) if portions else None


def entry(parts: EntryParts) -> Entry:
    """Read an entry as it travels."""
    return Entry(parts.stamp, parts.act, parts.approvals, unpack_portions(parts.portions))


def unpack_portions(raw: bytes | None) -> tuple[bytes | None, ...]:
    """Read what ``pack_portions`` wrote."""
    return () if raw is None else _unpack_portions(raw)


def entry_columns(row: EntryRow, seq: int, author_id: int, lane: int, held_ms: int) -> tuple[object, ...]:
    """Write an entry as the columns of ``EntryColumns``, in their order."""
    index, leaf, (stamp, act, approvals, portions), n, prev, seen, act_id, act_digest, fault, _withheld = row
    return (
        seq,
        author_id,
        lane,
        index,
        n,
        prev,
        pack(seen),
        leaf,
        act_id or None,
        act_digest,
        fault,
        held_ms,
        stamp,
        act,
        approvals,
        pack_portions(portions),
    )


def entry_row(row: EntryColumns) -> EntryRow:
    """Read an entry back, without the portions withheld."""
    entry = Entry(row.stamp, row.act, row.approvals, unpack_portions(row.portions))
    seen, act_id = unpack_numbers(row.seen), row.act_id or b""
    return EntryRow(row.place, row.leaf, entry, row.n, row.prev, seen, act_id, row.act_digest, row.fault)


def listed_entries(line: str, rows: Sequence[Sequence[Any]]) -> list[ListedEntry]:
    """Read entries as they stand in a list: whose each is, whether it is receipted, then its columns."""
    whose = checked([each[:3] for each in rows], tuple[str, int, bool])
    columns = checked([each[3:] for each in rows], EntryColumns)
    return [
        ListedEntry(row.seq, line, LogId(party, epoch, LANES[row.lane]), entry_row(row), row.held_ms, receipted)
        for (party, epoch, receipted), row in zip(whose, columns, strict=True)
    ]


def log_columns(row: LogRow) -> dict[str, object]:
    """Write a log's head as columns, those of its key left out."""
    values = row._asdict()
    values.pop("log")
    return values | {"frontier": frontier_bytes(row.frontier), "size": row.frontier.size}


def log_row(row: LogColumns) -> LogRow:
    """Read a log's head back."""
    log = LogId(row.party, row.epoch, LANES[row.lane])
    frontier = frontier_from_bytes(row.frontier)
    return LogRow(log, row.nonce, frontier, row.note, row.receipted, row.receipt, row.stopped, row.frozen_at)


def order_entry(party: str, epoch: int, row: OrderColumns) -> OrderEntry:
    """Read what the check of an author's order needs of one entry."""
    log = LogId(party, epoch, LANES[row.lane])
    return OrderEntry(row.n, row.prev, row.leaf, unpack_numbers(row.seen), log, row.place)


def rank(log: LogId) -> int:
    """Give the number of a log's lane."""
    return RANK[log.lane]
