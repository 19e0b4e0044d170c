"""What a node keeps of a line: the rows that pass between the core and a store, and nothing else."""

from typing import Any, NamedTuple

from rabita.line.entry import Entry
from rabita.line.ids import LogId
from rabita.line.merkle import Frontier


class EntryRow(NamedTuple):
    """One entry held.

    ``index`` counts from 0 within the log; ``leaf`` is its RFC 6962 leaf hash; ``n``, ``prev`` (32 bytes) and ``seen``
    (epoch, then five sizes) come from the stamp, 0 and empty where it cannot be read; ``act_id`` (16 bytes) and
    ``act_digest`` (SHA-256) from the act, the id empty where it cannot be read; ``fault`` is the first content
    fault's code. ``withheld`` holds the portions that never leave this node (own entries only).
    """

    index: int  # type: ignore[assignment]  # - not the tuple method
    leaf: bytes
    entry: Entry
    n: int
    prev: bytes
    seen: tuple[int, ...]
    act_id: bytes
    act_digest: bytes
    fault: str
    withheld: tuple[bytes, ...] = ()


class SealedBatch(NamedTuple):
    """One group commit of one log: rows from index ``first``, the frontier after them, the author's note over it."""

    log: LogId
    first: int
    rows: tuple[EntryRow, ...]
    frontier: Frontier
    note: bytes


class StoredReceipt(NamedTuple):
    """A checkpoint of an own log with the counterpart's cosignature on it."""

    log: LogId
    size: int
    note: bytes


class LogRow(NamedTuple):
    """The durable head of a log: nonce (hex), frontier, the author's newest note over exactly that size, receipts.

    For own logs ``receipted`` is the highest size the counterpart has receipted and ``receipt`` that cosigned note; for
    the counterpart's logs they stay 0 and empty: what is held is receipted. ``stopped`` is empty, or the code that
    stopped the log; ``frozen_at`` is the size a log of a closed epoch is frozen at, -1 while it is open.
    """

    log: LogId
    nonce: str
    frontier: Frontier
    note: bytes
    receipted: int
    receipt: bytes
    stopped: str
    frozen_at: int


class OrderRow(NamedTuple):
    """How far an author's own order was checked in an epoch: entry ``n``, its leaf hash and its ``seen``."""

    party: str
    epoch: int
    n: int
    leaf: bytes
    seen: tuple[int, ...]


class EvidenceRow(NamedTuple):
    """Two validly signed statements that cannot both be true, as bytes, with the code that names the contradiction."""

    log: LogId
    code: str
    items: tuple[bytes, ...]


class AuditRow(NamedTuple):
    """One line of the audit trail: when (ms since 1970 UTC), the code, and to what it happened."""

    time_ms: int
    code: str
    detail: str


class StoredBatch(NamedTuple):
    """A batch read back for sending: entries from index ``first`` and the note over the log after them."""

    log: LogId
    first: int
    entries: tuple[Entry, ...]
    note: bytes


class OrderEntry(NamedTuple):
    """What the check of an author's order needs of one entry held."""

    n: int
    prev: bytes
    leaf: bytes
    seen: tuple[int, ...]
    log: LogId
    index: int  # type: ignore[assignment]  # - not the tuple method


class LineRecord(NamedTuple):
    """A line this node is party to: its name, who we are, who the counterpart is, and the founding documents.

    ``charter`` is the note signed by both roots; ``descriptors`` are the notes confirmed at pairing, ours first.
    """

    line: str
    us: str
    peer: str
    charter: bytes
    descriptors: tuple[bytes, bytes]


class Snapshot(NamedTuple):
    """All that a node needs to take a line up again after a restart."""

    record: LineRecord
    logs: tuple[LogRow, ...]
    orders: tuple[OrderRow, ...]
    control: tuple[tuple[LogId, EntryRow], ...]
    facts: dict[str, Any]
