"""The audit log as a file: JSON lines that anyone can check offline, each entry with its proof up to a signed head.

The first line names the party, its descriptors (signed by its root), the selection (null: everything) and the head;
then one line an entry: ``entry`` is its bytes as text, ``proof`` the hashes of its inclusion (RFC 9162, 2.1.3);
the last line counts them. A whole export shows that nothing is missing up to the head; a selection shows that each of
its entries is genuine and cannot show what was left out.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from rabita.line.descriptor import Descriptor
from rabita.line.errors import LocalFault, PeerFault
from rabita.line.merkle import HASH_BYTES, Node, inclusion_nodes, leaf_hash, node_hash, prove, verify_inclusion
from rabita.line.note import Checkpoint
from rabita.services.audit import EVERYTHING, AuditLog, Head, Row, Wanted, read_deed
from rabita.services.audit_heads import ROWS_AT_ONCE, Verdict, check_head, head_keys, read_descriptors
from rabita.services.pairing import safety_number

VERSION: Final = 1
LINE_BYTES_MAX: Final = 2**22


class Top(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    audit: int
    party: str
    descriptors: tuple[str, ...]
    selection: Wanted | None
    head: str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line of one entry; the hashes of the proof are base64."""

    entry: str
    proof: tuple[str, ...]


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line."""

    entries: int


class Subtrees(Mapping[Node, bytes]):
    """The hashes of every perfect subtree over some leaves, 64 bytes a leaf."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Hash them all."""
        self._levels: list[bytes] = []
        row = list(leaves)
        while row:
            self._levels.append(b"".join(row))
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)]

    def __getitem__(self, node: Node) -> bytes:
        """Give the hash of a subtree."""
        level, index = node
        return self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES]

    def __iter__(self) -> Iterator[Node]:
        """List the subtrees."""
        return ((level, at) for level, row in enumerate(self._levels) for at in range(len(row) // HASH_BYTES))

    def __len__(self) -> int:
        """Count them."""
        return sum(len(row) // HASH_BYTES for row in self._levels)


def export(log: AuditLog, party: str, descriptors: Sequence[bytes], wanted: Wanted = EVERYTHING) -> Iterator[bytes]:
    """Write an export up to the newest head, line by line.

    Raises ``LocalFault("audit-unavailable")``, also where no head was ever signed.
    """
    head = log.last_head()
    if head is None:
        raise LocalFault("audit-unavailable", "no head is signed yet")
    top = Top(
        VERSION,
        party,
        tuple([note.decode() for note in descriptors]),
        wanted if wanted != EVERYTHING else None,
        head.note.decode(),
    )
    yield _line(top)
    leaves = [row.leaf for first in range(0, head.size, ROWS_AT_ONCE) for row in _rows(log, first, head)]
    hashes = Subtrees(leaves)
    count = 0
    for first in range(0, head.size, ROWS_AT_ONCE):
        for row in _rows(log, first, head):
            if is_wanted(row.raw, wanted):
                proof = prove(inclusion_nodes(row.number, head.size), hashes)
                yield _line(Item(row.raw.decode(), tuple([b64encode(each).decode() for each in proof])))
                count += 1
    yield _line(End(count))


def is_wanted(raw: bytes, wanted: Wanted) -> bool:
    """Say whether an entry is one of those wanted; one that cannot be read is never left out."""
    try:
        deed = read_deed(raw)
    except PeerFault:
        return True
    return (
        wanted.actor in ("", deed.actor)
        and wanted.action in ("", deed.action)
        and wanted.line in ("", deed.line)
        and (not wanted.lines or deed.line in wanted.lines)
        and wanted.from_ms <= max(deed.time_ms, deed.last_ms)
        and (not wanted.until_ms or deed.time_ms < wanted.until_ms)
    )


class ExportCheck:
    """Verifies an export as it is read; nothing but the file is needed.

    Numbered as in the tests: 1. the first line has the form, and descriptors of one party under one root; 2. the head
    is signed by a key they name; 3. every entry is in its one form and 4. proven to stand at its number under the head;
    5. numbers rise; 6. in a whole export none is missing up to the head; 7. the last line counts the entries.
    """

    def __init__(self) -> None:
        """Begin before the first line."""
        self.verdict = Verdict()
        self._head = Checkpoint("", 0, b"")
        self._next = 0
        self._begun = False
        self._ended = False

    def feed(self, raw: bytes) -> None:
        """Take a line; raises ``PeerFault("audit-malformed")`` for a file that is no export."""
        if not self._begun:
            self._begin(raw)
        elif not self._ended and b'"proof"' in raw:
            self._item(raw)
        else:
            self._end(raw)

    def finish(self) -> Verdict:
        """Say what was found; raises ``PeerFault("audit-malformed")`` for an empty file."""
        if not self._begun:
            raise PeerFault("audit-malformed", "empty")
        verdict = self.verdict
        if verdict.whole and self._next < self._head.size:
            self._missing(self._head.size)  # 6
        if not self._ended:
            verdict.fault("audit-missing", "the end of the file")  # 7
        return verdict

    def _begin(self, raw: bytes) -> None:
        try:
            top = msgspec.json.decode(raw, type=Top)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise PeerFault("audit-malformed", "first line") from None  # 1
        if top.audit != VERSION:
            raise PeerFault("audit-malformed", f"version {top.audit}")  # 1
        self._begun = True
        verdict = self.verdict
        verdict.party, verdict.whole = top.party, top.selection is None
        try:
            descriptors: list[Descriptor] = read_descriptors([each.encode() for each in top.descriptors], top.party)
            verdict.root = safety_number(descriptors[-1])
            self._head = check_head(top.head.encode(), top.party, head_keys(descriptors, top.party))
        except (PeerFault, UnicodeEncodeError):
            verdict.fault("audit-head-false", "the head of the file")  # 1, 2
            return
        verdict.signed = self._head.size
        verdict.roots[self._head.size] = self._head.root

    def _item(self, raw: bytes) -> None:
        self.verdict.entries += 1
        place = f"line {self.verdict.entries + 1}"
        try:
            item = msgspec.json.decode(raw, type=Item)
            number = read_deed(item.entry.encode()).number  # 3
            place = f"entry {number}"
            self._check(item, number, same=_line(item) == raw)
        except (msgspec.MsgspecError, ValueError, PeerFault):
            self.verdict.fault("audit-altered", place)
            self._next += 1
            return
        if self.verdict.whole and number > self._next:
            self._missing(number)  # 6
        self._next = number + 1

    def _check(self, item: Item, number: int, *, same: bool) -> None:
        """Check the proof of an entry; raises ``PeerFault`` or ``ValueError``. Under no good head there is none."""
        proof = [b64decode(each, validate=True) for each in item.proof]
        if not same or number < self._next:
            raise PeerFault("audit-altered")  # 3, 5
        if self._head.size:
            verify_inclusion(leaf_hash(item.entry.encode()), number, self._head.size, proof, self._head.root)  # 4

    def _end(self, raw: bytes) -> None:
        count = self.verdict.entries
        if self._ended or raw != _line(End(count)):
            self.verdict.fault("audit-missing" if not self._ended else "audit-altered", "the last line")  # 7
        self._ended = True

    def _missing(self, until: int) -> None:
        last = until - 1
        where = f"entry {last}" if last == self._next else f"entries {self._next} to {last}"
        self.verdict.fault("audit-missing", where)


def _rows(log: AuditLog, first: int, head: Head) -> Sequence[Row]:
    rows = log.rows(first, min(ROWS_AT_ONCE, head.size - first))
    if [row.number for row in rows] != list(range(first, min(first + ROWS_AT_ONCE, head.size))):
        raise LocalFault("audit-unavailable", "entries are missing: rabita audit verify")
    return rows


def _line(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
