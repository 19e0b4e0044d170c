"""Pairing: what is trusted when, who may replace what, and when a line stands."""

from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.bearers.certificate import transport_certificate
from rabita.keys.ring import KeyRing
from rabita.keys.sets import RootKeys
from rabita.line.charter import Charter, check_charter
from rabita.line.descriptor import read_descriptor
from rabita.line.errors import LocalFault, PeerFault, UserFault
from rabita.line.ids import Lane, LogId
from rabita.line.note import Note, NoteSignature, format_note, parse_note
from rabita.line.revocation import LogSize, is_still_good, read_revocation
from rabita.services.pairing import (
    accept_charter,
    confirm,
    confirmed_descriptor,
    import_descriptor,
    issue_descriptor,
    propose_charter,
    renew_descriptor,
    revoke,
    safety_number,
    sign_charter,
)
from rabita.services.terms import default_terms
from rabita.store.memory import MemoryStore
from tests.services.parties import Party, describe, new_party, pair

PAK, IRN = new_party("X-PAK"), new_party("X-IRN")
TERMS = default_terms(PAK.descriptor, IRN.descriptor, bytes(16))


@pytest.fixture
def pak() -> Party:
    return fresh(PAK)


@pytest.fixture
def irn() -> Party:
    return fresh(IRN)


def fresh(party: Party) -> Party:
    """Give the same party with an empty store but for its own descriptor."""
    copy = Party(party.code, party.root, party.node, party.descriptor, party.raw)
    import_descriptor(copy.store, copy.raw, own=True)
    return copy


def state_of(party: Party, code: str) -> list[tuple[int, str]]:
    return [(each.serial, each.state) for each in party.store.documents("descriptor") if each.name == code]


def renewed(party: Party) -> bytes:
    node = party.node.rotated().public(transport_certificate)
    return renew_descriptor(party.ring, party.descriptor, node, 5, 6)


def both_signed(pak: Party, irn: Party, terms: Charter = TERMS) -> bytes:
    pair(pak, irn)
    raw = propose_charter(pak.store, pak.ring, pak.code, terms)
    return sign_charter(irn.ring, raw, irn.descriptor, pak.descriptor)


def test_a_descriptor_reads_back_as_it_was_issued() -> None:
    assert read_descriptor(PAK.raw) == PAK.descriptor


def test_a_descriptor_needs_its_own_root_unlocked() -> None:
    with pytest.raises(LocalFault, match="key-unavailable"):
        issue_descriptor(IRN.ring, PAK.descriptor)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"party": "x"}, "descriptor-malformed"),
        ({"names": {"en": "Party"}}, "descriptor-malformed"),
        ({"recovery": ()}, "descriptor-malformed"),
        ({"serial": 0}, "descriptor-malformed"),
        ({"transport": (b"x" * 65_536,)}, "note-oversized"),
    ],
    ids=["party", "names", "recovery", "serial", "transport"],
)
def test_a_descriptor_that_no_reader_would_take_is_not_issued(change: dict[str, object], code: str) -> None:
    with pytest.raises(UserFault, match=code):
        issue_descriptor(PAK.ring, msgspec.structs.replace(PAK.descriptor, **change))


def test_nothing_is_trusted_before_the_safety_number_was_compared(pak: Party) -> None:
    with pytest.raises(UserFault, match="descriptor-unknown"):
        confirmed_descriptor(pak.store, IRN.code)
    import_descriptor(pak.store, IRN.raw)
    assert state_of(pak, IRN.code) == [(1, "imported")]
    with pytest.raises(UserFault, match="pairing-unconfirmed"):
        confirmed_descriptor(pak.store, IRN.code)
    with pytest.raises(UserFault, match="pairing-unconfirmed"):
        propose_charter(pak.store, pak.ring, pak.code, TERMS)
    with pytest.raises(UserFault, match="pairing-unconfirmed"):
        accept_charter(pak.store, pak.code, both_signed(fresh(PAK), fresh(IRN)))
    assert confirm(pak.store, IRN.code, safety_number(IRN.descriptor)).state == "confirmed"
    assert confirmed_descriptor(pak.store, IRN.code) == IRN.descriptor


def test_our_own_descriptor_needs_no_confirmation(pak: Party) -> None:
    assert confirmed_descriptor(pak.store, pak.code) == pak.descriptor


@pytest.mark.parametrize("zero", ["0", "\u06f0", "\u0660"], ids=["latin", "urdu-persian", "arabic"])
def test_the_safety_number_may_be_typed_in_any_of_the_digits_and_groupings(pak: Party, zero: str) -> None:
    import_descriptor(pak.store, IRN.raw)
    digits = safety_number(IRN.descriptor)
    typed = "".join(chr(ord(zero) + int(each)) if each.isdigit() else " - " for each in digits)
    assert confirm(pak.store, IRN.code, typed).name == IRN.code


@pytest.mark.parametrize(
    "spoil",
    [
        lambda digits: digits[:-1],
        lambda digits: digits + "0",
        lambda digits: digits.replace(digits[0], "x"),
        lambda digits: digits[::-1],
        lambda _: "",
        lambda _: safety_number(PAK.descriptor),
    ],
    ids=["short", "long", "letters", "backwards", "empty", "our-own"],
)
def test_a_wrong_safety_number_confirms_nothing(pak: Party, spoil: Callable[[str], str]) -> None:
    import_descriptor(pak.store, IRN.raw)
    with pytest.raises(UserFault, match="safety-number-wrong"):
        confirm(pak.store, IRN.code, spoil(safety_number(IRN.descriptor)))
    assert state_of(pak, IRN.code) == [(1, "imported")]


def test_there_is_nothing_to_confirm_before_an_import(pak: Party) -> None:
    with pytest.raises(UserFault, match="descriptor-unknown"):
        confirm(pak.store, IRN.code, safety_number(IRN.descriptor))


def test_an_impostor_imported_first_cannot_keep_the_true_party_out(pak: Party) -> None:
    impostor = RootKeys.generate(IRN.code)
    false = issue_descriptor(KeyRing(impostor), describe(impostor, IRN.node, serial=9))
    import_descriptor(pak.store, false)
    import_descriptor(pak.store, IRN.raw)
    confirm(pak.store, IRN.code, safety_number(IRN.descriptor))
    assert confirmed_descriptor(pak.store, IRN.code) == IRN.descriptor
    with pytest.raises(UserFault, match="safety-number-wrong"):
        confirm(pak.store, IRN.code, safety_number(read_descriptor(false)))
    with pytest.raises(PeerFault, match="descriptor-foreign"):
        import_descriptor(pak.store, false)


def test_of_two_files_of_one_root_the_newer_is_confirmed(pak: Party) -> None:
    import_descriptor(pak.store, IRN.raw)
    import_descriptor(pak.store, renewed(IRN))
    confirm(pak.store, IRN.code, safety_number(IRN.descriptor))
    assert state_of(pak, IRN.code) == [(1, "imported"), (2, "confirmed")]


def test_a_rotation_is_trusted_by_its_root_and_never_goes_back(pak: Party, irn: Party) -> None:
    pair(pak, irn)
    raw = renewed(IRN)
    following = import_descriptor(pak.store, raw)
    assert (following.serial, following.issued_ms, following.root) == (2, 5, IRN.descriptor.root)
    assert following.receipt != IRN.descriptor.receipt
    assert following.transport[1:] == IRN.descriptor.transport
    assert state_of(pak, IRN.code) == [(1, "confirmed"), (2, "confirmed")]
    assert confirmed_descriptor(pak.store, IRN.code) == import_descriptor(pak.store, raw) == following
    with pytest.raises(PeerFault, match="descriptor-old"):
        import_descriptor(pak.store, IRN.raw)
    assert confirm(pak.store, IRN.code, safety_number(IRN.descriptor)).serial == 2


def test_nobody_replaces_our_own_descriptor(pak: Party) -> None:
    impostor = RootKeys.generate(PAK.code)
    false = issue_descriptor(KeyRing(impostor), describe(impostor, PAK.node, serial=2))
    with pytest.raises(PeerFault, match="descriptor-foreign"):
        import_descriptor(pak.store, false)


def test_the_default_terms_are_the_same_whoever_writes_them() -> None:
    assert default_terms(IRN.descriptor, PAK.descriptor, bytes(16)) == TERMS
    assert TERMS.exercise
    assert TERMS.lanes["FLASH"].handling_time_s == 600
    assert [TERMS.terms(lane).words_max for lane in Lane] == [0, 200, 200, 0, 0]
    assert TERMS.terms(Lane.ROUTINE).entries_per_day >= 2_000_000
    assert TERMS.terms(Lane.ROUTINE).bytes_per_day >= 4 * 10**9
    assert all(set(names) == {"X-PAK", "X-IRN"} for names in TERMS.classification.values())


def test_the_charter_names_the_map_that_is_packaged() -> None:
    packaged = files("rabita").joinpath("data/border-region/edition.geojson").read_bytes()
    assert TERMS.boundary.digest == sha256(packaged).hexdigest()


def test_two_confirmed_parties_found_a_line(pak: Party, irn: Party) -> None:
    raw = both_signed(pak, irn)
    records = [accept_charter(party.store, party.code, raw) for party in (pak, irn)]
    assert records[0].line == records[1].line == check_charter(raw, pak.descriptor, irn.descriptor)[0]
    assert records[0].descriptors == (pak.raw, irn.raw)
    assert (records[1].us, records[1].peer) == (irn.code, pak.code)
    assert pak.store.lines() == (records[0],)
    assert [(each.name, each.state) for each in pak.store.documents("charter")] == [(records[0].line, "signed")]


def test_a_line_that_stands_is_given_back_whatever_signatures_come_again(pak: Party, irn: Party) -> None:
    record = accept_charter(pak.store, pak.code, both_signed(pak, irn))
    assert accept_charter(pak.store, pak.code, both_signed(pak, irn)) == record
    assert pak.store.lines() == (record,)


def test_signing_a_charter_twice_changes_neither_text_nor_signers(pak: Party, irn: Party) -> None:
    raw = both_signed(pak, irn)
    again = parse_note(sign_charter(irn.ring, raw, irn.descriptor, pak.descriptor))
    assert again.text == parse_note(raw).text
    assert {each.key_id for each in again.signatures} == {each.key_id for each in parse_note(raw).signatures}
    assert len(again.signatures) == 4


def test_a_charter_with_one_side_s_signatures_founds_nothing(pak: Party, irn: Party) -> None:
    pair(pak, irn)
    raw = propose_charter(pak.store, pak.ring, pak.code, TERMS)
    assert len(parse_note(raw).signatures) == 2
    assert [each.state for each in pak.store.documents("charter")] == ["proposed"]
    with pytest.raises(PeerFault, match="note-unsigned"):
        accept_charter(pak.store, pak.code, raw)
    assert pak.store.lines() == ()


@pytest.mark.parametrize("dropped", range(4))
def test_each_of_the_four_signatures_is_needed(pak: Party, irn: Party, dropped: int) -> None:
    note = parse_note(both_signed(pak, irn))
    kept = tuple(each for at, each in enumerate(note.signatures) if at != dropped)
    with pytest.raises(PeerFault, match="note-unsigned"):
        accept_charter(irn.store, irn.code, format_note(Note(note.text, kept)))


def test_signatures_by_strangers_are_dropped_and_false_ones_refused(pak: Party, irn: Party) -> None:
    pair(pak, irn)
    note = parse_note(propose_charter(pak.store, pak.ring, pak.code, TERMS))
    stranger = NoteSignature("stranger", b"abcd", b"signature")
    raw = sign_charter(
        irn.ring, format_note(Note(note.text, (stranger, *note.signatures))), IRN.descriptor, PAK.descriptor
    )
    assert stranger not in parse_note(raw).signatures
    assert len(parse_note(raw).signatures) == 4
    false = msgspec.structs.replace(note.signatures[0], signature=bytes(64))
    with pytest.raises(PeerFault, match="signature-false"):
        sign_charter(irn.ring, format_note(Note(note.text, (false,))), IRN.descriptor, PAK.descriptor)


def test_a_charter_that_others_filled_up_is_signed_all_the_same_or_refused() -> None:
    note = parse_note(CHARTER_RAW)
    strangers = tuple(NoteSignature(f"stranger{at}", b"abcd", b"signature") for at in range(12))
    full = sign_charter(
        PAK.ring, format_note(Note(note.text, note.signatures + strangers)), PAK.descriptor, IRN.descriptor
    )
    assert len(parse_note(full).signatures) == 4
    padded = note.text[:-2] + b" " * (65_536 - len(CHARTER_RAW)) + note.text[-2:]
    with pytest.raises(PeerFault, match="note-oversized"):
        sign_charter(PAK.ring, format_note(Note(padded, strangers[:1])), PAK.descriptor, IRN.descriptor)


def test_a_charter_of_other_parties_is_neither_signed_nor_accepted(pak: Party, irn: Party) -> None:
    other = new_party("X-OTH")
    raw = both_signed(pak, irn)
    with pytest.raises(PeerFault, match="charter-foreign"):
        sign_charter(other.ring, raw, other.descriptor, PAK.descriptor)
    with pytest.raises(PeerFault, match="charter-foreign"):
        accept_charter(other.store, other.code, raw)


def test_a_charter_naming_another_root_of_the_same_code_is_refused(pak: Party, irn: Party) -> None:
    raw = both_signed(pak, irn)
    impostor = new_party(IRN.code)
    pair(fresh(PAK), impostor)
    with pytest.raises(PeerFault, match="charter-foreign"):
        accept_charter(impostor.store, impostor.code, raw)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"nonce": ""}, "charter-malformed"),
        ({"lanes": {}}, "charter-malformed"),
        ({"exercise": False}, "charter-malformed"),
        ({"parties": (TERMS.parties[0], TERMS.parties[0])}, "charter-"),
        ({"parties": (msgspec.structs.replace(TERMS.parties[0], root=""), TERMS.parties[1])}, "charter-foreign"),
    ],
)
def test_terms_that_no_reader_would_take_are_not_proposed(
    pak: Party, irn: Party, change: dict[str, object], code: str
) -> None:
    pair(pak, irn)
    with pytest.raises(UserFault, match=code):
        propose_charter(pak.store, pak.ring, pak.code, msgspec.structs.replace(TERMS, **change))
    assert pak.store.documents("charter") == ()


LAST_GOOD = [LogSize("X-PAK", 1, Lane.FLASH, 41), LogSize("X-IRN", 1, Lane.FLASH, 7)]
REVOKED = PAK.descriptor.checkpoint.ed25519
REVOCATION = revoke(PAK.ring, PAK.descriptor, REVOKED, LAST_GOOD, 9)


def test_a_revocation_cuts_a_key_off_beyond_the_sizes_it_names() -> None:
    revocation = read_revocation(REVOCATION, PAK.descriptor)
    assert (revocation.party, revocation.key, revocation.issued_ms) == ("X-PAK", REVOKED, 9)
    flash = LogId("X-PAK", 1, Lane.FLASH)
    assert is_still_good(revocation, flash, 41)
    assert not is_still_good(revocation, flash, 42)
    assert not is_still_good(revocation, LogId("X-PAK", 2, Lane.FLASH), 1)
    assert not is_still_good(revocation, LogId("X-PAK", 1, Lane.ROUTINE), 0)


@pytest.mark.parametrize(
    ("key", "sizes", "issued_ms"),
    [
        (b"short", LAST_GOOD, 9),
        (REVOKED, [*LAST_GOOD, LogSize("X-PAK", 1, Lane.FLASH, 40)], 9),
        (REVOKED, [LogSize("X-PAK", 0, Lane.FLASH, 1)], 9),
        (REVOKED, [LogSize("X-PAK", 1, Lane.FLASH, -1)], 9),
        (REVOKED, [LogSize("x", 1, Lane.FLASH, 1)], 9),
        (REVOKED, [], 2**53),
    ],
    ids=["short key", "log twice", "epoch 0", "size -1", "no party code", "time"],
)
def test_a_revocation_out_of_bounds_is_not_issued(key: bytes, sizes: list[LogSize], issued_ms: int) -> None:
    with pytest.raises(UserFault, match="revocation-malformed"):
        revoke(PAK.ring, PAK.descriptor, key, sizes, issued_ms)


def test_a_revocation_counts_under_its_own_root_alone() -> None:
    with pytest.raises(PeerFault, match="revocation-foreign"):
        read_revocation(REVOCATION, IRN.descriptor)
    impostor = RootKeys.generate("X-PAK")
    with pytest.raises(PeerFault, match="note-unsigned"):
        read_revocation(REVOCATION, describe(impostor, PAK.node))
    with pytest.raises(PeerFault, match="document-foreign"):
        read_revocation(PAK.raw, PAK.descriptor)


CHARTER_RAW = both_signed(fresh(PAK), fresh(IRN))
READERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "descriptor": (PAK.raw, read_descriptor),
    "import": (PAK.raw, lambda raw: import_descriptor(MemoryStore(), raw)),
    "charter": (CHARTER_RAW, lambda raw: check_charter(raw, PAK.descriptor, IRN.descriptor)),
    "signing": (CHARTER_RAW, lambda raw: sign_charter(PAK.ring, raw, PAK.descriptor, IRN.descriptor)),
    "revocation": (REVOCATION, lambda raw: read_revocation(raw, PAK.descriptor)),
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@pytest.mark.parametrize("reader", READERS)
@given(data=st.data())
def test_from_any_changed_document_only_a_peer_fault_comes_out(reader: str, data: st.DataObject) -> None:
    raw, read = READERS[reader]
    changed = bytearray(raw)
    at = data.draw(st.integers(0, len(raw) - 1))
    changed[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
    try:
        read(bytes(changed))
    except PeerFault:
        return


@pytest.mark.parametrize("reader", READERS)
@given(data=st.data())
def test_from_any_body_only_a_peer_fault_comes_out(reader: str, data: st.DataObject) -> None:
    raw, read = READERS[reader]
    note = parse_note(raw)
    title, _, rest = note.text.partition(b"\n")
    body = msgspec.json.decode(rest)
    name = data.draw(st.sampled_from(sorted(body)))
    body[name] = data.draw(JSON)
    try:
        read(format_note(Note(title + b"\n" + msgspec.json.encode(body) + b"\n", note.signatures)))
    except PeerFault:
        return


def test_a_body_nested_without_end_is_refused() -> None:
    text = b"rabita/descriptor/v1\n" + b"[" * 30_000 + b"\n"
    with pytest.raises(PeerFault):
        read_descriptor(format_note(Note(text, (NoteSignature("a", b"abcd", b"e"),))))
