"""Signatures, checked: the one module of ``line`` that touches ``cryptography``.

Rules kept here: whatever is wrong with a key, a signature or a message, one fault says so (``signature-false``);
parsed keys are kept in small bounded caches, because a peer signs every batch with the same key.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from rabita.line.errors import PeerFault
from rabita.line.note import (
    TEXT_KINDS,
    Note,
    SignatureKind,
    VerifierKey,
    parse_note,
    signed_message,
    unpack_timestamped,
)

P256_POINT_BYTES: Final = 65
P256_SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""The only DER head of a SubjectPublicKeyInfo with an uncompressed P-256 point (RFC 5480 section 2)."""

_ED25519_PRIME: Final = 2**255 - 19
_ED25519_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
ED25519_SMALL_ORDER_Y: Final = frozenset(
    (0, 1, _ED25519_ORDER_8_Y, _ED25519_PRIME - _ED25519_ORDER_8_Y, _ED25519_PRIME - 1)
)
"""The y coordinates of the points of order 1, 2, 4 and 8: under such a key one signature fits many messages."""


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an Ed25519 signature (RFC 8032): 32-byte key, 64-byte signature.

    Raises ``PeerFault`` (``signature-false``) unless
    1. the key has 32 bytes and is no point of small order;
    2. the signature verifies.
    """
    try:
        _ed25519_key(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise PeerFault("signature-false", "Ed25519") from None


def verify_mldsa44(public: bytes, signature: bytes, message: bytes, context: bytes = b"") -> None:
    """Check a pure ML-DSA-44 signature (FIPS 204): 1312-byte key, 2420-byte signature, context of at most 255 bytes.

    Raises ``PeerFault`` (``signature-false``) unless all have those lengths and the signature verifies.
    """
    try:
        _mldsa44_key(public).verify(signature, message, context)
    except (InvalidSignature, ValueError):
        raise PeerFault("signature-false", "ML-DSA-44") from None


def verify_es256(public: bytes, signature: bytes, message: bytes) -> None:
    """Check an ECDSA signature on P-256 with SHA-256, the signature in DER (as WebAuthn gives it).

    *public* is the uncompressed point (65 bytes) or its SubjectPublicKeyInfo in DER (91 bytes).
    Raises ``PeerFault`` (``signature-false``) unless
    1. the key is a point on the curve in one of these forms;
    2. the signature verifies.
    """
    try:
        _p256_key(public).verify(signature, message, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise PeerFault("signature-false", "ES256") from None


def verify_note(raw: bytes | Note, key: VerifierKey) -> tuple[Note, int | None]:
    """Check that *key* signed the note; returns it with the cosignature's POSIX time in seconds, if it has one.

    Signatures of other keys are ignored, as signed-note requires.
    Raises ``PeerFault``:
    1. ``note-oversized`` or ``note-malformed`` unless the bytes are a note (see ``parse_note``);
    2. ``note-unsigned`` unless a line bears the key's name and id;
    3. ``signature-false`` unless a cosignature holds a time within bounds;
    4. ``checkpoint-malformed`` unless a cosignature stands under a checkpoint;
    5. ``signature-false`` unless the signature verifies.
    """
    note = raw if isinstance(raw, Note) else parse_note(raw)  # 1
    wanted = (key.name, key.key_id)
    signature = next((each.signature for each in note.signatures if (each.name, each.key_id) == wanted), None)
    if signature is None:
        raise PeerFault("note-unsigned", key.name)  # 2
    time_s = None
    if key.kind not in TEXT_KINDS:
        time_s, signature = unpack_timestamped(signature)  # 3
    message = signed_message(key, time_s or 0, note.text)  # 4
    _VERIFY[key.kind](key.public, signature, message)  # 5
    return note, time_s


_VERIFY: Final[dict[SignatureKind, Callable[[bytes, bytes, bytes], None]]] = {
    SignatureKind.ED25519: verify_ed25519,
    SignatureKind.ED25519_COSIGNATURE: verify_ed25519,
    SignatureKind.MLDSA44_COSIGNATURE: verify_mldsa44,
    SignatureKind.MLDSA44_TEXT: verify_mldsa44,
}


@lru_cache(maxsize=256)
def _ed25519_key(public: bytes) -> Ed25519PublicKey:
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y % _ED25519_PRIME in ED25519_SMALL_ORDER_Y:
        raise ValueError
    return Ed25519PublicKey.from_public_bytes(public)


@lru_cache(maxsize=64)
def _mldsa44_key(public: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(public)


@lru_cache(maxsize=256)
def _p256_key(public: bytes) -> EllipticCurvePublicKey:
    point = public.removeprefix(P256_SPKI_HEAD)
    if len(point) != P256_POINT_BYTES:
        raise ValueError
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
