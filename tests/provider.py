"""An identity provider of our own: an HTTPS server with its own authority, which can be told to misbehave."""

import json
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.authenticator import packed

CLIENT: Final = "rabita node"
SECRET: Final = "a secret: with%41dd+characters"
SUBJECT: Final = "officer-7@nation"
WELL_KNOWN: Final = "/.well-known/openid-configuration"
Signing = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey


@dataclass
class Minted:
    """A key of the provider, by the algorithm and the name it goes by."""

    algorithm: str = "ES256"
    kid: str = "one"
    key: Signing = field(default_factory=lambda: new_ec(SECP256R1()))

    @classmethod
    def of(cls, algorithm: str, kid: str = "one") -> "Minted":
        if algorithm == "RS256":
            return cls(algorithm, kid, new_rsa(65_537, 2_048))
        return cls(algorithm, kid, new_ec(SECP256R1()) if algorithm == "ES256" else Ed25519PrivateKey.generate())

    def sign(self, raw: bytes) -> bytes:
        if isinstance(self.key, EllipticCurvePrivateKey):
            pair = decode_dss_signature(self.key.sign(raw, ECDSA(SHA256())))
            return b"".join(each.to_bytes(32, "big") for each in pair)
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(raw, PKCS1v15(), SHA256())
        return self.key.sign(raw)

    def public(self) -> dict[str, str]:
        about = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if isinstance(self.key, EllipticCurvePrivateKey):
            point = self.key.public_key().public_numbers()
            x, y = (packed(each.to_bytes(32, "big")) for each in (point.x, point.y))
            return {**about, "kty": "EC", "crv": "P-256", "x": x, "y": y}
        if isinstance(self.key, RSAPrivateKey):
            number = self.key.public_key().public_numbers().n
            return {
                **about,
                "kty": "RSA",
                "n": packed(number.to_bytes((number.bit_length() + 7) // 8, "big")),
                "e": "AQAB",
            }
        return {**about, "kty": "OKP", "crv": "Ed25519", "x": packed(self.key.public_key().public_bytes_raw())}


@dataclass
class Answer:
    """An answer that stands for the right one at an address."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Provider:
    """The provider. What is set in ``claims``, ``header``, ``document`` stands for what it would say; None: nothing."""

    url: str = ""
    ca_file: str = ""
    subject: str = SUBJECT
    own: Minted = field(default_factory=Minted)
    minted: Minted = field(default_factory=Minted)
    listed: list[dict[str, Any]] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    instead: dict[str, Answer] = field(default_factory=dict)
    signature: Callable[[bytes], bytes] | None = None
    padding: int = 0
    codes_last: bool = False
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def reset(self) -> None:
        """Behave again, with the key of the beginning."""
        fresh = Provider(self.url, self.ca_file, minted=self.own)
        for name in ("subject", "minted", "listed", "claims", "header", "document", "instead", "signature", "asked"):
            setattr(self, name, getattr(fresh, name))
        self.padding, self.codes_last, self.silent = 0, False, False
        self.awake.clear()

    def visit(self, address: str) -> dict[str, str]:
        """Sign in as a browser that was sent here; gives what it is sent back with."""
        parts = urlsplit(address)
        told = dict(parse_qsl(parts.query, strict_parsing=True))
        assert (f"{parts.scheme}://{parts.netloc}", parts.path) == (self.url, "/authorize")
        assert (told["response_type"], told["client_id"], told["scope"]) == ("code", CLIENT, "openid")
        assert told["code_challenge_method"] == "S256"
        assert len(told["state"]) >= 43
        code = f"code-{len(self._codes)}"
        self._codes[code] = told
        return {"code": code, "state": told["state"], "iss": self.url, "session_state": "of no interest"}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self.asked.append(path)
        if self.silent:
            self.awake.wait(30)
        if path in self.instead:
            return self.instead[path]
        found = self._right(method, path, headers, body)
        return Answer(found.status, found.body + b" " * self.padding, found.headers)

    def _right(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if method == "GET" and path == WELL_KNOWN:
            return _json(self._document())
        if method == "GET" and path == "/keys":
            keys = [self.minted.public()] if self.listed is None else self.listed
            return _json({"keys": keys})
        if method == "POST" and path == "/token":
            return self._token(headers, dict(parse_qsl(body.decode(), strict_parsing=True)))
        return Answer(404)

    def _document(self) -> dict[str, Any]:
        usual = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "authorization_response_iss_parameter_supported": True,
            "code_challenge_methods_supported": ["S256", "plain"],
            "scopes_supported": ["openid"],
        }
        return {name: value for name, value in (usual | self.document).items() if value is not None}

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> Answer:
        name, _, secret = b64decode(headers.get("authorization", "Basic Og==").split(" ")[1]).decode().partition(":")
        given = (
            (unquote_plus(name), unquote_plus(secret))
            if name
            else (form.get("client_id"), form.get("client_secret", ""))
        )
        if given not in ((CLIENT, SECRET), (CLIENT, "")):
            return Answer(401, b'{"error": "invalid_client"}')
        about = self._codes.get(form["code"]) if self.codes_last else self._codes.pop(form["code"], None)
        proof = packed(sha256(form.get("code_verifier", "").encode()).digest())
        if about is None or proof != about["code_challenge"] or form["redirect_uri"] != about["redirect_uri"]:
            return Answer(400, b'{"error": "invalid_grant"}')
        return _json({"access_token": "x", "token_type": "Bearer", "id_token": self._minted_for(about["nonce"])})

    def _minted_for(self, nonce: str) -> str:
        now_s = int(time.time())
        usual = {"iss": self.url, "sub": self.subject, "aud": CLIENT, "iat": now_s, "exp": now_s + 60, "nonce": nonce}
        named = {"alg": self.minted.algorithm, "kid": self.minted.kid, "typ": "JWT"}
        parts = [
            packed(json.dumps({name: value for name, value in each.items() if value is not None}).encode())
            for each in (named | self.header, usual | self.claims)
        ]
        raw = ".".join(parts)
        return f"{raw}.{packed((self.signature or self.minted.sign)(raw.encode()))}"


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """Run a provider on this machine."""
    found = Provider(ca_file=str(folder / "ca.pem"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply("GET", b"")

        def do_POST(self) -> None:
            self._reply("POST", self.rfile.read(int(self.headers.get("content-length", 0))))

        def _reply(self, method: str, body: bytes) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = found.answer(method, urlsplit(self.path).path, headers, body)
            try:
                self.send_response(answer.status)
                for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    server.socket = _tls(folder).wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # - a client that hangs up is no news
    found.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        found.awake.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _json(value: dict[str, Any]) -> Answer:
    return Answer(body=json.dumps(value).encode(), headers={"content-type": "application/json"})


def _tls(folder: Path) -> ssl.SSLContext:
    """Make an authority and a certificate of it for this machine."""
    authority, key = new_ec(SECP256R1()), new_ec(SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of the tests")])
    here = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    ca = _certificate(root, root, authority, authority).add_extension(x509.BasicConstraints(True, None), critical=True)  # noqa: FBT003 - a certificate authority
    leaf = _certificate(x509.Name([]), root, key, authority).add_extension(here, critical=True)
    key_use = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # noqa: FBT003 - signs certificates
    ca = ca.add_extension(key_use, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    ca = ca.add_extension(identifier, critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    leaf = leaf.add_extension(issuer, critical=False)
    (folder / "ca.pem").write_bytes(ca.sign(authority, SHA256()).public_bytes(Encoding.PEM))
    own = leaf.sign(authority, SHA256()).public_bytes(Encoding.PEM)
    own += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "own.pem").write_bytes(own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, _signer: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))


def address_of(answer: dict[str, str], callback: str) -> str:
    """Write where the browser is sent back to."""
    return f"{callback}?{urlencode(answer)}"
