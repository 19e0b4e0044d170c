"""The lines of a transcript file: UTF-8, one JSON object each, written without spaces and with the keys in this order.

First what the file is, the charter and both descriptors; then each log, control lanes first, and its batches; then
evidence; last the end. A line is known by its first eight bytes; bytes are base64 (RFC 4648, section 4).
"""

from typing import Any, Final, TypeAlias

import msgspec

from rabita.line import limits
from rabita.line.entry import UNREADABLE
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId

TITLE: Final = "rabita/transcript/v1"
LINE_BYTES_MAX: Final = 2 * limits.BATCH_WIRE_BYTES_MAX + 4 * limits.NOTE_BYTES_MAX
"""The longest line: a batch in base64 and its two notes, newlines escaped."""

Parts: TypeAlias = tuple[bytes, bytes, bytes, tuple[bytes | None, ...]]
"""Stamp, act, approvals, and the portions the act lists as sent, None where purged."""


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Any line of the file."""


class Head(Line, frozen=True):
    """First line: the form, the line's name, the party that wrote the file, and when it says so (ms since 1970 UTC)."""

    rabita: str
    line: str
    by: str
    time_ms: int


class CharterLine(Line, frozen=True):
    """Second line: the charter, as note text."""

    charter: str


class DescriptorLine(Line, frozen=True):
    """Third and fourth line: the descriptors confirmed at pairing, as note text, the exporter's first."""

    descriptor: str


class LogHead(Line, frozen=True):
    """A log as the exporter keeps it; ``frozen_at`` is -1 while it is open, ``stopped`` is empty or a fault code."""

    party: str
    epoch: int
    lane: Lane
    nonce: str
    frozen_at: int
    stopped: str

    @property
    def id(self) -> LogId:
        """The log."""
        return LogId(self.party, self.epoch, self.lane)


class LogLine(Line, frozen=True):
    """Begins a log; its batches follow."""

    log: LogHead


class BatchLine(Line, frozen=True):
    """One batch: entries from index ``first``, the author's note after them, and that note cosigned, or empty."""

    first: int
    entries: tuple[Parts, ...]
    note: str
    receipt: str


class Evidence(Line, frozen=True):
    """Two statements about a log that cannot both be true, with the code that names the contradiction."""

    party: str
    epoch: int
    lane: Lane
    code: str
    items: tuple[bytes, ...]

    @property
    def id(self) -> LogId:
        """The log."""
        return LogId(self.party, self.epoch, self.lane)


class EvidenceLine(Line, frozen=True):
    """A contradiction the exporter kept."""

    evidence: Evidence


class End(Line, frozen=True):
    """How many batches and entries there are, and the SHA-256 (hex) of all lines but batches and this one.

    A newline ends each line under the digest. What a batch says is under its checkpoint already.
    """

    batches: int
    entries: int
    digest: str


class EndLine(Line, frozen=True):
    """Last line; without it the file is truncated."""

    end: End


_PREFIX_BYTES: Final = 8
_FORMS: Final[dict[bytes, msgspec.json.Decoder[Any]]] = {
    b'{"first"': msgspec.json.Decoder(BatchLine),
    b'{"rabita': msgspec.json.Decoder(Head),
    b'{"charte': msgspec.json.Decoder(CharterLine),
    b'{"descri': msgspec.json.Decoder(DescriptorLine),
    b'{"log":{': msgspec.json.Decoder(LogLine),
    b'{"eviden': msgspec.json.Decoder(EvidenceLine),
    b'{"end":{': msgspec.json.Decoder(EndLine),
}
_encode: Final = msgspec.json.Encoder().encode


def encode_line(line: Line) -> bytes:
    """Write a line, its newline included."""
    return _encode(line) + b"\n"


def decode_line(raw: bytes) -> Line:
    """Read a line, with or without its newline; raises ``PeerFault("transcript-malformed")``."""
    decoder = _FORMS.get(raw[:_PREFIX_BYTES])
    if decoder is None or len(raw) > LINE_BYTES_MAX:
        raise PeerFault("transcript-malformed")
    try:
        line: Line = decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("transcript-malformed") from fault
    return line
