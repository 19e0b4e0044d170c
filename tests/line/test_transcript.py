"""Transcripts of real nodes: what the verifier says of them, whole, tampered with, and set side by side."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.bearers.certificate import transport_certificate
from rabita.keys.ring import KeyRing
from rabita.keys.sets import NodeKeys, OfficerKey
from rabita.line.changes import Changes
from rabita.line.control import CREDENTIAL, OPENING, REVOCATION, ROTATION, Opening, Revoked, Rotation, fields_of
from rabita.line.errors import PeerFault, UserFault
from rabita.line.ids import Lane, LogId
from rabita.line.record import EvidenceRow
from rabita.line.revocation import LogSize
from rabita.line.sealing import rotation_sizes
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_lines import BatchLine, decode_line
from rabita.line.transcript_report import Report, compare
from rabita.line.verify import Credential
from rabita.services.pairing import renew_descriptor, revoke
from rabita.services.transcripts import export
from tests.pair import START_MS, Pair, Side

Lines = list[bytes]


def exported(side: Side) -> Lines:
    lines: Lines = []
    export(side.store, side.line, START_MS, lines.append)
    return lines


def verdict(lines: Lines) -> tuple[bool, set[str]]:
    report = verify_transcript(lines)
    return report.genuine, {each.code for each in report.faults}


def spoken() -> Pair:
    """Two nodes that exchanged a few messages, receipted and post-quantum signed."""
    pair = Pair()
    pair.connect()
    pair.a.seal(Lane.ROUTINE, "one")
    pair.a.seal(Lane.FLASH, "stop")
    pair.run()
    pair.b.seal(Lane.PRIORITY, "answer", "and more", "and last")
    pair.a.seal(Lane.ROUTINE, "two", "three")
    pair.a.seal_draft(pair.a.draft(Lane.ROUTINE, "shown", withheld="hidden"), Lane.ROUTINE)
    pair.run()
    return pair


@cache
def sample() -> tuple[Lines, Lines]:
    pair = spoken()
    pair.a.exchange.attest()
    pair.b.exchange.attest()
    pair.run()
    return exported(pair.a), exported(pair.b)


def place(lines: Lines, lane: str, party: str = "X-PAK") -> int:
    """Give the place of the first batch of a log."""
    head = f'{{"log":{{"party":"{party}","epoch":1,"lane":"{lane}"'.encode()
    return next(at for at, line in enumerate(lines) if line.startswith(head)) + 1


def altered(lines: Lines, at: int, change: Callable[[Any], None]) -> Lines:
    """Give the file with the JSON of one line changed."""
    members = json.loads(lines[at])
    change(members)
    raw = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return [*lines[:at], raw, *lines[at + 1 :]]


def test_both_exports_are_genuine_and_say_so_in_words() -> None:
    one, two = (verify_transcript(lines) for lines in sample())
    for report in (one, two):
        assert report.genuine
        assert (report.entries, report.batches, report.contradictions, report.missing) == (8, 6, [], {})
        assert report.summary()[0].startswith("Genuine: exercise line")
    routine = one.logs[LogId("X-PAK", 1, Lane.ROUTINE)]
    assert (routine.size, routine.complete, routine.receipted) == (4, 4, 4)
    assert (routine.author_mldsa, routine.reader_mldsa) == (4, 4)
    assert (routine.portions, routine.purged, routine.withheld) == (4, 0, 1)
    assert "complete up to checkpoint 4" in routine.sentence
    assert "receipted up to 4" in routine.sentence
    assert two.logs[LogId("X-PAK", 1, Lane.ROUTINE)].receipted == 0, "receipts are kept by the author"
    assert compare(one, two).equal


def test_withheld_words_stay_at_home() -> None:
    for lines in sample():
        batches = [line for raw in lines if isinstance(line := decode_line(raw), BatchLine)]
        portions = [raw for batch in batches for entry in batch.entries for raw in entry[3]]
        assert any(b"shown" in (raw or b"") for raw in portions)
        assert not any(b"hidden" in (raw or b"") for raw in portions)


def test_progress_is_told_batch_by_batch() -> None:
    pair = spoken()
    told: list[tuple[int, int]] = []
    export(pair.a.store, pair.line, 0, lambda _: None, lambda done, whole: told.append((done, whole)))
    assert told[-1] == (8, 8)
    assert len(told) == 6
    with pytest.raises(UserFault, match="line-unknown"):
        export(pair.a.store, "no such line", 0, lambda _: None)


def _same(before: Lines, after: bytes) -> bool:
    """Say whether the lines mean the same, whatever their spelling."""
    try:
        return [decode_line(raw) for raw in before] == [decode_line(raw) for raw in after.splitlines()]
    except PeerFault:
        return False


@given(st.data())
def test_no_byte_can_be_altered_unnoticed(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(sample()))
    whole = b"".join(lines)
    at = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255))
    tampered = whole[:at] + bytes([byte]) + whole[at + 1 :]
    genuine, codes = verdict(tampered.splitlines(keepends=True))
    assert genuine == (not codes)
    assert not genuine or _same(lines, tampered)


@given(st.binary(max_size=300), st.integers(0, 30))
def test_no_line_raises(raw: bytes, at: int) -> None:
    lines = sample()[0]
    assert not verdict([*lines[:at], raw, *lines[at:]])[0] or raw == b""


def _stamp(members: Any) -> None:  # noqa: ANN401 - JSON
    part = bytearray(b64decode(members["entries"][0][0]))
    part[-3] ^= 1
    members["entries"][0][0] = b64encode(part).decode()


def _drop(members: Any) -> None:  # noqa: ANN401 - JSON
    del members["entries"][0]


def _no_portion(members: Any) -> None:  # noqa: ANN401 - JSON
    members["entries"][0][3] = []


def _reorder(members: Any) -> None:  # noqa: ANN401 - JSON
    members["entries"].reverse()


TAMPERED: Final = {
    "stamp": (_stamp, "root-mismatch"),
    "dropped": (_drop, "root-mismatch"),
    "words": (_no_portion, "portion-missing"),
    "reordered": (_reorder, "root-mismatch"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_named_and_the_other_logs_still_count(name: str) -> None:
    change, code = TAMPERED[name]
    lines = sample()[0]
    at = place(lines, "PRIORITY", "X-IRN") + 1
    report = verify_transcript(altered(lines, at, change))
    assert {each.code for each in report.faults} >= {code}
    assert "X-IRN PRIORITY" in next(each.where for each in report.faults if each.code == code)
    assert report.logs[LogId("X-PAK", 1, Lane.ROUTINE)].complete == 4
    assert report.summary()[0].startswith("NOT genuine")


def test_lines_out_of_place_are_faults() -> None:
    lines = sample()[0]
    assert verdict(lines[:-1]) == (False, {"transcript-truncated"})
    assert verdict([]) == (False, {"transcript-truncated"})
    assert verdict([*lines, lines[-1]]) == (False, {"transcript-malformed"})
    assert "transcript-malformed" in verdict([lines[0], *lines[2:]])[1]
    assert "charter-foreign" in verdict([lines[0], lines[1], lines[3], lines[2], *lines[4:]])[1]
    routine = place(lines, "ROUTINE")
    assert "transcript-altered" in verdict([*lines[: routine - 1], *lines[routine:]])[1]
    first_log = next(at for at, line in enumerate(lines) if line.startswith(b'{"log"'))
    assert "transcript-malformed" in verdict([*lines[:routine], lines[first_log], *lines[routine:]])[1]
    assert "transcript-malformed" in verdict([*lines[:-1], lines[0], lines[-1]])[1]
    other = exported(spoken().a)
    assert verdict([other[0], *lines[1:]])[0] is False


def test_a_lane_left_out_shows_by_the_numbers_of_its_author() -> None:
    lines = sample()[0]
    at = place(lines, "FLASH")
    report = verify_transcript([*lines[: at - 1], *lines[at + 1 :]])
    assert report.missing == {"X-PAK epoch 1": 1}
    assert {each.code for each in report.faults} == {"transcript-altered"}
    assert any("in none of its logs" in sentence for sentence in report.summary())


def test_purged_words_stand_only_below_a_receipt() -> None:
    pair = spoken()
    log = pair.a.log(Lane.ROUTINE)
    pair.a.store.purge(pair.line, log, 1)
    report = verify_transcript(exported(pair.a))
    assert report.genuine
    assert report.logs[log].purged == 1
    pair.cut()
    pair.a.seal(Lane.ROUTINE, "never received")
    pair.run()
    pair.a.store.purge(pair.line, log, 4)
    assert verdict(exported(pair.a)) == (False, {"portion-missing"})


def test_what_a_control_lane_brought_is_never_purged() -> None:
    pair = spoken()
    pair.a.seal(Lane.CONTROL, "what a receipt covers")
    pair.run()
    lines = exported(pair.a)
    at = place(lines, "CONTROL")
    report = verify_transcript(altered(lines, at, _purge))
    faults = [(each.where, each.code) for each in report.faults]
    assert ("X-PAK CONTROL entry 0", "portion-missing") in faults


def _purge(members: Any) -> None:  # noqa: ANN401 - JSON
    members["entries"][0][3] = [None]


def test_approvals_are_counted_apart() -> None:
    pair = spoken()
    known, unknown = OfficerKey.generate("X-PAK", "ops"), OfficerKey.generate("X-PAK", "ops")
    credential = Credential(known.public.hex(), "ops", ("release",), "ed25519", known.public)
    pair.a.control(CREDENTIAL, fields_of(credential))
    pair.run()
    pair.a.seal(Lane.ROUTINE, "signed", officer=known)
    pair.a.seal(Lane.ROUTINE, "by nobody known", officer=unknown)
    false = pair.a.draft(Lane.ROUTINE, "swapped", officer=known)
    other = pair.a.draft(Lane.ROUTINE, "words", officer=known)
    pair.a.seal_draft(false._replace(approvals=other.approvals), Lane.ROUTINE)
    pair.a.seal_draft(false._replace(approvals=b"{}", act=other.act, portions=other.portions), Lane.ROUTINE)
    pair.run()
    lines = exported(pair.b)
    report = verify_transcript(lines)
    assert report.genuine
    assert dict(report.approvals) == {"verified": 1, "unknown": 1, "false": 1}
    assert "Officers' approvals: 1 verified, 1 false, 1 unknown, 0 revoked." in report.summary()
    assert verify_transcript(lines, approvals=False).approvals == {}


def test_an_act_sealed_twice_is_one_and_other_bytes_under_its_id_are_void() -> None:
    pair = spoken()
    draft = pair.a.draft(Lane.ROUTINE, "once")
    pair.a.seal_draft(draft, Lane.ROUTINE)
    pair.a.seal_draft(draft, Lane.ROUTINE)
    other = draft.act.replace(b'"kind":"exercise"', b'"kind":"drill"')
    pair.a.seal_draft(draft._replace(act=other), Lane.ROUTINE)
    pair.run()
    report = verify_transcript(exported(pair.b))
    assert (report.genuine, report.duplicates, report.voids) == (True, 1, 1)


def _rotated(pair: Pair) -> NodeKeys:
    side = pair.a
    node = side.party.node.rotated()
    raw = renew_descriptor(side.party.ring, side.party.descriptor, node.public(transport_certificate), 0, 0)
    sizes = tuple(LogSize(*log, size) for log, size in rotation_sizes(side.exchange.state).items())
    side.ring = KeyRing(node)
    side.control(ROTATION, fields_of(Rotation(raw.decode(), sizes)))
    pair.run()
    return node


def test_keys_count_by_position_after_a_rotation() -> None:
    pair = spoken()
    node = _rotated(pair)
    pair.a.seal(Lane.ROUTINE, "under the new key")
    pair.b.seal(Lane.ROUTINE, "receipted with the new key")
    pair.run()
    for lines in (exported(pair.a), exported(pair.b)):
        report = verify_transcript(lines)
        assert report.genuine
        assert report.logs[pair.a.log(Lane.ROUTINE)].complete == 5
    book = pair.b.exchange.state.facts.books["X-PAK"]
    assert book.newest.checkpoint == node.newest.checkpoint.public


def test_what_a_revoked_key_signed_beyond_its_last_good_size_proves_nothing() -> None:
    pair = spoken()
    old = pair.a.party.node.newest.checkpoint.public.ed25519
    pair.a.seal(Lane.FLASH, "beyond")
    pair.run()
    _rotated(pair)
    good = [LogSize(*row.log, row.frontier.size) for row in pair.a.store.logs(pair.line) if row.log.lane != Lane.FLASH]
    good.append(LogSize("X-PAK", 1, Lane.FLASH, 1))
    note = revoke(pair.a.party.ring, pair.a.party.descriptor, old, good, 0)
    pair.a.control(REVOCATION, fields_of(Revoked(note.decode())))
    pair.run()
    report = verify_transcript(exported(pair.a))
    assert [(each.code, each.where) for each in report.faults] == [("key-revoked", "X-PAK FLASH after checkpoint 1")]
    pair.a.seal(Lane.FLASH, "covered by the new key")
    pair.run()
    assert verdict(exported(pair.a)) == (True, set())


def test_two_exports_show_who_holds_more() -> None:
    pair = spoken()
    pair.cut()
    pair.a.seal(Lane.ROUTINE, "not delivered")
    pair.b.seal(Lane.IMMEDIATE, "nor this")
    pair.run()
    one, two = verify_transcript(exported(pair.a)), verify_transcript(exported(pair.b))
    found = compare(one, two)
    assert found.longer == {pair.a.log(Lane.ROUTINE): (5, 4), pair.b.log(Lane.IMMEDIATE): (0, 1)}
    assert not found.contradictions
    assert any("X-PAK ROUTINE: ours holds 5 entries, theirs 4" in each for each in found.summary("ours", "theirs"))
    assert compare(one, verify_transcript(exported(spoken().a))).summary("a", "b") == [
        "The two transcripts are of different lines."
    ]


def _forked() -> tuple[Pair, Lines, Lines]:
    """One author, two continuations: its store is cloned, and both copies seal."""
    pair = spoken()
    pair.cut()
    twin = Side(pair.a.party, pair.line, pair.a.store.clone(), pair.world)
    pair.a.seal(Lane.ROUTINE, "this")
    twin.seal(Lane.ROUTINE, "that")
    pair.run()
    return pair, exported(pair.a), exported(twin)


def test_two_validly_signed_checkpoints_of_one_size_are_named() -> None:
    pair, one, two = _forked()
    left, right = verify_transcript(one), verify_transcript(two)
    assert (left.genuine, right.genuine) == (True, True)
    (found,) = compare(left, right).contradictions
    assert (found.code, found.where) == ("forked", "X-PAK ROUTINE at 5")
    log = pair.a.log(Lane.ROUTINE)
    notes = tuple(json.loads(lines[place(lines, "ROUTINE") + 3])["note"].encode() for lines in (one, two))
    assert len(set(notes)) == 2
    pair.a.store.commit([Changes(pair.line, evidence=(EvidenceRow(log, "forked", notes),))], 0)
    report = verify_transcript(exported(pair.a))
    assert report.genuine
    assert [(each.code, each.where) for each in report.contradictions] == [("forked", "X-PAK ROUTINE at 5")]
    pair.a.store.commit([Changes(pair.line, evidence=(EvidenceRow(log, "forked", notes[:1]),))], 0)
    assert verdict(exported(pair.a)) == (False, {"claim-false"})


def _restored() -> Pair:
    """One node comes back from an old backup and opens a new epoch."""
    pair = spoken()
    old = pair.a.store.clone()
    pair.a.seal(Lane.ROUTINE, "lost here, held there")
    pair.run()
    pair.cut()
    pair.a.store = pair.a.disk.store = old
    pair.a.wake()
    pair.connect()
    pair.run()
    assert "epoch-needed" in pair.a.heard.told_codes
    return pair


def test_a_second_epoch_is_opened_by_recovery_keys() -> None:
    pair = _restored()
    heads = [LogSize(*row.log, row.frontier.size) for row in pair.a.store.logs(pair.line) if row.log.party == "X-PAK"]
    pair.a.control(OPENING, fields_of(Opening("ab" * 16, tuple(heads))), pair.a.recovery)
    pair.run()
    for _ in range(2):  # the opening of an epoch ends the conversation
        pair.connect()
        pair.run()
    pair.a.seal(Lane.ROUTINE, "in the second epoch")
    pair.run()
    for side in (pair.a, pair.b):
        lines = exported(side)
        report = verify_transcript(lines)
        assert report.genuine, report.summary()
        assert report.logs[pair.a.log(Lane.ROUTINE, 2)].complete == 1
        assert report.logs[pair.a.log(Lane.ROUTINE)].frozen_at == 5
        at = next(at for at, line in enumerate(lines) if b'"lane":"CONTROL"' in line and b'"epoch":2' in line) + 1
        assert "opening-unsigned" in verdict(altered(lines, at, _no_approvals))[1]
        nonce = altered(lines, at - 1, lambda members: members["log"].update(nonce="cd" * 16))
        assert "opening-malformed" in verdict(nonce)[1]
    assert compare(*(verify_transcript(exported(side)) for side in (pair.a, pair.b))).equal


def _no_approvals(members: Any) -> None:  # noqa: ANN401 - JSON
    members["entries"][0][2] = b64encode(b"[]").decode()


def test_the_first_line_and_evidence_are_held_to_their_form() -> None:
    lines = sample()[0]
    later = altered(lines, 0, lambda members: members.update(rabita="rabita/transcript/v2"))
    assert verdict(later) == (False, {"version-unsupported"})
    row = {"party": "X-PAK", "epoch": 1, "lane": "ROUTINE", "code": "order-contradicted", "items": []}
    for members, code in ((row, "transcript-altered"), ({**row, "epoch": 9}, "transcript-malformed")):
        raw = json.dumps({"evidence": members}, separators=(",", ":")).encode() + b"\n"
        assert code in verdict([*lines[:-1], raw, lines[-1]])[1]


def test_a_receipt_by_a_revoked_key_does_not_count() -> None:
    pair = spoken()
    old = pair.b.party.node.newest.receipt.public.ed25519
    node = pair.b.party.node.rotated()
    raw = renew_descriptor(pair.b.party.ring, pair.b.party.descriptor, node.public(transport_certificate), 0, 0)
    sizes = tuple(LogSize(*log, size) for log, size in rotation_sizes(pair.b.exchange.state).items())
    pair.b.ring = KeyRing(node)
    pair.b.control(ROTATION, fields_of(Rotation(raw.decode(), sizes)))
    pair.run()
    good = [LogSize(*row.log, row.frontier.size - 1) for row in pair.b.store.logs(pair.line) if row.frontier.size]
    note = revoke(pair.b.party.ring, pair.b.party.descriptor, old, good, 0)
    pair.b.control(REVOCATION, fields_of(Revoked(note.decode())))
    pair.b.control(REVOCATION, fields_of(Revoked("no note")))
    pair.run()
    report = verify_transcript(exported(pair.a))
    assert report.logs[pair.a.log(Lane.ROUTINE)].receipted < 4
    assert report.revoked_receipts >= 1
    assert any("by a revoked key" in sentence for sentence in report.summary())
    assert report.content == {"note-malformed": 1}


def test_a_number_taken_twice_is_named() -> None:
    one, two = (verify_transcript(lines) for lines in sample())
    log = two.logs[LogId("X-PAK", 1, Lane.ROUTINE)]
    log.nonce = "00" * 16
    assert [each.code for each in compare(one, two).contradictions] == ["epoch-taken"]


def test_a_report_of_nothing_speaks_too() -> None:
    assert Report().summary() == ["Genuine: line unknown, exported by nobody named."]
