"""Transport certificates: one key and party, one certificate; the pin follows the key and nothing else."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given
from hypothesis import strategies as st

from rabita.bearers.certificate import TlsIdentity, pin_of, tls_context, transport_certificate
from rabita.line.errors import LocalFault, PeerFault
from tests.bearers.people import PAK, STRANGER, new_key


def test_the_same_key_and_party_give_the_same_certificate() -> None:
    key = new_key()
    certificate = transport_certificate(key, "PAK")
    assert certificate == transport_certificate(key, "PAK")
    other = transport_certificate(key, "IRN")
    assert other != certificate
    assert pin_of(other) == pin_of(certificate) != pin_of(transport_certificate(new_key(), "PAK"))
    assert len(pin_of(certificate)) == 32


def test_no_clock_refuses_a_certificate() -> None:
    certificate = x509.load_der_x509_certificate(PAK.identity.certificate_der)
    assert certificate.not_valid_before_utc == datetime(1970, 1, 1, tzinfo=UTC)
    assert certificate.not_valid_after_utc == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@given(st.binary(max_size=400) | st.integers(0, 399).map(lambda cut: PAK.identity.certificate_der[:cut]))
def test_what_is_no_certificate_has_no_pin(data: bytes) -> None:
    with pytest.raises(PeerFault, match="key-malformed"):
        pin_of(data)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(st.integers(0, len(PAK.identity.certificate_der) * 8 - 1))
@example(96)  # the version: X.509 has no fourth
def test_an_altered_certificate_has_a_pin_or_a_peer_fault(bit: int) -> None:
    altered = bytearray(PAK.identity.certificate_der)
    altered[bit // 8] ^= 1 << bit % 8
    try:
        assert len(pin_of(bytes(altered))) == 32
    except PeerFault as fault:
        assert fault.code == "key-malformed"


def test_a_key_that_cannot_serve_is_our_own_fault() -> None:
    ed25519 = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for key in (b"", b"no key", ed25519):
        with pytest.raises(LocalFault, match="node-key-malformed"):
            transport_certificate(key, "PAK")
    mixed = TlsIdentity(PAK.identity.private_key_pem, STRANGER.identity.certificate_der)
    with pytest.raises(LocalFault, match="node-key-malformed"):
        tls_context(mixed, (), server=True)


def test_an_identity_does_not_print_its_key() -> None:
    assert "PRIVATE" not in repr(PAK.identity)
