"""Key sets and the key ring: right signatures, rotations that keep what is still needed, secrets never shown."""

import base64
import pprint
from io import StringIO

import msgspec
import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types
import pytest
from rich.console import Console

from rabita.bearers.certificate import pin_of, transport_certificate
from rabita.bearers.recipient import open_secret, seal_secret
from rabita.keys.ring import KeyRing
from rabita.keys.sets import KeySet, NodeKeys, OfficerKey, RecoveryKey, RootKeys
from rabita.line.document import PublicKey
from rabita.line.errors import LocalFault
from rabita.line.signature import verify_ed25519, verify_mldsa44
from rabita.ports import Keys

ROOT = RootKeys.generate("X-PAK")
NODE = NodeKeys.generate("X-PAK")
RECOVERY = RecoveryKey.generate("X-PAK")
OFFICER = OfficerKey.generate("X-PAK", "LO-ZAHEDAN")
SETS: list[KeySet] = [ROOT, NODE, RECOVERY, OFFICER]


def assert_signs(keys: Keys, public: PublicKey) -> None:
    verify_ed25519(public.ed25519, keys.sign_ed25519(public.ed25519, b"word"), b"word")
    verify_mldsa44(public.mldsa44, keys.sign_mldsa44(public.mldsa44, b"word"), b"word")


def test_the_ring_signs_with_every_key_it_was_given() -> None:
    ring = KeyRing(*SETS)
    for public in (ROOT.public, NODE.newest.checkpoint.public, NODE.newest.receipt.public):
        assert_signs(ring, public)
    for single in (RECOVERY.public, OFFICER.public):
        verify_ed25519(single, ring.sign_ed25519(single, b"word"), b"word")


def test_a_key_that_is_not_unlocked_is_said_to_be_unavailable() -> None:
    ring = KeyRing(RECOVERY)
    for ask in (
        lambda: ring.sign_ed25519(ROOT.public.ed25519, b"word"),
        lambda: ring.sign_mldsa44(ROOT.public.mldsa44, b"word"),
        lambda: ring.transport_keys,
        lambda: ring.bundle_keys,
    ):
        with pytest.raises(LocalFault, match="key-unavailable"):
            ask()


def test_a_rotation_keeps_older_generations_until_told_to_forget() -> None:
    rotated = NODE.rotated().rotated()
    assert [each.number for each in rotated.generations] == [3, 2, 1]
    assert rotated.generations[-1] == NODE.newest
    ring = KeyRing(rotated)
    assert_signs(ring, NODE.newest.receipt.public)
    assert_signs(ring, rotated.newest.receipt.public)
    assert ring.transport_keys == tuple(each.transport_pem for each in rotated.generations)
    kept = rotated.forgotten(keep=1)
    assert kept.generations == (rotated.newest,)
    assert rotated.forgotten(keep=0) == kept
    with pytest.raises(LocalFault, match="key-unavailable"):
        KeyRing(kept).sign_ed25519(NODE.newest.receipt.public.ed25519, b"word")


def test_what_is_public_of_a_node_fits_its_private_keys() -> None:
    rotated = NODE.rotated()
    public = rotated.public(transport_certificate)
    assert public.checkpoint == rotated.newest.checkpoint.public
    assert public.receipt == rotated.newest.receipt.public
    assert len({pin_of(certificate) for certificate in public.transport}) == 2
    assert public.transport[1] == NODE.public(transport_certificate).transport[0]


def test_bundle_keys_open_what_is_sealed_to_the_public_ones() -> None:
    rotated = NODE.rotated()
    for generation, (age, hpke) in zip(rotated.generations, KeyRing(rotated).bundle_keys, strict=True):
        assert open_secret(hpke, seal_secret(generation.bundle.hpke, b"secret", b"info"), b"info") == b"secret"
        sealed = pyrage.encrypt(b"bundle", [pyrage.x25519.Recipient.from_str(generation.bundle.age)])
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(age)]) == b"bundle"


def test_an_age_identity_that_is_none_is_a_fault_of_this_node_and_is_not_shown() -> None:
    broken = msgspec.structs.replace(NODE.newest, age="AGE-SECRET-KEY-1WRONG")
    with pytest.raises(LocalFault, match="node-key-malformed") as caught:
        _ = broken.bundle
    assert "1WRONG" not in str(caught.value)


def secrets() -> list[bytes]:
    node = NODE.newest
    hybrids = (ROOT.key, node.checkpoint, node.receipt)
    seeds = [seed for key in hybrids for seed in (key.ed25519, key.mldsa44)]
    return [*seeds, node.transport_pem, node.age.encode(), node.hpke, RECOVERY.seed, OFFICER.seed]


@pytest.mark.parametrize("show", [repr, str, "{}".format, pprint.pformat], ids=["repr", "str", "format", "pprint"])
def test_no_representation_shows_a_secret(show: object) -> None:
    assert callable(show)
    for shown in (show(each) for each in (*SETS, SETS, NODE.newest, ROOT.key, KeyRing(*SETS))):
        for secret in secrets():
            assert repr(secret)[2:-1] not in shown
            assert secret.hex() not in shown
            assert base64.b64encode(secret).decode() not in shown


def test_a_pretty_printed_traceback_shows_no_secret() -> None:
    page = StringIO()
    Console(file=page, width=100_000).print([*SETS, NODE.newest, ROOT.key, KeyRing(*SETS)])
    assert "RootKeys" in page.getvalue()
    for secret in secrets():
        assert repr(secret)[2:-1] not in page.getvalue()
