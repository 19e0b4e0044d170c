"""A passkey in software that may be steered to answer as it should not (WebAuthn)."""

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from rabita.keys.soft_passkey import PRESENT, VERIFIED, SoftPasskey, packed
from rabita.line.entry import Approval, approval_message

__all__ = ["ORIGIN", "PRESENT", "VERIFIED", "Authenticator", "by_passkey", "packed", "unpacked"]

ORIGIN: Final = "https://node.example"


@dataclass
class Authenticator(SoftPasskey):
    """One passkey, and a check of what it is asked. Every field may be steered; one that ``counts`` not, says 0."""

    origin: str = ORIGIN
    counts: bool = True

    def make(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        assert options["attestation"] == "none"
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert -7 in [each["alg"] for each in options["pubKeyCredParams"]]
        return super().make(options)

    def show(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        assert options["userVerification"] == "required"
        assert not options.get("allowCredentials"), "nobody is named before a passkey is shown"
        self.sign_count -= 0 if self.counts else 1
        return super().show(options)


def by_passkey(device: Authenticator, role: str, act: bytes, key: str, rp_id: str = "node.example") -> Approval:
    """Approve an act with a passkey, as a browser would: the SHA-256 of the approval bytes is the challenge."""
    challenge = packed(sha256(approval_message(role, act)).digest())
    options = {"challenge": challenge, "rpId": rp_id, "userVerification": "required"}
    answer = device.show(options)["response"]
    parts = [unpacked(answer[name]) for name in ("signature", "authenticatorData", "clientDataJSON")]
    return Approval(role, key, *parts)


def unpacked(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
