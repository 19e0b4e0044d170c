"""A passkey in software, for the exercise: what a browser and its authenticator answer (W3C WebAuthn Level 3).

Rules kept here: it is for exercises and tests alone, since nothing guards its key and it says of anyone that they were
verified; what it answers is checked as any passkey's is.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

ID_BYTES: Final = 32
PRESENT: Final = 0x01
VERIFIED: Final = 0x04
ATTESTED: Final = 0x40
_NO_MODEL: Final = bytes(16)
_COORDINATE_BYTES: Final = 32


@dataclass
class SoftPasskey:
    """One passkey of one origin, as in ``https://node.example``. ``sign_count`` grows with every use.

    ``rp_id`` and ``handle`` (the officer's) are learnt when it is made; ``flags`` is what it says of the user.
    """

    origin: str
    flags: int = PRESENT | VERIFIED
    rp_id: str = ""
    handle: str = ""
    sign_count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(ID_BYTES))
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def make(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create`` for options in JSON."""
        self.rp_id, self.handle = self.rp_id or options["rp"]["id"], options["user"]["id"]
        length = len(self.id).to_bytes(2, "big")
        data = self._data(self.flags | ATTESTED) + _NO_MODEL + length + self.id + self.cose
        attested = b"\xa3cfmtdnonegattStmt\xa0hauthData\x58" + bytes([len(data)]) + data  # a map of CBOR (RFC 8949)
        client = self._client("webauthn.create", options)
        return self._answer({"clientDataJSON": packed(client), "attestationObject": packed(attested)})

    def show(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get`` for options in JSON."""
        self.rp_id = self.rp_id or options["rpId"]
        self.sign_count += 1
        data, client = self._data(self.flags), self._client("webauthn.get", options)
        return self._answer(
            {
                "clientDataJSON": packed(client),
                "authenticatorData": packed(data),
                "signature": packed(self.key.sign(data + sha256(client).digest(), ECDSA(SHA256()))),
                "userHandle": self.handle,
            }
        )

    @property
    def cose(self) -> bytes:
        """The public key: a COSE_Key of ES256 (RFC 9053, 7.1.1)."""
        point = self.key.public_key().public_numbers()
        x, y = (each.to_bytes(_COORDINATE_BYTES, "big") for each in (point.x, point.y))
        return b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y

    def _client(self, kind: str, options: Mapping[str, Any]) -> bytes:
        about = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(about).encode()

    def _data(self, flags: int) -> bytes:
        return sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        return {"id": packed(self.id), "rawId": packed(self.id), "type": "public-key", "response": response}


def packed(raw: bytes) -> str:
    """Write base64url without padding (RFC 7515, 2)."""
    return urlsafe_b64encode(raw).decode().rstrip("=")
