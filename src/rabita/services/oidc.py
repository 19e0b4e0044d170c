"""Signing in by a national identity provider (OpenID Connect), for officers whom an administrator linked to it.

Rules kept here: what is asked of the provider is bound to one browser, which holds a secret in a cookie: the ``state``
is a challenge whose purpose names that secret, ``nonce`` and the verifier of PKCE (RFC 7636) are derived from both. So
nothing is stored until somebody has signed in, and an answer is good once, in that browser, for ten minutes. Whatever
is wrong with an answer, and an officer whom nobody linked, is one refusal. No passkey counts as shown.
"""

import asyncio
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from hashlib import sha256
from hmac import digest
from typing import Final, NamedTuple, Protocol

from rabita.line.errors import UserFault
from rabita.ports import Clock
from rabita.services.officers import Identity, Officer, OfficerStore, Standing, identity_id
from rabita.services.passkeys import Challenges
from rabita.services.sign_in import Opened, open_session

STATE_MS: Final = 600_000
REFUSED: Final = "oidc-refused"
_SECRET_BYTES: Final = 32


class Asked(NamedTuple):
    """What a provider is asked with: the values that bind its answer to this browser and this question."""

    state: str
    nonce: str
    verifier: str


class Told(NamedTuple):
    """What came back with the browser (RFC 6749, 4.1.2; RFC 9207): nothing of it is checked yet."""

    state: str = ""
    code: str = ""
    issuer: str = ""
    error: str = ""


class Begun(NamedTuple):
    """Where the browser is to go, and the secret that it keeps meanwhile."""

    address: str
    secret: str


class Provider(Protocol):
    """An identity provider, by the authorization code flow (OpenID Connect Core 1.0, 3.1) with PKCE.

    Raises ``LocalFault("oidc-unavailable")`` where it does not answer, not in time, or not as providers do.
    """

    @property
    def issuer(self) -> str:
        """Its name, exactly as it says it."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    async def address(self, asked: Asked) -> str:
        """Give where a browser is to go to sign in."""
        ...

    async def subject(self, asked: Asked, told: Told) -> str:
        """Find out who signed in there; raises ``UserFault("oidc-refused")`` for whatever is wrong with the answer."""
        ...


class OidcSignIn:
    """Opens sessions for officers who signed in at a provider. Must be used on one event loop."""

    def __init__(self, store: OfficerStore, provider: Provider, clock: Clock) -> None:
        """Begin."""
        self.name = provider.name
        self._store = store
        self._provider = provider
        self._clock = clock
        self._states = Challenges(clock.monotonic_ms, STATE_MS, REFUSED)

    async def begin(self) -> Begun:
        """Begin to sign in; raises ``LocalFault("oidc-unavailable")``."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        state = _packed(self._states.make(_purpose(secret)))
        return Begun(await self._provider.address(_asked(secret, state)), secret)

    async def finish(self, secret: str, told: Told) -> Opened:
        """Open a session for whoever came back; *secret* is what the browser kept.

        Raises ``UserFault("oidc-refused")``, ``LocalFault("oidc-unavailable")``.
        """
        state = _unpacked(told.state)
        self._states.check(state, _purpose(secret))
        if told.error or not told.code:
            raise UserFault(REFUSED)
        subject = await self._provider.subject(_asked(secret, told.state), told)
        self._states.use(state)
        return await asyncio.to_thread(self._opened, subject)

    def _opened(self, subject: str) -> Opened:
        with self._store.transaction() as rows:
            identity = rows.get(Identity, identity_id(self._provider.issuer, subject))
            officer = rows.get(Officer, identity.officer if identity is not None else "")
            if identity is None or officer is None or officer.standing is not Standing.ACTIVE:
                raise UserFault(REFUSED)
            return open_session(rows, identity, self._clock.now_ms())


def _asked(secret: str, state: str) -> Asked:
    nonce, verifier = (digest(secret.encode(), f"{what} {state}".encode(), sha256) for what in ("nonce", "verifier"))
    return Asked(state, _packed(nonce), _packed(verifier))


def _purpose(secret: str) -> str:
    return f"oidc {sha256(secret.encode()).hexdigest()}"


def _packed(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _unpacked(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (NoBase64, ValueError):
        raise UserFault(REFUSED) from None
