"""What a passkey must show, as a port, and the challenges it signs: each for one purpose, for minutes, one use.

Rules kept here: a challenge carries its own end and a MAC by a key of this process, so that nobody can fill a memory
with challenges and push out those of the watch. What is remembered is that one was used, and only those can use it who
hold a passkey or an invitation. A restart makes the challenges before it useless.
"""

import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from hmac import compare_digest, digest
from threading import Lock
from typing import Any, Final, NamedTuple, Protocol

from rabita.line.errors import UserFault
from rabita.services.officers import Passkey

CHALLENGE_MS: Final = 120_000
_NONCE_BYTES: Final = 16
_TIME_BYTES: Final = 8
_BODY_BYTES: Final = _NONCE_BYTES + _TIME_BYTES
_MAC_BYTES: Final = 32


class Shown(NamedTuple):
    """A new passkey that was shown: its id (base64url), its public key (COSE), its signature counter."""

    id: str
    public_key: bytes
    sign_count: int


class Passkeys(Protocol):
    """Asks for passkeys and checks what they show (WebAuthn level 3), for one origin, user verification required.

    What is checked raises ``UserFault("passkey-refused")``, whatever was wrong with it, and nothing else.
    """

    def creation(self, challenge: bytes, officer: str, known: tuple[str, ...]) -> dict[str, Any]:
        """Write what a browser needs to make a passkey; *known* are those that the officer has."""
        ...

    def request(self, challenge: bytes) -> dict[str, Any]:
        """Write what a browser needs to show a passkey: any that it holds for this node, nobody being named."""
        ...

    def challenge(self, answer: Mapping[str, Any]) -> bytes:
        """Read which challenge was answered; nothing is checked."""
        ...

    def made(self, answer: Mapping[str, Any], challenge: bytes) -> Shown:
        """Check that a passkey was made."""
        ...

    def shown(self, answer: Mapping[str, Any], challenge: bytes, passkey: Passkey | None) -> int:
        """Check that this passkey was shown, and give its counter; where it is none, it takes as long to refuse."""
        ...


class Challenges:
    """Makes challenges, and lets each be used once; any other raises *code*. Any thread may call."""

    def __init__(self, now_ms: Callable[[], int], life_ms: int = CHALLENGE_MS, code: str = "passkey-refused") -> None:
        """Begin; *now_ms* is a clock that never goes back."""
        self._now_ms = now_ms
        self._life_ms = life_ms
        self._code = code
        self._key = secrets.token_bytes(_MAC_BYTES)
        self._used: dict[bytes, int] = {}
        self._lock = Lock()

    def make(self, purpose: str) -> bytes:
        """Make a challenge for a purpose."""
        body = secrets.token_bytes(_NONCE_BYTES) + (self._now_ms() + self._life_ms).to_bytes(_TIME_BYTES, "big")
        return body + self._mac(body, purpose)

    def check(self, challenge: bytes, purpose: str) -> None:
        """Raise a ``UserFault`` unless it was made here for this purpose, and in time."""
        body, mac = challenge[:_BODY_BYTES], challenge[_BODY_BYTES:]
        if not compare_digest(mac, self._mac(body, purpose)) or self._end_ms(body) <= self._now_ms():
            raise UserFault(self._code)

    def use(self, challenge: bytes) -> None:
        """Use a challenge up; raises a ``UserFault`` where it was used before."""
        now_ms = self._now_ms()
        with self._lock:
            self._used = {each: end_ms for each, end_ms in self._used.items() if end_ms > now_ms}
            if challenge in self._used:
                raise UserFault(self._code)
            self._used[challenge] = self._end_ms(challenge)

    def _mac(self, body: bytes, purpose: str) -> bytes:
        return digest(self._key, body + purpose.encode(), sha256)

    def _end_ms(self, challenge: bytes) -> int:
        return int.from_bytes(challenge[_NONCE_BYTES:_BODY_BYTES], "big")
