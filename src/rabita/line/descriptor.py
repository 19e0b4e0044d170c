"""Party descriptors: who a party is and by which keys and endpoints its node is known; signed by its root key."""

from typing import Final

import msgspec

from rabita.line.document import DESCRIPTOR, PublicKey, read_document, root_keys
from rabita.line.errors import PeerFault
from rabita.line.ids import is_party_code, key_name
from rabita.line.limits import INTEGER_MAX, NAME_CHARS_MAX
from rabita.line.note import SignatureKind, VerifierKey
from rabita.line.signature import verify_note

RECOVERY_KEYS_MIN: Final = 2
ENDPOINTS_MAX: Final = 4
LANGUAGES: Final = ("en", "ur", "fa")


class BundleKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom courier bundles are sealed: an age recipient and an MLKEM768-X25519 public key (1,216 bytes)."""

    age: str
    hpke: bytes


class Descriptor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party and its node keys; a newer ``serial`` replaces an older one.

    ``transport`` lists the node's certificates (DER), the newest first; ``endpoints`` are tried in their order:
    primary, alternate, contingency, emergency. ``recovery`` lists at least two Ed25519 keys (32 bytes), any two of
    which open a new epoch. ``issued_ms`` and ``expires_ms`` are claims: a passed expiry warns, it never blocks.
    """

    party: str
    names: dict[str, str]
    serial: int
    issued_ms: int
    expires_ms: int
    root: PublicKey
    checkpoint: PublicKey
    receipt: PublicKey
    recovery: tuple[bytes, ...]
    transport: tuple[bytes, ...]
    bundle: BundleKey
    endpoints: tuple[str, ...]


def read_descriptor(raw: bytes) -> Descriptor:
    """Read and check a descriptor.

    Raises ``PeerFault``:
    1. ``note-malformed``, ``document-foreign`` or ``document-malformed`` unless it is a descriptor;
    2. ``descriptor-malformed`` unless its code, names, serial, keys and endpoints are within the protocol's bounds
       and its checkpoint, receipt, recovery and root keys all differ;
    3. ``key-malformed`` unless each key has the length of its kind;
    4. ``note-unsigned`` or ``signature-false`` unless both of its root keys have signed it.
    Trust in the root itself comes from pairing, or from the descriptor it replaces (``check_succession``).
    """
    note, body = read_document(raw, DESCRIPTOR, Descriptor)  # 1
    singles = [body.root.ed25519, body.checkpoint.ed25519, body.receipt.ed25519, *body.recovery]
    if not (
        is_party_code(body.party)
        and set(body.names) == set(LANGUAGES)
        and all(0 < len(name) <= NAME_CHARS_MAX for name in body.names.values())
        and 1 <= body.serial <= INTEGER_MAX
        and RECOVERY_KEYS_MIN <= len(body.recovery)
        and len(set(singles)) == len(singles)
        and all(len(key) == len(body.root.ed25519) for key in singles)
        and len(body.endpoints) <= ENDPOINTS_MAX
        and body.transport
    ):
        raise PeerFault("descriptor-malformed", body.party[:32])  # 2
    roots, _, _ = root_keys(body.party, body.root), checkpoint_keys(body, body.party), receipt_keys(body)  # 3
    for key in roots:
        verify_note(note, key)  # 4
    return body


def check_succession(old: Descriptor, new: Descriptor) -> None:
    """Check that *new* may replace *old*: same party and root, higher serial.

    Raises ``PeerFault``: ``descriptor-foreign`` or ``descriptor-old``.
    """
    if (new.party, new.root) != (old.party, old.root):
        raise PeerFault("descriptor-foreign", new.party)
    if new.serial <= old.serial:
        raise PeerFault("descriptor-old", new.party)


def checkpoint_keys(descriptor: Descriptor, origin: str) -> tuple[VerifierKey, VerifierKey]:
    """Give the keys that sign checkpoints of the log *origin*: Ed25519 on each, ML-DSA-44 now and then."""
    key = descriptor.checkpoint
    return (
        VerifierKey(origin, SignatureKind.ED25519, key.ed25519),
        VerifierKey(origin, SignatureKind.MLDSA44_COSIGNATURE, key.mldsa44),
    )


def receipt_keys(descriptor: Descriptor) -> tuple[VerifierKey, VerifierKey]:
    """Give the keys whose cosignatures are this party's receipts."""
    name = key_name(descriptor.party, "receipt")
    return (
        VerifierKey(name, SignatureKind.ED25519_COSIGNATURE, descriptor.receipt.ed25519),
        VerifierKey(name, SignatureKind.MLDSA44_COSIGNATURE, descriptor.receipt.mldsa44),
    )
