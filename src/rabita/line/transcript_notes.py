"""The notes of a transcript: who signed a checkpoint, and whether every signature line under it is good.

Nearly every note is the checkpoint just recomputed with one line by its author, and nearly every receipt is that note
with one line by its reader: those are read by comparing them with what they must be. Any other is parsed.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from typing import Final

from rabita.line.descriptor import Descriptor
from rabita.line.errors import PeerFault
from rabita.line.note import (
    KEY_ID_BYTES,
    TIME_BYTES,
    Checkpoint,
    Note,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    checkpoint_text,
    cosignature_message,
    parse_checkpoint,
    parse_note,
    unpack_timestamped,
)
from rabita.line.signature import verify_ed25519, verify_note

_SIGNATURE_BYTES: Final = 64
_SIGNED_CHARS: Final = 4 * -(-(KEY_ID_BYTES + _SIGNATURE_BYTES) // 3)
_COSIGNED_CHARS: Final = 4 * -(-(KEY_ID_BYTES + TIME_BYTES + _SIGNATURE_BYTES) // 3)
"""Key id and Ed25519 signature, or cosignature, in base64."""


class Signers:
    """The keys of one descriptor that may sign in one place, Ed25519 first, and the name they bear there."""

    __slots__ = ("by_line", "descriptor", "keys", "name")

    def __init__(self, descriptor: Descriptor, keys: Sequence[VerifierKey]) -> None:
        """Take the keys of *descriptor*."""
        self.descriptor, self.keys, self.name = descriptor, keys, keys[0].name
        self.by_line = {(key.name, key.key_id): key for key in keys}


def checked_note(raw: bytes, expected: Checkpoint) -> Note:
    """Read a note and compare its text with the checkpoint recomputed.

    Raises ``PeerFault`` as ``parse_note``, ``checkpoint-malformed``, ``checkpoint-foreign`` or ``root-mismatch``.
    """
    text = checkpoint_text(expected)
    line = _line_after(text + b"\n", raw, expected.origin, _SIGNED_CHARS)
    if line:
        return Note(text, (line,))
    note = parse_note(raw)
    if note.text != text:
        foreign = parse_checkpoint(note.text).origin != expected.origin
        raise PeerFault("checkpoint-foreign" if foreign else "root-mismatch")
    return note


def checked_receipt(raw: bytes, note: Note, noted: bytes, reader: Signers) -> Note:
    """Read a receipt over *note*, which is *noted* in the file.

    Raises ``PeerFault`` as ``parse_note``, or ``receipt-false`` unless the text is the same.
    """
    line = _line_after(noted, raw, reader.name, _COSIGNED_CHARS)
    if line:
        return Note(note.text, (*note.signatures, line))
    receipt = parse_note(raw)
    if receipt.text != note.text:
        raise PeerFault("receipt-false")
    return receipt


def vouched(note: Note, signers: Signers, known: Sequence[NoteSignature] = (), others: Signers | None = None) -> bool:
    """Check every signature of a note: the first key of *signers* must have signed; says whether the second did.

    Signatures in *known* are checked already; *others* may have signed too. Raises ``PeerFault``: ``note-unsigned``,
    ``signature-false``, or ``signature-foreign`` for a line by any other key.
    """
    first, second = signers.keys
    by_line = {**others.by_line, **signers.by_line} if others else signers.by_line
    keys = [by_line.get((each.name, each.key_id)) for each in note.signatures]
    if first not in keys:
        raise PeerFault("note-unsigned", first.name)
    _verify(first, note.signatures[keys.index(first)], note.text)
    for key, each in zip(keys, note.signatures, strict=True):
        if key is None:
            raise PeerFault("signature-foreign")
        if key is not first and each not in known:
            _verify(key, each, note.text)
    return second in keys


def _verify(key: VerifierKey, line: NoteSignature, text: bytes) -> None:
    """Check one signature line under a checkpoint's text as ``verify_note`` would, without looking for it again."""
    if key.kind is SignatureKind.ED25519:
        verify_ed25519(key.public, line.signature, text)
    elif key.kind is SignatureKind.ED25519_COSIGNATURE:
        time_s, signature = unpack_timestamped(line.signature)
        verify_ed25519(key.public, signature, cosignature_message(time_s, text))
    else:
        verify_note(Note(text, (line,)), key)


def _line_after(start: bytes, raw: bytes, name: str, chars: int) -> NoteSignature | None:
    """Read the signature line by *name* if *raw* is *start* and that line, of *chars* in canonical base64, alone."""
    head = start + f"\u2014 {name} ".encode()
    encoded = raw[len(head) : -1]
    if len(encoded) != chars or not raw.startswith(head) or not raw.endswith(b"\n"):
        return None
    try:
        material = a2b_base64(encoded)
    except ValueError:
        return None
    if b2a_base64(material, newline=False) != encoded:
        return None
    return NoteSignature(name, material[:KEY_ID_BYTES], material[KEY_ID_BYTES:])
