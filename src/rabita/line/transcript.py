"""Verifying a transcript file line by line: everything is recomputed from the bytes, nothing is taken on trust.

No more than one batch is held, and of each log only what the report needs. Two verdicts are kept apart: a *fault* says
that the file is not what the parties signed; a *contradiction*, that what one party signed cannot all be true.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, cast

from rabita.line.amendment import founding
from rabita.line.approvals import judged
from rabita.line.charter import check_charter
from rabita.line.control import RECOVERY, Facts, apply_control, check_opening
from rabita.line.descriptor import Descriptor, checkpoint_keys, read_descriptor, receipt_keys
from rabita.line.entry import NO_APPROVALS, Entry, decode_approvals, decode_stamp, read
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.keybook import checkpoint_keys_at, era_at, first_era
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import Checkpoint, Note, parse_checkpoint, parse_note
from rabita.line.transcript_batch import Columns, columns, digests
from rabita.line.transcript_charters import judge_charters
from rabita.line.transcript_lines import (
    TITLE,
    BatchLine,
    CharterLine,
    DescriptorLine,
    End,
    EndLine,
    Evidence,
    EvidenceLine,
    Head,
    Line,
    LogHead,
    LogLine,
    decode_line,
)
from rabita.line.transcript_notes import Signers, checked_note, checked_receipt, vouched
from rabita.line.transcript_order import Follower, Run, judge
from rabita.line.transcript_report import Finding, LogReport, Report
from rabita.line.transcript_skim import skim
from rabita.line.verify import entry_row, open_checkpoint

_FOUNDING: Final = (Head, CharterLine, DescriptorLine, DescriptorLine)


class _Log:
    """One log while it is read."""

    __slots__ = (
        "author",
        "follow",
        "frontier",
        "head",
        "last_null",
        "log",
        "name",
        "origin",
        "peer",
        "reader",
        "report",
        "revoked",
        "runs",
    )

    def __init__(self, line: str, head: LogHead, peer: str, *, own: bool) -> None:
        self.head, self.log, self.peer = head, head.id, peer
        self.origin = origin(line, self.log, head.nonce)
        follower = Follower(line, self.log)
        self.follow, self.runs = follower.follow, follower.runs
        self.frontier = EMPTY
        self.author: Signers | None = None
        self.reader: Signers | None = None
        self.last_null = -1
        self.revoked = ""
        self.report = LogReport(self.log, head.nonce, own, frozen_at=head.frozen_at, stopped=head.stopped)
        self.name = self.report.name


class Verifier:
    """Verifies a transcript: ``feed`` it every line, then ``finish``. No byte of the file raises."""

    def __init__(self, *, approvals: bool = True) -> None:
        """Start; *approvals* says whether officers' signatures are checked too."""
        self.report = Report()
        self._with_approvals = approvals
        self._place = 0
        self._founded = False
        self._dead = False
        self._ended = False
        self._digest = sha256()
        self._descriptors: list[Descriptor] = []
        self._charter = b""
        self._facts = Facts({}, {})
        self._logs: dict[LogId, _Log] = {}
        self._current: _Log | None = None
        self._ids: dict[str, dict[str, bytes]] = {}
        self._deferred: list[Callable[[], None]] | None = []

    def feed(self, raw: bytes) -> None:
        """Take the next line, with or without its newline."""
        self._place += 1
        if self._dead:
            return
        try:
            line = decode_line(raw)
            if not isinstance(line, BatchLine | EndLine):
                self._digest.update(raw.removesuffix(b"\n") + b"\n")
            self._take(line)
        except PeerFault as fault:
            self.report.fault(fault.code, f"line {self._place}")
            self._dead = not self._founded
            if self._current is not None:
                self._current.report.broken = True

    def finish(self) -> Report:
        """Say what was found; nothing is fed after it."""
        report = self.report
        if not (self._ended or self._dead):
            report.fault("transcript-truncated", f"line {self._place + 1}")
        self._settle()
        for log in self._logs.values():
            if not log.report.broken:
                self._close(log)
        runs: dict[tuple[str, int], list[Run]] = {}
        for log in self._logs.values():
            runs.setdefault(log.log[:2], []).extend(log.runs)
        for (party, epoch), found in sorted(runs.items()):
            judge(found, report, f"{party} epoch {epoch}", self._peer(party), self._size)
        judge_charters(self._facts, [run for found in runs.values() for run in found], report, self._size)
        return report

    def _take(self, line: Line) -> None:
        """Let each line stand only where it may; raises ``PeerFault``."""
        if not self._founded:
            if self._place > len(_FOUNDING) or type(line) is not _FOUNDING[self._place - 1]:
                raise PeerFault("transcript-malformed")
            self._found(line)
        elif self._ended:
            raise PeerFault("transcript-malformed")
        elif isinstance(line, BatchLine):
            self._take_batch(line)
        elif isinstance(line, LogLine):
            self._take_log(line.log)
        elif isinstance(line, EvidenceLine):
            self._take_evidence(line.evidence)
        elif isinstance(line, EndLine):
            self._take_end(line.end)
        else:
            raise PeerFault("transcript-malformed")

    # the frame of the file

    def _found(self, line: Line) -> None:
        """Check the founding documents: both roots signed them, and the charter founds the line named."""
        report = self.report
        if isinstance(line, Head):
            if line.rabita != TITLE:
                raise PeerFault("version-unsupported")
            report.line, report.by, report.time_ms = line.line, line.by, line.time_ms
        elif isinstance(line, CharterLine):
            self._charter = line.charter.encode()
        else:
            self._descriptors.append(read_descriptor(cast("DescriptorLine", line).descriptor.encode()))
            if self._place == len(_FOUNDING):
                ours, theirs = self._descriptors
                name, charter = check_charter(self._charter, ours, theirs)
                if (name, ours.party) != (report.line, report.by):
                    raise PeerFault("charter-foreign")
                report.parties, report.exercise = (ours.party, theirs.party), charter.exercise
                books = {each.party: first_era(each) for each in self._descriptors}
                self._facts = Facts(books, {}, founding(name, charter))
                self._founded = True

    def _take_log(self, head: LogHead) -> None:
        """Begin a log: each once, control lanes first, under its party's nonce of that epoch."""
        self._current = None
        log, parties = head.id, self.report.parties
        control = log.lane is Lane.CONTROL
        if not control:
            self._settle()
        if log.party not in parties or log.epoch < 1 or log in self._logs or (control and self._deferred is None):
            raise PeerFault("transcript-malformed")
        self._current = self._logs[log] = _Log(
            self.report.line, head, self._peer(log.party), own=log.party == self.report.by
        )
        self.report.logs[log] = self._current.report
        if log.epoch == 1:
            nonce = first_nonce(self.report.line, log.party)
        else:
            opened = self._logs.get(LogId(log.party, log.epoch, Lane.CONTROL))
            nonce = opened.head.nonce if opened else ""
        if head.nonce != nonce:
            raise PeerFault("opening-malformed")

    def _take_evidence(self, evidence: Evidence) -> None:
        """Believe a fork only when its author's key signed both; contradictions of order are found by themselves."""
        self._settle()
        self._current = None
        log = self._logs.get(evidence.id)
        if log is None:
            raise PeerFault("transcript-malformed")
        if evidence.code != "forked":
            return
        shown = []
        for raw in evidence.items:
            size = parse_checkpoint(parse_note(raw).text).size
            keys = checkpoint_keys_at(self._facts.books[log.log.party], log.log, log.origin, size)
            shown.append(open_checkpoint(raw, log.origin, keys)[1])
        if len({each.size for each in shown}) != 1 or len({each.root for each in shown}) < 2:  # noqa: PLR2004 - a pair
            raise PeerFault("claim-false")
        self.report.contradictions.append(Finding("forked", f"{log.name} at {shown[0].size}"))

    def _take_end(self, end: End) -> None:
        self._ended, self._current = True, None
        if (end.batches, end.entries, end.digest) != (
            self.report.batches,
            self.report.entries,
            self._digest.hexdigest(),
        ):
            raise PeerFault("transcript-altered")

    # batches

    def _take_batch(self, batch: BatchLine) -> None:
        """Extend the log's tree and compare its root; a log is read no further once it does not fit."""
        report, log = self.report, self._current
        report.batches += 1
        report.entries += len(batch.entries)
        if log is None or log.report.broken:
            report.skipped += 1
            return
        try:
            parts = columns(batch, log.frontier.size)
            log.frontier = append(log.frontier, self._leaves(log, parts))
            root_hash = root(log.frontier)
            noted = batch.note.encode()
            note = checked_note(noted, Checkpoint(log.origin, log.frontier.size, root_hash))
        except PeerFault as fault:
            report.fault(fault.code, f"{log.name} {fault.detail or f'from entry {batch.first}'}")
            log.report.broken = True
            return
        log.report.size = size = log.frontier.size

        def vouch() -> None:
            if self._author_signed(log, size, note):
                log.report.roots[size] = root_hash
                self._reader_signed(log, size, note, noted, batch.receipt.encode())

        if self._deferred is None:
            vouch()
        else:
            self._deferred.append(vouch)

    def _author_signed(self, log: _Log, size: int, note: Note) -> bool:
        """Check that its author signed a checkpoint.

        What a key signed beyond its revocation proves nothing; a later checkpoint by a good key covers it.
        """
        report = log.report
        try:
            era = era_at(self._facts.books[log.log.party], log.log, size)
            if log.author is None or log.author.descriptor is not era:
                log.author = Signers(era, checkpoint_keys(era, log.origin))
            hybrid = vouched(note, log.author)
        except PeerFault as fault:
            if fault.code != "key-revoked":
                self.report.fault(fault.code, f"{log.name} checkpoint {size}")
            log.revoked = fault.code
            return False
        log.revoked = ""
        report.complete = size
        report.author_mldsa = size if hybrid else report.author_mldsa
        return True

    def _reader_signed(self, log: _Log, size: int, note: Note, noted: bytes, receipt: bytes) -> None:
        """Check the receipt over a checkpoint, where there is one; *noted* is the note as the file has it."""
        report = log.report
        if not receipt:
            return
        try:
            era = era_at(self._facts.books[log.peer], log.log, size)
            if log.reader is None or log.reader.descriptor is not era:
                log.reader = Signers(era, receipt_keys(era))
            whole = checked_receipt(receipt, note, noted, log.reader)
            hybrid = vouched(whole, log.reader, note.signatures, log.author)
        except PeerFault as fault:
            if fault.code == "key-revoked":
                self.report.revoked_receipts += 1
            else:
                self.report.fault(fault.code, f"{log.name} receipt {size}")
            return
        report.receipted = size
        report.reader_mldsa = size if hybrid else report.reader_mldsa

    def _leaves(self, log: _Log, parts: Columns) -> list[bytes]:
        """Recompute the leaves of a batch; words, the author's order and act ids are checked on the way."""
        report, party, first = log.report, log.log.party, log.frontier.size
        hashed, said = digests(parts), skim(first, parts, self.report.line, log.log)
        log.last_null = max(said.purged, default=log.last_null)
        report.purged += len(said.purged)
        report.portions += said.sent
        report.withheld += said.withheld
        faults = {**said.faults, **log.follow(first, hashed.leaves, parts.stamps)}
        self.report.content.update(faults.values())
        self._count_ids(party, said.ids, hashed.acts)
        if log.log.lane is Lane.CONTROL:
            for index, entry in enumerate(map(Entry, *parts), first):
                self._control(log, index, entry)
        if self._with_approvals and parts.approvals.count(NO_APPROVALS) < len(parts.approvals):
            for stamp, act, approvals in zip(parts.stamps, parts.acts, parts.approvals, strict=True):
                if approvals != NO_APPROVALS:
                    self._approvals(log.log, stamp, act, approvals)
        return hashed.leaves

    def _count_ids(self, party: str, ids: Sequence[str], acts: Sequence[bytes]) -> None:
        """Count the acts whose id their author used before; *acts* are their digests."""
        known = self._ids.setdefault(party, {})
        if "" not in ids and len(set(ids)) == len(ids) and known.keys().isdisjoint(ids):
            known.update(zip(ids, acts, strict=True))
            return
        for act_id, act in zip(ids, acts, strict=True):
            if act_id and (used := known.setdefault(act_id, act)) is not act:
                self.report.duplicates += used == act
                self.report.voids += used != act

    def _control(self, log: _Log, index: int, entry: Entry) -> None:
        """Let a control act take effect; the opening of an epoch is checked before, its checkpoint after.

        Nothing of a control lane is ever purged: what a receipt covers there is what the line stands on.
        """
        if None in entry.portions:
            raise PeerFault("portion-missing", f"entry {index}")
        party = log.log.party
        reading = read(entry, self.report.line, log.log)
        if index == 0 and log.log.epoch > 1:
            row = entry_row(0, entry, reading)
            opening = check_opening(row, reading.act, reading.approvals, self._facts.books[party])
            if opening.nonce != log.head.nonce:
                raise PeerFault("opening-malformed", "entry 0")
        if reading.fault or reading.stamp is None or 0 <= log.head.frozen_at <= index:
            return
        self._facts, code = apply_control(self._facts, party, reading.act, reading.stamp, index, entry.portions)
        if code:
            self.report.content[code] += 1

    def _approvals(self, log: LogId, stamp: bytes, act: bytes, raw: bytes) -> None:
        """Check officers' signatures against the credentials published; those of control lanes once all are read."""
        if self._deferred is not None:
            self._deferred.append(lambda: self._count_approvals(log, stamp, act, raw))
        else:
            self._count_approvals(log, stamp, act, raw)

    def _count_approvals(self, log: LogId, stamp: bytes, act: bytes, raw: bytes) -> None:
        counts = self.report.approvals
        try:
            approvals = decode_approvals(raw)
        except PeerFault:
            self.report.content["approvals-malformed"] += 1
            return
        place = (log.epoch, _number(stamp))
        for each in approvals:
            history = self._facts.history(log.party, each.key)
            recovers = each.role == RECOVERY and not history
            counts["recovery" if recovers else judged(each, act, place, history)] += 1

    # the end

    def _settle(self) -> None:
        """Once all control lanes are read, and so all keys are known, check what waited for them."""
        deferred, self._deferred = self._deferred, None
        for check in deferred or ():
            check()

    def _close(self, log: _Log) -> None:
        """Judge what only a log's end can tell: no good signature over its end, purge marks above every receipt."""
        if log.revoked == "key-revoked":
            self.report.fault("key-revoked", f"{log.name} after checkpoint {log.report.complete}")
        if log.report.own and log.last_null >= log.report.receipted:
            self.report.fault("portion-missing", f"{log.name} entry {log.last_null}")

    def _peer(self, party: str) -> str:
        return self.report.parties[1 - self.report.parties.index(party)]

    def _size(self, log: LogId) -> int:
        return self._logs[log].frontier.size if log in self._logs else 0


def _number(stamp: bytes) -> int:
    """Give an entry's number in its author's order, 0 where its stamp cannot be read."""
    try:
        return decode_stamp(stamp).n
    except PeerFault:
        return 0


def verify_transcript(lines: Iterable[bytes], *, approvals: bool = True) -> Report:
    """Verify a whole transcript; *lines* come with or without their newlines. *approvals* as for ``Verifier``."""
    verifier = Verifier(approvals=approvals)
    for line in lines:
        verifier.feed(line)
    return verifier.finish()
