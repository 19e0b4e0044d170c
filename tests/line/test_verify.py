"""Admission, step by step: only this module builds what stores accept, and nothing passes without its words."""

import msgspec
import pytest

from rabita.line.entry import Entry, encode
from rabita.line.errors import InvariantBroken, PeerFault
from rabita.line.frames import Batch
from rabita.line.ids import Lane, LogId
from rabita.line.keybook import checkpoint_keys_at, first_era
from rabita.line.merkle import EMPTY, append, root
from rabita.line.note import Checkpoint, Note, NoteSignature, SignatureKind, VerifierKey, format_note, parse_note
from rabita.line.record import LogRow, SealedBatch
from rabita.line.state import new_log
from rabita.line.verify import (
    Verified,
    admit_batch,
    admit_receipt,
    check_checkpoint,
    head_text,
    open_checkpoint,
    seal_batch,
)
from tests.line.founders import LINE, THEM, US, member
from tests.line.players import Author, lasting, receipt_over

LANE = Lane.ROUTINE
BOOK = first_era(member(THEM).descriptors[0])


def keys(author: Author, size: int = 1) -> tuple[VerifierKey, VerifierKey]:
    return checkpoint_keys_at(BOOK, author.log(LANE), author.origin(LANE), size)


def empty(author: Author) -> LogRow:
    return new_log(author.log(LANE), author.nonce)


def admit(author: Author, batch: Batch, head: LogRow | None = None, purged_until: int = 0) -> SealedBatch:
    return admit_batch(LINE, head or empty(author), batch, keys(author), purged_until).value


def fault_of(author: Author, batch: Batch, head: LogRow | None = None, purged_until: int = 0) -> str:
    with pytest.raises(PeerFault) as refused:
        admit(author, batch, head, purged_until)
    return refused.value.code


def test_nobody_else_builds_what_is_verified() -> None:
    with pytest.raises(InvariantBroken):
        Verified("anything", object())


def test_batches_are_admitted_one_after_another() -> None:
    author = Author()
    first = admit(author, author.batch(LANE, author.entry(LANE, "one"), author.entry(LANE, "two")))
    head = empty(author)._replace(frontier=first.frontier, note=first.note)
    second = admit(author, author.batch(LANE), head)
    assert (first.first, [row.index for row in first.rows]) == (0, [0, 1])
    assert (second.first, second.frontier.size) == (2, 3)
    assert [row.n for row in first.rows + second.rows] == [1, 2, 3]
    assert second.rows[0].prev == first.rows[1].leaf
    assert head_text(LINE, head) == parse_note(first.note).text


def test_1_a_batch_begins_where_the_log_ends() -> None:
    author = Author()
    author.batch(LANE)
    assert fault_of(author, author.batch(LANE)) == "batch-gap"


def test_2_every_entry_is_within_the_limits() -> None:
    author = Author()
    large = author.entry(LANE)._replace(stamp=bytes(5_000))
    assert fault_of(author, author.batch(LANE, large)) == "entry-oversized"


def test_3_every_entry_brings_its_words() -> None:
    for portions, code in ((), "portion-missing"), ((b"other",), "portion-false"), ((None,), "portion-missing"):
        author = Author()
        entry = author.entry(LANE, "words")._replace(portions=portions)
        assert fault_of(author, author.batch(LANE, entry)) == code
    author = Author()
    extra = author.entry(LANE)._replace(portions=(b"more",))
    assert fault_of(author, author.batch(LANE, extra)) == "portion-missing"


def test_3_a_purge_mark_stands_only_below_a_receipt_shown() -> None:
    author = Author()
    purged = [author.entry(LANE, "words")._replace(portions=(None,)) for _ in range(2)]
    batch = author.batch(LANE, *purged)
    assert fault_of(author, batch, purged_until=1) == "portion-missing"
    assert len(admit(author, batch, purged_until=2).rows) == 2


def test_4_the_note_is_this_logs_checkpoint_at_this_size() -> None:
    author = Author()
    batch = author.batch(LANE)
    at = author.checkpoint(LANE)
    for change, code in (({"size": 2}, "checkpoint-foreign"), ({"origin": author.origin(Lane.FLASH)}, "note-unsigned")):
        note = author.note(LANE, msgspec.structs.replace(at, **change)) if "size" in change else other_log(author)
        assert fault_of(author, msgspec.structs.replace(batch, note=note)) == code
    assert fault_of(author, msgspec.structs.replace(batch, note=b"nothing")) == "note-malformed"
    foreign = author.note(LANE, msgspec.structs.replace(at, origin="elsewhere"))
    assert fault_of(author, msgspec.structs.replace(batch, note=foreign)) == "checkpoint-foreign"


def other_log(author: Author) -> bytes:
    """Give the author's valid note over another of its logs."""
    author.batch(Lane.FLASH)
    return author.notes[Lane.FLASH]


def test_5_the_entries_lead_to_the_root() -> None:
    author = Author()
    batch = author.batch(LANE)
    changed = batch.entries[0]._replace(approvals=b'[{"role":"forged"}]')
    assert fault_of(author, msgspec.structs.replace(batch, entries=(changed,))) == "root-mismatch"


def test_6_the_authors_key_signed_it() -> None:
    author = Author()
    batch = author.batch(LANE)
    note = parse_note(batch.note)
    line = note.signatures[0]
    forged = format_note(Note(note.text, (msgspec.structs.replace(line, signature=bytes(64)),)))
    stranger = format_note(Note(note.text, (msgspec.structs.replace(line, key_id=b"abcd"),)))
    assert fault_of(author, msgspec.structs.replace(batch, note=forged)) == "signature-false"
    assert fault_of(author, msgspec.structs.replace(batch, note=stranger)) == "note-unsigned"


def test_signatures_of_strangers_are_dropped_and_a_lasting_one_is_checked() -> None:
    author = Author()
    author.batch(LANE)
    head = lasting(author.notes[LANE], author.log(LANE), THEM)
    note = parse_note(head.note)
    stranger = NoteSignature("stranger", b"abcd", b"x" * 64)
    kept, at = open_checkpoint(
        format_note(Note(note.text, (*note.signatures, stranger))), author.origin(LANE), keys(author)
    )
    assert (kept, at) == (note, author.checkpoint(LANE))
    false = msgspec.structs.replace(note.signatures[1], signature=note.signatures[1].signature[:8] + bytes(2420))
    with pytest.raises(PeerFault, match="signature-false"):
        open_checkpoint(format_note(Note(note.text, (note.signatures[0], false))), author.origin(LANE), keys(author))


def test_check_checkpoint_compares_size_and_root() -> None:
    author = Author()
    author.batch(LANE)
    at = author.checkpoint(LANE)
    assert check_checkpoint(author.notes[LANE], at, keys(author)) == parse_note(author.notes[LANE])
    for change, code in (({"size": 2}, "checkpoint-foreign"), ({"root": bytes(32)}, "root-mismatch")):
        expected = msgspec.structs.replace(at, **change)
        with pytest.raises(PeerFault, match=code):
            check_checkpoint(author.notes[LANE], expected, keys(author))


def test_unreadable_stamps_and_acts_are_admitted_as_they_are() -> None:
    author = Author()
    odd = Entry(b"\xff", b"\xfe", b"\xfd", ())
    wrong = author.entry(LANE)._replace(stamp=encode(author.stamp(LANE, prev="zz")))
    other = author.entry(LANE, act=b'{"id":"zz"}')
    rows = admit(author, author.batch(LANE, odd, wrong, other)).rows
    assert [(row.fault, row.n > 0, row.prev, row.act_id) for row in rows[:1]] == [("content-encoding", False, b"", b"")]
    assert (rows[1].prev, rows[1].fault) == (b"", "")
    assert (rows[2].fault, rows[2].act_id) == ("act-malformed", b"")


def test_our_own_signatures_are_checked_too() -> None:
    author = Author()
    entry = author.entry(LANE)
    frontier = append(EMPTY, [bytes(32)])
    batch = SealedBatch(author.log(LANE), 0, (), frontier, b"")
    text = b"text\n"
    key = keys(author)[0]
    sealed = seal_batch(batch, text, key, member(THEM).ring.sign_ed25519(key.public, text))
    assert parse_note(sealed.value.note).text == text
    with pytest.raises(PeerFault, match="signature-false"):
        seal_batch(batch, text, key, bytes(64))
    assert entry.portions == ()
    assert root(frontier) == bytes(32)


def test_a_receipt_is_joined_to_the_note_it_is_over() -> None:
    author = Author(US)
    author.batch(LANE)
    log: LogId = author.log(LANE)
    receipt = receipt_over(author.notes[LANE], log)
    key = member(THEM).descriptors[0]
    from_reader = VerifierKey(f"{THEM}.rabita.invalid/receipt", SignatureKind.ED25519_COSIGNATURE, key.receipt.ed25519)
    line = NoteSignature(from_reader.name, from_reader.key_id, receipt.time_s.to_bytes(8, "big") + receipt.signature)
    joined = admit_receipt(log, 1, author.notes[LANE], from_reader, line).value
    assert len(parse_note(joined.note).signatures) == 2
    assert admit_receipt(log, 1, joined.note, from_reader, line).value == joined
    with pytest.raises(PeerFault, match="note-unsigned"):
        admit_receipt(log, 1, author.notes[LANE], from_reader, msgspec.structs.replace(line, key_id=b"abcd"))
    assert Checkpoint(author.origin(LANE), 1, receipt.root) == author.checkpoint(LANE)
