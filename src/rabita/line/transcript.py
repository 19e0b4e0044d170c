"""Verifying a transcript file line by line: everything is recomputed from the bytes, nothing is taken on trust.

No more than one batch is held, and of each log only what the report needs. Two verdicts are kept apart: a *fault* says
that the file is not what the parties signed; a *contradiction*, that what one party signed cannot all be true.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, cast

from rabita.line import limits
from rabita.line.charter import check_charter
from rabita.line.control import RECOVERY, Facts, apply_control, check_opening
from rabita.line.descriptor import Descriptor, read_descriptor
from rabita.line.entry import NO_APPROVALS, Entry, check_sizes, decode_approvals, read
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.keybook import checkpoint_keys_at, first_era, receipt_keys_at
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import Checkpoint, Note, VerifierKey, checkpoint_text, parse_checkpoint, parse_note
from rabita.line.signature import verify_note
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
from rabita.line.transcript_order import Follower, Run, judge
from rabita.line.transcript_report import Finding, LogReport, Report
from rabita.line.transcript_skim import skim
from rabita.line.verify import check_approval, entry_row, open_checkpoint

_NO_APPROVALS_DIGEST: Final = sha256(NO_APPROVALS).digest()
_PLAIN_BYTES: Final = limits.STAMP_BYTES_MAX
"""Parts that are together no larger than this are within every limit, with one portion of the largest size."""
_FOUNDING: Final = (Head, CharterLine, DescriptorLine, DescriptorLine)


class _Log:
    """One log while it is read."""

    __slots__ = (
        "follow",
        "frontier",
        "head",
        "last_null",
        "log",
        "name",
        "origin",
        "peer",
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
                self._facts = Facts({each.party: first_era(each) for each in self._descriptors}, {})
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
            _check_bounds(log, batch)
            log.frontier = append(log.frontier, self._leaves(log, batch))
            note = self._check_text(log, batch.note.encode())
        except PeerFault as fault:
            report.fault(fault.code, f"{log.name} {fault.detail or f'from entry {batch.first}'}")
            log.report.broken = True
            return
        size, root_hash, receipt = log.frontier.size, root(log.frontier), batch.receipt.encode()
        log.report.size = size
        if self._deferred is None:
            self._vouch(log, size, root_hash, note, receipt)
        else:
            self._deferred.append(lambda: self._vouch(log, size, root_hash, note, receipt))

    def _check_text(self, log: _Log, raw: bytes) -> Note:
        """Compare a note's text with the checkpoint recomputed."""
        note = parse_note(raw)
        expected = Checkpoint(log.origin, log.frontier.size, root(log.frontier))
        if note.text != checkpoint_text(expected):
            foreign = parse_checkpoint(note.text).origin != log.origin
            raise PeerFault("checkpoint-foreign" if foreign else "root-mismatch")
        return note

    def _vouch(self, log: _Log, size: int, root_hash: bytes, note: Note, receipt: bytes) -> None:
        """Check who signed a checkpoint: its author must have, its reader may have.

        What a key signed beyond its revocation proves nothing; a later checkpoint by a good key covers it.
        """
        report, books = log.report, self._facts.books
        try:
            author = checkpoint_keys_at(books[log.log.party], log.log, log.origin, size)
            hybrid = _vouched(note, author)
        except PeerFault as fault:
            if fault.code != "key-revoked":
                self.report.fault(fault.code, f"{log.name} checkpoint {size}")
            log.revoked = fault.code
            return
        log.revoked = ""
        report.complete = size
        report.roots[size] = root_hash
        report.author_mldsa = size if hybrid else report.author_mldsa
        if not receipt:
            return
        try:
            reader = receipt_keys_at(books[log.peer], log.log, size)
            hybrid = _vouched(_receipt_over(note, receipt), reader, note.signatures, author)
        except PeerFault as fault:
            if fault.code == "key-revoked":
                self.report.revoked_receipts += 1
            else:
                self.report.fault(fault.code, f"{log.name} receipt {size}")
            return
        report.receipted = size
        report.reader_mldsa = size if hybrid else report.reader_mldsa

    def _leaves(self, log: _Log, batch: BatchLine) -> list[bytes]:
        """Recompute the leaves of a batch; words, the author's order and act ids are checked on the way."""
        whole, report, line, log_id, follow = self.report, log.report, self.report.line, log.log, log.follow
        control, approving = log_id.lane is Lane.CONTROL, self._with_approvals
        known = self._ids.setdefault(log_id.party, {}).setdefault
        leaves: list[bytes] = []
        sent_count = withheld_count = 0
        for index, parts in enumerate(batch.entries, batch.first):
            stamp, act, approvals, portions = parts
            if len(stamp) + len(act) + len(approvals) > _PLAIN_BYTES or len(portions) > 1:
                check_sizes(Entry(*parts))
            act_digest = sha256(act).digest()
            plain = approvals == NO_APPROVALS
            approvals_digest = _NO_APPROVALS_DIGEST if plain else sha256(approvals).digest()
            leaf = sha256(b"\0" + sha256(stamp).digest() + act_digest + approvals_digest).digest()
            leaves.append(leaf)
            act_id, sent, withheld, fault = skim(parts, line, log_id)
            if sent != [raw and sha256(raw).hexdigest() for raw in portions]:
                self._words(log, index, portions, sent)
            if sent or withheld:
                sent_count += len(sent)
                withheld_count += withheld
                if len(portions) == 1 and len(portions[0] or b"") > limits.PORTION_BYTES_MAX:
                    check_sizes(Entry(*parts))
            fault = follow(index, leaf, stamp) or fault
            if fault:
                whole.content[fault] += 1
            if act_id and (used := known(act_id, act_digest)) is not act_digest:
                whole.duplicates += used == act_digest
                whole.voids += used != act_digest
            if control:
                self._control(log, index, Entry(*parts))
            if approving and not plain:
                self._approvals(log_id.party, act, approvals)
        report.portions += sent_count
        report.withheld += withheld_count
        return leaves

    def _words(self, log: _Log, index: int, portions: Sequence[bytes | None], sent: Sequence[str]) -> None:
        """Say what is wrong with an entry's portions; purge marks are judged once the log's receipts are known."""
        if len(portions) != len(sent):
            raise PeerFault("portion-missing", f"entry {index}")
        for raw, digest in zip(portions, sent, strict=True):
            if raw is not None and sha256(raw).hexdigest() != digest:
                raise PeerFault("portion-false", f"entry {index}")
        log.report.purged += portions.count(None)
        log.last_null = index

    def _control(self, log: _Log, index: int, entry: Entry) -> None:
        """Let a control act take effect; the opening of an epoch is checked before, its checkpoint after."""
        party = log.log.party
        reading = read(entry, self.report.line, log.log)
        if index == 0 and log.log.epoch > 1:
            row = entry_row(0, entry, reading)
            opening = check_opening(row, reading.act, reading.approvals, self._facts.books[party])
            if opening.nonce != log.head.nonce:
                raise PeerFault("opening-malformed", "entry 0")
        if reading.fault or 0 <= log.head.frozen_at <= index:
            return
        self._facts, code = apply_control(self._facts, party, reading.act, reading.stamp)
        if code:
            self.report.content[code] += 1

    def _approvals(self, party: str, act: bytes, raw: bytes) -> None:
        """Check officers' signatures against the credentials published; those of control lanes once all are read."""
        if self._deferred is not None:
            self._deferred.append(lambda: self._count_approvals(party, act, raw))
        else:
            self._count_approvals(party, act, raw)

    def _count_approvals(self, party: str, act: bytes, raw: bytes) -> None:
        counts = self.report.approvals
        try:
            approvals = decode_approvals(raw)
        except PeerFault:
            self.report.content["approvals-malformed"] += 1
            return
        for each in approvals:
            credential = self._facts.credentials.get(f"{party}/{each.key}")
            if credential is None:
                counts["recovery" if each.role == RECOVERY else "unknown"] += 1
                continue
            try:
                check_approval(each, act, credential)
            except PeerFault:
                counts["false"] += 1
            else:
                counts["verified"] += 1

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


def _check_bounds(log: _Log, batch: BatchLine) -> None:
    if batch.first != log.frontier.size:
        raise PeerFault("batch-gap")
    if not 1 <= len(batch.entries) <= limits.BATCH_ENTRIES_MAX:
        raise PeerFault("batch-oversized")


def _receipt_over(note: Note, raw: bytes) -> Note:
    receipt = parse_note(raw)
    if receipt.text != note.text:
        raise PeerFault("receipt-false")
    return receipt


def _vouched(
    note: Note, keys: Sequence[VerifierKey], known: Sequence[object] = (), others: Sequence[VerifierKey] = ()
) -> bool:
    """Check every signature of a note: the first of *keys* must have signed; says whether the second (ML-DSA-44) did.

    Signatures in *known* are checked already; *others* may have signed too. Raises ``PeerFault``: ``note-unsigned``,
    ``signature-false``, or ``signature-foreign`` for a line by any other key.
    """
    by_name = {(key.name, key.key_id): key for key in (*keys, *others)}
    verify_note(note, keys[0])
    hybrid = False
    for each in note.signatures:
        key = by_name.get((each.name, each.key_id))
        if key is None:
            raise PeerFault("signature-foreign")
        if key is not keys[0] and each not in known:
            verify_note(note, key)
        hybrid = hybrid or key is keys[1]
    return hybrid


def verify_transcript(lines: Iterable[bytes], *, approvals: bool = True) -> Report:
    """Verify a whole transcript; *lines* come with or without their newlines. *approvals* as for ``Verifier``."""
    verifier = Verifier(approvals=approvals)
    for line in lines:
        verifier.feed(line)
    return verifier.finish()
