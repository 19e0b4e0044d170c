"""Writes docs/vectors/safety.json: ``python -m tests.safety_vectors_build``.

The fingerprint is Signal's algorithm with both its inputs, written apart from the product, so that the vectors can
judge it; the word list is the product's own and is named by its digest.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

from rabita.line.safety_words import WORDS

VECTORS: Final = Path(__file__).parent.parent / "docs" / "vectors" / "safety.json"
ROOT_DIGESTS: Final = (bytes(32), bytes(31) + b"\x01", bytes([0xFF]) * 32, bytes(range(32)))


def signal_fingerprint(key: bytes, stable_id: bytes) -> bytes:
    """Return libsignal's 64 byte fingerprint, version 0, 5,200 hashes."""
    running = hashlib.sha512(bytes(2) + key + stable_id + key).digest()
    for _ in range(5199):
        running = hashlib.sha512(running + key).digest()
    return running


def groups(fingerprint: bytes) -> str:
    """Return six groups of five digits."""
    numbers = [int(fingerprint[at : at + 5].hex(), 16) % 100000 for at in (0, 5, 10, 15, 20, 25)]
    return " ".join(str(number).zfill(5) for number in numbers)


def list_digest() -> str:
    """Return the digest that names the word list: rows joined by line feeds, words by spaces, UTF-8."""
    return hashlib.sha256("\n".join(" ".join(row) for row in WORDS).encode()).hexdigest()


def safety_vectors() -> dict[str, object]:
    """Return the document."""
    cases = []
    for root_digest in ROOT_DIGESTS:
        fingerprint = signal_fingerprint(root_digest, b"")
        words = {
            language: [WORDS[byte][column] for byte in fingerprint[30:42]]
            for column, language in enumerate(("en", "ur", "fa"))
        }
        cases.append({"root_digest": root_digest.hex(), "digits": groups(fingerprint), "words": words})
    return {
        "what": "Safety numbers: digits and words of a root digest (SHA-256 over party code and root keys)",
        "source": "Signal numeric fingerprint, version 0, 5200 rounds, key = root digest, empty stable identifier",
        "words_sha256": list_digest(),
        "cases": cases,
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(safety_vectors(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
