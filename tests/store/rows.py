"""Rows for the tests of stores, signed for real: a store accepts only what ``line.verify`` let through."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypedDict, Unpack

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rabita.line.changes import Changes
from rabita.line.entry import NO_APPROVALS, Entry, entry_leaf
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.merkle import EMPTY, Frontier, append, root
from rabita.line.note import (
    Checkpoint,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    checkpoint_text,
    cosignature_message,
    pack_timestamped,
)
from rabita.line.record import EntryRow, LineRecord, LogRow, SealedBatch, StoredReceipt
from rabita.line.verify import Verified, admit_receipt, seal_batch
from rabita.ports import Store

SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = SIGNER.public_key().public_bytes_raw()
AUTHOR = VerifierKey("PAK.rabita.invalid/node", SignatureKind.ED25519, PUBLIC)
READER = VerifierKey("IRN.rabita.invalid/receipt", SignatureKind.ED25519_COSIGNATURE, PUBLIC)

NONCE = "0" * 32
LINE = "pak-irn"
OTHER_LINE = "afg-irn"
ROUTINE = LogId("PAK", 1, Lane.ROUTINE)
FLASH = LogId("PAK", 1, Lane.FLASH)
CONTROL = LogId("PAK", 1, Lane.CONTROL)
THEIRS = LogId("IRN", 1, Lane.ROUTINE)
NOW_MS = 1_706_486_400_000
WITHHELD = b"the words that never leave this node"


def record(line: str = LINE) -> LineRecord:
    return LineRecord(line, "PAK", "IRN", b"charter of " + line.encode(), (b"ours", b"theirs"))


class Columns(TypedDict, total=False):
    """What a test may choose of an entry; the rest follows from its place."""

    act: bytes
    act_id: bytes
    portions: tuple[bytes | None, ...]
    withheld: tuple[bytes, ...]
    fault: str


def entry_row(log: LogId, index: int, n: int, **columns: Unpack[Columns]) -> EntryRow:
    act = columns.get("act", b"{}")
    place = f"{log.party}.{log.epoch}.{log.lane}.{index}".encode()
    entry = Entry(b"stamp of " + place, act, NO_APPROVALS, columns.get("portions", ()))
    return EntryRow(
        index,
        entry_leaf(entry),
        entry,
        n,
        prev=sha256(b"prev" + place).digest(),
        seen=(1, n, 0, index, 2**40, 7),
        act_id=columns.get("act_id", sha256(place).digest()[:16]),
        act_digest=sha256(act).digest(),
        fault=columns.get("fault", ""),
        withheld=columns.get("withheld", ()),
    )


def text_at(log: LogId, frontier: Frontier) -> bytes:
    return checkpoint_text(Checkpoint(f"{LINE}.rabita.invalid/{log.party}/{log.lane}", frontier.size, root(frontier)))


@dataclass
class Author:
    """Writes a log's batches, one after another, as the core would ask for them to be kept."""

    log: LogId
    frontier: Frontier = EMPTY
    n: int = 0
    notes: dict[int, bytes] = field(default_factory=dict)

    def rows(self, count: int, **columns: Unpack[Columns]) -> tuple[EntryRow, ...]:
        first = self.frontier.size
        return tuple([entry_row(self.log, first + each, self.n + 1 + each, **columns) for each in range(count)])

    def sealed(self, rows: tuple[EntryRow, ...]) -> Verified[SealedBatch]:
        first = self.frontier.size
        self.frontier = append(self.frontier, [row.leaf for row in rows])
        self.n += len(rows)
        text = text_at(self.log, self.frontier)
        batch = seal_batch(SealedBatch(self.log, first, rows, self.frontier, b""), text, AUTHOR, SIGNER.sign(text))
        self.notes[self.frontier.size] = batch.value.note
        return batch

    def batch(self, count: int = 3, **columns: Unpack[Columns]) -> Verified[SealedBatch]:
        return self.sealed(self.rows(count, **columns))

    def receipt(self, size: int, time_s: int = 1_706_486_400) -> Verified[StoredReceipt]:
        note = self.notes[size]
        signature = SIGNER.sign(cosignature_message(time_s, note[: note.index(b"\n\n") + 1]))
        signed = NoteSignature(READER.name, READER.key_id, pack_timestamped(time_s, signature))
        return admit_receipt(self.log, size, note, READER, signed)

    def head(self, receipt: StoredReceipt | None = None, *, note: bytes = b"", stopped: str = "") -> LogRow:
        """Give the head as it is after the batches made so far."""
        receipted, cosigned = (receipt.size, receipt.note) if receipt else (0, b"")
        newest = note or self.notes.get(self.frontier.size, b"")
        return LogRow(self.log, NONCE, self.frontier, newest, receipted, cosigned, stopped, -1)


def new_logs(*logs: LogId) -> tuple[LogRow, ...]:
    """Give the heads of logs that are still empty."""
    return tuple([Author(log).head() for log in logs])


def keep(store: Store, *batches: Verified[SealedBatch], line: str = LINE, now_ms: int = NOW_MS) -> None:
    """Commit batches, and their logs where these are new."""
    held = {row.log for row in store.logs(line)}
    logs = [batch.value.log for batch in batches if batch.value.log not in held]
    store.commit([Changes(line, new_logs(*dict.fromkeys(logs)), batches)], now_ms)


def everything(store: Store) -> list[object]:
    """Read all that a store gives of two lines, for comparing two stores or two moments."""
    found: list[object] = [store.lines(), store.audit(1000), store.documents("descriptor"), store.documents("charter")]
    for line in [each.line for each in store.lines()]:
        found += [store.snapshot(line), store.evidence(line), store.logs(line)]
        found += [store.listed(line, party, 0, 10_000) for party in ("", "PAK", "IRN")]
        found += [store.order(line, party, epoch, 0, 10_000) for party in ("PAK", "IRN") for epoch in (1, 2)]
        for log in [LogId(party, epoch, lane) for party in ("PAK", "IRN") for epoch in (1, 2) for lane in LANES]:
            found += [store.notes(line, log, 0, 1000), store.leaves(line, log, 0, 10_000)]
            first, batch = 0, store.batch(line, log, 0)
            while batch is not None:
                found.append(batch)
                first += len(batch.entries)
                batch = store.batch(line, log, first)
            found += [store.entry(line, log, index) for index in range(first + 1)]
    return found
