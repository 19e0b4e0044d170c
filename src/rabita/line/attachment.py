"""Attachments: what a blob is made of, which acts name one, and what may be opened.

A blob is 16 bytes of fresh salt, a 4-byte length, that much header (one JSON object: media type and name) and the
content. An act names it by the SHA-256 of all of it, which for the salt's sake reveals nothing of what it holds. Rules
kept here: a name is only ever shown, and no path is made of it but by ``plain_name``; what is of another media type
than the few below, or not what its type says, is neither attached nor opened.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from rabita.line import limits
from rabita.line.entry import UNREADABLE
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import is_shown

LENGTH_BYTES: Final = 4
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_PLAIN: Final = re.compile(r"[^\w.()\[\] -]")
_MEMBER: Final = b'"attachments"'
"""How the member is written by every writer that does not escape letters; others name nothing."""


class Media(NamedTuple):
    """A media type that may be attached: the ends of its file names, how its content begins, whether it is UTF-8."""

    suffixes: tuple[str, ...]
    begins: bytes = b""
    text: bool = False


MEDIA: Final[Mapping[str, Media]] = {
    "application/pdf": Media((".pdf",), b"%PDF-"),
    "image/png": Media((".png",), b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": Media((".jpg", ".jpeg"), b"\xff\xd8\xff"),
    "text/plain": Media((".txt",), text=True),
    "text/csv": Media((".csv",), text=True),
    "application/geo+json": Media((".geojson",), b"{", text=True),
}
"""No archive, no document with macros, no page that a browser would run."""


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What travels with the content: its media type, and the name its sender gave it."""

    media: str
    name: str


class Opened(NamedTuple):
    """A blob that was read: its header and content."""

    header: Header
    content: bytes


class _Naming(msgspec.Struct):
    attachments: tuple[str, ...] = ()


_header_decoder: Final = msgspec.json.Decoder(Header)
_naming_decoder: Final = msgspec.json.Decoder(_Naming)


def make_blob(salt: bytes, name: str, content: bytes, media: str = "") -> bytes:
    """Make a blob; without *media* the type goes by the end of the name.

    Raises ``UserFault``: ``attachment-media``, ``attachment-name``, ``attachment-oversized``.
    """
    media = media or media_of(name)
    fault = _media_fault(media, content)
    if fault:
        raise UserFault("attachment-media", fault)
    if not _is_name(name):
        raise UserFault("attachment-name", name[:64])
    header = msgspec.json.encode(Header(media, name))
    blob = salt + len(header).to_bytes(LENGTH_BYTES, "big") + header + content
    if len(blob) > limits.ATTACHMENT_BYTES_MAX:
        raise UserFault("attachment-oversized", f"{len(blob)} bytes")
    return blob


def media_of(name: str) -> str:
    """Give the media type that the end of a file's name stands for, empty if it is none of those allowed."""
    return next((media for media, each in MEDIA.items() if name.lower().endswith(each.suffixes)), "")


def digest_of(blob: bytes) -> str:
    """Give the digest by which acts name a blob."""
    return sha256(blob).hexdigest()


def is_digest(text: str) -> bool:
    """Say whether *text* can be a digest: 64 hexadecimal digits."""
    return _DIGEST.fullmatch(text) is not None


def read_header(head: bytes) -> tuple[Header, int]:
    """Read the header from the beginning of a blob; gives it and where the content begins.

    Raises ``PeerFault("attachment-malformed")`` unless it is one JSON object in its one form, with a name that can be
    shown; any media type passes.
    """
    begin = limits.PORTION_SALT_BYTES + LENGTH_BYTES
    size = int.from_bytes(head[limits.PORTION_SALT_BYTES : begin], "big")
    raw = head[begin : begin + size]
    if not 0 < len(raw) == size <= limits.ATTACHMENT_HEADER_BYTES_MAX:
        raise PeerFault("attachment-malformed")
    try:
        header = _header_decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("attachment-malformed") from fault
    if msgspec.json.encode(header) != raw or not _is_name(header.name):
        raise PeerFault("attachment-malformed")
    return header, begin + size


def open_blob(blob: bytes) -> Opened:
    """Read a blob to be opened.

    Raises ``PeerFault``: ``attachment-malformed``; ``attachment-media`` for a type that is not among those allowed, and
    for content that is not of its type.
    """
    header, begin = read_header(blob)
    content = blob[begin:]
    fault = _media_fault(header.media, content)
    if fault:
        raise PeerFault("attachment-media", fault)
    return Opened(header, content)


def plain_name(header: Header, digest: str) -> str:
    """Make a file name of a sender's name: no separators, no hidden file, the end that its media type has."""
    media = MEDIA.get(header.media)
    suffixes = media.suffixes if media is not None else (".bin",)
    plain = _PLAIN.sub("_", header.name.replace("\\", "/").rpartition("/")[2]).strip(". -")
    stem = plain[: limits.NAME_CHARS_MAX] or digest[:12]
    return stem if stem.lower().endswith(suffixes) else stem + suffixes[0]


def names_attachments(act: bytes) -> bool:
    """Say quickly whether an act may name attachments."""
    return _MEMBER in act


def named_in(act: bytes) -> tuple[str, ...]:
    """List the digests of the attachments an act names, each once; nothing where it cannot be read.

    At most ATTACHMENTS_MAX count.
    """
    if not names_attachments(act):
        return ()
    try:
        found = _naming_decoder.decode(act).attachments
    except UNREADABLE:
        return ()
    return tuple(dict.fromkeys([each for each in found if is_digest(each)]))[: limits.ATTACHMENTS_MAX]


def _is_name(name: str) -> bool:
    """Say whether a name can be shown in one line, as it is read."""
    return 0 < len(name) <= limits.NAME_CHARS_MAX and is_shown(name)


def _media_fault(media: str, content: bytes) -> str:
    allowed = MEDIA.get(media)
    if allowed is None:
        return f"allowed are {', '.join(MEDIA)}"
    if not content.startswith(allowed.begins) or (allowed.text and not _is_text(content)):
        return f"this is not {media}"
    return ""


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content
