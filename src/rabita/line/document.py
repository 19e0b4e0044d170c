"""Signed documents: text an officer can open, JSON a node can read, and root signatures under it.

A document is a C2SP signed note whose text is a title line (``rabita/descriptor/v1``) and then one JSON object. Its
digest is the SHA-256 of the text without signatures, so that signing it never changes what it is.
"""

from hashlib import sha256
from typing import Final, TypeVar

import msgspec

from rabita.line.errors import PeerFault
from rabita.line.ids import key_name
from rabita.line.note import Note, SignatureKind, VerifierKey, parse_note

Body = TypeVar("Body", bound=msgspec.Struct)

DESCRIPTOR: Final = "rabita/descriptor/v1"
CHARTER: Final = "rabita/charter/v1"
AMENDMENT: Final = "rabita/amendment/v1"
REVOCATION: Final = "rabita/revocation/v1"


class PublicKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hybrid public key: Ed25519 (32 bytes) and ML-DSA-44 (1,312 bytes), base64 in JSON."""

    ed25519: bytes
    mldsa44: bytes


def document_text(title: str, body: msgspec.Struct) -> bytes:
    """Write the text of a document, ready to be signed."""
    return title.encode() + b"\n" + msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n"


def document_digest(text: bytes) -> bytes:
    """Give the SHA-256 of a document's text."""
    return sha256(text).digest()


def read_document(raw: bytes | Note, title: str, form: type[Body]) -> tuple[Note, Body]:
    """Read a document without trusting it.

    Raises ``PeerFault``: ``note-malformed`` or ``note-oversized``; ``document-foreign`` for another title;
    ``document-malformed`` when the JSON does not fit *form*.
    """
    note = raw if isinstance(raw, Note) else parse_note(raw)
    head, _, rest = note.text.partition(b"\n")
    if head != title.encode():
        raise PeerFault("document-foreign", title)
    try:
        return note, msgspec.json.decode(rest, type=form)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise PeerFault("document-malformed", title) from fault


def root_keys(party: str, root: PublicKey) -> tuple[VerifierKey, VerifierKey]:
    """Name a party's two root keys as they sign documents; both must have signed (hybrid).

    Raises ``PeerFault("key-malformed")``.
    """
    name = key_name(party, "root")
    return (
        VerifierKey(name, SignatureKind.ED25519, root.ed25519),
        VerifierKey(name, SignatureKind.MLDSA44_TEXT, root.mldsa44),
    )


def root_digest(party: str, root: PublicKey) -> bytes:
    """Give the SHA-256 that stands for a party's root: of its code, a newline and both public keys."""
    return sha256(party.encode() + b"\n" + root.ed25519 + root.mldsa44).digest()
