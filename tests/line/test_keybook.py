"""Which key counts where: rotations and revocations take effect by position in the logs, never by time."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.control import (
    CREDENTIAL,
    CREDENTIAL_REVOCATION,
    OPENING,
    REVOCATION,
    ROTATION,
    Facts,
    Opening,
    Revoked,
    RevokedCredential,
    Rotation,
    apply_control,
    check_opening,
    control_form,
    fields_of,
)
from rabita.line.descriptor import Descriptor
from rabita.line.document import REVOCATION as REVOCATION_TITLE
from rabita.line.document import document_text
from rabita.line.entry import NO_APPROVALS, Act, Approval, Entry, Stamp, decode_approvals, encode, read
from rabita.line.errors import PeerFault
from rabita.line.ids import Lane, LogId
from rabita.line.keybook import begin_epoch, checkpoint_keys_at, era_at, first_era, receipt_keys_at, revoke, rotate
from rabita.line.revocation import LogSize, Revocation
from rabita.line.verify import Credential, entry_row
from tests.line.founders import LINE, THEM, US, member
from tests.line.players import Author, act_of, approvals, control

FIRST, SECOND, THIRD = member(THEM).descriptors
FLASH, ROUTINE, LATER = (
    LogId(THEM, 1, Lane.FLASH),
    LogId(THEM, 1, Lane.ROUTINE),
    LogId(THEM, 2, Lane.FLASH),
)


def applied(
    act: Act | None, stamp: Stamp | None = None, index: int = 0, before: Facts | None = None
) -> tuple[Facts, str]:
    """Apply a control act of the counterpart, stamped so that nothing else is at fault."""
    form = control_form(act)
    n = sum([each.size for each in form.sizes if each.party == THEM]) if isinstance(form, Rotation) else 4
    plain = Stamp(LINE, THEM, 1, Lane.CONTROL, 1, n, "0" * 64, 1, (0, 0, 0, 0, 0), 0)
    return apply_control(before or facts(), THEM, act, stamp or plain, index)


def facts() -> Facts:
    return Facts({code: first_era(member(code).descriptors[0]) for code in (US, THEM)}, {})


def sizes(after: dict[LogId, int]) -> tuple[LogSize, ...]:
    return tuple([LogSize(*log, size) for log, size in after.items()])


def rotation(generation: int, after: dict[LogId, int], **changes: object) -> Act:
    return control(
        THEM,
        ROTATION,
        Rotation(member(THEM).issued(member(THEM).descriptors[generation - 1], **changes).decode(), sizes(after)),
    )


def revocation(public: bytes, good_until: dict[LogId, int], signer: str = THEM) -> Act:
    text = document_text(REVOCATION_TITLE, Revocation(THEM, public, sizes(good_until), 0))
    return control(THEM, REVOCATION, Revoked(member(signer).signed(text).decode()))


# eras


@given(st.integers(0, 50), st.integers(1, 100))
def test_an_era_begins_after_the_size_its_rotation_lists(after: int, size: int) -> None:
    book = rotate(first_era(FIRST), SECOND, {FLASH: after}, (1, 0))
    assert era_at(book, FLASH, size) == (SECOND if size > after else FIRST)
    assert era_at(book, LATER, size) == SECOND
    assert book.newest == SECOND


def test_eras_follow_one_another_in_every_log() -> None:
    book = rotate(
        rotate(first_era(FIRST), SECOND, {FLASH: 3, ROUTINE: 9}, (1, 0)), THIRD, {FLASH: 3, ROUTINE: 20}, (1, 1)
    )
    assert [era_at(book, FLASH, size) for size in (3, 4)] == [FIRST, THIRD]
    assert [era_at(book, ROUTINE, size) for size in (9, 10, 20, 21)] == [FIRST, SECOND, SECOND, THIRD]
    assert era_at(book, ROUTINE, 0) == FIRST
    assert checkpoint_keys_at(book, ROUTINE, "log", 21)[0].public == THIRD.checkpoint.ed25519
    assert receipt_keys_at(book, ROUTINE, 10)[0].public == SECOND.receipt.ed25519


def test_the_same_descriptor_again_changes_nothing_and_an_older_one_is_refused() -> None:
    book = rotate(first_era(FIRST), SECOND, {FLASH: 3}, (1, 0))
    assert rotate(book, SECOND, {FLASH: 8}, (1, 0)) == book
    assert [era_at(rotate(book, SECOND, {FLASH: 8}, (1, 1)), FLASH, size) for size in (3, 8, 9)] == [
        FIRST,
        SECOND,
        SECOND,
    ]
    with pytest.raises(PeerFault, match="descriptor-old"):
        rotate(book, FIRST, {}, (1, 1))
    with pytest.raises(PeerFault, match="descriptor-foreign"):
        rotate(book, member(US).descriptors[2], {}, (1, 1))


def test_eras_follow_one_another_by_where_their_rotations_stand_however_they_arrive() -> None:
    second = (SECOND, {FLASH: 3}, (1, 4))
    third = (THIRD, {LATER: 5}, (2, 1))
    book = rotate(rotate(first_era(FIRST), *second), *third)
    assert rotate(rotate(first_era(FIRST), *third), *second) == book
    with pytest.raises(PeerFault, match="descriptor-old"):
        rotate(rotate(first_era(FIRST), SECOND, {}, (2, 1)), THIRD, {}, (1, 4))


@pytest.mark.parametrize(("listed", "expected"), [(4, FIRST), (5, SECOND), (0, FIRST)])
def test_an_epoch_begun_without_knowing_a_rotation_keeps_the_keys_before_it(listed: int, expected: Descriptor) -> None:
    control_log = LogId(THEM, 1, Lane.CONTROL)
    book = rotate(first_era(FIRST), SECOND, {FLASH: 3}, (1, 4))
    book = begin_epoch(book, THEM, 2, {control_log: listed} if listed else {})
    assert era_at(book, LATER, 1) == expected
    assert era_at(book, FLASH, 4) == SECOND
    assert era_at(book, LogId(US, 2, Lane.FLASH), 1) == SECOND, "receipts count by their own position"
    again = rotate(book, THIRD, {LATER: 5}, (2, 1))
    assert [era_at(again, LATER, size) for size in (5, 6)] == [expected, THIRD]


def test_only_the_first_entry_of_a_later_epoch_opens_it() -> None:
    opening = control(THEM, OPENING, Opening("ab" * 16, (LogSize(THEM, 1, Lane.CONTROL, 2),)))
    later = Stamp(LINE, THEM, 2, Lane.CONTROL, 1, 1, "0" * 64, 1, (0, 0, 0, 0, 0), 0)
    assert applied(opening)[0] == facts()
    assert applied(opening, later, 1)[0] == facts()
    assert applied(opening, later)[0].books[THEM].known == {2: {LogId(THEM, 1, Lane.CONTROL): 2}}


@pytest.mark.parametrize("key", [FIRST.checkpoint.ed25519, FIRST.receipt.ed25519])
def test_a_revoked_key_counts_up_to_its_last_good_sizes(key: bytes) -> None:
    book = revoke(rotate(first_era(FIRST), SECOND, {FLASH: 9, ROUTINE: 9}, (1, 0)), key, {FLASH: 5})
    assert era_at(book, FLASH, 5) == FIRST
    for log, size in ((FLASH, 6), (ROUTINE, 1)):
        with pytest.raises(PeerFault, match="key-revoked"):
            era_at(book, log, size)
    assert era_at(book, FLASH, 10) == SECOND


def test_a_key_that_no_era_has_revokes_nothing() -> None:
    book = first_era(FIRST)
    assert revoke(book, bytes(32), {}) == book


# control acts


def test_acts_that_are_not_of_the_line_itself_have_no_form() -> None:
    assert control_form(None) is None
    assert control_form(act_of(THEM, Lane.CONTROL)) is None
    opening = control(THEM, OPENING, Opening("ab" * 16, ()))
    assert control_form(opening) == Opening("ab" * 16, ())
    for change in ({"precedence": Lane.FLASH}, {"act": "unknown"}, {"fields": {"later": 1}}):
        assert control_form(msgspec.structs.replace(opening, **change)) is None


def test_a_rotation_opens_an_era() -> None:
    after, code = applied(rotation(2, {FLASH: 3}))
    assert code == ""
    assert after.books[THEM].newest == SECOND
    assert era_at(after.books[THEM], FLASH, 3) == FIRST
    assert after.books[US] == facts().books[US]


def test_a_rotation_cannot_take_back_receipts_already_given() -> None:
    ours = LogId(US, 1, Lane.FLASH)
    stamp = Stamp("line", THEM, 1, Lane.CONTROL, 1, 3, "0" * 64, 1, (0, 7, 0, 0, 0), 0)
    after, code = applied(rotation(2, {FLASH: 3, ours: 2}), stamp)
    assert code == ""
    assert era_at(after.books[THEM], ours, 7) == FIRST
    assert era_at(after.books[THEM], ours, 8) == SECOND


@pytest.mark.parametrize("listed", [{FLASH: 3, ROUTINE: 1}, {FLASH: 5, ROUTINE: 1}, {FLASH: 4}, {FLASH: 4, LATER: 1}])
def test_a_rotation_that_does_not_list_all_that_was_sealed_before_it_changes_nothing(listed: dict[LogId, int]) -> None:
    stamp = Stamp(LINE, THEM, 1, Lane.CONTROL, 1, 5, "0" * 64, 1, (0, 0, 0, 0, 0), 0)
    assert applied(rotation(2, listed), stamp) == (facts(), "rotation-false")
    assert applied(rotation(2, {FLASH: 4, ROUTINE: 1}), stamp)[1] == ""


def test_a_revocation_cuts_an_era() -> None:
    after, code = applied(revocation(FIRST.receipt.ed25519, {FLASH: 4}))
    assert code == ""
    with pytest.raises(PeerFault, match="key-revoked"):
        era_at(after.books[THEM], FLASH, 5)


def test_a_credential_is_published_under_its_author() -> None:
    credential = Credential("k1", "duty officer", ("release",), "ed25519", bytes(32))
    after, code = applied(control(THEM, CREDENTIAL, credential))
    assert (after.credentials, code) == ({f"{THEM}/k1": credential}, "")


def test_a_credential_revoked_stands_no_more_and_its_key_is_not_published_again() -> None:
    credential = Credential("k1", "duty officer", ("release",), "ed25519", bytes(32))
    published, revoked = (
        control(THEM, CREDENTIAL, credential),
        control(THEM, CREDENTIAL_REVOCATION, RevokedCredential("k1")),
    )
    known = facts()
    for n, act, expected in (
        (1, published, ""),
        (2, revoked, ""),
        (3, published, "credential-revoked"),
        (4, revoked, ""),
    ):
        stamp = Stamp(LINE, THEM, 1, Lane.CONTROL, 1, n, "0" * 64, 1, (0, 0, 0, 0, 0), 0)
        known, code = applied(act, stamp, n, known)
        assert code == expected
    assert known.credentials == {}
    assert [(each.place, each.credential) for each in known.history(THEM, "k1")] == [
        ((1, 1), credential),
        ((1, 2), None),
        ((1, 4), None),
    ]
    assert known.history(US, "k1") == ()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (rotation(2, {}, serial=1), "descriptor-old"),
        (control(THEM, ROTATION, Rotation(member(US).described(2).decode(), ())), "descriptor-foreign"),
        (control(THEM, ROTATION, Rotation("nothing", ())), "note-malformed"),
        (revocation(FIRST.receipt.ed25519, {}, signer=US), "note-unsigned"),
        (control(THEM, REVOCATION, Revoked("nothing")), "note-malformed"),
        (control(THEM, OPENING, Opening("ab" * 16, ())), ""),
        (act_of(THEM, Lane.CONTROL), ""),
        (None, ""),
    ],
)
def test_what_is_wrong_with_a_control_act_changes_nothing(act: Act | None, code: str) -> None:
    assert applied(act) == (facts(), code)


# openings


def opened(act: Act, signed: bytes) -> Opening:
    raw = encode(act)
    entry = Entry(encode(Author(epoch=2).stamp(Lane.CONTROL)), raw, signed, ())
    reading = read(entry, LINE, LogId(THEM, 2, Lane.CONTROL))
    return check_opening(entry_row(0, entry, reading), reading.act, reading.approvals, facts().books[THEM])


OPEN_ACT = control(THEM, OPENING, Opening("ab" * 16, (LogSize(*FLASH, 7),)))
KEYS = member(THEM).recovery


def test_two_recovery_keys_open_an_epoch() -> None:
    for keys in (KEYS[:2], KEYS[1:], KEYS):
        assert opened(OPEN_ACT, approvals(THEM, encode(OPEN_ACT), *keys)).nonce == "ab" * 16


@pytest.mark.parametrize("nonce", ["ab", "AB" * 16, "zz" * 16])
def test_an_opening_needs_a_whole_nonce(nonce: str) -> None:
    act = control(THEM, OPENING, Opening(nonce, ()))
    with pytest.raises(PeerFault, match="opening-malformed"):
        opened(act, approvals(THEM, encode(act), *KEYS))


def test_any_other_act_opens_nothing() -> None:
    with pytest.raises(PeerFault, match="opening-malformed"):
        opened(act_of(THEM, Lane.CONTROL), NO_APPROVALS)


@pytest.mark.parametrize(
    "signed",
    [
        NO_APPROVALS,
        approvals(THEM, encode(OPEN_ACT), KEYS[0]),
        approvals(THEM, encode(OPEN_ACT), KEYS[0], KEYS[0]),
        approvals(THEM, encode(OPEN_ACT), *KEYS, role="release"),
        approvals(US, encode(OPEN_ACT), *member(US).recovery),
    ],
)
def test_fewer_than_two_different_recovery_keys_open_nothing(signed: bytes) -> None:
    with pytest.raises(PeerFault, match="opening-unsigned"):
        opened(OPEN_ACT, signed)


def test_a_false_recovery_signature_opens_nothing() -> None:
    one, two = decode_approvals(approvals(THEM, encode(OPEN_ACT), *KEYS[:2]))
    forged: tuple[Approval, ...] = (one, msgspec.structs.replace(two, signature=one.signature))
    with pytest.raises(PeerFault, match="signature-false"):
        opened(OPEN_ACT, encode(forged))


def test_forms_are_written_as_the_fields_of_an_act() -> None:
    assert fields_of(Opening("ab", ())) == {"nonce": "ab", "heads": ()}
