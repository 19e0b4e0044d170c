"""Transport certificates and their pins: what a node shows and what it trusts on a mutual-TLS bearer.

A certificate here is only an envelope for a key: trust comes from the pin (SHA-256 of the SubjectPublicKeyInfo,
as in RFC 7469) that the counterpart's descriptor names. So certificates are self-signed, carry no host name and are
valid for ever (RFC 5280, 4.1.2.5: 99991231235959Z), because no clock may refuse a connection.
"""

import hashlib
import secrets
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rabita.line.errors import LocalFault, PeerFault
from rabita.line.limits import PROTOCOL

_VALID_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VALID_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_SERIAL_BYTES: Final = 16
_KEY_USAGE_NONE: Final = dict.fromkeys(
    (
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """This node's transport key (P-256, PKCS #8 PEM, unencrypted) and the certificate made for it (DER)."""

    private_key_pem: bytes = field(repr=False)
    certificate_der: bytes


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """A counterpart: its party code and the certificates (DER) its newest descriptor names."""

    party: str
    certificates_der: tuple[bytes, ...]


def transport_certificate(private_key_pem: bytes, party_code: str) -> bytes:
    """Return the DER certificate of a P-256 key; the same key and party always give the same bytes.

    Raises ``LocalFault`` ``node-key-malformed``.
    """
    key = _private_key(private_key_pem)
    public = key.public_key()
    pin = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, party_code)])
    # A serial from the pin, and key identifiers, let OpenSSL tell an old certificate of a party from its new one.
    key_id = x509.SubjectKeyIdentifier.from_public_key(public)
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=public)
        .serial_number(int.from_bytes(pin[:_SERIAL_BYTES]) >> 1 | 1)
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **_KEY_USAGE_NONE), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(key_id, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), critical=False)
    )
    return builder.sign(key, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def pin_of(certificate_der: bytes) -> bytes:
    """Return the 32-byte pin of a certificate; raises ``PeerFault`` ``key-malformed``."""
    try:
        public = x509.load_der_x509_certificate(certificate_der).public_key()
        return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise PeerFault("key-malformed", "a transport certificate") from error


def tls_context(identity: TlsIdentity, peers: Sequence[TlsPeer], *, server: bool) -> ssl.SSLContext:
    """Build the context of one side: TLS 1.3 only, both sides certified, only *peers* trusted, no host names.

    Raises ``LocalFault`` ``node-key-malformed`` or ``PeerFault`` ``key-malformed``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols([PROTOCOL])
    if server:
        context.num_tickets = 0
    _load_identity(context, identity)
    trusted = [certificate for peer in peers for certificate in peer.certificates_der]
    for certificate in trusted:
        pin_of(certificate)
    if trusted:
        context.load_verify_locations(cadata=b"".join(trusted))
    return context


def _load_identity(context: ssl.SSLContext, identity: TlsIdentity) -> None:
    """Load key and certificate; ``ssl`` reads files only, so the key passes through one sealed by a one-time word."""
    password = secrets.token_hex(32)
    sealed_key = _private_key(identity.private_key_pem).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    certificate = ssl.DER_cert_to_PEM_cert(identity.certificate_der).encode()
    try:
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder, "transport.pem")
            chain.write_bytes(sealed_key + certificate)
            context.load_cert_chain(chain, password=password)
    except ssl.SSLError as error:
        raise LocalFault("node-key-malformed", "the transport key and its certificate do not fit") from error


def _private_key(private_key_pem: bytes) -> EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(private_key_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LocalFault("node-key-malformed", "the transport key") from error
    if not isinstance(key, EllipticCurvePrivateKey):
        raise LocalFault("node-key-malformed", "the transport key is not an elliptic-curve key")
    return key
