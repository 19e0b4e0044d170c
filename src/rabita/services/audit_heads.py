"""The tree over the audit log: heads signed as C2SP checkpoints, and the question whether a log fits them.

Rules kept here: a head is a checkpoint note of the origin ``rabita/audit/<party>``, signed by the node's checkpoint key
with Ed25519 and ML-DSA-44; the next head grows from the frontier of the one before, so signing costs what came since.
A head is good under any checkpoint key that the party's root has certified. What stands after the newest head is
covered by no signature yet, and is said to be so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rabita.line.descriptor import Descriptor, checkpoint_keys, read_descriptor
from rabita.line.document import PublicKey
from rabita.line.errors import LocalFault, PeerFault
from rabita.line.limits import INTEGER_MAX
from rabita.line.merkle import EMPTY, append, frontier_bytes, frontier_from_bytes, leaf_hash, root
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    checkpoint_text,
    format_note,
    mldsa_message,
    pack_timestamped,
    parse_checkpoint,
    parse_note,
)
from rabita.line.signature import verify_note
from rabita.line.transcript_report import FAULTS_MAX, Finding
from rabita.ports import Keys, Store
from rabita.services.audit import AuditLog, Head, Row, read_deed
from rabita.services.pairing import safety_number

ROWS_AT_ONCE: Final = 4_096
HybridKeys = tuple[VerifierKey, VerifierKey]


class HeadKeys(NamedTuple):
    """Whose log it is, the checkpoint key in use, and what signs with it."""

    party: str
    public: PublicKey
    keys: Keys


def origin_of(party: str) -> str:
    """Name the audit log of a party's node."""
    return f"rabita/audit/{party}"


def sign_head(log: AuditLog, by: HeadKeys, time_ms: int) -> Checkpoint | None:
    """Sign a head over everything in the log; gives it, or None where the newest head covers everything.

    Raises ``LocalFault``: ``audit-unavailable``, ``key-unavailable``.
    """
    last, size = log.last_head(), log.size()
    frontier = frontier_from_bytes(last.frontier) if last is not None else EMPTY
    if size <= frontier.size:
        return None
    while frontier.size < size:
        rows = log.rows(frontier.size, min(ROWS_AT_ONCE, size - frontier.size))
        if not rows:
            raise LocalFault("audit-unavailable", f"entry {frontier.size} is missing")
        frontier = append(frontier, [row.leaf for row in rows])
    checkpoint = Checkpoint(origin_of(by.party), size, root(frontier))
    log.put_head(Head(size, frontier_bytes(frontier), _signed(checkpoint, by, time_ms // 1000)))
    return checkpoint


def _signed(checkpoint: Checkpoint, by: HeadKeys, time_s: int) -> bytes:
    text, name = checkpoint_text(checkpoint), checkpoint.origin
    classic = VerifierKey(name, SignatureKind.ED25519, by.public.ed25519)
    quantum = VerifierKey(name, SignatureKind.MLDSA44_COSIGNATURE, by.public.mldsa44)
    signed = by.keys.sign_mldsa44(quantum.public, mldsa_message(name, time_s, checkpoint))
    lines = (
        NoteSignature(name, classic.key_id, by.keys.sign_ed25519(classic.public, text)),
        NoteSignature(name, quantum.key_id, pack_timestamped(time_s, signed)),
    )
    return format_note(Note(text, lines))


def own_descriptors(store: Store, party: str) -> list[bytes]:
    """Give every descriptor of our own party, the oldest first: whatever key signed a head, one of them names it."""
    return [each.note for each in store.documents("descriptor") if each.name == party and each.state == "confirmed"]


def head_keys(descriptors: Sequence[Descriptor], party: str) -> list[HybridKeys]:
    """Give the keys that may have signed heads."""
    return [checkpoint_keys(each, origin_of(party)) for each in descriptors]


def read_descriptors(notes: Iterable[bytes], party: str) -> list[Descriptor]:
    """Read descriptors of one party under one root.

    Raises ``PeerFault`` as ``read_descriptor``, and ``audit-head-false`` for none or others.
    """
    read = [read_descriptor(note) for note in notes]
    if not read or any((each.party, each.root) != (party, read[0].root) for each in read):
        raise PeerFault("audit-head-false", "descriptors")
    return read


def check_head(note: bytes, party: str, keys: Sequence[HybridKeys]) -> Checkpoint:
    """Check that a head is one this party's node signed, with both signatures.

    Raises ``PeerFault``: ``note-malformed``, ``checkpoint-malformed``, or ``audit-head-false`` unless
    1. its origin is the party's audit log;
    2. one of the keys has signed it, in Ed25519 and in ML-DSA-44, and nobody else has.
    """
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != origin_of(party):
        raise PeerFault("audit-head-false", "origin")  # 1
    lines = {(each.name, each.key_id) for each in parsed.signatures}
    for pair in keys:
        if lines == {(key.name, key.key_id) for key in pair}:
            for key in pair:
                verify_note(parsed, key)  # 2
            return checkpoint
    raise PeerFault("audit-head-false", "key")  # 2


@dataclass(slots=True)
class Verdict:
    """What verifying found. ``signed`` entries, of ``entries``, are covered by a good head; ``roots`` by their sizes.

    ``root`` is the safety number of the party's root; ``whole`` says that every entry up to ``signed`` was
    looked at, not a selection.
    """

    party: str = ""
    root: str = ""
    entries: int = 0
    signed: int = 0
    whole: bool = True
    faults: list[Finding] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)

    @property
    def genuine(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.faults

    def fault(self, code: str, where: str) -> None:
        """Note what is wrong."""
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Finding(code, where))

    def summary(self) -> list[str]:
        """Say it in plain words."""
        what = "whole log" if self.whole else "selection; it cannot show what was left out"
        said = [f"Audit log of {self.party or 'an unknown party'} ({what}): {self.entries:,} entries."]
        said += [f"{each.where}: {each.sentence}" for each in self.faults]
        if self.signed:
            said.append(
                f"Signed up to entry {self.signed - 1:,}; the safety number of the party's root is {self.root}."
            )
        unsigned = self.entries - self.signed
        if self.whole and unsigned > 0:
            said.append(
                f"The last {unsigned:,} entries are not signed yet: no signature shows whether they were altered."
            )
        said.append("Genuine." if self.genuine else "NOT GENUINE.")
        return said


class LogCheck:
    """Verifies a whole log, entries in order; heads are looked at as their sizes are reached.

    Numbered as in the tests: every entry 1. has the next number, 2. is in its one form and under that number, 3. fits
    its leaf hash; every head 4. is signed, 5. has the root of the entries before it, 6. keeps the frontier they make,
    7. covers no more entries than there are.
    """

    def __init__(self, verdict: Verdict, heads: Sequence[Head], keys: Sequence[HybridKeys]) -> None:
        """Begin before the first entry."""
        self._verdict = verdict
        self._keys = keys
        self._heads = {head.size: head for head in heads}
        self._frontier = EMPTY
        self._next = 0
        self._sound = True

    def row(self, row: Row) -> None:
        """Look at one entry."""
        self._verdict.entries += 1
        if row.number < 0:
            self._verdict.fault("audit-altered", f"entry {row.number}")  # 1
            return
        if row.number > self._next:
            self._missing(row.number)  # 1
        try:
            fits = read_deed(row.raw).number == row.number and leaf_hash(row.raw) == row.leaf  # 2, 3
        except PeerFault:
            fits = False
        if not fits:
            self._verdict.fault("audit-altered", f"entry {row.number}")
        self._frontier = append(self._frontier, [row.leaf])
        self._next = row.number + 1
        if head := self._heads.pop(self._next, None):
            self._head(head)

    def finish(self) -> Verdict:
        """Look at the heads that no entry reached."""
        for size, head in sorted(self._heads.items()):
            if self._signed(head) is None:
                self._verdict.fault("audit-head-false", f"head {size}")  # 4
        if (beyond := max(self._heads, default=0)) > self._next:
            self._missing(beyond)  # 7
        return self._verdict

    def _missing(self, until: int) -> None:
        last = until - 1
        self._verdict.fault(
            "audit-missing", f"entry {last}" if last == self._next else f"entries {self._next} to {last}"
        )
        self._sound = False

    def _head(self, head: Head) -> None:
        verdict, place = self._verdict, f"head {head.size}"
        signed = self._signed(head)
        if signed is None or signed.size != head.size:
            verdict.fault("audit-head-false", place)  # 4
            return
        if self._sound and signed.root != root(self._frontier):
            verdict.fault("audit-altered", f"entries {verdict.signed} to {head.size - 1}")  # 5
            self._sound = False
        if not self._sound:
            return
        if head.frontier != frontier_bytes(self._frontier):
            verdict.fault("audit-head-false", f"{place}, frontier")  # 6
        verdict.signed = head.size
        verdict.roots[head.size] = signed.root

    def _signed(self, head: Head) -> Checkpoint | None:
        try:
            return check_head(head.note, self._verdict.party, self._keys)
        except PeerFault:
            return None


def verify_log(log: AuditLog, descriptors: Sequence[Descriptor], party: str) -> Verdict:
    """Verify the log of a node from its first entry; raises ``LocalFault("audit-unavailable")``."""
    verdict = Verdict(party, safety_number(descriptors[-1]))
    check = LogCheck(verdict, log.heads(), head_keys(descriptors, party))
    first = -INTEGER_MAX
    while rows := log.rows(first, ROWS_AT_ONCE):
        for row in rows:
            check.row(row)
        first = rows[-1].number + 1
    return check.finish()


def compare(log: AuditLog, verdict: Verdict, exported: Verdict) -> None:
    """Check that a log goes on from where an export of it ended: whoever cut it since left it shorter, or another."""
    frontier = EMPTY
    while frontier.size < exported.signed and (
        rows := log.rows(frontier.size, min(ROWS_AT_ONCE, exported.signed - frontier.size))
    ):
        frontier = append(frontier, [row.leaf for row in rows])
    if exported.party != verdict.party or root(frontier) != exported.roots.get(frontier.size):
        verdict.fault("audit-foreign", f"up to entry {exported.signed - 1}")
