"""Attachments of a line: what its acts name, what of it is held, who signed that he holds it.

Rules kept here: a blob is served only if an act that we sealed on this very line names it; asked for are only those
that acts of the counterpart name; statements of possession are kept as documents (kind ``possession``, name
``<line>/<digest>/<party>``), ours ``signed`` until the counterpart ``confirmed`` that it keeps it.
"""

import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from rabita.line.attachment import Header, Opened, is_digest, make_blob, media_of, open_blob, read_header
from rabita.line.entry import Act
from rabita.line.errors import LocalFault, PeerFault, RabitaError, UserFault
from rabita.line.events import BlobKept, KeepPiece, KeepPossession, LoadPiece, PieceLoaded, PossessionKept, Sought
from rabita.line.ids import reference
from rabita.line.limits import ATTACHMENT_BYTES_MAX, ATTACHMENT_HEADER_BYTES_MAX, PORTION_SALT_BYTES
from rabita.line.possession import read_possession
from rabita.ports import Document, NamedAttachment, Store
from rabita.ports.blobs import Blobs
from rabita.services.caseindex_held import take

KIND: Final = "possession"
SIGNED: Final = "signed"
CONFIRMED: Final = "confirmed"
KEPT: Final = "kept"
HEAD_BYTES: Final = ATTACHMENT_HEADER_BYTES_MAX + 64


class AttachmentLine(msgspec.Struct, frozen=True):
    """An attachment in a list: the act that names it first, what it is, how much is held, who signed for it when.

    ``media`` and ``name`` are empty until it is held whole; ``name`` is its sender's, to be shown and never used as a
    path. ``possessed_ms`` is the time the other side claims in its statement, 0: none is held.
    """

    digest: str
    author: str
    reference: str
    media: str
    name: str
    size_bytes: int
    held_bytes: int
    held: bool
    opens: bool
    possessed_ms: int


class Added(msgspec.Struct, frozen=True):
    """A file that was put into the content store; ``size_bytes`` is the blob's, header and salt included."""

    digest: str
    media: str
    name: str
    size_bytes: int


class Coming(NamedTuple):
    """The attachment that comes in on a line now: its digest and whole size in bytes, 0 before its first piece."""

    digest: str
    total_bytes: int


class Carrier(NamedTuple):
    """Answers what the core of one line asks of the store and of the content store."""

    store: Store
    blobs: Blobs
    line: str
    us: str
    peer: str

    def piece(self, effect: LoadPiece) -> PieceLoaded:
        """Read a piece of a blob that an act of ours names."""
        answer = PieceLoaded(effect.session, effect.digest, effect.offset)
        try:
            if not _named_by(self.store, self.line, self.us, effect.digest):
                return answer._replace(code="attachment-unknown")
            total = self.blobs.size_bytes(self.line, effect.digest)
            data = self.blobs.read(self.line, effect.digest, effect.offset, effect.size)
        except (UserFault, LocalFault) as fault:
            return answer._replace(code=fault.code)
        return answer._replace(total_bytes=total, data=data) if data else answer._replace(code="attachment-false")

    def next(self, session: int, passed: Sequence[str]) -> Sought | None:
        """Find what is to be said, signed or asked for: parts that have come go first, then as they were named.

        Raises ``LocalFault``.
        """
        named = self.store.attachments(self.line)
        theirs = dict.fromkeys([each.digest for each in named if each.log.party == self.peer])
        wanted = [digest for digest in theirs if digest not in passed]
        said = {each.name: each for each in self.store.documents(KIND)} if wanted else {}
        lacking: list[tuple[int, str]] = []
        for digest in wanted:
            size = self.blobs.size_bytes(self.line, digest)
            statement = said.get(_name(self.line, digest, self.us))
            if not size:
                lacking.append((self.blobs.part_bytes(self.line, digest), digest))
            elif statement is None or statement.state != CONFIRMED:
                note = statement.note if statement is not None else b""
                return Sought(session, digest, size, whole=True, note=note)
        held, digest = max(lacking, key=lambda each: each[0] > 0, default=(0, ""))
        return Sought(session, digest, held) if digest else None

    def keep(self, effect: KeepPiece) -> BlobKept | None:
        """Keep a piece; answers once the blob is whole, or could not be kept."""
        try:
            self.blobs.add(self.line, effect.digest, effect.offset, effect.data)
            if effect.offset + len(effect.data) < effect.total_bytes:
                return None
            code = "" if self.blobs.finish(self.line, effect.digest) else "attachment-false"
        except LocalFault as fault:
            code = fault.code
        return BlobKept(effect.session, effect.digest, code)

    def possession(self, effect: KeepPossession) -> PossessionKept:
        """Keep a statement: ours, or the counterpart's about a blob of ours of that size."""
        said = effect.said
        answer = PossessionKept(effect.session, said.party, said.digest)
        try:
            if said.party == self.us:
                state = CONFIRMED if effect.confirmed else SIGNED
            elif _named_by(self.store, self.line, self.us, said.digest):
                state = KEPT
            else:
                return answer._replace(code="possession-false")
            size = self.blobs.size_bytes(self.line, said.digest)
            if state == KEPT and size not in (0, said.size_bytes):
                return answer._replace(code="possession-false")
            name = _name(self.line, said.digest, said.party)
            self.store.put_document(Document(KIND, name, 1, effect.note, state))
        except LocalFault as fault:
            return answer._replace(code=fault.code)
        return answer


def listed(store: Store, blobs: Blobs, line: str) -> tuple[AttachmentLine, ...]:
    """List the attachments that acts of a line name, each once, as they were first named; raises ``LocalFault``."""
    record = next(each for each in store.lines() if each.line == line)
    said = _said(store)
    first: dict[str, NamedAttachment] = {}
    for each in store.attachments(line):
        first.setdefault(each.digest, each)
    return tuple(
        [_listed(blobs, line, each, said.get(_name(line, each.digest, record.peer))) for each in first.values()]
    )


def named(store: Store, blobs: Blobs, line: str, digests: Sequence[str]) -> tuple[AttachmentLine, ...]:
    """Show attachments that acts of a line name; ``possessed_ms`` is by its reader's statement, ours or theirs.

    What no act names, and what is no digest, is left out. Raises ``LocalFault``.
    """
    record = next(each for each in store.lines() if each.line == line)
    said = _said(store) if digests else {}
    shown = []
    for each in [found[0] for digest in digests if is_digest(digest) and (found := store.attachments(line, digest))]:
        reader = record.peer if each.log.party == record.us else record.us
        shown.append(_listed(blobs, line, each, said.get(_name(line, each.digest, reader))))
    return tuple(shown)


def held_files(blobs: Blobs, line: str, digests: Sequence[str]) -> tuple[Added, ...]:
    """Describe the files of these digests that are held whole, whether an act names them yet or not."""
    found = [(each, blobs.size_bytes(line, each)) for each in digests if is_digest(each)]
    headers = [(digest, size, _header(blobs, line, digest) or Header("", "")) for digest, size in found if size]
    return tuple([Added(digest, each.media, each.name, size) for digest, size, each in headers])


def naming(store: Store, line: str, digest: str) -> tuple[Act, ...]:
    """Give the acts of a line that name an attachment; none for what is no digest."""
    places = store.attachments(line, digest) if is_digest(digest) else ()
    rows = [row for each in places if (row := store.entry(line, each.log, each.index)) is not None]
    return tuple([take(row).act for row in rows])


def attached(blobs: Blobs, line: str, name: str, content: bytes, media: str = "") -> Added:
    """Keep a file so that an act can name it; gives its digest.

    Raises ``UserFault``: ``attachment-media``, ``attachment-name``, ``attachment-oversized``; ``LocalFault``.
    """
    blob = make_blob(secrets.token_bytes(PORTION_SALT_BYTES), name, content, media)
    return Added(blobs.put(line, blob), media or media_of(name), name, len(blob))


def opened(blobs: Blobs, line: str, digest: str) -> Opened:
    """Read an attachment to be opened.

    Raises ``UserFault``: ``attachment-missing``; ``attachment-malformed`` or ``attachment-media`` for one that is held
    as it came but is not offered for opening.
    """
    if not is_digest(digest):
        raise UserFault("attachment-missing", digest[:12])
    blob = blobs.read(line, digest, 0, ATTACHMENT_BYTES_MAX)
    try:
        return open_blob(blob)
    except PeerFault as fault:
        raise UserFault(fault.code, fault.detail) from fault


def require(blobs: Blobs, line: str, digests: Sequence[str]) -> None:
    """Raise ``UserFault("attachment-missing")`` unless all are held whole: an act names what can be sent."""
    for digest in digests:
        if not is_digest(digest) or not blobs.size_bytes(line, digest):
            raise UserFault("attachment-missing", digest[:12])


def _listed(blobs: Blobs, line: str, named: NamedAttachment, statement: bytes | None) -> AttachmentLine:
    digest = named.digest
    size = blobs.size_bytes(line, digest)
    header = _header(blobs, line, digest) if size else None
    said = read_possession(statement)[1] if statement else None
    return AttachmentLine(
        digest,
        named.log.party,
        reference(named.log, named.index),
        header.media if header else "",
        header.name if header else "",
        size or (said.size_bytes if said else 0),
        size or blobs.part_bytes(line, digest),
        held=size > 0,
        opens=header is not None,
        possessed_ms=said.time_ms if said else 0,
    )


def _header(blobs: Blobs, line: str, digest: str) -> Header | None:
    """Read the header of a blob that is held whole, None where it cannot be read."""
    try:
        return read_header(blobs.read(line, digest, 0, HEAD_BYTES))[0]
    except RabitaError:
        return None


def _said(store: Store) -> dict[str, bytes]:
    """Give every statement of possession by its name."""
    return {each.name: each.note for each in store.documents(KIND)}


def _named_by(store: Store, line: str, party: str, digest: str) -> bool:
    return is_digest(digest) and any(each.log.party == party for each in store.attachments(line, digest))


def _name(line: str, digest: str, party: str) -> str:
    return f"{line}/{digest}/{party}"
