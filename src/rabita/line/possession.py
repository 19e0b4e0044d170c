"""Possession: a reader's signed statement that it durably holds an attachment, whole and with the right digest.

A note of its own, since an attachment comes later than the receipt over the act that names it. Its text is five lines:
title, line, digest, size in bytes, and the reader with the time it claims. The reader's receipt key signs it as text
under the name ``<READER>.rabita.invalid/possession``; what that key signs as a receipt begins otherwise, so neither can
stand for the other.
"""

import re
from typing import Final

import msgspec

from rabita.line.errors import PeerFault
from rabita.line.ids import key_name
from rabita.line.keybook import KeyBook
from rabita.line.note import Note, NoteSignature, SignatureKind, VerifierKey, format_note, parse_note
from rabita.line.signature import verify_note

TITLE: Final = "rabita/possession/v1"
_TEXT: Final = re.compile(
    rb"rabita/possession/v1\n([a-z2-7]{52})\n([0-9a-f]{64})\n([1-9][0-9]{0,15})\n"
    rb"([A-Z0-9-]{2,16}) (0|[1-9][0-9]{0,15})\n"
)


class Possession(msgspec.Struct, frozen=True):
    """That *party* held, at *time_ms* (claimed, since 1970 UTC), the blob *digest* of *size_bytes* of a line."""

    line: str
    digest: str
    size_bytes: int
    party: str
    time_ms: int


def possession_text(said: Possession) -> bytes:
    """Write the text that is signed."""
    return f"{TITLE}\n{said.line}\n{said.digest}\n{said.size_bytes}\n{said.party} {said.time_ms}\n".encode()


def read_possession(raw: bytes) -> tuple[Note, Possession]:
    """Read a statement without trusting it; raises ``PeerFault``: as ``parse_note``, or ``possession-false``."""
    note = parse_note(raw)
    parts = _TEXT.fullmatch(note.text)
    if parts is None:
        raise PeerFault("possession-false")
    line, digest, size, party, time_ms = [part.decode() for part in parts.groups()]
    return note, Possession(line, digest, int(size), party, int(time_ms))


def possession_key(party: str, public: bytes) -> VerifierKey:
    """Name a reader's receipt key (Ed25519 half) as it signs statements of possession."""
    return VerifierKey(key_name(party, "possession"), SignatureKind.ED25519, public)


def signed_possession(said: Possession, key: VerifierKey, signature: bytes) -> bytes:
    """Join a signature of ours to a statement."""
    return format_note(Note(possession_text(said), (NoteSignature(key.name, key.key_id, signature),)))


def admit_possession(raw: bytes, line: str, party: str, digest: str, book: KeyBook) -> Possession:
    """Check a statement of *party* about a blob of a line.

    Raises ``PeerFault``:
    1. ``note-oversized``, ``note-malformed`` or ``possession-false`` unless it reads as one;
    2. ``possession-false`` unless it is about this blob of this line, by this party;
    3. ``note-unsigned`` or ``signature-false`` unless a receipt key of the party, not revoked, signed it: any of them,
       since an attachment has no place in a log.
    """
    note, said = read_possession(raw)  # 1
    if (said.line, said.party, said.digest) != (line, party, digest):
        raise PeerFault("possession-false")  # 2
    keys = [possession_key(party, era.descriptor.receipt.ed25519) for era in book.eras if era.good_until is None]
    present = [(each.name, each.key_id) for each in note.signatures]
    for key in keys:
        if (key.name, key.key_id) in present:
            verify_note(note, key)  # 3
            return said
    raise PeerFault("note-unsigned")  # 3
