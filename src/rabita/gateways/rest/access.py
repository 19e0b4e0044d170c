"""Who asks and what they may: service tokens, and the principal that every way of signing in comes to.

Rules kept here: a token holds 256 random bits and is shown once; only its SHA-256 is kept; it is compared in constant
time; it ends by itself. A scope includes those before it, except that of auditors, which stands alone. What a route
needs stands on the route, as data, and is compared in ``admit`` and nowhere else.
"""

import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.services.officers import Role, Who

TOKEN_PREFIX: Final = "rabita_"  # noqa: S105 - how a token begins, so that scanners for leaked secrets find one
TOKEN_ID_BYTES: Final = 8
SECRET_BYTES: Final = 32
BEARER: Final = "bearer"
_NOBODY: Final = bytes(32)


class Scope(StrEnum):
    """What a token may do: read; also try acts without sealing them; also seal. Apart: read the audit log alone."""

    READ = "read"
    DRAFT = "draft"
    SEAL = "seal"
    AUDIT = "audit"


_RANK: Final = {scope: rank for rank, scope in enumerate((Scope.READ, Scope.DRAFT, Scope.SEAL))}


class Token(msgspec.Struct, frozen=True):
    """A service token as kept: its public id, the SHA-256 of its secret, whose it is and what it may.

    ``lines`` empty: every line. Times are milliseconds since 1970 UTC; ``revoked_ms`` 0 while it stands.
    """

    id: str
    name: str
    digest: bytes
    scope: Scope
    lines: tuple[str, ...]
    created_ms: int
    expires_ms: int
    revoked_ms: int = 0


class Kind(StrEnum):
    """How a principal came in."""

    TOKEN = "token"  # noqa: S105 - the name of a kind
    OFFICER = "officer"


class Principal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whoever asks, however they signed in. ``id`` names them in records; ``scope`` is None for a stranger.

    Of an officer also what is held now: ``roles``, ``posts`` and ``clearances``, by which ``session``, and when the
    passkey was last shown.
    """

    id: str
    name: str
    scope: Scope | None
    lines: tuple[str, ...]
    kind: Kind = Kind.TOKEN
    roles: tuple[Role, ...] = ()
    posts: tuple[str, ...] = ()
    clearances: tuple[str, ...] = ()
    session: str = ""
    authenticated_ms: int = 0

    def may(self, scope: Scope) -> bool:
        """Say whether the principal's scope includes this one; the audit log is for auditors alone."""
        if Scope.AUDIT in (scope, self.scope):
            return scope is Scope.AUDIT and (self.scope is Scope.AUDIT or Role.AUDITOR in self.roles)
        return self.scope is not None and _RANK[scope] <= _RANK[self.scope]

    def sees(self, line: str) -> bool:
        """Say whether the principal may see a line."""
        return not self.lines or line in self.lines


SCOPES: Final[Mapping[Role, Scope | None]] = {
    Role.DRAFTER: Scope.DRAFT,
    Role.REVIEWER: Scope.DRAFT,
    Role.RELEASER: Scope.SEAL,
    Role.DUTY_OFFICER: Scope.READ,
    Role.LIAISON_OFFICER: Scope.READ,
    Role.FOREIGN_MINISTRY_DESK: Scope.READ,
    Role.SECURITY_OFFICER: Scope.READ,
    Role.DATA_PROTECTION_REVIEWER: Scope.READ,
    Role.AUDITOR: None,
    Role.ADMINISTRATOR: Scope.READ,
}
"""What each role may do; an officer of several has the widest."""


def officer_principal(who: Who) -> Principal:
    """Say what an officer who is signed in may do."""
    scopes = [scope for role in who.roles if (scope := SCOPES[role]) is not None]
    return Principal(
        who.officer.id,
        who.officer.name,
        max(scopes, key=_RANK.__getitem__, default=None),
        (),
        Kind.OFFICER,
        who.roles,
        who.posts,
        who.officer.clearances,
        who.session.id,
        who.session.authenticated_ms,
    )


class Issued(NamedTuple):
    """A new token: what to keep, and the text to hand out once."""

    token: Token
    text: str


def issue(name: str, scope: Scope, lines: tuple[str, ...], now_ms: int, expires_ms: int) -> Issued:
    """Make a token."""
    token_id, secret = secrets.token_hex(TOKEN_ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    token = Token(token_id, name, sha256(secret.encode()).digest(), scope, lines, now_ms, expires_ms)
    return Issued(token, f"{TOKEN_PREFIX}{token_id}_{secret}")


def authenticate(header: str, find: Callable[[str], Token | None], now_ms: int) -> Principal:
    """Find out who asks by an ``Authorization`` header.

    Raises ``UserFault``: ``token-missing``, ``token-unknown``, and to whoever holds the secret ``token-revoked`` or
    ``token-expired``.
    """
    kind, _, text = header.partition(" ")
    if kind.lower() != BEARER or not text.strip():
        raise UserFault("token-missing")
    token_id, _, secret = text.strip().removeprefix(TOKEN_PREFIX).partition("_")
    token = find(token_id)
    told = sha256(secret.encode()).digest()
    if not compare_digest(told, token.digest if token is not None else _NOBODY) or token is None:
        raise UserFault("token-unknown")
    if token.revoked_ms:
        raise UserFault("token-revoked", token.name)
    if token.expires_ms <= now_ms:
        raise UserFault("token-expired", token.name)
    return Principal(token.id, token.name, token.scope, token.lines)


def is_good(token: Token | None, now_ms: int) -> bool:
    """Say whether a token still stands."""
    return token is not None and not token.revoked_ms and now_ms < token.expires_ms


def admit(principal: Principal, scope: Scope, line: str) -> None:
    """Let a principal through to a route of this scope, about this line if it is about one.

    Raises ``UserFault``: ``scope-lacking``, ``line-not-allowed``.
    """
    if not principal.may(scope):
        raise UserFault("scope-lacking", scope.value)
    if line and not principal.sees(line):
        raise UserFault("line-not-allowed", line[:12])


def admit_officer(principal: Principal, roles: tuple[Role, ...]) -> None:
    """Let an officer through to a route for those who hold one of these roles; none named: for every officer.

    Raises ``UserFault``: ``officer-needed``, ``role-lacking``.
    """
    if principal.kind is not Kind.OFFICER:
        raise UserFault("officer-needed")
    if roles and not set(roles) & set(principal.roles):
        raise UserFault("role-lacking", ", ".join(roles))
