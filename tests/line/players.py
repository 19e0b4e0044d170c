"""A real node on a line, and its counterpart played by hand with real keys: it says whatever a test wants said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Final, TypeVar

import msgspec

from rabita.line.changes import Changes
from rabita.line.charter import LaneTerms
from rabita.line.control import OPENING, PROCEDURE, RECOVERY, Opening, fields_of
from rabita.line.descriptor import checkpoint_keys, receipt_keys
from rabita.line.entry import (
    NO_APPROVALS,
    SENT,
    WITHHELD,
    Act,
    Approval,
    Entry,
    PortionRef,
    Stamp,
    approval_message,
    encode,
    entry_leaf,
)
from rabita.line.errors import LocalFault, RabitaError
from rabita.line.events import Accord, Draft
from rabita.line.frames import (
    Batch,
    Chunk,
    Frame,
    Head,
    Held,
    Hello,
    Receipt,
    decode_frame,
    encode_batch,
    encode_frame,
)
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.limits import INTEGER_MAX, PROTOCOL
from rabita.line.merkle import EMPTY, Frontier, append, root
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    checkpoint_text,
    cosignature_message,
    format_note,
    mldsa_message,
    pack_timestamped,
    parse_checkpoint,
    parse_note,
)
from rabita.line.record import EntryRow, LogRow, OrderEntry, StoredBatch
from rabita.line.state import OPEN, load
from rabita.ports import Keys
from rabita.services.commits import CommitQueue
from rabita.services.exchange import Exchange, Outside, Placed
from rabita.store.blobs_memory import MemoryBlobs
from rabita.store.memory import MemoryStore
from tests.line.founders import LINE, THEM, US, founding, member

START_MS: Final = 1_706_486_400_000
Kind = TypeVar("Kind")
_numbers = count(1)


def fresh(size: int) -> bytes:
    """Give bytes not given before in this run."""
    return sha256(b"%d" % next(_numbers)).digest()[:size]


# what lies under a node


class Disk(MemoryStore):
    """A store that fails while it is broken."""

    broken = False

    def clone(self) -> "Disk":
        return Disk(self._state)

    def commit(self, changes: Sequence[Changes], now_ms: int) -> None:
        self._check()
        super().commit(changes, now_ms)

    def batch(self, line: str, log: LogId, first: int) -> StoredBatch | None:
        self._check()
        return super().batch(line, log, first)

    def note(self, line: str, log: LogId, size: int) -> bytes | None:
        self._check()
        return super().note(line, log, size)

    def order(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[OrderEntry, ...]:
        self._check()
        return super().order(line, party, epoch, after_n, count)

    def _check(self) -> None:
        if self.broken:
            raise LocalFault("store-unavailable")


class Tap:
    """A channel that keeps what the node sends."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.open = True

    def send(self, frames: Sequence[bytes]) -> None:
        self.frames += [decode_frame(raw) for raw in frames]

    def close(self) -> None:
        self.open = False


class Node:
    """A running node: its own clock, scheduler and listener. Commits wait while it is ``holding``."""

    def __init__(
        self,
        us: str = US,
        disk: Disk | None = None,
        lane_terms: LaneTerms | None = None,
        keys: Keys | None = None,
        blobs: MemoryBlobs | None = None,
    ) -> None:
        self.us, self.peer = (US, THEM) if us == US else (THEM, US)
        record = founding(lane_terms)[us]
        self.line = record.line
        self.disk = disk or Disk()
        self.blobs = blobs or MemoryBlobs()
        self.disk.add_line(record)
        self.ring = member(us).ring
        self.at_ms, self.offset_ms = 10_000, START_MS
        self.holding = False
        self.commits: list[tuple[Sequence[Changes], Callable[[LocalFault | None], None]]] = []
        self.carried: list[tuple[Sequence[Changes], Callable[[LocalFault | None], None]]] = []
        self.calls: list[tuple[int, int, Callable[[], None]]] = []
        self.told_of: list[tuple[str, str]] = []
        self.arrivals: list[tuple[LogId, EntryRow]] = []
        self.receipts: list[tuple[LogId, int]] = []
        self.own: list[tuple[LogId, int]] = []
        self.answers: list[Placed | RabitaError] = []
        self.taps: dict[int, Tap] = {}
        self.session = 0
        outside = Outside(self.disk, keys or self.ring, self, self, CommitQueue(self), self, self.blobs)
        self.exchange = Exchange(load(self.disk.snapshot(self.line)), outside)

    def restarted(self) -> "Node":
        """Give the node that comes up from what is durable."""
        terms = self.exchange.state.charter.terms(Lane.ROUTINE)
        default = founding()[US].line == self.line
        return Node(self.us, self.disk.clone(), None if default else terms, blobs=self.blobs)

    # ports

    def now_ms(self) -> int:
        return self.offset_ms + self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms

    def soon(self, call: Callable[[], None]) -> None:
        call()

    def call_at(self, at_ms: int, call: Callable[[], None]) -> None:
        self.calls.append((at_ms, next(_numbers), call))

    def wait(self, for_ms: int) -> None:
        """Let time pass, and call what was to be called by then."""
        end_ms = self.at_ms + for_ms
        while (due := min(self.calls, default=None)) is not None and due[0] <= end_ms:
            self.calls.remove(due)
            self.at_ms = max(self.at_ms, due[0])
            due[2]()
        self.at_ms = end_ms

    def commit(self, changes: Sequence[Changes], done: Callable[[LocalFault | None], None]) -> None:
        self.commits.append((changes, done))
        if not self.holding:
            self.release(1)

    def release(self, number: int = 1_000) -> None:
        """Carry out commits that wait."""
        for _ in range(number):
            if not self.commits:
                return
            changes, done = self.commits.pop(0)
            self.carried.append((changes, done))
            try:
                self.disk.commit(changes, self.now_ms())
            except LocalFault as fault:
                done(fault)
            else:
                done(None)

    def sealed(self, line: str, log: LogId, rows: Sequence[int]) -> None:
        assert line == self.line
        self.own += [(log, index) for index in rows]

    def arrived(self, line: str, log: LogId, rows: Sequence[EntryRow]) -> None:
        assert line == self.line
        self.arrivals += [(log, row) for row in rows]

    def receipted(self, line: str, log: LogId, size: int) -> None:
        assert line == self.line
        self.receipts.append((log, size))

    def told(self, line: str, code: str, detail: str) -> None:
        assert line == self.line
        self.told_of.append((code, detail))

    # what a test does to it

    def open(self, *, dialled: bool = False, bulk: bool = False) -> Tap:
        """Open a conversation."""
        tap = Tap()
        self.session = self.exchange.opened(tap, dialled=dialled, bulk=bulk)
        self.taps[self.session] = tap
        return tap

    def hear(self, *frames: Frame) -> None:
        self.exchange.received(self.session, [encode_frame(frame) for frame in frames])

    def meet(self, *held: Held, bulk: bool = False) -> Tap:
        """Open a conversation and hear the counterpart's hello."""
        tap = self.open(bulk=bulk)
        self.hear(self.hello(*held))
        return tap

    def hello(self, *held: Held, **changes: object) -> Hello:
        """Write the counterpart's hello, with some of its fields changed."""
        body = Hello(PROTOCOL, self.line, self.peer, 1, self.now_ms(), held)
        return msgspec.structs.replace(body, **changes)

    def meet_with(self, **changes: object) -> None:
        """Open a conversation and hear a hello of which some fields are changed."""
        self.open()
        self.hear(self.hello(**changes))

    def take(self, log: LogId, batch: Batch, chunk_bytes: int = 65_536) -> None:
        """Hear a batch."""
        raw = encode_batch(batch.first, batch.entries, batch.note)
        for offset in range(0, len(raw), chunk_bytes):
            data = raw[offset : offset + chunk_bytes]
            self.hear(Chunk(log, batch.first, offset, offset + len(data) == len(raw), data))

    def said(self, kind: type[Kind]) -> list[Kind]:
        """Give the frames of one kind that it sent in the present conversation."""
        return [frame for frame in self.taps[self.session].frames if isinstance(frame, kind)]

    def has_ended(self) -> bool:
        """Say whether it ended the present conversation."""
        return not self.taps[self.session].open

    def is_behind(self) -> bool:
        """Say whether it knows that its own tail is lost."""
        return self.exchange.state.behind

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.told_of]

    def log(self, lane: Lane, epoch: int = 1) -> LogId:
        return LogId(self.us, epoch, lane)

    def row(self, log: LogId) -> LogRow:
        return self.exchange.state.logs[log]

    def seal(self, lane: Lane, *texts: str) -> None:
        for text in texts:
            self.seal_draft(draft(self.us, lane, text, line=self.line), lane)

    def seal_draft(self, given: Draft, lane: Lane) -> None:
        self.exchange.seal(given, lane, self.answers.append)

    def accord(self, epoch: int) -> None:
        """Let an officer agree to the counterpart's epoch."""
        self.exchange.feed(Accord(epoch))

    def held(self, log: LogId, receipt: bytes = b"") -> Held:
        """Say, as its counterpart would, that all of a log is held."""
        row = self.row(log)
        return Held(log, row.nonce, row.frontier.size, root(row.frontier), row.note, receipt, OPEN)


def act_of(author: str, lane: Lane, /, **members: object) -> Act:
    """Write a message's act with some of its members changed."""
    plain = Act(LINE, author, lane, fresh(16).hex(), INTEGER_MAX, "exercise", "message", "send")
    return msgspec.structs.replace(plain, **members)


def draft(author: str, lane: Lane, text: str = "", withheld: str = "", line: str = LINE) -> Draft:
    """Write a message; *withheld* stays at home."""
    sent = (fresh(16) + text.encode(),) if text else ()
    kept = (fresh(16) + withheld.encode(),) if withheld else ()
    refs = [PortionRef(sha256(raw).hexdigest(), SENT, "CLEAR") for raw in sent]
    refs += [PortionRef(sha256(raw).hexdigest(), WITHHELD, "SECRET") for raw in kept]
    return Draft(encode(act_of(author, lane, line=line, portions=tuple(refs))), NO_APPROVALS, sent, kept)


def control(author: str, verb: str, form: msgspec.Struct) -> Act:
    """Write an act of the line itself."""
    return act_of(author, Lane.CONTROL, procedure=PROCEDURE, act=verb, fields=fields_of(form))


def approvals(author: str, act: bytes, *keys: bytes, role: str = RECOVERY) -> bytes:
    """Sign an act with keys of a party."""
    ring, message = member(author).ring, approval_message(role, act)
    return encode([Approval(role, key.hex(), ring.sign_ed25519(key, message)) for key in keys])


@dataclass
class Author:
    """A party that writes its logs by hand, in its own order."""

    code: str = THEM
    epoch: int = 1
    nonce: str = ""
    generation: int = 1
    line: str = LINE
    n: int = 0
    prev: bytes = bytes(32)
    frontiers: dict[Lane, Frontier] = field(default_factory=dict)
    notes: dict[Lane, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nonce = self.nonce or first_nonce(self.line, self.code)

    def log(self, lane: Lane) -> LogId:
        return LogId(self.code, self.epoch, lane)

    def origin(self, lane: Lane) -> str:
        return origin(self.line, self.log(lane), self.nonce)

    def stamp(self, lane: Lane, /, **changes: object) -> Stamp:
        """Give the stamp of the next entry, with some of its fields changed."""
        n, prev = self.n + 1, self.prev.hex()
        whole = Stamp(self.line, *self.log(lane), 1, n, prev, 1, (0, 0, 0, 0, 0), START_MS)
        return msgspec.structs.replace(whole, **changes)

    def entry(self, lane: Lane, text: str = "", act: bytes = b"", signed: bytes = NO_APPROVALS) -> Entry:
        """Write the next entry."""
        content = draft(self.code, lane, text, line=self.line)
        return self.stamped(self.stamp(lane), act or content.act, signed, content.portions)

    def stamped(
        self, stamp: Stamp, act: bytes, signed: bytes = NO_APPROVALS, portions: tuple[bytes | None, ...] = ()
    ) -> Entry:
        entry = Entry(encode(stamp), act, signed, portions)
        self.n, self.prev = stamp.n, entry_leaf(entry)
        return entry

    def batch(self, lane: Lane, *entries: Entry) -> Batch:
        """Add entries to a log as one batch; one plain entry if none is given."""
        entries = entries or (self.entry(lane),)
        before = self.frontiers.get(lane, EMPTY)
        self.frontiers[lane] = append(before, [entry_leaf(entry) for entry in entries])
        self.notes[lane] = self.note(lane)
        return Batch(before.size, entries, self.notes[lane])

    def checkpoint(self, lane: Lane) -> Checkpoint:
        frontier = self.frontiers.get(lane, EMPTY)
        return Checkpoint(self.origin(lane), frontier.size, root(frontier))

    def note(self, lane: Lane, checkpoint: Checkpoint | None = None) -> bytes:
        """Sign a checkpoint, that of the log's head unless another is given."""
        text = checkpoint_text(checkpoint or self.checkpoint(lane))
        person = member(self.code)
        key = checkpoint_keys(person.descriptors[self.generation - 1], self.origin(lane))[0]
        return format_note(
            Note(text, (NoteSignature(key.name, key.key_id, person.ring.sign_ed25519(key.public, text)),))
        )

    def held(self, lane: Lane, receipt: bytes = b"", frozen_at: int = OPEN) -> Held:
        """Say what it holds of a log of its own."""
        at = self.checkpoint(lane)
        return Held(self.log(lane), self.nonce, at.size, at.root, self.notes.get(lane, b""), receipt, frozen_at)

    def opening(self, *, keys: int = 2) -> Batch:
        """Open its epoch: the first batch of its control log."""
        act = encode(control(self.code, OPENING, Opening(self.nonce, ())))
        signed = approvals(self.code, act, *member(self.code).recovery[:keys])
        return self.batch(Lane.CONTROL, self.entry(Lane.CONTROL, act=act, signed=signed))


def receipt_over(
    note: bytes, log: LogId, reader: str = THEM, generation: int = 1, time_s: int = 1_706_486_400
) -> Receipt:
    """Sign a receipt over an author's note."""
    text = parse_note(note).text
    at = parse_checkpoint(text)
    key = receipt_keys(member(reader).descriptors[generation - 1])[0]
    signature = member(reader).ring.sign_ed25519(key.public, cosignature_message(time_s, text))
    return Receipt(log, at.size, at.root, time_s, signature)


def cosigned(note: bytes, reader: str, generation: int = 1) -> bytes:
    """Put a reader's receipt under an author's note, as its author keeps it."""
    receipt = receipt_over(note, LogId("", 1, Lane.ROUTINE), reader, generation)
    key = receipt_keys(member(reader).descriptors[generation - 1])[0]
    line = NoteSignature(key.name, key.key_id, pack_timestamped(receipt.time_s, receipt.signature))
    held = parse_note(note)
    return format_note(Note(held.text, (*held.signatures, line)))


def lasting(note: bytes, log: LogId, signer: str, generation: int = 1) -> Head:
    """Add a party's ML-DSA-44 signature to a note: as author of its own log, else as reader."""
    held = parse_note(note)
    at = parse_checkpoint(held.text)
    descriptor = member(signer).descriptors[generation - 1]
    key = (checkpoint_keys(descriptor, at.origin) if log.party == signer else receipt_keys(descriptor))[1]
    time_s = 1_706_486_400
    signature = member(signer).ring.sign_mldsa44(key.public, mldsa_message(key.name, time_s, at))
    line = NoteSignature(key.name, key.key_id, pack_timestamped(time_s, signature))
    return Head(log, format_note(Note(held.text, (*held.signatures, line))))
