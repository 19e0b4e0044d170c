"""Transcripts no honest node writes, validly signed: unreadable content is told apart from a file that lies."""

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Final

import pytest

from rabita.line import limits
from rabita.line.entry import NO_APPROVALS, Approval, Entry, Stamp, encode, entry_leaf
from rabita.line.ids import Lane, LogId, first_nonce, origin
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import (
    Checkpoint,
    Note,
    NoteSignature,
    SignatureKind,
    VerifierKey,
    checkpoint_text,
    format_note,
)
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_lines import BatchLine, End, EndLine, LogHead, LogLine, Parts, encode_line
from rabita.line.transcript_report import FAULTS_MAX, Report
from rabita.services.transcripts import export
from tests.pair import Pair, fresh

LOG: Final = LogId("X-PAK", 1, Lane.PRIORITY)
PORTION: Final = bytes(16) + b"words"


@cache
def founded() -> tuple[Pair, tuple[bytes, ...]]:
    pair = Pair()
    lines: list[bytes] = []
    export(pair.a.store, pair.line, 0, lines.append)
    return pair, tuple(lines[:-1])


def stamp(n: int, prev: bytes = bytes(32), seen: int = 0, lane: Lane = Lane.PRIORITY) -> bytes:
    line = founded()[0].line
    return encode(Stamp(line, "X-PAK", 1, lane, 1, n, prev.hex(), 1, (0, 0, 0, 0, seen), 0))


def act(portions: Sequence[bytes] = (), act_id: str = "") -> bytes:
    refs = [{"digest": sha256(raw).hexdigest(), "state": "sent", "marking": ""} for raw in portions]
    members = {"line": founded()[0].line, "author": "X-PAK", "precedence": "PRIORITY", "id": act_id or fresh(16).hex()}
    members |= {"kind": "drill", "procedure": "message", "act": "send", "portions": refs, "seal_before_ms": 0}  # type: ignore[dict-item] # JSON - of every kind
    return json.dumps(members).encode()


def entry(raw_stamp: bytes, raw_act: bytes, approvals: bytes = NO_APPROVALS, *portions: bytes) -> Entry:
    return Entry(raw_stamp, raw_act, approvals, portions)


def parts(made: Entry) -> Parts:
    return made.stamp, made.act, made.approvals, made.portions


def report_of(entries: Sequence[Entry], *, stranger: bool = False, first: int = 0, log: LogId = LOG) -> Report:
    """Sign one batch as its author would and verify the file it makes."""
    pair, lines = founded()
    nonce = first_nonce(pair.line, log.party)
    name = origin(pair.line, log, nonce)
    frontier = append(EMPTY, [entry_leaf(each) for each in entries])
    text = checkpoint_text(Checkpoint(name, frontier.size, root(frontier)))
    public = pair.a.party.descriptor.checkpoint.ed25519
    key = VerifierKey(name, SignatureKind.ED25519, public)
    signatures = [NoteSignature(name, key.key_id, pair.a.ring.sign_ed25519(public, text))]
    signatures += [NoteSignature("stranger", bytes(4), bytes(64))] if stranger else []
    note = format_note(Note(text, tuple(signatures))).decode()
    head = encode_line(LogLine(LogHead(*log, nonce, -1, "")))
    batch = encode_line(BatchLine(first, tuple([parts(each) for each in entries]), note, ""))
    plain = b"".join([*lines, head])
    end = encode_line(EndLine(End(1, len(entries), sha256(plain).hexdigest())))
    return verify_transcript([*lines, head, batch, end])


def codes(report: Report) -> set[str]:
    return {each.code for each in report.faults}


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (entry(stamp(1), b"no json"), "content-json"),
        (entry(stamp(1), b'{"portions":7}'), "act-malformed"),
        (entry(b"no stamp", act()), "stamp-malformed"),
        (entry(stamp(1, lane=Lane.FLASH), act()), "stamp-foreign"),
        (entry(stamp(1), act(), b"no approvals"), "approvals-malformed"),
    ],
)
def test_what_cannot_be_read_is_counted_and_is_no_fault(made: Entry, code: str) -> None:
    report = report_of([made])
    assert report.genuine
    assert report.content == {code: 1}
    assert any("content fault" in sentence for sentence in report.summary())


def test_approvals_are_counted_where_a_stamp_cannot_be_read_and_where_others_have_none() -> None:
    """An entry without a readable place of its own is judged as the first of its author."""
    signed = encode((Approval("release", "nobody", b""),))
    report = report_of([entry(stamp(1), act()), entry(b"no stamp", act(), signed), entry(stamp(3), act(), signed)])
    assert (report.genuine, dict(report.approvals)) == (True, {"unknown": 2})


def test_a_control_act_that_cannot_be_read_changes_nothing() -> None:
    report = report_of([entry(stamp(1, lane=Lane.CONTROL), b"no json")], log=LogId("X-PAK", 1, Lane.CONTROL))
    assert (report.genuine, report.content) == (True, {"content-json": 1})


def test_spelling_is_free() -> None:
    spaced = json.dumps(json.loads(stamp(1)), indent=1).encode()
    first = entry(spaced, act((PORTION,)), NO_APPROVALS, PORTION)
    second = entry(stamp(2, entry_leaf(first)), act())
    report = report_of([first, second])
    assert (report.genuine, report.contradictions, report.content) == (True, [], {})
    assert report.logs[LOG].portions == 1


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (entry(stamp(1), act((PORTION,))), "portion-missing"),
        (entry(stamp(1), act(), NO_APPROVALS, PORTION), "portion-missing"),
        (entry(stamp(1), act((PORTION,)), NO_APPROVALS, PORTION + b"!"), "portion-false"),
        (entry(stamp(1), act((PORTION,)), NO_APPROVALS, b""), "portion-false"),
        (entry(stamp(1), b" " * (limits.ACT_BYTES_MAX + 1)), "entry-oversized"),
    ],
)
def test_what_no_node_may_take_is_a_fault(made: Entry, code: str) -> None:
    assert codes(report_of([made])) == {code}


def test_a_portion_is_bounded() -> None:
    large = bytes(limits.PORTION_BYTES_MAX + 1)
    assert codes(report_of([entry(stamp(1), act((large,)), NO_APPROVALS, large)])) == {"entry-oversized"}


def test_batches_are_bounded_and_follow_one_another() -> None:
    many = [entry(stamp(n), act()) for n in range(1, limits.BATCH_ENTRIES_MAX + 2)]
    assert codes(report_of(many)) == {"batch-oversized"}
    assert codes(report_of(many[:1], first=1)) == {"batch-gap"}


def test_a_signature_by_a_stranger_is_a_fault() -> None:
    assert codes(report_of([entry(stamp(1), act())], stranger=True)) == {"signature-foreign"}


def test_an_author_s_order_is_followed() -> None:
    first = entry(stamp(1, seen=3), act())
    fell = entry(stamp(2, entry_leaf(first), seen=2), act())
    wrong = entry(stamp(2, bytes(32), seen=3), act())
    gap = entry(stamp(5, bytes(32), seen=3), act())
    for second in (fell, wrong):
        report = report_of([first, second])
        assert report.genuine
        assert [each.code for each in report.contradictions] == ["order-contradicted"]
        assert any("Proven against its author" in sentence for sentence in report.summary())
    report = report_of([first, gap])
    assert (report.contradictions, report.missing) == ([], {"X-PAK epoch 1": 3})
    assert report.unseen == {LogId("X-IRN", 1, Lane.ROUTINE): 3}
    assert any("held by its reader up to 3" in sentence for sentence in report.summary())


def test_faults_without_end_are_counted() -> None:
    _, lines = founded()
    report = verify_transcript([*lines, *[b"?"] * (FAULTS_MAX + 50)])
    assert len(report.faults) == FAULTS_MAX
    assert report.more_faults == 51
    assert "And 51 more faults." in report.summary()


def test_a_stamp_of_another_order_of_members_is_read_in_full() -> None:
    """What looks like the last stamp with another time must differ in the time alone."""
    members = json.loads(stamp(1))
    members["time_ms"] = 1_706_486_400_000
    moved = {"time_ms": members.pop("time_ms"), **members, "seen_epoch": 1_706_486_400_001}
    first = entry(json.dumps(moved, separators=(",", ":")).encode(), act())
    moved |= {"n": 2, "prev": entry_leaf(first).hex(), "seen_epoch": 1_706_486_400_000}
    report = report_of([first, entry(json.dumps(moved, separators=(",", ":")).encode(), act())])
    assert [each.code for each in report.contradictions] == ["order-contradicted"]


def test_base64_of_the_file_is_that_of_the_parts() -> None:
    made = entry(stamp(1), act())
    raw = encode_line(BatchLine(0, (parts(made),), "", ""))
    assert b64encode(made.stamp) in raw
