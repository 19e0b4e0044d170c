"""Descriptors, charters and revocations: each numbered check, and that no other bytes pass for them."""

import json
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.charter import Founder, LaneTerms, charter_line, check_charter, read_charter
from rabita.line.descriptor import (
    Descriptor,
    check_succession,
    checkpoint_keys,
    read_descriptor,
    receipt_keys,
)
from rabita.line.document import (
    CHARTER,
    DESCRIPTOR,
    REVOCATION,
    PublicKey,
    document_digest,
    document_text,
    read_document,
    root_digest,
)
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId, line_name
from rabita.line.note import Note, format_note, parse_note
from rabita.line.revocation import LogSize, Revocation, is_still_good, read_revocation
from tests.line.founders import LINE, THEM, US, founding, member, signed_by_both, terms

OURS, NEXT = member(US).descriptors[:2]
THEIRS = member(THEM).descriptors[0]


def fault_of(read: Callable[[], object]) -> str:
    with pytest.raises(PeerFault) as refused:
        read()
    return refused.value.code


def tampered(raw: bytes, name: str) -> bytes:
    """Give a note with the signature of one kind of key broken."""
    note = parse_note(raw)
    broken = [
        msgspec.structs.replace(each, signature=bytes(len(each.signature)))
        if len(each.signature) in SIZES[name]
        else each
        for each in note.signatures
    ]
    return format_note(Note(note.text, tuple(broken)))


SIZES = {"ed25519": (64,), "mldsa44": (2420,)}


def without(raw: bytes, name: str) -> bytes:
    note = parse_note(raw)
    return format_note(
        Note(note.text, tuple([each for each in note.signatures if len(each.signature) not in SIZES[name]]))
    )


# documents


def test_a_document_reads_back_and_its_digest_leaves_signatures_out() -> None:
    raw = member(US).described()
    note, body = read_document(raw, DESCRIPTOR, Descriptor)
    assert body == OURS
    assert document_digest(note.text) == document_digest(document_text(DESCRIPTOR, OURS))
    assert read_document(note, DESCRIPTOR, Descriptor)[1] == OURS


def test_another_kind_of_document_is_foreign() -> None:
    assert fault_of(lambda: read_charter(member(US).described())) == "document-foreign"


@pytest.mark.parametrize("body", [b"{}\n", b"[1]\n", b"[" * 9_000 + b"\n", b'{"party":"\\ud800"}\n'])
def test_a_body_of_another_form_is_malformed(body: bytes) -> None:
    raw = member(US).signed(DESCRIPTOR.encode() + b"\n" + body)
    assert fault_of(lambda: read_descriptor(raw)) == "document-malformed"


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_every_reader(raw: bytes) -> None:
    for read in (read_descriptor, read_charter, lambda given_raw: read_revocation(given_raw, OURS)):
        with pytest.raises(PeerFault):
            read(raw)


# descriptors


def test_a_descriptor_is_read() -> None:
    assert read_descriptor(member(US).described()) == OURS


ALL_LANGUAGES = {"en": "a", "ur": "b", "fa": "c"}


@pytest.mark.parametrize(
    "change",
    [
        {"party": "p"},
        {"names": {"en": "a"}},
        {"names": {**ALL_LANGUAGES, "en": ""}},
        {"names": {**ALL_LANGUAGES, "en": "x" * 129}},
        {"serial": 0},
        {"serial": 2**53},
        {"recovery": OURS.recovery[:1]},
        {"recovery": (OURS.recovery[0], OURS.recovery[0])},
        {"recovery": (OURS.recovery[0], OURS.receipt.ed25519)},
        {"recovery": (OURS.recovery[0], b"short")},
        {"checkpoint": OURS.receipt},
        {"endpoints": ("tls://a:1",) * 5},
        {"transport": ()},
    ],
)
def test_a_descriptor_out_of_bounds_is_malformed(change: dict[str, object]) -> None:
    assert fault_of(lambda: read_descriptor(member(US).issued(OURS, **change))) == "descriptor-malformed"


@pytest.mark.parametrize(
    "change", [{"checkpoint": PublicKey(OURS.checkpoint.ed25519, b"short")}, {"root": PublicKey(b"", b"")}]
)
def test_a_key_of_the_wrong_length_is_malformed(change: dict[str, object]) -> None:
    assert fault_of(lambda: read_descriptor(member(US).issued(OURS, **change))) in (
        "key-malformed",
        "descriptor-malformed",
    )


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
def test_both_root_keys_must_have_signed_a_descriptor(kind: str) -> None:
    raw = member(US).described()
    assert fault_of(lambda: read_descriptor(without(raw, kind))) == "note-unsigned"
    assert fault_of(lambda: read_descriptor(tampered(raw, kind))) == "signature-false"


def test_a_newer_serial_of_the_same_root_replaces() -> None:
    check_succession(OURS, NEXT)
    assert fault_of(lambda: check_succession(OURS, OURS)) == "descriptor-old"
    assert fault_of(lambda: check_succession(OURS, member(THEM).descriptors[1])) == "descriptor-foreign"


def test_keys_are_named_for_what_they_sign() -> None:
    assert {key.name for key in checkpoint_keys(OURS, "log")} == {"log"}
    assert {key.name for key in receipt_keys(OURS)} == {"X-PAK.rabita.invalid/receipt"}


# charters


def test_a_charter_in_force_names_its_line() -> None:
    raw = founding()[US].charter
    line, charter = check_charter(raw, OURS, THEIRS)
    assert line == LINE == charter_line(parse_note(raw)) == line_name(document_digest(parse_note(raw).text))
    assert check_charter(raw, THEIRS, OURS) == (line, charter)
    assert charter.terms(Lane.FLASH).words_max == 200


BARE = LaneTerms(1, 1, 1, 1)
WHOLE = terms()
NOBODY = Founder("X-QQQ", "00")


@pytest.mark.parametrize(
    "change",
    [
        {"parties": (WHOLE.parties[0], WHOLE.parties[0])},
        {"parties": (Founder("x", "00"), WHOLE.parties[0])},
        {"exercise": False},
        {"parties": (Founder("PAK", "00"), WHOLE.parties[0])},
        {"nonce": "ab"},
        {"lanes": {"FLASH": BARE}},
        {"lanes": {**WHOLE.lanes, "FLASH": LaneTerms(-1, 1, 1, 1)}},
        {"lanes": {**WHOLE.lanes, "FLASH": LaneTerms(1, 1, 0, 1)}},
        {"lanes": {**WHOLE.lanes, "FLASH": LaneTerms(1, 1, 1, 0)}},
        {"version": 0},
        {"deadlines_s": {"rfi-urgent": -1}},
        {"ceilings": {"accreditation-headcount": -1}},
    ],
)
def test_a_charter_out_of_bounds_is_malformed(change: dict[str, object]) -> None:
    raw = signed_by_both(document_text(CHARTER, msgspec.structs.replace(WHOLE, **change)))
    assert fault_of(lambda: read_charter(raw)) == "charter-malformed"


def test_a_charter_of_other_parties_is_foreign() -> None:
    other = msgspec.structs.replace(WHOLE, parties=(WHOLE.parties[0], NOBODY))
    raw = signed_by_both(document_text(CHARTER, other))
    assert fault_of(lambda: check_charter(raw, OURS, THEIRS)) == "charter-foreign"


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
def test_every_root_key_must_have_signed_a_charter(kind: str) -> None:
    raw = founding()[US].charter
    assert fault_of(lambda: check_charter(without(raw, kind), OURS, THEIRS)) == "note-unsigned"
    assert fault_of(lambda: check_charter(tampered(raw, kind), OURS, THEIRS)) == "signature-false"


def test_a_root_is_its_code_and_both_keys() -> None:
    digest = root_digest(US, OURS.root)
    assert len(digest) == 32
    assert digest not in (root_digest(THEM, OURS.root), root_digest(US, THEIRS.root))


# revocations

FLASH = LogId(US, 1, Lane.FLASH)


def revocation(**changes: object) -> bytes:
    whole = Revocation(US, OURS.receipt.ed25519, (LogSize(US, 1, Lane.FLASH, 7),), 0)
    return member(US).signed(document_text(REVOCATION, msgspec.structs.replace(whole, **changes)))


def test_a_revocation_says_up_to_where_a_key_was_good() -> None:
    body = read_revocation(revocation(), OURS)
    assert body.sizes[0].log == FLASH
    assert is_still_good(body, FLASH, 7)
    assert not is_still_good(body, FLASH, 8)
    assert not is_still_good(body, LogId(US, 1, Lane.ROUTINE), 1)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("revocation-foreign", {"party": THEM}),
        ("revocation-malformed", {"key": b"short"}),
        ("revocation-malformed", {"sizes": (LogSize(US, 1, Lane.FLASH, 1), LogSize(US, 1, Lane.FLASH, 2))}),
        ("revocation-malformed", {"sizes": (LogSize("p", 1, Lane.FLASH, 1),)}),
        ("revocation-malformed", {"sizes": (LogSize(US, 0, Lane.FLASH, 1),)}),
        ("revocation-malformed", {"sizes": (LogSize(US, 1, Lane.FLASH, -1),)}),
        ("revocation-malformed", {"issued_ms": -1}),
    ],
)
def test_a_revocation_out_of_bounds_or_of_another_party_is_refused(code: str, change: dict[str, object]) -> None:
    assert fault_of(lambda: read_revocation(revocation(**change), OURS)) == code


@pytest.mark.parametrize("kind", ["ed25519", "mldsa44"])
def test_both_root_keys_must_have_signed_a_revocation(kind: str) -> None:
    assert fault_of(lambda: read_revocation(without(revocation(), kind), OURS)) == "note-unsigned"
    assert fault_of(lambda: read_revocation(tampered(revocation(), kind), OURS)) == "signature-false"


def test_documents_are_json_that_people_can_read() -> None:
    title, _, body = document_text(DESCRIPTOR, OURS).partition(b"\n")
    assert title.decode() == DESCRIPTOR
    assert json.loads(body)["party"] == US
