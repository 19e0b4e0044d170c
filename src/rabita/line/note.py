"""Signed notes, checkpoints, cosignatures and published keys, byte for byte as C2SP writes them.

Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature. This module reads, writes and says
which bytes are to be signed; ``verify`` checks signatures. Rules kept here: every value has exactly one form (what
parses is written back to the same bytes); stricter than the specifications where they leave a choice, because two
readers must never see two things: no extension lines, one signature per key, names of at most 255 bytes; from foreign
bytes only ``PeerFault`` comes out.
"""

import re
from binascii import a2b_base64, b2a_base64
from enum import IntEnum
from hashlib import sha256
from typing import Final

import msgspec

from rabita.line.errors import PeerFault, ensure
from rabita.line.limits import INTEGER_MAX, NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX

KEY_ID_BYTES: Final = 4
TIME_BYTES: Final = 8
TIME_S_MAX: Final = 2**63 - 1
"""The largest time of a cosignature (tlog-cosignature, section Format)."""
NAME_BYTES_MAX: Final = 255
"""The longest name that ``cosigned_message`` can hold (tlog-cosignature, ML-DSA-44 signed message)."""

_CONTROL: Final = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_NAME: Final = re.compile("[^\\s+\x00-\x1f\ud800-\udfff]+")
_SIGNATURE: Final = re.compile("\u2014 ([^ ]+) ([A-Za-z0-9+/]+={0,2})")
_CHECKPOINT: Final = re.compile(rb"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class SignatureKind(IntEnum):
    """The signature type bytes of C2SP that Rabita uses.

    ``MLDSA44_TEXT`` is Rabita's own, under the byte reserved for that: ML-DSA-44 over the text of any note, for
    documents that root keys sign.
    """

    ED25519 = 1
    ED25519_COSIGNATURE = 4
    MLDSA44_COSIGNATURE = 6
    MLDSA44_TEXT = 255


PUBLIC_BYTES: Final[dict[SignatureKind, int]] = {
    SignatureKind.ED25519: 32,
    SignatureKind.ED25519_COSIGNATURE: 32,
    SignatureKind.MLDSA44_COSIGNATURE: 1312,
    SignatureKind.MLDSA44_TEXT: 1312,
}
TYPE_IDENTIFIER: Final[dict[SignatureKind, bytes]] = {
    SignatureKind.ED25519: b"\x01",
    SignatureKind.ED25519_COSIGNATURE: b"\x04",
    SignatureKind.MLDSA44_COSIGNATURE: b"\x06",
    SignatureKind.MLDSA44_TEXT: b"\xffrabita/mldsa44-text/v1",
}
"""What stands for the kind in a key id; after 0xff signed-note asks for a longer identifier."""
TEXT_KINDS: Final = (SignatureKind.ED25519, SignatureKind.MLDSA44_TEXT)
"""The kinds that sign the text itself (signed-note, section Ed25519 signatures), without a time."""


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of a log: its origin (a key name), its size in leaves and its root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: who signed (name and 4-byte key id) and the bytes its kind defines."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True):
    """A text that ends in a newline, and 1 to 16 signatures under it, each by another key."""

    text: bytes
    signatures: tuple[NoteSignature, ...]


class VerifierKey(msgspec.Struct, frozen=True):
    """A published key: its name, the kind of signature it makes, its raw public bytes.

    Raises ``PeerFault`` (``key-malformed``) when the name is none or the length is not that of the kind.
    """

    name: str
    kind: SignatureKind
    public: bytes

    def __post_init__(self) -> None:
        """Check name and length once, so that no later step has to."""
        if not is_name(self.name) or len(self.public) != PUBLIC_BYTES[self.kind]:
            raise PeerFault("key-malformed")

    @property
    def key_id(self) -> bytes:
        """The 4-byte key id that signature lines of this key carry."""
        return key_id(self.name, self.kind, self.public)


def is_name(name: str) -> bool:
    """Tell whether *name* can name a key or a log: 1 to 255 bytes of UTF-8 without spaces, controls and plus."""
    return _NAME.fullmatch(name) is not None and len(name.encode()) <= NAME_BYTES_MAX


def key_id(name: str, kind: SignatureKind, public: bytes) -> bytes:
    """Return the 4-byte key id of signed-note: the head of SHA-256(name, newline, type identifier, public key)."""
    return sha256(name.encode() + b"\n" + TYPE_IDENTIFIER[kind] + public).digest()[:KEY_ID_BYTES]


def format_vkey(key: VerifierKey) -> str:
    """Write a published key as a vkey: ``name+hex(key id)+base64(type identifier, public key)``."""
    return f"{key.name}+{key.key_id.hex()}+{_base64(TYPE_IDENTIFIER[key.kind] + key.public).decode()}"


def parse_vkey(vkey: str) -> VerifierKey:
    """Read a vkey.

    Raises ``PeerFault`` (``key-malformed``) unless
    1. it has the three parts, in canonical form;
    2. its kind is one Rabita uses, and name and length are right for it;
    3. its key id is that of its key.
    """
    parts = _VKEY.fullmatch(vkey)
    if parts is None:
        raise PeerFault("key-malformed")  # 1
    material = _from_base64(parts[3], "key-malformed")  # 1
    kind = next((kind for kind, identifier in TYPE_IDENTIFIER.items() if material.startswith(identifier)), None)
    if kind is None:
        raise PeerFault("key-malformed")  # 2
    key = VerifierKey(parts[1], kind, material[len(TYPE_IDENTIFIER[kind]) :])  # 2
    if key.key_id.hex() != parts[2]:
        raise PeerFault("key-malformed")  # 3
    return key


def format_note(note: Note) -> bytes:
    """Write a note; raises ``InvariantBroken`` for one that would not read back the same."""
    lines = "".join(
        f"\u2014 {line.name} {_base64(line.key_id + line.signature).decode()}\n" for line in note.signatures
    )
    raw = note.text + b"\n" + lines.encode()
    try:
        same = parse_note(raw) == note
    except PeerFault:
        same = False
    ensure(same, "a note to be written is not in signed-note form")
    return raw


def parse_note(raw: bytes) -> Note:
    """Read a note, trusting nothing in it (signed-note, section Format).

    Raises ``PeerFault``: ``note-oversized`` unless
    1. it has at most 65,536 bytes;
    and ``note-malformed`` unless
    2. it is UTF-8 without control characters other than newline;
    3. a text ending in newline is parted from the signatures by the note's last blank line;
    4. 1 to 16 signature lines follow, each a dash, a name and canonical base64 of key id and signature;
    5. no two of them are by the same name and key id.
    """
    if len(raw) > NOTE_BYTES_MAX:
        raise PeerFault("note-oversized", f"{len(raw)} bytes")  # 1
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise PeerFault("note-malformed", "not UTF-8") from None  # 2
    if _CONTROL.search(raw):
        raise PeerFault("note-malformed", "control character")  # 2
    text, blank, rest = whole.rpartition("\n\n")
    if not blank or not rest.endswith("\n"):
        raise PeerFault("note-malformed", "no blank line before signatures")  # 3
    lines = rest[:-1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise PeerFault("note-malformed", f"{len(lines)} signatures")  # 4
    signatures = tuple(_parse_signature(line) for line in lines)  # 4
    if len({(each.name, each.key_id) for each in signatures}) < len(signatures):
        raise PeerFault("note-malformed", "one key signs twice")  # 5
    return Note((text + "\n").encode(), signatures)


def checkpoint_text(checkpoint: Checkpoint) -> bytes:
    """Write the three lines of a checkpoint (tlog-checkpoint, section Note text)."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(checkpoint.root).decode()}\n".encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read the text of a checkpoint (tlog-checkpoint, section Note text).

    Raises ``PeerFault`` (``checkpoint-malformed``) unless
    1. it is three lines and no more: origin, size without leading zeros, 32 bytes in base64;
    2. the origin is fit to be a key name;
    3. the size is below 2^53;
    4. the base64 is canonical.
    """
    lines = _CHECKPOINT.fullmatch(text)
    if lines is None:
        raise PeerFault("checkpoint-malformed")  # 1
    try:
        origin = lines[1].decode()
    except UnicodeDecodeError:
        raise PeerFault("checkpoint-malformed", "origin") from None  # 2
    size = int(lines[2])
    if not is_name(origin) or size > INTEGER_MAX:
        raise PeerFault("checkpoint-malformed")  # 2, 3
    return Checkpoint(origin, size, _from_base64(lines[3].decode(), "checkpoint-malformed"))  # 4


def cosignature_message(time_s: int, text: bytes) -> bytes:
    """Return what an Ed25519 cosignature at POSIX time *time_s* signs (tlog-cosignature, Ed25519 signed message)."""
    return b"cosignature/v1\ntime %d\n" % time_s + text


def mldsa_message(name: str, time_s: int, checkpoint: Checkpoint) -> bytes:
    """Return the ``cosigned_message`` that *name* signs with ML-DSA-44 (tlog-cosignature, ML-DSA-44 signed message)."""
    start = 0
    return b"".join(
        (
            b"subtree/v1\n\x00",
            _short_vector(name),
            time_s.to_bytes(TIME_BYTES, "big"),
            _short_vector(checkpoint.origin),
            start.to_bytes(8, "big"),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def signed_message(key: VerifierKey, time_s: int, text: bytes) -> bytes:
    """Return what *key* signs for a note of *text*; *time_s* counts only in cosignatures.

    Raises ``PeerFault`` (``checkpoint-malformed``) for a cosignature of any text but a checkpoint's.
    """
    if key.kind in TEXT_KINDS:
        return text
    checkpoint = parse_checkpoint(text)
    if key.kind is SignatureKind.ED25519_COSIGNATURE:
        return cosignature_message(time_s, text)
    return mldsa_message(key.name, time_s, checkpoint)


def pack_timestamped(time_s: int, signature: bytes) -> bytes:
    """Write a ``timestamped_signature``: POSIX seconds as 8 bytes big-endian, then the signature."""
    return time_s.to_bytes(TIME_BYTES, "big") + signature


def unpack_timestamped(raw: bytes) -> tuple[int, bytes]:
    """Read a ``timestamped_signature`` as (POSIX seconds, signature).

    Raises ``PeerFault`` (``signature-false``) when it is shorter than a time, or the time above 2^63 - 1.
    """
    time_s = int.from_bytes(raw[:TIME_BYTES], "big")
    if len(raw) < TIME_BYTES or time_s > TIME_S_MAX:
        raise PeerFault("signature-false", "time of a cosignature")
    return time_s, raw[TIME_BYTES:]


def _parse_signature(line: str) -> NoteSignature:
    parts = _SIGNATURE.fullmatch(line)
    if parts is None or not is_name(parts[1]):
        raise PeerFault("note-malformed", "signature line")
    material = _from_base64(parts[2], "note-malformed")
    if len(material) <= KEY_ID_BYTES:
        raise PeerFault("note-malformed", "signature line")
    return NoteSignature(parts[1], material[:KEY_ID_BYTES], material[KEY_ID_BYTES:])


def _short_vector(name: str) -> bytes:
    """Write ``opaque name<1..2^8-1>`` (RFC 8446 section 3.4)."""
    raw = name.encode()
    return bytes([len(raw)]) + raw


def _base64(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False)


def _from_base64(text: str, code: str) -> bytes:
    """Decode RFC 4648 section 4, accepting only the one text that encodes the bytes."""
    try:
        raw = a2b_base64(text)
    except ValueError:
        raise PeerFault(code, "base64") from None
    if _base64(raw).decode() != text:
        raise PeerFault(code, "base64")
    return raw
