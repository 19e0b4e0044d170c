"""A store in memory: the port for the simulation and for tests, and the plainest statement of what the port means.

Rules kept here: the whole state is one value that is never changed, only replaced by a commit. So a commit is all or
nothing, a reader sees one moment, and ``clone`` (what a machine finds on its disk after a crash) costs nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import msgspec

from rabita.line.attachment import named_in
from rabita.line.changes import Changes
from rabita.line.errors import LocalFault, UserFault, ensure
from rabita.line.ids import RANK, Lane, LogId
from rabita.line.limits import INTEGER_MAX
from rabita.line.record import (
    AuditRow,
    EntryRow,
    EvidenceRow,
    LineRecord,
    LogRow,
    OrderEntry,
    OrderRow,
    SealedBatch,
    Snapshot,
    StoredBatch,
    StoredReceipt,
)
from rabita.ports import Document, ListedEntry, NamedAttachment


class _Held(NamedTuple):
    seq: int
    held_ms: int
    row: EntryRow


@dataclass(frozen=True, slots=True)
class _Log:
    """Its head, entries by index, and notes by size, smallest first: the author's, and the cosigned one or empty."""

    head: LogRow
    held: tuple[_Held, ...] = ()
    notes: Mapping[int, tuple[bytes, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    record: LineRecord
    logs: Mapping[LogId, _Log] = field(default_factory=dict)
    orders: Mapping[tuple[str, int], OrderRow] = field(default_factory=dict)
    evidence: tuple[EvidenceRow, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _State:
    lines: Mapping[str, _Line] = field(default_factory=dict)
    audit: tuple[AuditRow, ...] = ()
    documents: Mapping[tuple[str, str, int], Document] = field(default_factory=dict)
    seq: int = 0


class MemoryStore:
    """The port ``Store`` in memory; nothing survives the process but what ``clone`` took."""

    def __init__(self, state: _State | None = None) -> None:
        self._state = state or _State()

    def clone(self) -> "MemoryStore":
        """Give another store that holds what was committed when it was taken."""
        return MemoryStore(self._state)

    # writing

    def commit(self, changes: Sequence[Changes], now_ms: int) -> None:
        """See ``Store.commit``."""
        state = self._state
        for each in changes:
            state = _applied(state, each, now_ms)
        self._state = state

    def add_line(self, record: LineRecord) -> None:
        """See ``Store.add_line``."""
        kept = self._state.lines.get(record.line, _Line(record))
        ensure(kept.record == record, "another record under the name of a line")
        self._state = replace(self._state, lines={**self._state.lines, record.line: kept})

    def purge(self, line: str, log: LogId, index: int) -> None:
        """See ``Store.purge``."""
        ensure(log.lane is not Lane.CONTROL, "nothing of a control lane is purged")
        kept = self._log(line, log)
        if kept is None or index >= len(kept.held):
            return
        held = kept.held[index]
        entry = held.row.entry._replace(portions=(None,) * len(held.row.entry.portions))
        purged = held._replace(row=held.row._replace(entry=entry, withheld=()))
        rest = replace(kept, held=(*kept.held[:index], purged, *kept.held[index + 1 :]))
        known = self._state.lines[line]
        self._state = _with_line(self._state, replace(known, logs={**known.logs, log: rest}))

    def put_document(self, document: Document) -> None:
        """See ``Store.put_document``."""
        documents = {**self._state.documents, (document.kind, document.name, document.serial): document}
        self._state = replace(self._state, documents=documents)

    # reading

    def lines(self) -> tuple[LineRecord, ...]:
        """See ``Store.lines``."""
        return tuple([kept.record for _, kept in sorted(self._state.lines.items())])

    def snapshot(self, line: str) -> Snapshot:
        """See ``Store.snapshot``; control entries come in the order of their arrival, without withheld portions."""
        if line not in self._state.lines:
            raise UserFault("line-unknown", line)
        kept = self._state.lines[line]
        orders = tuple([row for _, row in sorted(kept.orders.items())])
        found = sorted((held.seq, log, held) for log, held in self._entries(line) if log.lane is Lane.CONTROL)
        control = tuple([(log, held.row._replace(withheld=())) for _, log, held in found])
        facts = {name: msgspec.json.decode(value) for name, value in sorted(kept.facts.items())}
        return Snapshot(kept.record, self.logs(line), orders, control, facts)

    def batch(self, line: str, log: LogId, first: int) -> StoredBatch | None:
        """See ``Store.batch``."""
        kept = self._log(line, log)
        size = next((size for size in kept.notes if size > first), None) if kept else None
        if kept is None or size is None:
            return None
        return StoredBatch(log, first, tuple([held.row.entry for held in kept.held[first:size]]), kept.notes[size][0])

    def note(self, line: str, log: LogId, size: int) -> bytes | None:
        """See ``Store.note``."""
        return next((note for at, note, _ in self.notes(line, log, size - 1, 1) if at == size), None)

    def leaves(self, line: str, log: LogId, first: int, end: int) -> tuple[bytes, ...]:
        """See ``Store.leaves``."""
        kept = self._log(line, log)
        return tuple([held.row.leaf for held in kept.held[first:end]]) if kept else ()

    def order(self, line: str, party: str, epoch: int, after_n: int, count: int) -> tuple[OrderEntry, ...]:
        """See ``Store.order``."""
        found = sorted(
            ((held.row.n, RANK[log.lane], held.row.index), log, held.row)
            for log, held in self._entries(line)
            if (log.party, log.epoch) == (party, epoch) and held.row.n > after_n
        )
        return tuple([OrderEntry(row.n, row.prev, row.leaf, row.seen, log, row.index) for _, log, row in found[:count]])

    def entry(self, line: str, log: LogId, index: int) -> ListedEntry | None:
        """See ``Store.entry``."""
        kept = self._log(line, log)
        return self._listed(line, log, kept.held[index]) if kept and index < len(kept.held) else None

    def acts(self, line: str, act_id: bytes) -> tuple[tuple[LogId, int, bytes], ...]:
        """See ``Store.acts``."""
        found = sorted(
            ((log.epoch, held.row.n, log.party, RANK[log.lane], held.row.index), log, held.row)
            for log, held in self._entries(line)
            if held.row.act_id == act_id != b""
        )
        return tuple([(log, row.index, row.act_digest) for _, log, row in found])

    def listed(self, line: str, party: str, before_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """See ``Store.listed``; withheld portions are left out."""
        found = sorted(
            [
                (-held.seq, log, held)
                for log, held in self._entries(line)
                if party in ("", log.party) and (held.seq < before_seq or not before_seq)
            ]
        )
        return tuple(
            [
                self._listed(line, log, held._replace(row=held.row._replace(withheld=())))
                for _, log, held in found[:count]
            ]
        )

    def following(self, line: str, after_seq: int, count: int) -> tuple[ListedEntry, ...]:
        """See ``Store.following``."""
        return tuple([each for each in reversed(self.listed(line, "", 0, INTEGER_MAX)) if each.seq > after_seq][:count])

    def at(self, seqs: Sequence[int]) -> tuple[ListedEntry, ...]:
        """See ``Store.at``."""
        wanted = set(seqs)
        held = [each for line in self._state.lines for each in self.listed(line, "", 0, INTEGER_MAX)]
        return tuple(sorted([each for each in held if each.seq in wanted], key=lambda each: each.seq))

    def notes(self, line: str, log: LogId, after_size: int, count: int) -> tuple[tuple[int, bytes, bytes], ...]:
        """See ``Store.notes``."""
        kept = self._log(line, log)
        found = [(size, *notes) for size, notes in kept.notes.items() if size > after_size] if kept else []
        return tuple(found[:count])

    def logs(self, line: str) -> tuple[LogRow, ...]:
        """See ``Store.logs``."""
        logs = self._line(line).logs
        return tuple([logs[log].head for log in sorted(logs, key=_log_order)])

    def evidence(self, line: str) -> tuple[EvidenceRow, ...]:
        """See ``Store.evidence``."""
        return self._line(line).evidence

    def audit(self, count: int) -> tuple[AuditRow, ...]:
        """See ``Store.audit``."""
        return self._state.audit[::-1][:count]

    def attachments(self, line: str, digest: str = "") -> tuple[NamedAttachment, ...]:
        """See ``Store.attachments``."""
        found = sorted(
            (held.seq, place, NamedAttachment(each, log, held.row.index))
            for log, held in self._entries(line)
            for place, each in enumerate(named_in(held.row.entry.act))
            if digest in ("", each)
        )
        return tuple([named for _, _, named in found])

    def documents(self, kind: str) -> tuple[Document, ...]:
        """See ``Store.documents``."""
        return tuple([kept for key, kept in sorted(self._state.documents.items()) if key[0] == kind])

    def backup(self, target: str) -> None:
        """Refuse: there is no file to write, and ``clone`` is the copy.

        Raises ``LocalFault("store-unavailable")``, or ``UserFault("backup-exists")`` as the port says.
        """
        if Path(target).exists():
            raise UserFault("backup-exists", target)
        raise LocalFault("store-unavailable", "a store in memory is copied by clone")

    def close(self) -> None:
        """See ``Store.close``; there is nothing to release."""

    # parts of a reading

    def _line(self, line: str) -> _Line:
        return self._state.lines.get(line) or _Line(LineRecord(line, "", "", b"", (b"", b"")))

    def _log(self, line: str, log: LogId) -> _Log | None:
        return self._line(line).logs.get(log)

    def _entries(self, line: str) -> Iterator[tuple[LogId, _Held]]:
        for log, kept in self._line(line).logs.items():
            for held in kept.held:
                yield log, held

    def _listed(self, line: str, log: LogId, held: _Held) -> ListedEntry:
        kept = self._state.lines[line]
        receipted = log.party == kept.record.peer or held.row.index < kept.logs[log].head.receipted
        return ListedEntry(held.seq, line, log, held.row, held.held_ms, receipted)


def _log_order(log: LogId) -> tuple[str, int, int]:
    return log.party, log.epoch, RANK[log.lane]


def _with_line(state: _State, line: _Line) -> _State:
    return replace(state, lines={**state.lines, line.record.line: line})


def _applied(state: _State, changes: Changes, now_ms: int) -> _State:
    """Give the state after one line's changes, applied in the order of their fields."""
    if any(changes[1:5]) or changes.evidence or changes.facts:
        ensure(changes.line in state.lines, "changes of a line that is not kept")
        line, seq = state.lines[changes.line], state.seq
        logs = dict(line.logs)
        for row in changes.logs:
            logs[row.log] = _changed(logs[row.log], row) if row.log in logs else _begun(row)
        for batch in changes.batches:
            ensure(batch.value.log in logs, "a batch of a log that is not kept")
            logs[batch.value.log] = _appended(logs[batch.value.log], batch.value, seq, now_ms)
            seq += len(batch.value.rows)
        for receipt in changes.receipts:
            ensure(receipt.value.log in logs, "a receipt for a log that is not kept")
            logs[receipt.value.log] = _receipted(logs[receipt.value.log], receipt.value)
        line = replace(
            line,
            logs=logs,
            orders={**line.orders, **{(order.party, order.epoch): order for order in changes.orders}},
            evidence=line.evidence + changes.evidence,
            facts={**line.facts, **dict(changes.facts)},
        )
        state = replace(_with_line(state, line), seq=seq)
    return replace(state, audit=state.audit + changes.audit)


def _begun(row: LogRow) -> _Log:
    ensure(row.frontier.size == 0, "a log begins empty")
    return _Log(row)


def _changed(log: _Log, row: LogRow) -> _Log:
    head = log.head._replace(stopped=row.stopped, frozen_at=row.frozen_at)
    size = row.frontier.size
    if size != head.frontier.size:
        return replace(log, head=head)
    notes = {**log.notes, size: (row.note, log.notes[size][1])} if size in log.notes else log.notes
    return replace(log, head=head._replace(note=row.note), notes=notes)


def _appended(log: _Log, batch: SealedBatch, seq: int, now_ms: int) -> _Log:
    first, rows, end = batch.first, batch.rows, batch.frontier.size
    found = first == log.head.frontier.size and end == first + len(rows) > first
    ensure(found, f"a batch at {first} of a log that does not end there")
    ensure([row.index for row in rows] == list(range(first, end)), "the rows of a batch in order")
    held = [_Held(seq + place, now_ms, row) for place, row in enumerate(rows, 1)]
    head = log.head._replace(frontier=batch.frontier, note=batch.note)
    return _Log(head, (*log.held, *held), {**log.notes, end: (batch.note, b"")})


def _receipted(log: _Log, receipt: StoredReceipt) -> _Log:
    size, note = receipt.size, receipt.note
    ensure(size in log.notes, f"a receipt over {size} entries, where no note stands")
    head = log.head if size < log.head.receipted else log.head._replace(receipted=size, receipt=note)
    return replace(log, head=head, notes={**log.notes, size: (log.notes[size][0], note)})
