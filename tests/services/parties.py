"""Two parties as pairing meets them: real keys, real descriptors, a store each."""

from dataclasses import dataclass, field

from rabita.bearers.certificate import transport_certificate
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys, RecoveryKey, RootKeys
from rabita.line.descriptor import Descriptor
from rabita.ports import Store
from rabita.services.pairing import confirm, import_descriptor, issue_descriptor, safety_number
from rabita.store.memory import MemoryStore

YEAR_MS = 365 * 86_400_000


@dataclass
class Party:
    """A party with its root at hand."""

    code: str
    root: RootKeys
    node: NodeKeys
    descriptor: Descriptor
    raw: bytes
    store: Store = field(default_factory=MemoryStore)

    @property
    def ring(self) -> KeyRing:
        return KeyRing(self.root)


def describe(root: RootKeys, node: NodeKeys, serial: int = 1) -> Descriptor:
    """Write a descriptor with two fresh recovery keys."""
    public = node.public(transport_certificate)
    return Descriptor(
        party=root.party,
        names={"en": "Party", "ur": "فریق", "fa": "طرف"},
        serial=serial,
        issued_ms=0,
        expires_ms=YEAR_MS,
        root=root.public,
        checkpoint=public.checkpoint,
        receipt=public.receipt,
        recovery=tuple(RecoveryKey.generate(root.party).public for _ in range(2)),
        transport=public.transport,
        bundle=public.bundle,
        endpoints=("tls://node.example:7420",),
    )


def new_party(code: str) -> Party:
    """Found a party that holds its own descriptor."""
    root, node = RootKeys.generate(code), NodeKeys.generate(code)
    descriptor = describe(root, node)
    party = Party(code, root, node, descriptor, issue_descriptor(KeyRing(root), descriptor))
    import_descriptor(party.store, party.raw, own=True)
    return party


def pair(one: Party, other: Party) -> None:
    """Let both import the other's file and compare safety numbers."""
    for us, them in ((one, other), (other, one)):
        import_descriptor(us.store, them.raw)
        confirm(us.store, them.code, safety_number(them.descriptor))
