"""The charter: the founding text of a line, signed by both roots; the line's id is its digest."""

import msgspec

from rabita.line.descriptor import Descriptor
from rabita.line.document import CHARTER, document_digest, read_document, root_digest, root_keys
from rabita.line.errors import PeerFault
from rabita.line.ids import PRECEDENCES, Lane, is_exercise_code, is_party_code, line_name
from rabita.line.note import Note
from rabita.line.signature import verify_note


class Founder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A party to the charter: its code and the SHA-256 (hex) of its root."""

    party: str
    root: str


class LaneTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of a lane: handling time (ACP 121), words a message may have (0: no limit), quotas per day (UTC)."""

    handling_time_s: int
    words_max: int
    entries_per_day: int
    bytes_per_day: int


class LineTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cadence of line tests: automatic ones in seconds, tests by a person per day."""

    automatic_every_s: int
    by_person_per_day: int


class Boundary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The agreed map edition: its name, the SHA-256 (hex) of its GeoJSON, its stated accuracy in metres."""

    edition: str
    digest: str
    accuracy_m: int


class Charter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The terms both parties signed. Durations are in the unit their names carry.

    ``deadlines_s``, ``ceilings`` (counts, such as officers accredited by a side), ``classification`` and ``community``
    (whom TLP:GREEN means) are read by the procedures; the line itself reads parties, lanes and quotas.
    """

    version: int
    nonce: str
    parties: tuple[Founder, Founder]
    exercise: bool
    lanes: dict[str, LaneTerms]
    acts_per_procedure_per_day: int
    line_test: LineTest
    deadlines_s: dict[str, int]
    ceilings: dict[str, int]
    classification: dict[str, dict[str, str]]
    languages: tuple[str, ...]
    boundary: Boundary
    retention_days: int
    community: str
    use_limitation: str
    catalogue: str
    survivability: str

    def terms(self, lane: Lane) -> LaneTerms:
        """Give the terms of a lane."""
        return self.lanes[lane.value]


def charter_line(note: Note) -> str:
    """Give the name of the line a charter founds: the base32 form of its text's SHA-256."""
    return line_name(document_digest(note.text))


def read_charter(raw: bytes) -> tuple[Note, Charter]:
    """Read a charter's terms without checking signatures (a proposal has one or none).

    Raises ``PeerFault``:
    1. ``note-malformed``, ``document-foreign`` or ``document-malformed`` unless it is a charter;
    2. ``charter-malformed`` as ``check_terms``.
    """
    note, body = read_document(raw, CHARTER, Charter)  # 1
    check_terms(body)  # 2
    return note, body


def check_terms(body: Charter) -> None:
    """Check the bounds of a charter's terms.

    Raises ``PeerFault("charter-malformed")`` unless it names two different parties, a 128-bit nonce, and terms for
    every lane within bounds; an exercise has two ``X-`` parties and a line in earnest has none.
    """
    codes = [founder.party for founder in body.parties]
    lanes = {lane.value for lane in PRECEDENCES} | {Lane.CONTROL.value}
    if not (
        len(set(codes)) == len(codes)
        and all(is_party_code(code) and is_exercise_code(code) == body.exercise for code in codes)
        and len(body.nonce) == 32  # noqa: PLR2004 - 128 bits in hex
        and set(body.lanes) == lanes
        and all(min(msgspec.structs.astuple(terms)) >= 0 for terms in body.lanes.values())
        and all(terms.entries_per_day and terms.bytes_per_day for terms in body.lanes.values())
        and all(each >= 0 for each in (*body.deadlines_s.values(), *body.ceilings.values()))
        and body.version >= 1
    ):
        raise PeerFault("charter-malformed")


def check_charter(raw: bytes, ours: Descriptor, theirs: Descriptor) -> tuple[str, Charter]:
    """Check that a charter is in force between two parties; gives the line's name and the terms.

    Raises ``PeerFault``:
    1. as ``read_charter``;
    2. ``charter-foreign`` unless it names exactly these two parties and their roots;
    3. ``note-unsigned`` or ``signature-false`` unless both keys of both roots have signed.
    """
    note, body = read_charter(raw)  # 1
    founders = {founder.party: founder.root for founder in body.parties}
    if founders != {each.party: root_digest(each.party, each.root).hex() for each in (ours, theirs)}:
        raise PeerFault("charter-foreign")  # 2
    for party in (ours, theirs):
        for key in root_keys(party.party, party.root):
            verify_note(note, key)  # 3
    return charter_line(note), body
