"""Versions of the charter: signed by both roots, sealed by whoever signs last, in force by position."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.amendment import (
    Version,
    check_amendment,
    founding,
    last_signer,
    place_fault,
    read_amendment,
    refusal,
    succession,
    twice_signed,
    version_of,
)
from rabita.line.charter import LaneTerms
from rabita.line.descriptor import checkpoint_keys
from rabita.line.document import CHARTER, document_text
from rabita.line.entry import NO_APPROVALS, Entry, Stamp, decode_stamp, encode
from rabita.line.errors import PeerFault, UserFault
from rabita.line.events import Draft
from rabita.line.ids import Lane, LogId
from rabita.line.record import EntryRow
from rabita.line.state import charter_fault, load, new_log
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_report import Report
from rabita.line.verify import admit_batch
from rabita.services.transcripts import export
from tests.line.amending import amended, amending, amendment_draft
from tests.line.founders import LINE, THEM, US, member, terms
from tests.line.players import START_MS, Author, Node, act_of

FIRST: Final = founding(LINE, terms())
PARTIES: Final = tuple(member(code).descriptors[0] for code in (US, THEM))
SECOND: Final = amended(FIRST)


def brought(note: bytes, author: str, index: int, n: int, epoch: int = 1) -> Version:
    """Bring an amendment at a place of a control log."""
    return version_of(note, *read_amendment(note), (LogId(author, epoch, Lane.CONTROL), n), index)


TWO: Final = brought(SECOND, THEM, 1, 3)
THREE: Final = brought(amended(TWO), US, 1, 5)
OTHER: Final = brought(amended(FIRST, retention_days=9), THEM, 2, 4)
FALSE: Final = brought(amended(FIRST, before="0" * 64), THEM, 0, 1)


def always(_log: LogId, _index: int) -> bool:
    return True


def stamp(author: str, version: int, n: int, seen: int = 0, epoch: int = 1, seen_epoch: int = 1) -> Stamp:
    return Stamp(LINE, author, epoch, Lane.ROUTINE, version, n, "0" * 64, seen_epoch, (seen, 0, 0, 0, 0), 0)


# the document


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"nothing", "note-malformed"),
        (member(US).signed(document_text(CHARTER, terms())), "document-foreign"),
        (amended(FIRST, nonce="0"), "charter-malformed"),
        (amended(FIRST, line="a" * 52), "amendment-foreign"),
        (amended(FIRST, line="no line at all"), "amendment-foreign"),
        (amended(FIRST, nonce="0" * 32), "amendment-foreign"),
        (amended(FIRST, parties=FIRST.charter.parties[::-1]), "amendment-foreign"),
        (amended(FIRST, signers=(US,)), "note-unsigned"),
        (amended(FIRST, signers=(THEM,)), "note-unsigned"),
        (SECOND.replace(b'"retention_days": 3651', b'"retention_days": 3652'), "signature-false"),
    ],
)
def test_what_is_not_an_amendment_of_this_line_by_both_roots_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(PeerFault) as fault:
        check_amendment(raw, FIRST, PARTIES)
    assert fault.value.code == code


def test_an_amendment_names_the_charter_before_it_and_holds_the_whole_next_one() -> None:
    note, body = check_amendment(SECOND, FIRST, PARTIES)
    assert (body.line, body.before, body.charter.version) == (LINE, FIRST.digest, 2)
    assert note.text.startswith(b"rabita/amendment/v1\n")


# the succession


def test_parties_alternate_and_each_version_is_the_one_its_last_signer_sealed() -> None:
    assert [last_signer(FIRST.charter, version) for version in (2, 3, 4)] == [THEM, US, THEM]
    assert succession(FIRST, (), always) == (FIRST,)
    assert succession(FIRST, (THREE, FALSE, TWO), always) == (FIRST, TWO, THREE)
    assert succession(FIRST, (THREE,), always) == (FIRST,)
    assert succession(FIRST, (TWO._replace(log=LogId(US, 1, Lane.CONTROL)),), always) == (FIRST,)


def test_of_two_successors_the_first_in_its_signers_own_log_stands_and_both_are_proof() -> None:
    assert succession(FIRST, (OTHER, TWO), always) == (FIRST, TWO)
    assert twice_signed(FIRST, (OTHER, TWO, THREE)) in (((TWO, OTHER),), ((OTHER, TWO),))
    assert twice_signed(FIRST, (TWO, THREE, TWO)) == ()
    late = succession(FIRST, (TWO, OTHER), lambda _log, index: index > 1)
    assert late == (FIRST, OTHER)


def test_why_a_version_is_not_in_force() -> None:
    versions = (FIRST, TWO)
    assert refusal(versions, TWO._replace(log=LogId(US, 1, Lane.CONTROL))) == ""
    assert refusal(versions, OTHER) == "amendment-twice"
    assert refusal(versions, THREE._replace(log=TWO.log)) == "amendment-author"
    assert refusal((FIRST,), THREE) == "amendment-before"
    assert refusal((FIRST,), FALSE) == "amendment-before"


@given(st.data(), st.integers(0, 4), st.integers(0, 1))
def test_the_same_versions_for_every_order_of_arrival_and_what_stands_keeps_standing(
    data: st.DataObject, theirs: int, ours: int
) -> None:
    """2-line, convergent: of each log what is held is its beginning; more of it only adds versions."""
    log = (FALSE, TWO, OTHER, TWO._replace(index=7, n=9))
    held = data.draw(st.permutations([*log[:theirs], *(THREE,)[:ours]]))
    expected = (FIRST, TWO, THREE)[: 1 if theirs < 2 else 2 + ours]
    assert succession(FIRST, held, always) == expected


# stamps


@pytest.mark.parametrize(
    ("given_stamp", "code"),
    [
        (stamp(THEM, 1, 3), ""),
        (stamp(THEM, 2, 3), "charter-false"),
        (stamp(THEM, 2, 4), ""),
        (stamp(THEM, 1, 4), "charter-false"),
        (stamp(THEM, 0, 1), "charter-false"),
        (stamp(US, 1, 1, seen=1), ""),
        (stamp(US, 2, 1, seen=1), "charter-false"),
        (stamp(US, 2, 1, seen=2), ""),
        (stamp(US, 1, 1, seen=2), "charter-false"),
        (stamp(US, 3, 1, seen=2), "charter-false"),
        (stamp(THEM, 1, 1, epoch=2), ""),
        (stamp(THEM, 2, 1, epoch=2), ""),
        (stamp(US, 1, 1, seen_epoch=2), ""),
        (stamp(US, 2, 1, seen_epoch=2), ""),
    ],
)
def test_a_stamp_names_the_newest_version_its_place_covers(given_stamp: Stamp, code: str) -> None:
    """2-line: activation is by position; a version its author cannot have is a content fault."""
    assert place_fault((FIRST, TWO), given_stamp.party, given_stamp, complete=True) == code


def test_a_version_not_held_may_yet_come() -> None:
    assert place_fault((FIRST,), THEM, stamp(THEM, 2, 9), complete=False) == "charter-unheld"
    assert place_fault((FIRST,), THEM, stamp(THEM, 2, 9), complete=True) == "charter-false"
    assert place_fault((FIRST, TWO), THEM, stamp(THEM, 1, 9), complete=False) == "charter-false"


# sealing


def sealed_code(node: Node, given: Draft) -> str:
    node.seal_draft(given, Lane.CONTROL)
    answer = node.answers[-1]
    return answer.code if isinstance(answer, UserFault) else ""


def test_the_last_signer_seals_and_writes_under_it_from_the_next_entry_on() -> None:
    node = Node(THEM)
    node.seal(Lane.ROUTINE, "before")
    assert sealed_code(node, amendment_draft(THEM, SECOND)) == ""
    node.seal(Lane.FLASH, "after")
    versions = [decode_stamp(row.entry.stamp).charter for row in own_rows(node)]
    assert versions == [1, 1, 2]
    assert node.exchange.state.charter.retention_days == FIRST.charter.retention_days + 1
    assert load(node.disk.snapshot(LINE)).charters == node.exchange.state.charters
    assert sealed_code(node, amendment_draft(THEM, SECOND)) == "amendment-version"
    assert sealed_code(node, amendment_draft(THEM, OTHER.note)) == "amendment-twice"


def own_rows(node: Node) -> list[EntryRow]:
    listed = node.disk.listed(LINE, node.us, 0, 100)
    return sorted([each.row for each in listed], key=lambda row: row.n)


@pytest.mark.parametrize(
    ("given_draft", "code"),
    [
        (amendment_draft(US, SECOND), "amendment-author"),
        (amendment_draft(US, THREE.note), "amendment-before"),
        (amendment_draft(US, amended(FIRST, signers=(US,))), "note-unsigned"),
        (amendment_draft(US, amended(FIRST, line="a" * 52), version=2), "act-foreign"),
        (amendment_draft(US, SECOND, version=3), "document-malformed"),
        (amendment_draft(US, SECOND, digest="0" * 64), "document-malformed"),
        (Draft(encode(amending(US, SECOND)), NO_APPROVALS), "portion-missing"),
    ],
)
def test_an_amendment_that_would_not_come_into_force_is_not_sealed(given_draft: Draft, code: str) -> None:
    assert sealed_code(Node(US), given_draft) == code


# receiving


def stamped(author: Author, lane: Lane, version: int, seen: int = 0) -> Entry:
    """Write a message of an author under a version of the charter."""
    return author.stamped(
        author.stamp(lane, charter=version, seen=(seen, 0, 0, 0, 0)), encode(act_of(author.code, lane))
    )


def sealing_of(author: Author, note: bytes, version: int = 1, seen: int = 0) -> Entry:
    given_stamp = author.stamp(Lane.CONTROL, charter=version, seen=(seen, 0, 0, 0, 0))
    return author.stamped(given_stamp, encode(amending(author.code, note)), NO_APPROVALS, (bytes(16) + note,))


def test_the_other_side_writes_under_it_once_it_holds_it() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    node.seal(Lane.ROUTINE, "before")
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, SECOND)))
    node.seal(Lane.ROUTINE, "after")
    node.take(them.log(Lane.FLASH), them.batch(Lane.FLASH, stamped(them, Lane.FLASH, 2)))
    assert [decode_stamp(row.entry.stamp).charter for row in own_rows(node)] == [1, 2]
    assert node.codes == []
    assert [each.number for each in load(node.disk.snapshot(LINE)).charters] == [1, 2]


def test_what_is_written_under_a_version_not_held_is_kept_and_receipted_and_told() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    opening = sealing_of(them, SECOND)
    early = stamped(them, Lane.FLASH, 2)
    node.take(them.log(Lane.FLASH), them.batch(Lane.FLASH, early))
    assert node.codes == ["charter-unheld"]
    assert node.row(them.log(Lane.FLASH)).frontier.size == 1
    assert charter_fault(node.exchange.state, THEM, decode_stamp(early.stamp), 0) == "charter-unheld"
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, opening))
    assert charter_fault(node.exchange.state, THEM, decode_stamp(early.stamp), 0) == ""


def test_a_version_its_author_cannot_have_had_is_told() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    node.take(them.log(Lane.FLASH), them.batch(Lane.FLASH, stamped(them, Lane.FLASH, 2)))
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, SECOND, 2)))
    node.take(them.log(Lane.ROUTINE), them.batch(Lane.ROUTINE, stamped(them, Lane.ROUTINE, 1)))
    node.take(them.log(Lane.ROUTINE), them.batch(Lane.ROUTINE, stamped(them, Lane.ROUTINE, 3)))
    assert node.codes == ["charter-false", "charter-false", "charter-false", "charter-false"]
    assert node.row(them.log(Lane.ROUTINE)).frontier.size == 2


def test_the_same_amendment_again_changes_nothing() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    for version in (1, 2):
        node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, SECOND, version)))
    assert node.codes == []
    assert [each.digest for each in node.exchange.state.facts.brought] == [TWO.digest]
    assert node.exchange.state.charters[-1].index == 0


def test_a_second_successor_is_kept_as_proof_and_changes_nothing() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    for note, version in ((SECOND, 1), (OTHER.note, 2)):
        node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, note, version)))
    state = node.exchange.state
    assert node.codes == ["amendment-twice"]
    assert [each.digest for each in state.charters] == [FIRST.digest, TWO.digest]
    assert len(twice_signed(FIRST, state.facts.brought)) == 1
    assert state.logs[them.log(Lane.CONTROL)].stopped == ""


def test_a_second_successor_shown_by_file_is_sealed_as_proof_by_the_other_side() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, SECOND)))
    assert sealed_code(node, amendment_draft(US, OTHER.note)) == ""
    assert len(twice_signed(FIRST, node.exchange.state.facts.brought)) == 1
    assert [each.number for each in node.exchange.state.charters] == [1, 2]


def test_what_a_control_lane_brings_is_never_purged() -> None:
    """Below a receipt shown a purge mark stands for words, but never for what the line itself stands on."""
    for lane, code in ((Lane.CONTROL, "portion-missing"), (Lane.FLASH, "")):
        them = Author(THEM)
        log = them.log(lane)
        whole = them.stamped(them.stamp(lane), sealed_bytes(lane), NO_APPROVALS, (None,))
        batch = them.batch(lane, whole)
        keys = checkpoint_keys(PARTIES[1], them.origin(lane))
        try:
            admit_batch(LINE, new_log(log, them.nonce), batch, keys, 9)
        except PeerFault as fault:
            assert fault.code == code
        else:
            assert code == ""


def sealed_bytes(lane: Lane) -> bytes:
    return encode(act_of(THEM, lane, portions=amending(THEM, SECOND).portions))


def test_the_quotas_of_the_newest_version_hold() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    note = amended(FIRST, lane_terms=LaneTerms(60, 0, 1, 10_000))
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, note)))
    assert node.exchange.state.charter.terms(Lane.ROUTINE).entries_per_day == 1
    node.take(them.log(Lane.ROUTINE), them.batch(Lane.ROUTINE, stamped(them, Lane.ROUTINE, 2)))
    assert "over-quota" in node.codes


# in a transcript


def told(node: Node) -> Report:
    """Verify the transcript that a node exports."""
    lines: list[bytes] = []
    export(node.disk, LINE, START_MS, lines.append)
    return verify_transcript(lines)


def test_a_transcript_says_from_where_on_each_side_writes_under_a_version() -> None:
    node, them = Node(US), Author(THEM)
    node.meet()
    node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, SECOND)))
    sealed = f"Charter version 2 ({TWO.digest[:12]}), sealed as {THEM}-C-0001: "
    assert told(node).charters[1].sentence == f"{sealed}nothing is written under it yet."
    node.seal(Lane.ROUTINE, "under the second")
    node.take(them.log(Lane.FLASH), them.batch(Lane.FLASH, stamped(them, Lane.FLASH, 2)))
    report = told(node)
    places = f"{THEM} from its entry 2 of epoch 1 and {US} from its entry 1 of epoch 1"
    assert f"{sealed}written under by {places}." in report.summary()
    assert (report.genuine, report.content, report.contradictions) == (True, {}, [])


def test_a_transcript_counts_entries_under_a_version_their_author_had_left_and_names_who_signed_two() -> None:
    """2-line: a stamp that goes back is a content fault, a second successor is proof; the file is genuine."""
    node, them = Node(US), Author(THEM)
    node.meet()
    for note, version in ((SECOND, 1), (OTHER.note, 2)):
        node.take(them.log(Lane.CONTROL), them.batch(Lane.CONTROL, sealing_of(them, note, version)))
    for _ in range(2):
        node.take(them.log(Lane.ROUTINE), them.batch(Lane.ROUTINE, stamped(them, Lane.ROUTINE, 1)))
    report = told(node)
    assert (report.genuine, report.content) == (True, {"charter-false": 2, "amendment-twice": 1})
    assert [each.digest for each in report.charters] == [FIRST.digest, TWO.digest]
    (found,) = report.contradictions
    one, other = sorted([TWO.digest[:12], OTHER.digest[:12]])
    assert found == ("amendment-twice", f"{THEM} version 2: {one} and {other}")
