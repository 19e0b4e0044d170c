r"""The inner seal: what runs inside every bearer, so that recorded traffic stays closed to later decryption.

Outer TLS may be broken one day by a quantum computer; this layer would still stand, because its session keys
come from two fresh MLKEM768-X25519 keys. It reads no socket and no clock: bytes in, bytes out.

Wire, protocol ``rabita/1``; every message is a big-endian u32 length and that many bytes:

1. dialler to acceptor: ``rabita/1\n`` || line id (32) || the dialler's fresh public key (1,216)
2. acceptor to dialler: the acceptor's fresh public key (1,216) || HPKE seal of 32 random bytes r_A (1,168)
3. dialler to acceptor: HPKE seal of 32 random bytes r_D (1,168)
4. then frames either way: AES-256-GCM ciphertext, nonce = 4 zero bytes || u64 counter from 0, no AAD

HPKE (RFC 9180) info = ``rabita/1 inner\0`` || line id || dialler's pin || acceptor's pin || dialler's key ||
acceptor's key. Session keys = HKDF-SHA256(r_D || r_A, no salt, ``rabita/1 keys\0`` || SHA-256(info), 64 bytes):
the first half seals from dialler to acceptor, the second the other way.

Rules: lengths are checked before bytes are kept; any bad byte is a ``PeerFault`` and ends the session for good;
nothing is handed out before the whole handshake has held.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rabita.bearers.recipient import (
    PUBLIC_BYTES,
    SEAL_OVERHEAD_BYTES,
    generate_recipient,
    open_secret,
    recipient_public,
    seal_secret,
)
from rabita.line.errors import InvariantBroken, LocalFault, PeerFault, ensure
from rabita.line.limits import FRAME_BYTES_MAX

FRAMES_PER_SESSION_MAX: Final = 1 << 32
"""Frames one key may seal; keeps AES-GCM far from its bounds even with every frame at its largest."""

_TAG_BYTES: Final = 16
_SEALED_FRAME_BYTES_MAX: Final = FRAME_BYTES_MAX + _TAG_BYTES
_SECRET_BYTES: Final = 32
_ID_BYTES: Final = 32
_GREETING: Final = b"rabita/1\n"
_GREETING_ANY_VERSION: Final = b"rabita/"
_HELLO_BYTES: Final = len(_GREETING) + _ID_BYTES + PUBLIC_BYTES
_SEALED_BYTES: Final = _SECRET_BYTES + SEAL_OVERHEAD_BYTES
_ANSWER_BYTES: Final = PUBLIC_BYTES + _SEALED_BYTES
_HANDSHAKE_BYTES_MAX: Final = 4096
_LENGTH: Final = struct.Struct(">I")
_NONCE: Final = struct.Struct(">IQ")

_Step = Callable[[bytes], None]


class Inner:
    """One sealed session over one byte stream, seen from one of its ends.

    Make it with :meth:`dial` or :meth:`accept`; pass what arrives to :meth:`feed`, send what :meth:`outgoing`
    returns, and once ``ready`` send what :meth:`seal` returns. ``line_id`` is empty until it is known and admitted.
    """

    __slots__ = (
        "_buffer",
        "_fault",
        "_info",
        "_opened_count",
        "_opener",
        "_outgoing",
        "_private",
        "_sealed_count",
        "_sealer",
        "_secret",
        "_step",
        "line_id",
    )

    def __init__(self) -> None:
        """Hold the parts both ends have; the step is set by :meth:`dial` or :meth:`accept`."""
        self.line_id = b""
        self._buffer = bytearray()
        self._fault: PeerFault | None = None
        self._info = b""
        self._opened_count = 0
        self._opener: AESGCM | None = None
        self._outgoing = bytearray()
        self._private = generate_recipient()
        self._sealed_count = 0
        self._sealer: AESGCM | None = None
        self._secret = os.urandom(_SECRET_BYTES)
        self._step: _Step | None = None

    @classmethod
    def dial(cls, line_id: bytes, our_pin: bytes, peer_pin: bytes) -> "Inner":
        """Open a session for *line_id*; its first message is in :meth:`outgoing` at once. Pins are 32 bytes."""
        _ensure_ids(line_id, our_pin, peer_pin)
        inner = cls()
        inner.line_id = line_id
        our_key = recipient_public(inner._private)
        inner._say(_GREETING + line_id + our_key)
        inner._step = lambda answer: inner._take_answer(answer, our_pin + peer_pin + our_key)
        return inner

    @classmethod
    def accept(cls, our_pin: bytes, peer_pin: bytes, lines: Callable[[bytes], bool]) -> "Inner":
        """Await a session; *lines* says whether a line id is one this peer may open. Pins are 32 bytes."""
        _ensure_ids(our_pin, peer_pin)
        inner = cls()
        inner._step = lambda hello: inner._take_hello(hello, peer_pin + our_pin, lines)
        return inner

    @property
    def ready(self) -> bool:
        """Whether the handshake has held and frames may flow."""
        return self._opener is not None

    def outgoing(self) -> bytes:
        """Hand out, once, the handshake bytes to be sent."""
        waiting = bytes(self._outgoing)
        self._outgoing.clear()
        return waiting

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they arrive, cut anywhere, and return the frames they complete, opened and in order.

        Raises ``PeerFault``: ``version-unsupported``, ``handshake-failed``, ``frame-oversized``,
        ``frame-malformed`` or ``seal-broken``. A fault is final: every later call raises it again. Frames that
        the same call had opened before it are dropped; what is not receipted is sent again.
        """
        if self._fault is not None:
            raise self._fault
        try:
            return self._take(data)
        except PeerFault as fault:
            self._fault = fault
            raise

    def seal(self, frames: Sequence[bytes]) -> bytes:
        """Seal *frames* (each at most ``FRAME_BYTES_MAX`` bytes) into the bytes to send, in order.

        Raises ``LocalFault`` ``session-spent`` when the key has sealed all it may: close and dial again.
        """
        sealer = self._sealer
        if sealer is None:
            raise InvariantBroken("invariant-broken", "a frame was sealed before the session was ready")
        count = self._sealed_count
        if count + len(frames) > FRAMES_PER_SESSION_MAX:
            raise LocalFault("session-spent")
        pieces: list[bytes] = []
        for frame in frames:
            ensure(len(frame) <= FRAME_BYTES_MAX, "a frame of this node is larger than the protocol allows")
            pieces += (_LENGTH.pack(len(frame) + _TAG_BYTES), sealer.encrypt(_NONCE.pack(0, count), frame, None))
            count += 1
        self._sealed_count = count
        return b"".join(pieces)

    def _take(self, data: bytes) -> list[bytes]:
        """Cut the stream into messages; keeps at most one incomplete message."""
        buffer = self._buffer
        buffer += data
        frames: list[bytes] = []
        start = 0
        with memoryview(buffer) as view:
            while len(buffer) - start >= _LENGTH.size:
                (body_bytes,) = _LENGTH.unpack_from(view, start)
                self._check_length(body_bytes)
                end = start + _LENGTH.size + body_bytes
                if end > len(buffer):
                    break
                with view[start + _LENGTH.size : end] as body:
                    if self._opener is None:
                        self._advance(bytes(body))
                    else:
                        frames.append(self._open(self._opener, body))
                start = end
        del buffer[:start]
        return frames

    def _check_length(self, body_bytes: int) -> None:
        if self._opener is None:
            if body_bytes > _HANDSHAKE_BYTES_MAX:
                raise PeerFault("handshake-failed", "a handshake message is too long")
        elif body_bytes > _SEALED_FRAME_BYTES_MAX:
            raise PeerFault("frame-oversized", f"{body_bytes} bytes")
        elif body_bytes < _TAG_BYTES:
            raise PeerFault("frame-malformed", "a sealed frame is shorter than its tag")

    def _open(self, opener: AESGCM, body: memoryview) -> bytes:
        try:
            frame = opener.decrypt(_NONCE.pack(0, self._opened_count), body, None)
        except InvalidTag:
            raise PeerFault("seal-broken") from None
        self._opened_count += 1
        return frame

    def _advance(self, body: bytes) -> None:
        step, self._step = self._step, None
        if step is None:
            raise InvariantBroken("invariant-broken", "the inner handshake has no next step")
        step(body)

    def _say(self, body: bytes) -> None:
        self._outgoing += _LENGTH.pack(len(body)) + body

    def _take_hello(self, hello: bytes, pins: bytes, lines: Callable[[bytes], bool]) -> None:
        """Acceptor, message 1: admit the line, answer with our key and r_A."""
        if not hello.startswith(_GREETING):
            known = hello.startswith(_GREETING_ANY_VERSION)
            raise PeerFault("version-unsupported" if known else "handshake-failed")
        if len(hello) != _HELLO_BYTES:
            raise PeerFault("handshake-failed", "the first message has a wrong length")
        line_id = hello[len(_GREETING) : len(_GREETING) + _ID_BYTES]
        if not lines(line_id):
            raise PeerFault("handshake-failed", "the line is not one this peer may open")
        self.line_id = line_id
        their_key = hello[-PUBLIC_BYTES:]
        our_key = recipient_public(self._private)
        self._info = _info(line_id, pins, their_key, our_key)
        self._say(our_key + seal_secret(their_key, self._secret, self._info))
        self._step = self._take_last

    def _take_answer(self, answer: bytes, pins_and_our_key: bytes) -> None:
        """Dialler, message 2: open r_A, answer with r_D; the session is ready."""
        if len(answer) != _ANSWER_BYTES:
            raise PeerFault("handshake-failed", "the second message has a wrong length")
        their_key = answer[:PUBLIC_BYTES]
        self._info = _info(self.line_id, pins_and_our_key, their_key)
        their_secret = open_secret(self._private, answer[PUBLIC_BYTES:], self._info)
        self._say(seal_secret(their_key, self._secret, self._info))
        self._sealer, self._opener = self._keys(self._secret + their_secret)

    def _take_last(self, sealed: bytes) -> None:
        """Acceptor, message 3: open r_D; the session is ready."""
        if len(sealed) != _SEALED_BYTES:
            raise PeerFault("handshake-failed", "the third message has a wrong length")
        their_secret = open_secret(self._private, sealed, self._info)
        self._opener, self._sealer = self._keys(their_secret + self._secret)

    def _keys(self, secrets: bytes) -> tuple[AESGCM, AESGCM]:
        """Derive (dialler to acceptor, acceptor to dialler) from r_D || r_A and forget the handshake's secrets."""
        label = b"rabita/1 keys\0" + hashlib.sha256(self._info).digest()
        derived = HKDF(SHA256(), length=64, salt=b"", info=label).derive(secrets)
        self._private = self._secret = self._info = b""
        return AESGCM(derived[:32]), AESGCM(derived[32:])


def _info(line_id: bytes, *pins_and_keys: bytes) -> bytes:
    return b"".join((b"rabita/1 inner\0", line_id, *pins_and_keys))


def _ensure_ids(*ids: bytes) -> None:
    ensure(all(len(value) == _ID_BYTES for value in ids), "line ids and pins are 32 bytes")
