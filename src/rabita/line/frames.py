"""The frames of a conversation, the same over any bearer: MessagePack arrays, first the frame's tag.

A batch (one group commit of one log and its checkpoint) travels as a byte stream cut into ``Chunk`` frames, so that
frames of several logs may be interleaved and an urgent one never waits for a batch to end.
"""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import msgspec

from rabita.line import limits
from rabita.line.entry import UNREADABLE, Entry
from rabita.line.errors import PeerFault
from rabita.line.ids import LogId, Natural


class Held(msgspec.Struct, frozen=True, array_like=True):
    """What the sender holds of one log: its nonce, size and root, and the author's note that covers exactly that.

    ``receipt`` is, for the sender's own logs, the counterpart's highest receipt (a cosigned note), empty if none.
    ``frozen_at`` is the size at which the sender froze a log of a closed epoch, -1 while it is open.
    """

    log: LogId
    nonce: str
    size: Natural
    root: bytes
    note: bytes
    receipt: bytes
    frozen_at: Annotated[int, msgspec.Meta(ge=-1, le=limits.INTEGER_MAX)]


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """First frame of either side: protocol, line, who speaks, its clock (ms since 1970 UTC), what it holds."""

    protocol: str
    line: str
    party: str
    charter: Natural
    time_ms: Natural
    held: tuple[Held, ...]


class Chunk(msgspec.Struct, frozen=True, array_like=True, tag="chunk"):
    """A piece of a batch: of the batch of ``log`` that starts at entry ``first``, the bytes from ``offset``."""

    log: LogId
    first: Natural
    offset: Natural
    last: bool
    data: bytes


class Receipt(msgspec.Struct, frozen=True, array_like=True, tag="receipt"):
    """The cosignature of the checkpoint of ``log`` at ``size`` (C2SP tlog-cosignature v1; time in s since 1970)."""

    log: LogId
    size: Natural
    root: bytes
    time_s: Natural
    signature: bytes


class Refusal(msgspec.Struct, frozen=True, array_like=True, tag="refusal"):
    """A batch of ``log`` was refused with ``code``; send again from entry ``size``. ``blocked`` after two like it."""

    log: LogId
    size: Natural
    code: str
    blocked: bool


class Credit(msgspec.Struct, frozen=True, array_like=True, tag="credit"):
    """The receiver admits ``size_bytes`` of batches of ``log`` in all since the session began."""

    log: LogId
    size_bytes: Natural
    over_quota: bool


class Ack(msgspec.Struct, frozen=True, array_like=True, tag="ack"):
    """How many bytes of chunks and pieces the sender of this frame has received since the session began."""

    received_bytes: Natural


class Head(msgspec.Struct, frozen=True, array_like=True, tag="head"):
    """A note by its sender over a log it already sent or receipted, with an ML-DSA-44 signature added."""

    log: LogId
    note: bytes


class Want(msgspec.Struct, frozen=True, array_like=True, tag="want"):
    """Send the attachment of this digest (hex) from ``offset``: that much of it is held here already."""

    digest: str
    offset: Natural


class Piece(msgspec.Struct, frozen=True, array_like=True, tag="piece"):
    """A piece of the attachment ``digest``, of ``total_bytes`` in all: the bytes from ``offset``."""

    digest: str
    offset: Natural
    total_bytes: Natural
    data: bytes


class Possessed(msgspec.Struct, frozen=True, array_like=True, tag="possession"):
    """The sender's signed statement that it holds the attachment ``digest`` whole."""

    digest: str
    note: bytes


class Kept(msgspec.Struct, frozen=True, array_like=True, tag="kept"):
    """The sender durably keeps the statement of possession of the attachment ``digest``."""

    digest: str


class Declined(msgspec.Struct, frozen=True, array_like=True, tag="declined"):
    """The sender does not go on with the attachment ``digest`` in this conversation, for the fault ``code``."""

    digest: str
    code: str


class Ping(msgspec.Struct, frozen=True, array_like=True, tag="ping"):
    """Keepalive; ``time_ms`` is the sender's clock (ms since 1970 UTC)."""

    time_ms: Natural


class Bye(msgspec.Struct, frozen=True, array_like=True, tag="bye"):
    """The sender ends the conversation; ``code`` is a fault code or ``closing``."""

    code: str


Frame: TypeAlias = (
    Hello | Chunk | Receipt | Refusal | Credit | Ack | Head | Want | Piece | Possessed | Kept | Declined | Ping | Bye
)


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """One group commit of one log: entries from index ``first``, then the author's checkpoint note after them."""

    first: Natural
    entries: tuple[Entry, ...]
    note: bytes


_encoder: Final = msgspec.msgpack.Encoder()
_frame_decoder: Final = msgspec.msgpack.Decoder(Frame)
_batch_decoder: Final = msgspec.msgpack.Decoder(Batch)


def encode_frame(frame: Frame) -> bytes:
    """Write a frame."""
    return _encoder.encode(frame)


def decode_frame(raw: bytes) -> Frame:
    """Read a frame; raises ``PeerFault``: ``frame-oversized`` or ``frame-malformed``."""
    if len(raw) > limits.FRAME_BYTES_MAX:
        raise PeerFault("frame-oversized")
    try:
        frame: Frame = _frame_decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("frame-malformed") from fault
    return frame


def encode_batch(first: int, entries: Sequence[Entry], note: bytes) -> bytes:
    """Write a batch."""
    return _encoder.encode((first, entries, note))


def decode_batch(raw: bytes) -> Batch:
    """Read a batch and check its bounds; raises ``PeerFault("batch-malformed")`` or ``batch-oversized``."""
    if len(raw) > limits.BATCH_WIRE_BYTES_MAX:
        raise PeerFault("batch-oversized")
    try:
        batch = _batch_decoder.decode(raw)
    except UNREADABLE as fault:
        raise PeerFault("batch-malformed") from fault
    if not 1 <= len(batch.entries) <= limits.BATCH_ENTRIES_MAX:
        raise PeerFault("batch-oversized")
    return batch
