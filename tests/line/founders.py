"""Two parties with every key they have, and the line they founded; made from fixed seeds, once per process."""

from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from rabita.keys.ring import KeyRing
from rabita.keys.sets import HybridKey, NodeGeneration, NodeKeys, RecoveryKey, RootKeys
from rabita.line.charter import Charter, LaneTerms
from rabita.line.descriptor import BundleKey, Descriptor
from rabita.line.document import CHARTER, DESCRIPTOR, document_text, root_keys
from rabita.line.ids import LANES, line_name
from rabita.line.limits import INTEGER_MAX
from rabita.line.note import Note, NoteSignature, format_note
from rabita.line.record import LineRecord
from rabita.services.terms import default_terms

US: Final = "X-PAK"
THEM: Final = "X-IRN"
GENERATIONS: Final = 3


class Member(NamedTuple):
    """A party: its key ring (root, three generations of node keys, three recovery keys) and a descriptor for each."""

    code: str
    ring: KeyRing
    recovery: tuple[bytes, ...]
    descriptors: tuple[Descriptor, ...]

    def signed(self, text: bytes) -> bytes:
        """Sign a document with both root keys."""
        ed25519, mldsa44 = root_keys(self.code, self.descriptors[0].root)
        lines = (
            NoteSignature(ed25519.name, ed25519.key_id, self.ring.sign_ed25519(ed25519.public, text)),
            NoteSignature(mldsa44.name, mldsa44.key_id, self.ring.sign_mldsa44(mldsa44.public, text)),
        )
        return format_note(Note(text, lines))

    def described(self, generation: int = 1) -> bytes:
        """Issue the descriptor of a generation of node keys."""
        return self.issued(self.descriptors[generation - 1])

    def issued(self, body: Descriptor, **changes: object) -> bytes:
        """Issue a descriptor, with some of its fields changed."""
        return self.signed(document_text(DESCRIPTOR, msgspec.structs.replace(body, **changes)))


def seed(label: str) -> bytes:
    return sha256(label.encode()).digest()


def hybrid(label: str) -> HybridKey:
    return HybridKey(seed(f"{label} ed25519"), seed(f"{label} mldsa44"))


@lru_cache
def member(code: str) -> Member:
    keys = RootKeys(code, hybrid(f"{code} root"))
    generations = [
        NodeGeneration(each, hybrid(f"{code} checkpoint {each}"), hybrid(f"{code} receipt {each}"), b"", "", bytes(96))
        for each in range(1, GENERATIONS + 1)
    ]
    recovery = [RecoveryKey(code, seed(f"{code} recovery {each}")) for each in range(3)]
    bodies = [
        Descriptor(
            party=code,
            names={"en": "Party", "ur": "فریق", "fa": "طرف"},
            serial=each.number,
            issued_ms=0,
            expires_ms=INTEGER_MAX,
            root=keys.public,
            checkpoint=each.checkpoint.public,
            receipt=each.receipt.public,
            recovery=tuple([key.public for key in recovery]),
            transport=(b"certificate",),
            bundle=BundleKey("", b""),
            endpoints=(),
        )
        for each in generations
    ]
    ring = KeyRing(keys, NodeKeys(code, tuple(generations)), *recovery)
    return Member(code, ring, tuple([key.public for key in recovery]), tuple(bodies))


def terms(lane_terms: LaneTerms | None = None) -> Charter:
    one, two = [member(code).descriptors[0] for code in (US, THEM)]
    charter = default_terms(one, two, seed("charter")[:16])
    if lane_terms is None:
        return charter
    return msgspec.structs.replace(charter, lanes={lane.value: lane_terms for lane in LANES})


def signed_by_both(text: bytes) -> bytes:
    return member(US).signed(text) + member(THEM).signed(text)[len(text) + 1 :]


@lru_cache
def founding(lane_terms: LaneTerms | None = None) -> dict[str, LineRecord]:
    """Found a line; gives each party's record of it."""
    text = document_text(CHARTER, terms(lane_terms))
    charter, line = signed_by_both(text), line_name(sha256(text).digest())
    notes = {code: member(code).described() for code in (US, THEM)}
    pairs = ((US, THEM), (THEM, US))
    return {us: LineRecord(line, us, them, charter, (notes[us], notes[them])) for us, them in pairs}


LINE: Final = founding()[US].line
