"""Charter amendments: the versions of a line's charter, and where in the logs each of them begins.

Rules kept here (2-line, Parties, keys, charter): an amendment names the digest of the charter before it and both roots
sign it. Parties alternate by version as last signer, and that party's control lane is where the version is sealed: the
first that follows there counts, so both sides see one succession, whatever arrives when. A stamp names the newest
version its place covers: the last signer's from the entry after, the other party's once its ``seen`` covers the entry.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from rabita.line.charter import Charter, check_terms
from rabita.line.descriptor import Descriptor
from rabita.line.document import AMENDMENT, document_digest, read_document, root_keys
from rabita.line.entry import Stamp
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, line_id_of, line_name
from rabita.line.note import Note
from rabita.line.signature import verify_note

FIXED: Final = ("parties", "nonce", "exercise")
"""What no amendment changes: it would be another line."""


class Amendment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text both roots sign: the line, the SHA-256 (hex) of the text of the charter before, the whole new one."""

    line: str
    before: str
    charter: Charter


NOWHERE: Final = LogId("", 0, Lane.CONTROL)


class Version(NamedTuple):
    """A charter as a control lane brought it: entry *index* (number *n* of its author) of *log*.

    ``digest`` is the SHA-256 (hex) of its text, ``before`` that of the charter it follows. The founding charter stands
    ``NOWHERE`` and follows none.
    """

    charter: Charter
    digest: str
    before: str = ""
    log: LogId = NOWHERE
    index: int = -1  # type: ignore[assignment]  # - not the tuple method
    n: int = 0
    note: bytes = b""

    @property
    def number(self) -> int:
        """The version's number."""
        return self.charter.version


InForce = Callable[[LogId, int], bool]
"""Says whether the entry at this index of a control log is in force: not late."""


def founding(line: str, charter: Charter) -> Version:
    """Give the version that the charter founding *line* is."""
    return Version(charter, line_id_of(line).hex())


def last_signer(charter: Charter, version: int) -> str:
    """Give the party that signs a version last, and seals it: they alternate."""
    return charter.parties[version % len(charter.parties)].party


def read_amendment(raw: bytes) -> tuple[Note, Amendment]:
    """Read an amendment without checking signatures (a proposal has one or none).

    Raises ``PeerFault``: as ``read_document``, and ``charter-malformed`` as ``check_terms``.
    """
    note, body = read_document(raw, AMENDMENT, Amendment)
    check_terms(body.charter)
    return note, body


def check_founded(body: Amendment, first: Version) -> None:
    """Raise ``PeerFault("amendment-foreign")`` unless an amendment is of the line that *first* founded."""
    same = all(getattr(body.charter, name) == getattr(first.charter, name) for name in FIXED)
    if not same or body.line != line_name(bytes.fromhex(first.digest)):
        raise PeerFault("amendment-foreign", body.line[:12])


def check_amendment(raw: bytes, first: Version, parties: Sequence[Descriptor]) -> tuple[Note, Amendment]:
    """Check that both roots signed an amendment of the line that *first* founded.

    Raises ``PeerFault``:
    1. as ``read_amendment``;
    2. ``amendment-foreign`` unless line, parties, nonce and exercise are those of the founding charter;
    3. ``note-unsigned`` or ``signature-false`` unless both keys of both roots have signed.
    """
    note, body = read_amendment(raw)  # 1
    check_founded(body, first)  # 2
    for each in parties:
        for key in root_keys(each.party, each.root):
            verify_note(note, key)  # 3
    return note, body


def version_of(raw: bytes, note: Note, body: Amendment, place: tuple[LogId, int], index: int) -> Version:
    """Give the version that a checked amendment brings, sealed at *index* of a log as number *n* of its author."""
    log, n = place
    return Version(body.charter, document_digest(note.text).hex(), body.before, log, index, n, raw)


def succession(first: Version, brought: Sequence[Version], in_force: InForce) -> tuple[Version, ...]:
    """Give the versions in force, the founding one first: of each, the first that its last signer sealed in order.

    A function of the set *brought*: the same for any order of arrival, and what stands keeps standing.
    """
    found = [first]
    while brought:
        newest = found[-1]
        number = newest.number + 1
        author = last_signer(first.charter, number)
        following = [
            (each.log.epoch, each.index, at)
            for at, each in enumerate(brought)
            if (each.number, each.before, each.log.party) == (number, newest.digest, author)
            and in_force(each.log, each.index)
        ]
        if not following:
            break
        found.append(brought[min(following)[-1]])
    return tuple(found)


def twice_signed(first: Version, brought: Sequence[Version]) -> tuple[tuple[Version, Version], ...]:
    """List the pairs that prove a last signer to have signed two successors of one charter: it signs one only."""
    texts = {(each.number, each.digest): each for each in brought if each.number > first.number}
    pairs = pairwise([texts[key] for key in sorted(texts)])
    return tuple([(one, two) for one, two in pairs if one.number == two.number])


def refusal(versions: Sequence[Version], each: Version) -> str:
    """Say why a version brought is not among those in force, by code; empty if it is, by whomever it was sealed.

    ``amendment-twice``: another of its number is in force, with the same last signer's signature; ``amendment-author``:
    its last signer seals it; ``amendment-before``: it does not follow the charter in force.
    """
    first = versions[0]
    if each.digest in [version.digest for version in versions]:
        return ""
    if any(version.number == each.number for version in versions[1:]):
        return "amendment-twice"
    if each.log.party != last_signer(first.charter, each.number):
        return "amendment-author"
    return "amendment-before"


def place_fault(versions: Sequence[Version], author: str, stamp: Stamp, *, complete: bool) -> str:
    """Say what is wrong with the charter version a stamp of *author* names, by code; empty if nothing is.

    ``charter-unheld``: its sealing before that place is not held here, and may yet come. ``charter-false``: its author
    cannot have had it there, or had a newer one; *complete* says that all control lanes are held as far as it covers.
    A later epoch of either side may begin below a version, where what a disk lost comes back: there both stand, and so
    do the versions after it, because nobody moves to one without holding all before it.
    """
    named = stamp.charter
    least = most = versions[0].number
    certain = possible = True
    for each in versions[1:]:
        must, may = _covers(each, author, stamp)
        certain, possible = certain and must, possible and may
        least = each.number if certain else least
        most = each.number if possible else most
    if named > most and not complete:
        return "charter-unheld"
    return "" if least <= named <= most else "charter-false"


def _covers(version: Version, author: str, stamp: Stamp) -> tuple[bool, bool]:
    """Say whether a stamp's place certainly covers the sealing of a version, and whether it may."""
    log = version.log
    own = log.party == author
    epoch = stamp.epoch if own else stamp.seen_epoch
    after = stamp.n > version.n if own else stamp.seen[0] > version.index
    must = epoch == log.epoch and after
    return must, must or epoch > log.epoch
