"""The safety number of a party: what two officers read to each other before anything else is trusted.

It is Signal's numeric fingerprint (libsignal ``NumericFingerprintGenerator``, fingerprint version 0, 5,200 rounds)
with the party's root digest in the place of the identity key and an empty stable identifier, since the party code is
already under the digest. Thirty digits show the first thirty bytes; twelve words show the twelve bytes after them,
so digits and words are two ways to the same comparison: some 99 and 96 bits before the cost of the rounds.

Rules kept here: pure; one result for one digest, for ever; the same twelve places in every language.
"""

import hashlib
from typing import Final, Literal, TypeAlias

from rabita.line.errors import ensure
from rabita.line.safety_words import WORDS

Language: TypeAlias = Literal["en", "ur", "fa"]

_COLUMN: Final[dict[Language, int]] = {"en": 0, "ur": 1, "fa": 2}
_VERSION: Final = b"\x00\x00"
_ROUNDS: Final = 5200
_DIGEST_BYTES: Final = 32
_CHUNK_BYTES: Final = 5
_DIGITS_BYTES: Final = 30
_WORDS_COUNT: Final = 12


def safety_digits(root_digest: bytes) -> str:
    """Return six groups of five decimal digits, set apart by one space.

    *root_digest* is SHA-256 over the party code and its two root public keys, 32 bytes. Each group is five bytes of the
    fingerprint, big-endian, modulo 100,000 (libsignal, ``DisplayableFingerprint``).
    Raises ``InvariantBroken`` for a digest of another size.
    """
    shown = _fingerprint(root_digest)[:_DIGITS_BYTES]
    chunks = (shown[at : at + _CHUNK_BYTES] for at in range(0, _DIGITS_BYTES, _CHUNK_BYTES))
    return " ".join(f"{int.from_bytes(chunk, 'big') % 100_000:05d}" for chunk in chunks)


def safety_words(root_digest: bytes, language: Language) -> tuple[str, ...]:
    """Return twelve words of *language*, one for each of the bytes 30 to 41 of the fingerprint.

    *root_digest* as for ``safety_digits``. Raises ``InvariantBroken`` for a digest of another size.
    """
    column = _COLUMN[language]
    shown = _fingerprint(root_digest)[_DIGITS_BYTES : _DIGITS_BYTES + _WORDS_COUNT]
    return tuple(WORDS[byte][column] for byte in shown)


def _fingerprint(root_digest: bytes) -> bytes:
    """Return the 64 bytes of SHA-512(… SHA-512(SHA-512(version ‖ key ‖ key) ‖ key) … ‖ key), 5,200 hashes in all."""
    ensure(len(root_digest) == _DIGEST_BYTES, f"a root digest has {_DIGEST_BYTES} bytes, not {len(root_digest)}")
    fingerprint = _VERSION + root_digest
    for _ in range(_ROUNDS):
        fingerprint = hashlib.sha512(fingerprint + root_digest).digest()
    return fingerprint
