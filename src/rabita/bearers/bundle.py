r"""Courier bundles: the frames of a conversation in a file that only one node can open, for when no line is up.

The file is in age format (age-encryption.org/v1), to the age recipient of the reader's descriptor. Inside it:

1. ``rabita/bundle/1\n`` || line id (32) || SHA-256 of the writer's bundle key || SHA-256 of the reader's bundle key
2. HPKE seal (1,168) of 32 random bytes to the reader's bundle key, so that a broken X25519 opens nothing;
   info = ``rabita/bundle/1\0`` || line id || the writer's bundle key || the reader's bundle key
3. records: a big-endian u32 length and that many bytes, AES-256-GCM ciphertext of one frame; nonce = u32 0 || u64
   counter from 0; no AAD
4. the end record: the same with an empty frame and nonce = u32 1 || u64 count of frames

Key = HKDF-SHA256(the 32 bytes, no salt, ``rabita/bundle/1 keys\0`` || SHA-256(info), 32 bytes). Bundle keys are the
MLKEM768-X25519 keys of the descriptors. What the frames say is signed on its own; the seal keeps them secret and whole.

Rules: frames are handed out only after they opened, in order; a cut is told at the end, when the whole frames before
it have been taken; from hostile bytes only ``PeerFault`` comes out.
"""

import hashlib
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rabita.bearers.recipient import SEAL_OVERHEAD_BYTES, open_secret, recipient_public, seal_secret
from rabita.line.descriptor import BundleKey
from rabita.line.errors import LocalFault, PeerFault, ensure
from rabita.line.limits import BUNDLE_BYTES_MAX, FRAME_BYTES_MAX

MAGIC: Final = b"rabita/bundle/1\n"
_ID_BYTES: Final = 32
_SECRET_BYTES: Final = 32
_TAG_BYTES: Final = 16
_SEALED_BYTES: Final = _SECRET_BYTES + SEAL_OVERHEAD_BYTES
HEAD_BYTES: Final = len(MAGIC) + 3 * _ID_BYTES + _SEALED_BYTES
_LENGTH: Final = struct.Struct(">I")
_NONCE: Final = struct.Struct(">IQ")
_FRAME: Final = 0
_END: Final = 1
_AGE_SHARE: Final = 64
"""Age adds 16 bytes to every 64 KiB and a header: one byte in 64 is more than enough to keep free for it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may open a bundle here.

    The line's id (32 bytes), our keys (age identity and HPKE private key, newest first), and the HPKE bundle keys of
    the counterpart's descriptors.
    """

    line_id: bytes
    keys: Sequence[tuple[str, bytes]] = field(repr=False)
    writers: Sequence[bytes]


def write_bundle(path: Path, line_id: bytes, ours: BundleKey, theirs: BundleKey, frames: Iterable[bytes]) -> int:
    """Write *frames* to a new file at *path*, sealed to *theirs*; gives how many were written.

    Stops, whole, before the file would exceed ``BUNDLE_BYTES_MAX``: what is left goes with the next bundle. The file
    appears at once or not at all. Raises ``PeerFault("key-malformed")`` when *theirs* holds no usable key and
    ``LocalFault("bundle-unwritten")``.
    """
    part = path.with_name(path.name + ".part")
    try:
        recipient = pyrage.x25519.Recipient.from_str(theirs.age)
        with TemporaryFile(dir=path.parent) as inner:
            count = _seal_into(inner, line_id, ours.hpke, theirs.hpke, frames)
            inner.seek(0)
            with part.open("wb") as file:
                pyrage.encrypt_io(inner, file, [recipient])
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except pyrage.RecipientError:
        raise PeerFault("key-malformed", "age") from None
    except OSError as error:
        raise LocalFault("bundle-unwritten", path.name) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def read_bundle(path: Path, reader: Reader) -> Iterator[bytes]:
    """Open the bundle at *path* and hand out its frames, in order.

    Raises ``PeerFault``: ``bundle-foreign`` (not for this line or this node, or by a writer unknown here),
    ``bundle-malformed`` (no bundle, altered, or too large); after the last whole frame ``bundle-truncated``.
    ``LocalFault("bundle-unread")`` when the file or the temporary space cannot be used.
    """
    try:
        with path.open("rb") as file, TemporaryFile() as inner:
            if os.fstat(file.fileno()).st_size > BUNDLE_BYTES_MAX:
                raise PeerFault("bundle-malformed", "too large")
            cut = _open_age(file, inner, reader)
            inner.seek(0)
            yield from _frames(inner, reader, cut)
    except OSError as error:
        raise LocalFault("bundle-unread", path.name) from error


def _seal_into(inner: IO[bytes], line_id: bytes, ours: bytes, theirs: bytes, frames: Iterable[bytes]) -> int:
    ensure(len(line_id) == _ID_BYTES, "line ids are 32 bytes")
    secret = os.urandom(_SECRET_BYTES)
    info = _info(line_id, ours, theirs)
    try:
        sealed = seal_secret(theirs, secret, info)
    except PeerFault:
        raise PeerFault("key-malformed", "the bundle key") from None
    inner.write(MAGIC + line_id + _digest(ours) + _digest(theirs) + sealed)
    sealer = _cipher(secret, info)
    room = BUNDLE_BYTES_MAX - BUNDLE_BYTES_MAX // _AGE_SHARE - HEAD_BYTES - _LENGTH.size - _TAG_BYTES
    count = 0
    for frame in frames:
        ensure(0 < len(frame) <= FRAME_BYTES_MAX, "a frame of this node is larger than the protocol allows")
        room -= _LENGTH.size + len(frame) + _TAG_BYTES
        if room < 0:
            break
        inner.write(_record(sealer, _FRAME, count, frame))
        count += 1
    inner.write(_record(sealer, _END, count, b""))
    return count


def _record(sealer: AESGCM, kind: int, count: int, frame: bytes) -> bytes:
    return _LENGTH.pack(len(frame) + _TAG_BYTES) + sealer.encrypt(_NONCE.pack(kind, count), frame, None)


def _open_age(file: IO[bytes], inner: IO[bytes], reader: Reader) -> str:
    """Open the age layer into *inner*; gives the fault to raise where the frames in it end before the end record.

    Age tells an altered piece from a missing one only by its place: what fails at the file's end counts as cut off.
    """
    try:
        identities = [pyrage.x25519.Identity.from_str(age) for age, _ in reader.keys]
        pyrage.decrypt_io(file, inner, identities)
    except pyrage.IdentityError:
        raise LocalFault("node-key-malformed", "the age identity") from None
    except pyrage.DecryptError as error:
        foreign = "No matching keys" in str(error)
        raise PeerFault("bundle-foreign" if foreign else "bundle-malformed", "age") from None
    except OSError as error:
        if error.errno is not None:
            raise
        if inner.tell() == 0:
            raise PeerFault("bundle-malformed", "age") from None
        return "bundle-malformed" if file.read(1) else "bundle-truncated"
    return "bundle-truncated"


def _frames(inner: IO[bytes], reader: Reader, cut: str) -> Iterator[bytes]:
    head = inner.read(HEAD_BYTES)
    if not head.startswith(MAGIC):
        raise PeerFault("bundle-malformed", "the first bytes")
    if len(head) != HEAD_BYTES:
        raise PeerFault(cut)
    opener = _opener(head, reader)
    count = 0
    while True:
        raw = inner.read(_LENGTH.size)
        if len(raw) < _LENGTH.size:
            raise PeerFault(cut, f"after {count} frames")
        size = _LENGTH.unpack(raw)[0]
        if not _TAG_BYTES <= size <= FRAME_BYTES_MAX + _TAG_BYTES:
            raise PeerFault("bundle-malformed", f"frame {count}")
        body = inner.read(size)
        if len(body) < size:
            raise PeerFault(cut, f"after {count} frames")
        kind = _END if size == _TAG_BYTES else _FRAME
        try:
            frame = opener.decrypt(_NONCE.pack(kind, count), body, None)
        except InvalidTag:
            raise PeerFault("bundle-malformed", f"frame {count}") from None
        if kind == _END:
            break
        yield frame
        count += 1
    if inner.read(1):
        raise PeerFault("bundle-malformed", "bytes after the end")


def _opener(head: bytes, reader: Reader) -> AESGCM:
    """Find whose bundle it is and open its secret."""
    at = len(MAGIC)
    line_id, writer, recipient = (head[at + _ID_BYTES * place :][:_ID_BYTES] for place in range(3))
    if line_id != reader.line_id:
        raise PeerFault("bundle-foreign", "another line")
    theirs = next((key for key in reader.writers if _digest(key) == writer), None)
    ours = next((key for _, key in reader.keys if _digest(recipient_public(key)) == recipient), None)
    if theirs is None or ours is None:
        raise PeerFault("bundle-foreign", "writer" if theirs is None else "recipient")
    info = _info(line_id, theirs, recipient_public(ours))
    try:
        return _cipher(open_secret(ours, head[-_SEALED_BYTES:], info), info)
    except PeerFault:
        raise PeerFault("bundle-malformed", "the secret") from None


def _cipher(secret: bytes, info: bytes) -> AESGCM:
    label = b"rabita/bundle/1 keys\0" + _digest(info)
    return AESGCM(HKDF(SHA256(), length=32, salt=b"", info=label).derive(secret))


def _info(line_id: bytes, writer: bytes, reader: bytes) -> bytes:
    return b"rabita/bundle/1\0" + line_id + writer + reader


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
