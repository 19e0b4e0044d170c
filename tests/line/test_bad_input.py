"""Bad input, case by case: a stable code, one plain sentence, an audit row, and a store that is as it was.

The wrong pin and the bundles have their cases with the bearers.
"""

from collections.abc import Callable

import msgspec
import pytest

from rabita.line import limits
from rabita.line.entry import encode
from rabita.line.errors import SENTENCES
from rabita.line.frames import Ack, Bye, Chunk, Head, Receipt, Refusal, encode_frame
from rabita.line.ids import Lane, LogId
from rabita.line.note import Note, format_note, parse_note
from tests.line.founders import THEM, US
from tests.line.players import Author, Node, act_of, receipt_over

ROUTINE = LogId(THEM, 1, Lane.ROUTINE)
OURS = LogId(US, 1, Lane.ROUTINE)
YEARS_MS = 20 * 365 * 86_400_000
DEEP = b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}"

Case = Callable[[Node, Author], None]


def kept(node: Node) -> list[object]:
    """Give all that a store holds of the line but the audit trail."""
    disk, line = node.disk, node.line
    return [disk.snapshot(line), disk.evidence(line), disk.listed(line, "", 0, 1_000), disk.documents("charter")]


def prepared() -> tuple[Node, Author]:
    """Give a node in a conversation that holds one entry of each side."""
    node, author = Node(), Author()
    node.seal(Lane.ROUTINE, "ours")
    node.meet()
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "theirs")))
    return node, author


def said_by_another_party(node: Node, _author: Author) -> None:
    node.meet_with(party="X-AFG")


def another_line(node: Node, _author: Author) -> None:
    node.meet_with(line="a" * 52)


def another_version(node: Node, _author: Author) -> None:
    node.meet_with(protocol="rabita/9")


def log_of_an_unknown_party(node: Node, author: Author) -> None:
    batch = author.batch(Lane.ROUTINE)
    node.take(LogId("X-AFG", 1, Lane.ROUTINE), batch)
    node.hear(Ack(0), Refusal(LogId("X-AFG", 1, Lane.FLASH), 0, "x", blocked=True))
    node.hear(msgspec.structs.replace(receipt_over(node.row(OURS).note, OURS), log=LogId("X-AFG", 1, Lane.ROUTINE)))


def false_signature(node: Node, author: Author) -> None:
    batch = author.batch(Lane.ROUTINE)
    note = parse_note(batch.note)
    line = msgspec.structs.replace(note.signatures[0], signature=bytes(64))
    node.take(ROUTINE, msgspec.structs.replace(batch, note=format_note(Note(note.text, (line,)))))


def signature_of_another_key(node: Node, author: Author) -> None:
    author.generation = 2
    node.take(ROUTINE, author.batch(Lane.ROUTINE))


def false_receipt(node: Node, _author: Author) -> None:
    node.hear(msgspec.structs.replace(receipt_over(node.row(OURS).note, OURS), signature=bytes(64)))


def receipt_of_another_size(node: Node, _author: Author) -> None:
    node.hear(Receipt(OURS, 77, bytes(32), 0, bytes(64)))


def receipt_of_a_time_that_is_none(node: Node, _author: Author) -> None:
    receipt = receipt_over(node.row(OURS).note, OURS)
    node.hear(msgspec.structs.replace(receipt, time_s=-1))


def oversized_frame(node: Node, _author: Author) -> None:
    node.exchange.received(node.session, [bytes(limits.FRAME_BYTES_MAX + 1)])


def unreadable_frame(node: Node, _author: Author) -> None:
    node.exchange.received(node.session, [b"\xc1"])


def frame_nested_deep(node: Node, _author: Author) -> None:
    node.exchange.received(node.session, [b"\x91" * 100_000])


def frame_of_invalid_text(node: Node, _author: Author) -> None:
    node.exchange.received(node.session, [encode_frame(Bye("x")).replace(b"\xa1x", b"\xa1\xff")])


def head_that_is_no_note(node: Node, _author: Author) -> None:
    node.hear(Head(ROUTINE, b"nothing"))


def unreadable_batch(node: Node, _author: Author) -> None:
    node.hear(Chunk(ROUTINE, 1, 0, last=True, data=b"\xff"))


def batch_nested_deep(node: Node, _author: Author) -> None:
    node.hear(Chunk(ROUTINE, 1, 0, last=True, data=b"\x91" * 60_000))


def batch_of_too_many(node: Node, author: Author) -> None:
    batch = author.batch(Lane.ROUTINE)
    node.take(ROUTINE, msgspec.structs.replace(batch, entries=batch.entries * 257))


def oversized_entry(node: Node, author: Author) -> None:
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE)._replace(stamp=bytes(5_000))))


def words_missing(node: Node, author: Author) -> None:
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "words")._replace(portions=())))


def words_purged_before_any_receipt(node: Node, author: Author) -> None:
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "words")._replace(portions=(None,))))


def other_words(node: Node, author: Author) -> None:
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "words")._replace(portions=(b"x",))))


def entries_changed(node: Node, author: Author) -> None:
    batch = author.batch(Lane.ROUTINE)
    entry = batch.entries[0]._replace(act=encode(act_of(THEM, Lane.ROUTINE)))
    node.take(ROUTINE, msgspec.structs.replace(batch, entries=(entry,)))


def batch_out_of_order(node: Node, author: Author) -> None:
    author.batch(Lane.ROUTINE)
    node.take(ROUTINE, author.batch(Lane.ROUTINE))


def chunk_out_of_order(node: Node, _author: Author) -> None:
    node.hear(Chunk(ROUTINE, 1, 50_000, last=True, data=b"x"))


def replay_in_another_lane(node: Node, author: Author) -> None:
    other = Author()
    batch = other.batch(Lane.ROUTINE)
    assert author.n
    node.take(LogId(THEM, 1, Lane.FLASH), batch)


def opening_without_signatures(node: Node, _author: Author) -> None:
    fresh = Author(epoch=2, nonce="ab" * 16)
    node.take(fresh.log(Lane.CONTROL), fresh.opening(keys=0))


CASES: dict[str, tuple[Case, ...]] = {
    "line-foreign": (said_by_another_party, another_line),
    "version-unsupported": (another_version,),
    "receipt-false": (log_of_an_unknown_party, receipt_of_another_size),
    "signature-false": (false_signature, false_receipt),
    "note-unsigned": (signature_of_another_key, replay_in_another_lane),
    "frame-oversized": (oversized_frame,),
    "frame-malformed": (receipt_of_a_time_that_is_none, unreadable_frame, frame_nested_deep, frame_of_invalid_text),
    "frame-out-of-order": (chunk_out_of_order,),
    "note-malformed": (head_that_is_no_note,),
    "batch-malformed": (unreadable_batch, batch_nested_deep),
    "batch-oversized": (batch_of_too_many,),
    "entry-oversized": (oversized_entry,),
    "portion-missing": (words_missing, words_purged_before_any_receipt),
    "portion-false": (other_words,),
    "root-mismatch": (entries_changed,),
    "batch-gap": (batch_out_of_order,),
    "opening-unsigned": (opening_without_signatures,),
}


@pytest.mark.parametrize(
    ("code", "case"), [pytest.param(code, case, id=case.__name__) for code, cases in CASES.items() for case in cases]
)
def test_each_case_has_its_code_and_sentence_and_leaves_the_store_as_it_was(code: str, case: Case) -> None:
    node, author = prepared()
    before = kept(node)
    case(node, author)
    assert node.codes == [code]
    assert SENTENCES[code].endswith(".")
    assert [row.code for row in node.disk.audit(10)] == [code]
    assert kept(node) == before
    assert kept(node.restarted()) == before
    node.meet()
    fresh = Author()
    fresh.n, fresh.prev = author.n, author.prev
    node.take(LogId(THEM, 1, Lane.PRIORITY), fresh.batch(Lane.PRIORITY))
    assert node.arrivals[-1][0].lane is Lane.PRIORITY


def test_a_replayed_batch_is_receipted_again_and_changes_nothing() -> None:
    node, author = Node(), Author()
    node.meet()
    batch = author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "words"))
    node.take(ROUTINE, batch)
    before = kept(node)
    for _ in range(3):
        node.take(ROUTINE, batch)
    assert [receipt.size for receipt in node.said(Receipt)] == [1] * 4
    assert (kept(node), node.codes) == (before, [])


def test_a_clock_years_off_refuses_nothing() -> None:
    node, author = Node(), Author()
    node.meet_with(time_ms=node.now_ms() + YEARS_MS)
    entry = author.stamped(author.stamp(Lane.ROUTINE, time_ms=node.now_ms() + YEARS_MS), author.entry(Lane.FLASH).act)
    node.take(ROUTINE, author.batch(Lane.ROUTINE, entry))
    node.offset_ms -= YEARS_MS
    node.seal(Lane.ROUTINE, "x")
    assert node.answers == [(OURS, 0)]
    assert len(node.arrivals) == 1


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (b"\xff\xfe", "content-encoding"),
        (DEEP, "content-depth"),
        (b'{"a":1,"a":2}', "content-json"),
        (b'{"a":"\\ud800"}', "content-json"),
        (b"{}", "act-malformed"),
    ],
)
def test_content_that_cannot_be_read_is_kept_receipted_shown_as_such_and_blocks_nothing(act: bytes, code: str) -> None:
    node, author = Node(), Author()
    node.meet()
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, act=act)))
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert [row.fault for _, row in node.arrivals] == [code, ""]
    assert [receipt.size for receipt in node.said(Receipt)] == [1, 2]
    assert SENTENCES[code]
    assert node.codes == []


@pytest.mark.parametrize("lane", [Lane.CONTROL, Lane.ROUTINE])
@pytest.mark.parametrize("parts", [(b"\xff", b"\xff", b"\xff"), (DEEP, DEEP, DEEP), (b"", b"", b"")])
def test_no_part_of_an_entry_can_break_the_node(lane: Lane, parts: tuple[bytes, bytes, bytes]) -> None:
    node, author = Node(), Author()
    node.meet()
    stamp, act, approvals = parts
    entry = author.entry(lane)._replace(stamp=stamp[: limits.STAMP_BYTES_MAX], act=act, approvals=approvals[:16_000])
    node.take(author.log(lane), author.batch(lane, entry))
    assert len(node.arrivals) == len(node.said(Receipt)) == 1
    assert node.restarted().row(author.log(lane)).frontier.size == 1
