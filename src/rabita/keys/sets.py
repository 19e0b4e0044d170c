"""The private keys of a party, one set per key file.

Root, recovery and officer keys live apart from the node's own, so that a stolen node gives away no more than the node.
Rules kept here: secrets are seeds, checked for their length when read; no representation of a set shows one.
"""

from collections.abc import Callable
from typing import Annotated, Final, TypeAlias

import msgspec
import pyrage  # type: ignore[import-untyped]  # pyrage - ships no types
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rabita.line.descriptor import BundleKey
from rabita.line.document import PublicKey
from rabita.line.errors import LocalFault
from rabita.services.pairing import NodePublic

MLKEM_SEED_BYTES: Final = 64

Seed: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
HpkeSeed: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=96, max_length=96)]


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must not be shown: its representation is its type's name alone."""

    def __repr__(self) -> str:
        """Name the type and nothing else."""
        return f"{type(self).__name__}(...)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Show nothing in pretty tracebacks either."""
        return []


class HybridKey(Secret, frozen=True):
    """An Ed25519 seed (RFC 8032) and an ML-DSA-44 seed (FIPS 204), 32 bytes each."""

    ed25519: Seed
    mldsa44: Seed

    @classmethod
    def generate(cls) -> "HybridKey":
        """Make a fresh key."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw(), MLDSA44PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(
            ed25519_public(self.ed25519),
            MLDSA44PrivateKey.from_seed_bytes(self.mldsa44).public_key().public_bytes_raw(),
        )


class RootKeys(Secret, frozen=True, tag_field="kind", tag="root"):
    """A party's root key; it signs descriptors, charters and revocations and stays offline."""

    party: str
    key: HybridKey

    @classmethod
    def generate(cls, party: str) -> "RootKeys":
        """Make a fresh root for *party*."""
        return cls(party, HybridKey.generate())

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self.key.public


class NodeGeneration(Secret, frozen=True):
    """The node's keys between two rotations.

    ``transport_pem`` is a P-256 key (PKCS #8 PEM); ``age`` an age identity; ``hpke`` the ML-KEM-768 seed (64 bytes)
    followed by the X25519 key (32).
    """

    number: int
    checkpoint: HybridKey
    receipt: HybridKey
    transport_pem: bytes
    age: str
    hpke: HpkeSeed

    @classmethod
    def generate(cls, number: int) -> "NodeGeneration":
        """Make fresh keys for generation *number* (from 1)."""
        transport = generate_private_key(SECP256R1())
        return cls(
            number,
            HybridKey.generate(),
            HybridKey.generate(),
            transport.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            str(pyrage.x25519.Identity.generate()),
            MLKEM768PrivateKey.generate().private_bytes_raw() + X25519PrivateKey.generate().private_bytes_raw(),
        )

    @property
    def bundle(self) -> BundleKey:
        """To whom courier bundles for this generation are sealed; raises ``LocalFault("node-key-malformed")``."""
        mlkem = MLKEM768PrivateKey.from_seed_bytes(self.hpke[:MLKEM_SEED_BYTES])
        x25519 = X25519PrivateKey.from_private_bytes(self.hpke[MLKEM_SEED_BYTES:])
        try:
            age = str(pyrage.x25519.Identity.from_str(self.age).to_public())
        except pyrage.IdentityError:
            raise LocalFault("node-key-malformed", "the age identity") from None
        return BundleKey(age, mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw())


class NodeKeys(Secret, frozen=True, tag_field="kind", tag="node"):
    """A node's keys, the newest generation first; older ones stay until told to forget them."""

    party: str
    generations: Annotated[tuple[NodeGeneration, ...], msgspec.Meta(min_length=1)]

    @classmethod
    def generate(cls, party: str) -> "NodeKeys":
        """Make the first generation for *party*."""
        return cls(party, (NodeGeneration.generate(1),))

    @property
    def newest(self) -> NodeGeneration:
        """The generation in use."""
        return self.generations[0]

    def rotated(self) -> "NodeKeys":
        """Add a fresh generation and keep the older ones."""
        return NodeKeys(self.party, (NodeGeneration.generate(self.newest.number + 1), *self.generations))

    def forgotten(self, keep: int) -> "NodeKeys":
        """Keep the newest *keep* generations (at least one) and drop the others."""
        return NodeKeys(self.party, self.generations[: max(1, keep)])

    def public(self, certify: Callable[[bytes, str], bytes]) -> NodePublic:
        """Give what a descriptor names of them; *certify* turns a transport key (PEM) and party into a certificate.

        Certificates of all generations kept are named, so that a rotation breaks no connection. Raises
        ``LocalFault("node-key-malformed")``.
        """
        return NodePublic(
            self.newest.checkpoint.public,
            self.newest.receipt.public,
            tuple(certify(each.transport_pem, self.party) for each in self.generations),
            self.newest.bundle,
        )


class RecoveryKey(Secret, frozen=True, tag_field="kind", tag="recovery"):
    """One of a party's recovery keys (Ed25519 seed); any two of them open a new epoch."""

    party: str
    seed: Seed

    @classmethod
    def generate(cls, party: str) -> "RecoveryKey":
        """Make a fresh key for *party*."""
        return cls(party, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return ed25519_public(self.seed)


class OfficerKey(Secret, frozen=True, tag_field="kind", tag="officer"):
    """An officer's approval key in software (Ed25519 seed), for the post named, where no passkey is at hand."""

    party: str
    post: str
    seed: Seed

    @classmethod
    def generate(cls, party: str, post: str) -> "OfficerKey":
        """Make a fresh key for *post* of *party*."""
        return cls(party, post, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return ed25519_public(self.seed)


KeySet: TypeAlias = RootKeys | NodeKeys | RecoveryKey | OfficerKey


def ed25519_public(seed: bytes) -> bytes:
    """Give the 32-byte public key of an Ed25519 seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
