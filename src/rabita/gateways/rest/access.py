"""Who asks and what they may: service tokens, and the principal that every way of signing in comes to.

Rules kept here: a token holds 256 random bits and is shown once; only its SHA-256 is kept; it is compared in constant
time; it ends by itself. What anyone may, token or officer, is told by policies and nowhere else.
"""

import secrets
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NamedTuple

import msgspec

from rabita.line.errors import UserFault
from rabita.services.officers import Role, Who
from rabita.services.policy import TOKEN, Subject, subject_of

TOKEN_PREFIX: Final = "rabita_"  # noqa: S105 - how a token begins, so that scanners for leaked secrets find one
TOKEN_ID_BYTES: Final = 8
SECRET_BYTES: Final = 32
BEARER: Final = "bearer"
_NOBODY: Final = bytes(32)


class Scope(StrEnum):
    """What a token is for; policies say what each may. In the built-in set ``draft`` reads too, and ``seal`` drafts."""

    READ = "read"
    DRAFT = "draft"
    SEAL = "seal"
    AUDIT = "audit"


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
    """Whoever asks, however they signed in. ``id`` names them in records; ``scope`` is a token's, None without one.

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


def officer_principal(who: Who) -> Principal:
    """Name an officer who is signed in."""
    return Principal(
        who.officer.id,
        who.officer.name,
        None,
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


def subject(principal: Principal, who: Who | None) -> Subject:
    """Name whoever asks as policies know them."""
    if who is not None:
        return subject_of(who)
    return Subject(principal.id, TOKEN, lines=principal.lines, scope=principal.scope or "")
