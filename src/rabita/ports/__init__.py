"""What the node needs from outside, each port with the guarantee it gives; adapters live in store, keys and bearers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from rabita.line.changes import Changes
from rabita.line.errors import LocalFault
from rabita.line.ids import LogId
from rabita.line.record import (
    AuditRow,
    EntryRow,
    EvidenceRow,
    LineRecord,
    LogRow,
    OrderEntry,
    Snapshot,
    StoredBatch,
)


class Document(NamedTuple):
    """A signed document kept apart from lines: a descriptor or a charter at one of its stages.

    ``kind`` is ``descriptor`` or ``charter``; ``name`` the party code or line name; ``state`` is ``imported``,
    ``confirmed``, ``proposed`` or ``signed``.
    """

    kind: str
    name: str
    serial: int
    note: bytes
    state: str


class ListedEntry(NamedTuple):
    """An entry in a list: ``seq`` is the order in which this node came to hold it, a cursor for paging."""

    seq: int
    line: str
    log: LogId
    row: EntryRow
    held_ms: int
    receipted: bool


class NamedAttachment(NamedTuple):
    """An attachment and an entry whose act names it. ``digest`` is the SHA-256 of the blob, hex."""

    digest: str
    log: LogId
    index: int  # type: ignore[assignment]  # - not the tuple method


class Store(Protocol):
    """Keeps lines. Readers see only committed changes; one process writes.

    ``commit`` returns only when every change is durable (survives kill -9 and power loss given an honest fsync) and
    is all or nothing; it raises ``LocalFault("store-unavailable")`` with nothing changed. Reads raise the same.
    """

    def commit(self, changes: Sequence[Changes], now_ms: int) -> None:
        """Make the changes durable in one transaction."""
        ...

    def add_line(self, record: LineRecord) -> None:
        """Keep a new line; the same record again changes nothing. Raises ``InvariantBroken`` for a different one."""
        ...

    def lines(self) -> tuple[LineRecord, ...]:
        """List the lines kept, by name."""
        ...

    def snapshot(self, line: str) -> Snapshot:
        """Read what the core needs to take *line* up again; raises ``UserFault("line-unknown")``."""
        ...

    def batch(self, line: str, log: LogId, first: int) -> StoredBatch | None:
        """Read *log* from index *first* to the next stored note, never withheld portions; None at the end."""
        ...

    def note(self, line: str, log: LogId, size: int) -> bytes | None:
        """Read the author's note over *log* at exactly *size*."""
        ...

    def leaves(self, line: str, log: LogId, first: int, end: int) -> tuple[bytes, ...]:
        """Read leaf hashes of *log* from index *first* up to *end*."""
        ...

    def order(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[OrderEntry, ...]:
        """Read at most *count* entries of an author's epoch with n above *after_n*, by n, then lane and index."""
        ...

    def entry(self, line: str, log: LogId, index: int) -> ListedEntry | None:
        """Read one entry, its withheld portions included (they stay on this node)."""
        ...

    def acts(self, line: str, act_id: bytes) -> tuple[tuple[LogId, int, bytes], ...]:
        """List where an act id was used: log, index and act digest, earliest (epoch, n) first."""
        ...

    def listed(self, line: str, party: str, before_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """List entries newest first, of one author or (empty) of both, below *before_seq* (0: from the newest)."""
        ...

    def following(self, line: str, after_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """List a line's entries in the order of their arrival, at most *count* above *after_seq* (0: from the first).

        Whatever is committed later has a greater ``seq``, so a reader that goes on from the last it was given misses
        nothing. Withheld portions are left out.
        """
        ...

    def at(self, seqs: Sequence[int]) -> tuple[ListedEntry, ...]:
        """Read the entries of these ``seq`` numbers that are held, by rising number, without withheld portions."""
        ...

    def notes(self, line: str, log: LogId, after_size: int, count: int) -> tuple[tuple[int, bytes, bytes], ...]:
        """List the notes of a log by size above *after_size*: size, author's note, cosigned note or empty."""
        ...

    def logs(self, line: str) -> tuple[LogRow, ...]:
        """List the heads of a line's logs."""
        ...

    def evidence(self, line: str) -> tuple[EvidenceRow, ...]:
        """List the contradictions kept."""
        ...

    def audit(self, count: int) -> tuple[AuditRow, ...]:
        """List the newest *count* audit rows, newest first."""
        ...

    def purge(self, line: str, log: LogId, index: int) -> None:
        """Remove the bytes and salts of an entry's portions, withheld ones too; the leaf stays. Idempotent.

        Nothing of a control lane is ever purged: asking for it is ``InvariantBroken``.
        """
        ...

    def attachments(self, line: str, digest: str = "") -> tuple[NamedAttachment, ...]:
        """List the attachments that acts of *line* name, or who names *digest*, in the order of their arrival."""
        ...

    def put_document(self, document: Document) -> None:
        """Keep a document; the same kind, name and serial is replaced."""
        ...

    def documents(self, kind: str) -> tuple[Document, ...]:
        """List documents of a kind by name and serial."""
        ...

    def backup(self, target: str) -> None:
        """Write a consistent copy of the whole store to a new file while the node runs."""
        ...

    def close(self) -> None:
        """Release the files."""
        ...


class Clock(Protocol):
    """Gives the time in milliseconds since 1970 UTC, as this node's machine claims it, and a monotonic one."""

    def now_ms(self) -> int:
        """Give the wall clock; it may jump."""
        ...

    def monotonic_ms(self) -> int:
        """Give a clock that never goes back; for waits, keepalives and rates only."""
        ...


class Space(Protocol):
    """Says how much room the disk of the store has; it may change at any time and by anyone's doing."""

    def free_bytes(self) -> int:
        """Give the free space, in bytes, that this process may use."""
        ...


class Keys(Protocol):
    """Signs with this node's keys; private keys never leave it.

    Raises ``LocalFault("key-unavailable")`` when the key is not unlocked or not held.
    """

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        """Sign *message* with the key whose public half is given (32 bytes); gives 64 bytes (RFC 8032)."""
        ...

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        """Sign with the ML-DSA-44 key whose public half is given (1,312 bytes); gives 2,420 bytes (FIPS 204)."""
        ...


class Scheduler(Protocol):
    """Commits, and calls back in turn or in time, all on the node's one thread."""

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        """Commit in the store, then call *done*, perhaps before this returns; called again only after *done* was."""
        ...

    def soon(self, call: Callable[[], None]) -> None:
        """Call once what is happening now is done, so that what comes in one burst is seen as one."""
        ...

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        """Call at this time of the monotonic clock, or soon after."""
        ...


class Listener(Protocol):
    """Hears what happens on a line, for the desk, the command line and the exercise."""

    def sealed(self, line: str, log: LogId, rows: Sequence[int]) -> None:
        """Own entries at these indexes are durable."""
        ...

    def arrived(self, line: str, log: LogId, rows: Sequence[EntryRow]) -> None:
        """Entries of the counterpart are durable here."""
        ...

    def receipted(self, line: str, log: LogId, size: int) -> None:
        """Take notice that the counterpart's receipt over an own log up to *size* is durable here."""
        ...

    def told(self, line: str, code: str, detail: str) -> None:
        """Something officers should know of; ``code`` is in ``SENTENCES``."""
        ...


class Channel(Protocol):
    """One authenticated conversation with a counterpart's node. ``send`` never blocks and keeps order."""

    def send(self, frames: Sequence[bytes]) -> None:
        """Queue frames; the core bounds what is unacknowledged, so the queue is bounded."""
        ...

    def close(self) -> None:
        """End the conversation."""
        ...
