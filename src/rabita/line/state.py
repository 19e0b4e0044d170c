"""What the core remembers of a line between two events: heads and windows, never history."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias, cast

import msgspec

from rabita.line.amendment import Version, founding, place_fault
from rabita.line.charter import Charter, check_charter
from rabita.line.control import Facts, follow_control, versions_of
from rabita.line.descriptor import read_descriptor
from rabita.line.entry import FIRST_PREV, Stamp
from rabita.line.errors import ensure
from rabita.line.frames import Batch, Held, Receipt
from rabita.line.ids import LANES, Lane, LogId, first_nonce
from rabita.line.keybook import first_era
from rabita.line.merkle import EMPTY
from rabita.line.note import Checkpoint, VerifierKey
from rabita.line.possession import Possession
from rabita.line.record import EvidenceRow, LogRow, OrderRow, SealedBatch, Snapshot, StoredReceipt
from rabita.line.verify import Verified
from rabita.line.window import Window

BEHIND: Final = "behind"
ACCORD: Final = "accord"
QUOTAS: Final = "quotas"
OPEN: Final = -1


class Sealing(NamedTuple):
    """Own batches of the group commit under way, not yet signed: what ``seal_batch`` needs, and where drafts went."""

    batches: tuple[SealedBatch, ...]
    texts: tuple[bytes, ...]
    keys: tuple[VerifierKey, ...]
    placed: tuple[tuple[LogId, int], ...]
    n: int
    prev: bytes


class SealPending(NamedTuple):
    """A group commit waits for its signatures, then for its commit (``verified`` is then filled).

    ``rows`` are the logs of the epoch it opens, if it opens one.
    """

    sealing: Sealing
    verified: tuple[Verified[SealedBatch], ...]
    rows: tuple[LogRow, ...]


class ReceivePending(NamedTuple):
    """A batch of the counterpart, or an own one returned, waits for its commit; ``size_bytes`` as it travelled."""

    session: int
    verified: Verified[SealedBatch]
    rows: tuple[LogRow, ...]
    size_bytes: int


class CosignPending(NamedTuple):
    """A receipt of ours waits for its signature."""

    session: int
    log: LogId
    checkpoint: Checkpoint
    time_s: int


class ReceiptPending(NamedTuple):
    """A receipt of the counterpart waits for our note it is over; once ``verified`` is filled, for its commit."""

    receipt: Receipt
    verified: Verified[StoredReceipt] | None


class ComparePending(NamedTuple):
    """The author's note over a log at a size already held waits to be compared with the one kept."""

    log: LogId
    size: int
    note: bytes


class AttestPending(NamedTuple):
    """ML-DSA-44 signatures over heads wait to be made: of our logs, and of the counterpart's as receipts."""

    heads: tuple[tuple[LogId, bytes, VerifierKey], ...]
    time_s: int


class RowsPending(NamedTuple):
    """Rows of logs wait for their commit: frozen, stopped, or with a note of more signatures, which is then sent.

    Logs stopped by ``evidence`` count as stopped already.
    """

    rows: tuple[LogRow, ...]
    announce: bool = False
    evidence: tuple[EvidenceRow, ...] = ()


class PossessionPending(NamedTuple):
    """Our statement that we hold an attachment waits for its signature by *key*."""

    session: int
    said: Possession
    key: VerifierKey


Pending: TypeAlias = (
    SealPending
    | ReceivePending
    | CosignPending
    | ReceiptPending
    | ComparePending
    | AttestPending
    | RowsPending
    | PossessionPending
)


class Sending(msgspec.Struct, frozen=True):
    """How far one log is sent in a conversation.

    ``first`` is the next entry to send and ``until`` the size that may be sent; ``data`` is the batch under way (from
    entry ``first`` to ``end``), ``offset`` how much of it is sent. ``refused`` counts how often it was asked for again.
    """

    first: int
    until: int
    data: bytes = b""
    end: int = 0
    offset: int = 0
    loading: bool = False
    blocked: bool = False
    refused: int = 0
    credit_bytes: int = 0
    used_bytes: int = 0


class Receiving(msgspec.Struct, frozen=True):
    """The chunks of a batch that arrived so far."""

    first: int
    chunks: tuple[bytes, ...]
    size_bytes: int


class Wanting(msgspec.Struct, frozen=True):
    """The one attachment that is asked for, or (with ``note``) said to be held: how much of it is held.

    ``total_bytes`` is 0 until its first piece came.
    """

    digest: str
    offset: int
    total_bytes: int = 0
    note: bytes = b""


class Serving(msgspec.Struct, frozen=True):
    """The one attachment that is sent: from where on, and the piece of it that was read and is sent next."""

    digest: str
    offset: int
    total_bytes: int = 0
    data: bytes = b""
    loading: bool = False


class Session(msgspec.Struct, frozen=True):
    """One conversation.

    ``floors`` are the sizes below which we must not cosign: receipts of ours the author showed. ``unsure`` are logs of
    which a receipt was shown that is by none of our keys, as far as we remember them. ``heard_control`` is how much of
    our present control log the counterpart said it holds, ``listed`` are the epochs of its own that it spoke of, and
    ``claims`` what its greeting said of the logs we hold. ``granted`` and ``taken`` are bytes of chunks since it
    began, per log; ``asked`` is from where a refused log was asked for again. ``passed`` counts how often an attachment
    did not come right.
    """

    id: int
    dialled: bool
    bulk: bool
    opened_ms: int
    heard_ms: int
    pinged_ms: int
    met: bool = False
    window: Window = Window()
    frames: int = 0
    sending: Mapping[LogId, Sending] = {}
    receiving: Mapping[LogId, Receiving] = {}
    floors: Mapping[LogId, int] = {}
    unsure: tuple[LogId, ...] = ()
    heard_control: int = 0
    listed: tuple[int, ...] = ()
    claims: Mapping[LogId, Held] = {}
    granted: Mapping[LogId, int] = {}
    taken: Mapping[LogId, int] = {}
    refusals: Mapping[LogId, tuple[str, int]] = {}
    asked: Mapping[LogId, int] = {}
    received_bytes: int = 0
    ack_sent_bytes: int = 0
    ack_sent_ms: int = 0
    ack_due: bool = False
    clock_difference_ms: int = 0
    waiting: tuple[tuple[LogId, Batch, int], ...] = ()
    wanting: Wanting | None = None
    serving: Serving | None = None
    passed: Mapping[str, int] = {}


class Quota(msgspec.Struct, frozen=True):
    """What the counterpart used of a lane on a day (UTC, days since 1970 by our clock)."""

    day: int
    entries: int
    size_bytes: int


class LineState(msgspec.Struct, frozen=True):
    """One line of a node.

    ``logs`` are durable heads; ``tips`` run ahead of them by what waits to be committed. ``n`` and ``prev`` are our
    own order in our present epoch. ``epochs`` are both parties' present epochs; ``proven`` is the highest epoch of
    ours that the counterpart proved to hold, or that another restore of our backup may have begun. ``behind`` says that
    our own tail is uncertain: a new epoch is needed. ``disk_low`` says that what room the disk has is kept for what we
    seal ourselves, control and FLASH. ``unkept`` are stops whose proof was not stored, to be tried at ``retry_ms``.
    """

    line: str
    us: str
    peer: str
    facts: Facts
    logs: Mapping[LogId, LogRow]
    epochs: Mapping[str, int]
    n: int
    prev: bytes
    orders: Mapping[tuple[str, int], OrderRow]
    gaps: Mapping[tuple[str, int], bool]
    quotas: Mapping[Lane, Quota]
    behind: bool
    proven: int
    accord: int
    tips: Mapping[LogId, LogRow] = {}
    pending: Mapping[int, Pending] = {}
    ticket: int = 0
    sealing: bool = False
    session: Session | None = None
    now_ms: int = 0
    time_ms: int = 0
    changed_ms: int = 0
    attested: bool = True
    attested_sizes: Mapping[LogId, int] = {}
    wake_ms: int = 0
    disk_low: bool = False
    unkept: tuple[RowsPending, ...] = ()
    retry_ms: int = 0

    @property
    def charters(self) -> tuple[Version, ...]:
        """The versions of the charter in force, the founding one first."""
        return versions_of(self.facts, lambda log, index: not 0 <= self.logs[log].frozen_at <= index)

    @property
    def charter(self) -> Charter:
        """The newest version of the charter in force."""
        return self.charters[-1].charter


replace = msgspec.structs.replace


def version_written(state: LineState, epoch: int) -> int:
    """Give the number of the charter version that we write under in an epoch of ours.

    What we sealed in an earlier epoch, and of which no receipt is held, may have been lost with it: until the
    counterpart says where it froze that epoch, only the receipted part counts.
    """

    def certain(log: LogId, index: int) -> bool:
        row = state.logs[log]
        unsure = log.party == state.us and log.epoch < epoch and row.frozen_at == OPEN
        return index < row.receipted if unsure else not 0 <= row.frozen_at <= index

    return versions_of(state.facts, certain)[-1].number


def conversation(state: LineState) -> Session:
    """Give the open conversation, to what happens only in one."""
    ensure(state.session is not None, "what belongs to a conversation happened outside one")
    return cast("Session", state.session)


def new_log(log: LogId, nonce: str) -> LogRow:
    """Begin an empty log."""
    return LogRow(log, nonce, EMPTY, b"", 0, b"", "", OPEN)


def epoch_logs(party: str, epoch: int, nonce: str) -> dict[LogId, LogRow]:
    """Begin the five logs of a party's epoch."""
    return {log: new_log(log, nonce) for log in [LogId(party, epoch, lane) for lane in LANES]}


def tip(state: LineState, log: LogId) -> LogRow | None:
    """Give the head of a log, what waits to be committed included."""
    return state.tips.get(log) or state.logs.get(log)


def moved(logs: Mapping[LogId, LogRow], batches: Sequence[Verified[SealedBatch]]) -> dict[LogId, LogRow]:
    """Move the heads of the logs that these batches extend."""
    fresh = dict(logs)
    for each in batches:
        batch = each.value
        fresh[batch.log] = fresh[batch.log]._replace(frontier=batch.frontier, note=batch.note)
    return fresh


def with_rows(logs: Mapping[LogId, LogRow], rows: Sequence[LogRow]) -> dict[LogId, LogRow]:
    """Take rows in: new logs as given; else what stops or freezes one or adds a signature, none of which is undone."""
    fresh = dict(logs)
    for row in rows:
        held = fresh.get(row.log, row)
        signed = row.frontier == held.frontier and len(row.note) > len(held.note)
        fresh[row.log] = held._replace(
            note=row.note if signed else held.note,
            stopped=held.stopped or row.stopped,
            frozen_at=_frozen(row, held),
        )
    return fresh


def _frozen(one: LogRow, other: LogRow) -> int:
    """Give where a log frozen twice is frozen: further up, as more is proven; once it is stopped, further down."""
    sizes = (one.frozen_at, other.frozen_at)
    return min(sizes) if (one.stopped or other.stopped) and OPEN not in sizes else max(sizes)


def with_waiting(state: LineState, rows: Sequence[LogRow]) -> tuple[LogRow, ...]:
    """Join rows to be stored to those of the same logs that wait for their commits, which they would replace."""
    waiting = [row for each in state.pending.values() if isinstance(each, RowsPending) for row in each.rows]
    fresh = {row.log: row for row in rows}
    return tuple(with_rows(fresh, [row for row in waiting if row.log in fresh]).values())


def with_pending(state: LineState, pending: Pending) -> tuple[LineState, int]:
    """Keep *pending* under a fresh ticket."""
    ticket = state.ticket + 1
    return replace(state, ticket=ticket, pending={**state.pending, ticket: pending}), ticket


def charter_fault(state: LineState, author: str, stamp: Stamp, ordered_n: int) -> str:
    """Say what is wrong with the charter version that a stamp names, as ``place_fault``, by what is held.

    All entries of its author in that epoch up to number *ordered_n* are.
    """
    present = {author: stamp.epoch, state.peer if author == state.us else state.us: stamp.seen_epoch}
    control = [row for log, row in state.logs.items() if log.lane is Lane.CONTROL]
    before = [row for row in control if row.log.epoch < present[row.log.party]]
    seen = [_in_force(row) for row in control if row.log.party != author and row.log.epoch == stamp.seen_epoch]
    whole = all(OPEN < row.frozen_at <= row.frontier.size for row in before)
    complete = whole and ordered_n >= stamp.n and sum(seen) >= stamp.seen[0]
    return place_fault(state.charters, author, stamp, complete=complete)


def _in_force(row: LogRow) -> int:
    return row.frontier.size if row.frozen_at == OPEN else min(row.frontier.size, row.frozen_at)


def without_pending(state: LineState, ticket: int) -> tuple[LineState, Pending | None]:
    """Take what waits under a ticket; None if nothing does any more."""
    pending = dict(state.pending)
    found = pending.pop(ticket, None)
    return replace(state, pending=pending), found


def load(snapshot: Snapshot) -> LineState:
    """Take a line up from what its store holds.

    Raises ``PeerFault`` if the founding documents do not verify (a store that was tampered with).
    """
    record = snapshot.record
    ours, theirs = [read_descriptor(raw) for raw in record.descriptors]
    line, charter = check_charter(record.charter, ours, theirs)
    facts = Facts({record.us: first_era(ours), record.peer: first_era(theirs)}, {}, founding(line, charter))
    logs = {row.log: row for row in snapshot.logs}
    for log, row in snapshot.control:
        facts, _ = follow_control(facts, line, logs[log], row)
    epochs = {
        party: max([log.epoch for log in logs if log.party == party], default=1) for party in (record.us, record.peer)
    }
    for party, epoch in epochs.items():
        if epoch == 1:
            logs = {**epoch_logs(party, 1, first_nonce(line, party)), **logs}
    orders = {(order.party, order.epoch): order for order in snapshot.orders}
    own = orders.get((record.us, epochs[record.us]), OrderRow(record.us, 1, 0, bytes.fromhex(FIRST_PREV), ()))
    quotas = msgspec.convert(snapshot.facts.get(QUOTAS, {}), dict[Lane, Quota])
    return LineState(
        line=line,
        us=record.us,
        peer=record.peer,
        facts=facts,
        logs=logs,
        epochs=epochs,
        n=own.n,
        prev=own.leaf,
        orders=orders,
        gaps={log[:2]: True for log in logs if log.party == record.peer},
        quotas=quotas,
        behind=bool(snapshot.facts.get(BEHIND, 0)),
        proven=epochs[record.us] + max(int(snapshot.facts.get(BEHIND, 0)) - 1, 0),
        accord=int(snapshot.facts.get(ACCORD, 0)),
    )
