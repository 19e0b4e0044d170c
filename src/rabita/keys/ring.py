"""The key ring: unlocked keys of a running node, chosen by their public halves."""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from rabita.keys.sets import HybridKey, KeySet, NodeKeys, RootKeys
from rabita.line.errors import LocalFault


class KeyRing:
    """Signs with every key of the sets it was given; implements ``rabita.ports.Keys``. Shows no secret."""

    __slots__ = ("_ed25519", "_mldsa44", "_node")

    def __init__(self, *sets: KeySet) -> None:
        """Take the sets up; of several node sets the last one gives transport and bundle keys."""
        seeds: list[bytes] = []
        hybrids: list[HybridKey] = []
        self._node: NodeKeys | None = None
        for each in sets:
            if isinstance(each, RootKeys):
                hybrids.append(each.key)
            elif isinstance(each, NodeKeys):
                self._node = each
                hybrids += [key for kept in each.generations for key in (kept.checkpoint, kept.receipt)]
            else:
                seeds.append(each.seed)
        seeds += [key.ed25519 for key in hybrids]
        ed25519 = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        mldsa44 = [MLDSA44PrivateKey.from_seed_bytes(key.mldsa44) for key in hybrids]
        self._ed25519: Final = {key.public_key().public_bytes_raw(): key for key in ed25519}
        self._mldsa44: Final = {key.public_key().public_bytes_raw(): key for key in mldsa44}

    def __repr__(self) -> str:
        """Say how many keys are held."""
        return f"KeyRing({len(self._ed25519)} Ed25519, {len(self._mldsa44)} ML-DSA-44)"

    def sign_ed25519(self, public: bytes, message: bytes) -> bytes:
        """Sign with the Ed25519 key of that public half; raises ``LocalFault("key-unavailable")``."""
        key = self._ed25519.get(public)
        if key is None:
            raise LocalFault("key-unavailable", "Ed25519")
        return key.sign(message)

    def sign_mldsa44(self, public: bytes, message: bytes) -> bytes:
        """Sign with the ML-DSA-44 key of that public half, empty context; raises ``LocalFault("key-unavailable")``."""
        key = self._mldsa44.get(public)
        if key is None:
            raise LocalFault("key-unavailable", "ML-DSA-44")
        return key.sign(message)

    @property
    def transport_keys(self) -> tuple[bytes, ...]:
        """The transport keys (P-256, PKCS #8 PEM), the newest first; raises ``LocalFault("key-unavailable")``."""
        return tuple(each.transport_pem for each in self._node_keys().generations)

    @property
    def bundle_keys(self) -> tuple[tuple[str, bytes], ...]:
        """The age identities and MLKEM768-X25519 keys (96 bytes) that open courier bundles, the newest first.

        Raises ``LocalFault("key-unavailable")``.
        """
        return tuple((each.age, each.hpke) for each in self._node_keys().generations)

    def _node_keys(self) -> NodeKeys:
        if self._node is None:
            raise LocalFault("key-unavailable", "node keys")
        return self._node
