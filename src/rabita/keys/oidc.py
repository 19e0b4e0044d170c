"""An identity provider over HTTPS: the port ``rabita.services.oidc.Provider``, by ``authlib``, ``joserfc``, ``httpx``.

Rules kept here: this node asks the hosts of the issuer and of the setting ``oidc_hosts`` and no other, over HTTPS,
follows no redirect and no proxy of the environment, takes no encoded, large or late answer, and asks few times at
once: whatever a provider does, officers with passkeys come in meanwhile. What it says is checked before it is used.
"""

import asyncio
import ssl
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.jwa import EdDSAAlgorithm
from joserfc.jwk import Key, import_key

from rabita.line.errors import LocalFault, RabitaError, UserFault
from rabita.ports import Clock
from rabita.services.identities import is_subject
from rabita.services.oidc import Asked, Told

PATIENCE_S: Final = 10.0
"""How long a sign-in may wait for the provider, all its answers together."""
ANSWER_BYTES_MAX: Final = 2**18
AT_ONCE: Final = 4
WAITING_MAX: Final = 32
"""How many may wait for a provider at a time, so that no provider takes up all connections of this node."""
DOCUMENT_MS: Final = 3_600_000
"""How long its description and its keys are good for."""
APART_MS: Final = 30_000
"""The keys are asked for again at most this often, and after a failure its description after ``RETRY_MS``."""
RETRY_MS: Final = 3_000
LEEWAY_S: Final = 60
KEYS_MAX: Final = 32
RSA_BITS: Final = range(2_048, 8_193)
OK: Final = 200
BAD_REQUEST: Final = 400
WELL_KNOWN: Final = "/.well-known/openid-configuration"
S256: Final = "S256"
_PUBLIC: Final = ("kty", "kid", "use", "alg", "key_ops", "crv", "x", "y", "n", "e")


T = TypeVar("T")


class _EdDSA(EdDSAAlgorithm):
    """EdDSA by the name that providers still use; RFC 9864 calls it ``Ed25519``."""

    security_warning = ""


class _Signatures(jws.JWSRegistry):
    """The signatures that are taken, and no other: no shared secret, and never none."""

    algorithms = {  # noqa: RUF012 - the package's own attribute
        **{name: jws.JWSRegistry.algorithms[name] for name in ("RS256", "ES256", "Ed25519")},
        "EdDSA": _EdDSA(),
    }


_KINDS: Final[Mapping[str, str]] = {"RS256": "RSA", "ES256": "EC", "Ed25519": "OKP", "EdDSA": "OKP"}
_signatures: Final = _Signatures(algorithms=tuple(_KINDS), strict_check_header=False)


class Terms(NamedTuple):
    """What an operator set: the provider, who we are to it, where it sends browsers back to.

    ``hosts`` may be asked besides the issuer's own, ``port`` included where it is not the usual one; ``secret`` empty:
    a public client.
    """

    issuer: str
    name: str
    client_id: str
    secret: str
    redirect: str
    hosts: tuple[str, ...] = ()


class _Document(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3; RFC 8414; RFC 9207), as far as it matters."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    code_challenge_methods_supported: tuple[str, ...] = (S256,)


class _KeySet(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class _Token(msgspec.Struct, frozen=True):
    id_token: str


class HttpProvider:
    """The provider of *terms*; *trust* says which certificates it may have. Used on one event loop."""

    def __init__(self, terms: Terms, trust: ssl.SSLContext, clock: Clock, patience_s: float = PATIENCE_S) -> None:
        """Begin; nothing is asked yet."""
        self.issuer = terms.issuer
        self.name = terms.name
        self._terms = terms
        self._trust = trust
        self._clock = clock
        self._patience_s = patience_s
        self._places = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0
        self._asking = asyncio.Lock()
        self._document: tuple[_Document, int] | None = None
        self._keys: tuple[Sequence[Key], int] | None = None
        self._failed_ms: int | None = None

    async def address(self, asked: Asked) -> str:
        """See ``Provider.address``."""
        async with self._patiently():
            document = await self._description()
        client = OAuth2Client(
            None,
            client_id=self._terms.client_id,
            scope="openid",
            redirect_uri=self._terms.redirect,
            code_challenge_method=S256,
        )
        address, _ = client.create_authorization_url(
            document.authorization_endpoint, state=asked.state, code_verifier=asked.verifier, nonce=asked.nonce
        )
        return str(address)

    async def subject(self, asked: Asked, told: Told) -> str:
        """See ``Provider.subject``."""
        async with self._patiently():
            document = await self._description()
            needed = document.authorization_response_iss_parameter_supported
            if told.issuer != self.issuer and (told.issuer or needed):
                raise UserFault("oidc-refused")
            token = await self._token(document, asked, told.code)
            return await self._subject_of(token, document, asked.nonce)

    async def examine(self) -> None:
        """Ask for its description and its keys; raises ``LocalFault("oidc-unavailable")`` with what is wrong."""
        async with self._patiently():
            document = await self._description()
            await self._fresh_keys(document)

    @asynccontextmanager
    async def _patiently(self) -> AsyncIterator[None]:
        if self._waiting >= WAITING_MAX:
            raise LocalFault("oidc-unavailable", "too many wait for it")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_s), self._places:
                yield
        except TimeoutError:
            raise LocalFault("oidc-unavailable", "it takes too long") from None
        finally:
            self._waiting -= 1

    async def _description(self) -> _Document:
        """Give what it says of itself, asked for once while it is good; a failure is not repeated at once."""
        async with self._asking:
            now_ms = self._clock.monotonic_ms()
            if self._document is not None and now_ms < self._document[1]:
                return self._document[0]
            if self._failed_ms is not None and now_ms - self._failed_ms < RETRY_MS:
                raise LocalFault("oidc-unavailable", "it failed a moment ago")
            self._failed_ms, self._keys = now_ms, None
            document = _read(_Document, await self._ask("GET", self.issuer.rstrip("/") + WELL_KNOWN))
            self._check(document)
            self._failed_ms, self._document = None, (document, now_ms + DOCUMENT_MS)
            return document

    def _check(self, document: _Document) -> None:
        """Check that it is the issuer's (Discovery 1.0, 4.3), and that it sends us to its own hosts alone."""
        if document.issuer != self.issuer:
            raise LocalFault("oidc-unavailable", "it calls itself by another name")
        if S256 not in document.code_challenge_methods_supported:
            raise LocalFault("oidc-unavailable", "it knows no PKCE with S256")
        own = urlsplit(self.issuer)
        allowed = {own.netloc.lower(), *self._terms.hosts}
        for address in (document.authorization_endpoint, document.token_endpoint, document.jwks_uri):
            if not _is_at(address, own.scheme, allowed):
                raise LocalFault("oidc-unavailable", "it sends to a host that oidc_hosts does not name")

    async def _token(self, document: _Document, asked: Asked, code: str) -> str:
        """Exchange the code for the ID token (RFC 6749, 4.1.3)."""
        terms, methods = self._terms, document.token_endpoint_auth_methods_supported
        basic = not methods or "client_secret_basic" in methods
        method = ("client_secret_basic" if basic else "client_secret_post") if terms.secret else "none"
        # RFC 6749, 2.3.1: in the header both are written as in a form, which the package leaves to us
        written = quote_plus if method == "client_secret_basic" else str
        client = OAuth2Client(None, client_id=written(terms.client_id), client_secret=written(terms.secret))
        asking = prepare_token_request(
            "authorization_code", code=code, redirect_uri=terms.redirect, code_verifier=asked.verifier
        )
        headers = {"content-type": "application/x-www-form-urlencoded"}
        asked_as: Any = client.client_auth(method)
        address, headers, body = asked_as.prepare("POST", document.token_endpoint, headers, asking)
        return _read(_Token, await self._ask("POST", address, headers, body)).id_token

    async def _subject_of(self, token: str, document: _Document, nonce: str) -> str:
        """Check an ID token (OpenID Connect Core 1.0, 3.1.3.7): by whom, for whom, to this question, in time."""
        terms = self._terms
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": terms.client_id},
        }
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = await self._key(document, header)
            told = jwt.decode(token, key, registry=_signatures)
            claims = CodeIDToken(told.claims, told.header, options, {"client_id": terms.client_id, "nonce": nonce})
            claims.validate(self._clock.now_ms() // 1000, LEEWAY_S)
            subject = claims["sub"]
        except RabitaError:
            raise
        except Exception:  # noqa: BLE001 - the packages raise what JSON, base64 and cryptography do; all of it is one refusal
            raise UserFault("oidc-refused") from None
        if not is_subject(subject):
            raise UserFault("oidc-refused")
        return str(subject)

    async def _key(self, document: _Document, header: Mapping[str, Any]) -> Key:
        """Find the key of a token; one that is not known is asked for, but not often."""
        kind, kid = _KINDS.get(str(header.get("alg")), ""), header.get("kid")
        now_ms = self._clock.monotonic_ms()
        keys, asked_ms = self._keys or (await self._fresh_keys(document), now_ms)
        found = _fitting(keys, kind, kid)
        if found is None and now_ms - asked_ms >= APART_MS:
            found = _fitting(await self._fresh_keys(document), kind, kid)
        if found is None:
            raise UserFault("oidc-refused")
        return found

    async def _fresh_keys(self, document: _Document) -> Sequence[Key]:
        now_ms = self._clock.monotonic_ms()
        listed = _read(_KeySet, await self._ask("GET", document.jwks_uri)).keys[:KEYS_MAX]
        keys = [key for each in listed if (key := _usable(each)) is not None]
        self._keys = keys, now_ms
        return keys

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> bytes:
        """Ask once; gives the body of an answer that is right."""
        plain = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
        raw = bytearray()
        try:
            async with (
                httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=self._patience_s) as client,
                client.stream(method, address, headers=plain, content=body) as answer,
            ):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise LocalFault("oidc-unavailable", "it answers encoded")
                async for piece in answer.aiter_raw():
                    raw += piece
                    if len(raw) > ANSWER_BYTES_MAX:
                        raise LocalFault("oidc-unavailable", "it answers too much")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise LocalFault("oidc-unavailable", type(fault).__name__) from None
        if method == "POST" and answer.status_code == BAD_REQUEST:
            raise UserFault("oidc-refused")
        if answer.status_code != OK:
            raise LocalFault("oidc-unavailable", f"it answers {answer.status_code}")
        return bytes(raw)


def _read(kind: type[T], raw: bytes) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise LocalFault("oidc-unavailable", "it answers what no provider does") from None


def _is_at(address: str, scheme: str, allowed: set[str]) -> bool:
    """Say whether an address is at one of these hosts; one that two readers could read in two ways is not."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and not set(address) & set("\\ #")
    return plain and parts.scheme == scheme and parts.netloc.lower() in allowed


def _usable(listed: Mapping[str, Any]) -> Key | None:
    """Read a public key that signs; one that is not understood is passed over (RFC 7517, 5)."""
    try:
        public = {name: listed[name] for name in _PUBLIC if name in listed}
        if public["kty"] == "RSA" and _bits(public["n"]) not in RSA_BITS:
            return None
        if public["kty"] not in _KINDS.values() or public.get("use", "sig") != "sig":
            return None
        key: Key = import_key(public, public["kty"])
    except Exception:  # noqa: BLE001 - as above; what is no key is none of ours
        return None
    return key


def _bits(number: str) -> int:
    return int.from_bytes(urlsafe_b64decode(number + "=" * (-len(number) % 4)), "big").bit_length()


def _fitting(keys: Sequence[Key], kind: str, kid: object) -> Key | None:
    """Find the one key of a kind with this name; without a name, the only one of its kind."""
    found = [each for each in keys if each.key_type == kind and kid in (None, each.kid)]
    return found[0] if len(found) == 1 else None
