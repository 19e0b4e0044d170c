"""What the gateway must find again after a restart: tokens and idempotency keys, behind a port of its own."""

from typing import Protocol

import msgspec

from rabita.gateways.rest.access import Token


class Kept(msgspec.Struct, frozen=True):
    """A request under an Idempotency-Key: the SHA-256 of the request, and the act (by id) it is to seal.

    ``status`` is 0 until it is answered; then ``answer`` is the body that was answered and ``location`` its address.
    """

    principal: str
    key: str
    digest: bytes
    at_ms: int
    line: str
    act_id: bytes
    status: int = 0
    answer: bytes = b""
    location: str = ""


class Records(Protocol):
    """Keeps tokens and idempotency keys. What is put is durable on return; any thread may call.

    Raises ``LocalFault("store-unavailable")`` with nothing changed.
    """

    def put_token(self, token: Token) -> None:
        """Keep a token; the same id is replaced."""
        ...

    def token(self, token_id: str) -> Token | None:
        """Find a token by its public id."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """List all tokens, the oldest first."""
        ...

    def keep(self, kept: Kept, forget_before_ms: int) -> None:
        """Keep a request, in place of one of the same principal and key; those older than *forget_before_ms* go."""
        ...

    def kept(self, principal: str, key: str) -> Kept | None:
        """Find a request by principal and key."""
        ...
