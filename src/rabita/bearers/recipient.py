"""Post-quantum hybrid recipient keys: seal one short secret so that only one key can open it.

Used by the inner seal (fresh keys per session) and by courier bundles (the descriptor's bundle key). The suite is
HPKE base mode (RFC 9180) with MLKEM768-X25519 (X-Wing), HKDF-SHA256 and AES-256-GCM. Keys are bytes at this door:
public = ML-KEM-768 key (1,184) || X25519 key (32); private = ML-KEM-768 seed (64) || X25519 key (32).
"""

from typing import Final

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from rabita.line.errors import LocalFault, PeerFault

PRIVATE_BYTES: Final = 96
PUBLIC_BYTES: Final = 1216
SEAL_OVERHEAD_BYTES: Final = 1136
"""Bytes a seal adds to its secret: the encapsulated key (1,120) and the tag (16)."""

_MLKEM_SEED_BYTES: Final = 64
_MLKEM_PUBLIC_BYTES: Final = 1184
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def generate_recipient() -> bytes:
    """Make a fresh private key of 96 bytes."""
    return MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw()


def recipient_public(private: bytes) -> bytes:
    """Return the 1,216 bytes of the public key; raises ``LocalFault`` ``node-key-malformed``."""
    mlkem, x25519 = _private_parts(private)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def seal_secret(public: bytes, secret: bytes, info: bytes) -> bytes:
    """Seal *secret* to *public*, bound to *info*; raises ``PeerFault`` ``handshake-failed`` for a bad key."""
    try:
        recipient = MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_BYTES:]),
        )
        return _SUITE.encrypt(secret, recipient, info)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise PeerFault("handshake-failed", "the recipient key is not a valid key") from error


def open_secret(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what :func:`seal_secret` made under the same *info*.

    Raises ``PeerFault`` ``handshake-failed`` when it does not open, ``LocalFault`` ``node-key-malformed``
    when *private* is not a stored key.
    """
    key = MLKEM768X25519PrivateKey(*_private_parts(private))
    try:
        return _SUITE.decrypt(sealed, key, info)
    except (InvalidTag, ValueError) as error:
        raise PeerFault("handshake-failed", "the sealed secret does not open") from error


def _private_parts(private: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    try:
        return (
            MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED_BYTES:]),
        )
    except ValueError as error:
        raise LocalFault("node-key-malformed") from error
