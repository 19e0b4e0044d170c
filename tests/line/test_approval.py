"""Approvals of officers: software keys and passkeys, checked from what their party published."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from rabita.keys.ring import KeyRing
from rabita.keys.sets import OfficerKey
from rabita.line.entry import Approval, approval_message
from rabita.line.errors import PeerFault
from rabita.line.verify import ED25519, WEBAUTHN, Credential, check_approval
from tests.line.founders import US, seed

ACT = b'{"what":"officers approve"}'
OFFICER = OfficerKey(US, "releasing officer", seed("officer"))
SOFTWARE = Credential("k1", "releasing officer", ("release",), ED25519, OFFICER.public)

PASSKEY = derive_private_key(int.from_bytes(seed("passkey")) >> 1, SECP256R1())
POINT = PASSKEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
SITE, ORIGIN = "desk.example", "https://desk.example"
HARDWARE = Credential("k2", "releasing officer", ("release",), WEBAUTHN, POINT, SITE, (ORIGIN,))


def software(role: str = "release", act: bytes = ACT) -> Approval:
    signature = KeyRing(OFFICER).sign_ed25519(OFFICER.public, approval_message(role, act))
    return Approval(role, "k1", signature)


def assertion(  # the parts of a WebAuthn assertion, each open to a change
    *, act: bytes = ACT, site: str = SITE, flags: int = 0b101, cut: int = 0, **client: str
) -> Approval:
    challenge = urlsafe_b64encode(sha256(approval_message("release", act)).digest()).rstrip(b"=").decode()
    values = {"type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, **client}
    client_data = json.dumps({**values, "crossOrigin": False}).encode()
    data = sha256(site.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
    data = data[: len(data) - cut]
    signature = PASSKEY.sign(data + sha256(client_data).digest(), ECDSA(SHA256()))
    return Approval("release", "k2", signature, data, client_data)


def fault_of(approval: Approval, credential: Credential, act: bytes = ACT) -> str:
    with pytest.raises(PeerFault) as refused:
        check_approval(approval, act, credential)
    return refused.value.code


def test_a_software_key_approves() -> None:
    check_approval(software(), ACT, SOFTWARE)


def test_1_a_credential_approves_in_its_roles_and_under_its_name() -> None:
    assert fault_of(software("endorse"), SOFTWARE) == "approval-foreign"
    assert fault_of(msgspec.structs.replace(software(), key="k9"), SOFTWARE) == "approval-foreign"


def test_a_signature_over_another_act_or_role_is_false() -> None:
    assert fault_of(software(), SOFTWARE, b"another act") == "signature-false"
    endorsing = msgspec.structs.replace(SOFTWARE, roles=("release", "endorse"))
    assert fault_of(msgspec.structs.replace(software(), role="endorse"), endorsing) == "signature-false"


def test_a_passkey_approves() -> None:
    check_approval(assertion(), ACT, HARDWARE)
    check_approval(assertion(flags=0b1000101), ACT, HARDWARE)


@pytest.mark.parametrize(
    "approval",
    [
        assertion(type="webauthn.create"),
        assertion(challenge="AAAA"),
        assertion(act=b"another act"),
        assertion(origin="https://elsewhere.example"),
        assertion(site="elsewhere.example"),
        assertion(flags=0b001),
        assertion(flags=0b100),
        assertion(cut=1),
        msgspec.structs.replace(assertion(), client_data=b""),
        msgspec.structs.replace(assertion(), client_data=b"\xff"),
        msgspec.structs.replace(assertion(), client_data=b'{"type":"\xff"}'),
        msgspec.structs.replace(assertion(), client_data=b"[" * 9_000),
        msgspec.structs.replace(assertion(), client_data=b'{"type":1}'),
    ],
)
def test_2_an_assertion_must_be_for_this_act_this_site_and_a_person_who_was_there(approval: Approval) -> None:
    assert fault_of(approval, HARDWARE) == "approval-foreign"


def test_3_an_assertion_signed_by_another_key_is_false() -> None:
    forged = msgspec.structs.replace(assertion(), signature=b"0")
    assert fault_of(forged, HARDWARE) == "signature-false"
    other = msgspec.structs.replace(HARDWARE, public=bytes(65))
    assert fault_of(assertion(), other) == "signature-false"


def test_an_algorithm_this_version_does_not_know_approves_nothing() -> None:
    later = msgspec.structs.replace(HARDWARE, algorithm="es512-webauthn")
    assert fault_of(assertion(), later) == "approval-foreign"
