"""The two parties every world is played by: keys from fixed seeds, so that a seed means the same in every process.

Rules kept here: real keys, real signatures, real founding documents; what is a pure function of its bytes (checking a
signature, reading a founding document) is remembered within the process, because thousands of worlds repeat it.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from rabita.keys.ring import KeyRing
from rabita.keys.sets import HybridKey, NodeGeneration, NodeKeys, RecoveryKey, RootKeys
from rabita.line import attest, control, descriptor, hello, note, receipts, signature, state, verify
from rabita.line import charter as charter_module
from rabita.line.amendment import Amendment, Version
from rabita.line.charter import Charter, LaneTerms
from rabita.line.descriptor import BundleKey, Descriptor
from rabita.line.document import AMENDMENT, CHARTER, document_text, root_keys
from rabita.line.ids import LANES
from rabita.line.note import Note, NoteSignature, format_note, parse_note, signed_message
from rabita.line.record import LineRecord
from rabita.services.pairing import issue_descriptor, sign_charter, signed_by_root
from rabita.services.terms import default_terms

PARTIES: Final = ("X-IRN", "X-PAK")
GENERATIONS: Final = 3
YEAR_MS: Final = 365 * 86_400_000


class Party(NamedTuple):
    """One party: its key ring (every generation, recovery keys too) and its descriptors, the oldest first."""

    code: str
    ring: KeyRing
    descriptors: tuple[Descriptor, ...]
    notes: tuple[bytes, ...]


class Cast(NamedTuple):
    """Both parties of a line and the line's founding record as each of them keeps it."""

    line: str
    charter: Charter
    parties: dict[str, Party]
    records: dict[str, LineRecord]


def _seed(label: str) -> bytes:
    return sha256(f"rabita-sim/{label}".encode()).digest()


def _hybrid(label: str) -> HybridKey:
    return HybridKey(_seed(f"{label}/ed25519"), _seed(f"{label}/mldsa44"))


@lru_cache(maxsize=4)
def party(code: str) -> Party:
    """Give a party with its three generations of node keys."""
    root = RootKeys(code, _hybrid(f"{code}/root"))
    generations = [
        NodeGeneration(each, _hybrid(f"{code}/cp/{each}"), _hybrid(f"{code}/rc/{each}"), b"", "", bytes(96))
        for each in range(1, GENERATIONS + 1)
    ]
    recovery = [RecoveryKey(code, _seed(f"{code}/recovery/{each}")) for each in range(3)]
    ring = KeyRing(root, NodeKeys(code, tuple(generations)), *recovery)
    descriptors = tuple(
        [
            Descriptor(
                party=code,
                names={"en": code, "ur": code, "fa": code},
                serial=each.number,
                issued_ms=0,
                expires_ms=YEAR_MS,
                root=root.public,
                checkpoint=each.checkpoint.public,
                receipt=each.receipt.public,
                recovery=tuple([key.public for key in recovery]),
                transport=(b"no bearer here",),
                bundle=BundleKey("", b""),
                endpoints=(),
            )
            for each in generations
        ]
    )
    return Party(code, ring, descriptors, tuple([issue_descriptor(ring, each) for each in descriptors]))


@lru_cache(maxsize=2)
def cast(*, tight: bool = False) -> Cast:
    """Give the cast of a line; *tight* quotas admit 24 entries and 64 KiB per lane and day."""
    _remember_pure_work()
    parties = {code: party(code) for code in PARTIES}
    one, two = [parties[code] for code in PARTIES]
    terms = default_terms(one.descriptors[0], two.descriptors[0], _seed("charter")[:16])
    if tight:
        quotas = {lane.value: LaneTerms(600, 0, 24, 65_536) for lane in LANES}
        terms = msgspec.structs.replace(terms, lanes=quotas)
    text = document_text(CHARTER, terms)
    raw = _signed_charter(text, one, two)
    line = charter_module.charter_line(charter_module.read_charter(raw)[0])
    records = {
        us: LineRecord(line, us, them, raw, (parties[us].notes[0], parties[them].notes[0]))
        for us, them in (PARTIES, PARTIES[::-1])
    }
    return Cast(line, terms, parties, records)


def amended(line: str, before: Version) -> bytes:
    """Give the charter after *before*, its retention a day longer, signed by both roots."""
    following = msgspec.structs.replace(
        before.charter, version=before.number + 1, retention_days=before.charter.retention_days + 1
    )
    return _signed_by_both(document_text(AMENDMENT, Amendment(line, before.digest, following)))


@lru_cache(maxsize=16)
def _signed_by_both(text: bytes) -> bytes:
    one, two = [party(code) for code in PARTIES]
    once = parse_note(signed_by_root(one.ring, Note(text, ()), one.descriptors[0], two.descriptors[0]))
    return signed_by_root(two.ring, once, two.descriptors[0], one.descriptors[0])


def _signed_charter(text: bytes, one: Party, two: Party) -> bytes:
    """Let both roots sign."""
    first = _first_signature(text, one)
    return sign_charter(two.ring, first, two.descriptors[0], one.descriptors[0])


def _first_signature(text: bytes, one: Party) -> bytes:
    ed25519, mldsa44 = root_keys(one.code, one.descriptors[0].root)
    first = one.ring.sign_ed25519(ed25519.public, signed_message(ed25519, 0, text))
    second = one.ring.sign_mldsa44(mldsa44.public, signed_message(mldsa44, 0, text))
    lines = (NoteSignature(ed25519.name, ed25519.key_id, first), NoteSignature(mldsa44.name, mldsa44.key_id, second))
    return format_note(Note(text, lines))


_CHECKED: Final[dict[tuple[bytes, str, int], tuple[str, Charter]]] = {}


def _checked_charter(raw: bytes, ours: Descriptor, theirs: Descriptor) -> tuple[str, Charter]:
    key = (raw, ours.party, ours.serial)
    if key not in _CHECKED:
        _CHECKED[key] = charter_module.check_charter(raw, ours, theirs)
    return _CHECKED[key]


@lru_cache(maxsize=1)
def _remember_pure_work() -> None:
    """Remember results of pure functions of bytes within this process; faults raised are not remembered."""
    quick: dict[str, Any] = {
        "verify_ed25519": lru_cache(maxsize=8_192)(signature.verify_ed25519),
        "verify_mldsa44": lru_cache(maxsize=1_024)(signature.verify_mldsa44),
        "read_descriptor": lru_cache(maxsize=64)(descriptor.read_descriptor),
        "check_charter": _checked_charter,
        "parse_note": lru_cache(maxsize=4_096)(note.parse_note),
    }
    for module in (signature, verify, control, state, note, hello, receipts, attest):
        for name, call in quick.items():
            if hasattr(module, name):
                setattr(module, name, call)
    for kind, check in list(signature._VERIFY.items()):
        signature._VERIFY[kind] = quick.get(check.__name__, check)
