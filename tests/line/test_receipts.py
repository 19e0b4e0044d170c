"""Receipts and lasting signatures: nobody signs below what it signed before, and what is false is never counted."""

import msgspec
import pytest

from rabita.line.control import REVOCATION, ROTATION, Revoked, Rotation
from rabita.line.document import REVOCATION as REVOCATION_TITLE
from rabita.line.document import document_text
from rabita.line.entry import encode
from rabita.line.events import Attest, Draft, Now, Sign, Signed, Store
from rabita.line.frames import Bye, Head, Ping, Receipt
from rabita.line.ids import LANES, Lane, LogId
from rabita.line.limits import MLDSA_IDLE_MS
from rabita.line.node import step
from rabita.line.note import Note, format_note, parse_note
from rabita.line.revocation import LogSize, Revocation
from rabita.line.sealing import rotation_sizes
from tests.line.founders import THEM, US, member
from tests.line.players import Author, Node, control, cosigned, lasting, receipt_over

OURS = LogId(US, 1, Lane.ROUTINE)
THEIRS = LogId(THEM, 1, Lane.ROUTINE)


def sealed(*texts: str) -> Node:
    node = Node()
    node.meet()
    node.seal(Lane.ROUTINE, *texts)
    return node


def signatures(note: bytes) -> int:
    return len(parse_note(note).signatures)


def test_a_receipt_counts_once_it_is_durable() -> None:
    node = sealed("one", "two")
    receipt = receipt_over(node.row(OURS).note, OURS)
    node.holding = True
    node.hear(receipt)
    assert (node.receipts, node.row(OURS).receipted) == ([], 0)
    node.release()
    assert node.receipts == [(OURS, 2)]
    assert (node.row(OURS).receipted, node.row(OURS).receipt) == (2, cosigned(node.row(OURS).note, THEM))
    assert node.restarted().row(OURS).receipted == 2


def test_receipts_over_less_than_is_receipted_already_are_passed_over() -> None:
    node = sealed("one")
    first = receipt_over(node.row(OURS).note, OURS)
    node.seal(Lane.ROUTINE, "two")
    node.holding = True
    node.hear(receipt_over(node.row(OURS).note, OURS))
    node.hear(first)
    node.release()
    node.hear(first)
    assert node.receipts == [(OURS, 2)]


def test_the_same_receipt_over_and_over_is_stored_once() -> None:
    node = sealed("one")
    receipt = receipt_over(node.row(OURS).note, OURS)
    node.holding = True
    for _ in range(50):
        node.hear(receipt)
    assert len(node.exchange.state.pending) <= 1
    node.release()
    assert node.receipts == [(OURS, 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"root": bytes(32)},
        {"size": 2},
        {"log": THEIRS},
        {"log": LogId(US, 7, Lane.ROUTINE)},
        {"signature": bytes(64)},
        {"time_s": 1},
        {"time_s": 2**53 - 1},
    ],
)
def test_a_false_receipt_ends_the_conversation_and_is_not_counted(change: dict[str, object]) -> None:
    node = sealed("one")
    node.hear(msgspec.structs.replace(receipt_over(node.row(OURS).note, OURS), **change))
    assert node.codes in (["receipt-false"], ["signature-false"])
    assert node.has_ended()
    assert node.said(Bye) == [Bye(node.codes[0])]
    assert node.row(OURS).receipted == 0


def test_a_receipt_between_two_commits_proves_nothing() -> None:
    node = sealed("one")
    author = Author(US)
    author.batch(Lane.ROUTINE)
    node.exchange.seal(Draft(b"{}", b"[]"), Lane.ROUTINE, node.answers.append)
    node.seal(Lane.ROUTINE, "two")
    node.disk.broken = True
    node.hear(receipt_over(node.row(OURS).note, OURS))
    node.disk.broken = False
    assert node.row(OURS).receipted == 0
    assert "store-unavailable" in node.codes


def test_our_receipt_stays_home_when_the_key_is_not_at_hand_or_the_conversation_ended() -> None:
    node, author = Node(), Author()
    node.meet()
    node.holding = True
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.exchange.closed(node.session)
    node.release()
    assert node.row(THEIRS).frontier.size == 1
    assert node.said(Receipt) == []
    node.holding = False
    node.meet()
    assert [receipt.size for receipt in node.said(Receipt)] == [1]


def test_nothing_is_receipted_below_a_receipt_of_ours_that_was_shown() -> None:
    author, node = Author(), Node()
    first = author.batch(Lane.ROUTINE)
    rest = author.batch(Lane.ROUTINE)
    node.meet(author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US)))
    node.take(THEIRS, first)
    node.exchange.attest()
    assert (node.said(Receipt), node.said(Head)) == ([], [])
    node.exchange.closed(node.session)
    node.exchange.attest()
    assert node.said(Head) == []
    node.meet(author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US)))
    node.take(THEIRS, rest)
    node.exchange.attest()
    assert [receipt.size for receipt in node.said(Receipt)] == [2]
    assert [head.log for head in node.said(Head)] == [THEIRS]


def test_a_receipt_shown_that_is_not_ours_is_no_floor() -> None:
    author, node = Author(), Node()
    batch = author.batch(Lane.ROUTINE)
    author.batch(Lane.ROUTINE)
    other = author.batch(Lane.FLASH)
    assert other.entries
    claims = (cosigned(author.notes[Lane.ROUTINE], THEM), cosigned(author.notes[Lane.FLASH], US), b"nothing")
    for claim, code in zip(claims, ("note-unsigned", "claim-false", "note-malformed"), strict=True):
        node = Node()
        node.meet(author.held(Lane.ROUTINE, claim))
        assert node.codes == [code]
        node.take(THEIRS, batch)
        assert [receipt.size for receipt in node.said(Receipt)] == [1]


# lasting signatures


def test_after_an_idle_minute_heads_and_receipts_are_signed_to_last() -> None:
    node, author = sealed("one"), Author()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.exchange.closed(node.session)
    node.meet()
    for _ in range(14):
        node.wait(MLDSA_IDLE_MS // 12)
        node.hear(Ping(0))
    ours, theirs = [[head for head in node.said(Head) if head.log == log] for log in (OURS, THEIRS)]
    assert len(ours) == len(theirs) == 1
    assert signatures(node.row(OURS).note) == 2
    assert signatures(node.restarted().row(OURS).note) == 2
    node.exchange.attest()
    assert len(node.said(Head)) == 2


def test_what_grew_while_it_was_signed_is_signed_next_time() -> None:
    node = sealed("one")
    node.exchange.attest()
    assert signatures(node.row(OURS).note) == 2
    node.seal(Lane.ROUTINE, "two")
    assert signatures(node.row(OURS).note) == 1
    node.exchange.attest()
    assert signatures(node.row(OURS).note) == 2


def test_a_lasting_signature_of_the_counterpart_is_kept_once() -> None:
    node, author = sealed("one"), Author()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.hear(receipt_over(node.row(OURS).note, OURS))
    for _ in range(3):
        node.hear(lasting(author.notes[Lane.ROUTINE], THEIRS, THEM), lasting(node.row(OURS).note, OURS, THEM))
    assert signatures(node.row(THEIRS).note) == 2
    assert signatures(node.row(OURS).receipt) == 3
    assert node.codes == []
    again = node.restarted()
    assert (signatures(again.row(THEIRS).note), signatures(again.row(OURS).receipt)) == (2, 3)


def test_lasting_signatures_over_and_over_wait_for_one_commit() -> None:
    node, author = sealed("one"), Author()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    node.hear(receipt_over(node.row(OURS).note, OURS))
    node.holding = True
    for _ in range(10):
        node.hear(lasting(author.notes[Lane.ROUTINE], THEIRS, THEM), lasting(node.row(OURS).note, OURS, THEM))
    assert len(node.exchange.state.pending) <= 2


def test_a_lasting_signature_that_is_false_ends_the_conversation() -> None:
    node, author = sealed("one"), Author()
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    whole = lasting(author.notes[Lane.ROUTINE], THEIRS, THEM)
    note = parse_note(whole.note)
    false = msgspec.structs.replace(note.signatures[1], signature=bytes(2428))
    node.hear(Head(THEIRS, format_note(Note(note.text, (note.signatures[0], false)))))
    assert node.codes == ["signature-false"]
    assert node.has_ended()


def test_a_head_without_the_signature_or_over_another_size_changes_nothing() -> None:
    node, author = sealed("one"), Author()
    old = author.batch(Lane.ROUTINE).note
    author.batch(Lane.ROUTINE)
    node.hear(Head(THEIRS, old), Head(LogId(THEM, 9, Lane.ROUTINE), old), Head(OURS, node.row(OURS).note))
    assert node.codes == []
    node.hear(receipt_over(node.row(OURS).note, OURS))
    node.hear(Head(OURS, node.row(OURS).note))
    assert node.codes == ["note-unsigned"]


# keys


def rotation(node: Node) -> bytes:
    sizes = tuple([LogSize(*log, size) for log, size in rotation_sizes(node.exchange.state).items()])
    return encode(control(US, ROTATION, Rotation(member(US).described(2).decode(), sizes)))


def revocation(node: Node, key: bytes) -> bytes:
    sizes = tuple([LogSize(*log, row.frontier.size) for log, row in node.exchange.state.logs.items()])
    text = document_text(REVOCATION_TITLE, Revocation(US, key, sizes, 0))
    return encode(control(US, REVOCATION, Revoked(member(US).signed(text).decode())))


def test_after_a_rotation_receipts_wait_until_the_counterpart_knows_the_new_keys() -> None:
    node, author = sealed("one"), Author()
    node.seal_draft(Draft(rotation(node), b"[]"), Lane.CONTROL)
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    assert node.said(Receipt) == []
    log = LogId(US, 1, Lane.CONTROL)
    node.hear(receipt_over(node.row(log).note, log))
    assert [receipt.log for receipt in node.said(Receipt)] == [THEIRS]


def test_with_our_receipt_key_revoked_and_none_after_it_nothing_is_receipted_and_nothing_breaks() -> None:
    node, author = sealed("one"), Author()
    node.seal_draft(Draft(revocation(node, member(US).descriptors[0].receipt.ed25519), b"[]"), Lane.CONTROL)
    log = LogId(US, 1, Lane.CONTROL)
    node.hear(receipt_over(node.row(log).note, log))
    node.take(THEIRS, author.batch(Lane.ROUTINE))
    assert node.row(THEIRS).frontier.size == 1
    assert node.said(Receipt) == []
    assert "key-revoked" in node.codes
    node.exchange.attest()
    assert [head for head in node.said(Head) if head.log == THEIRS] == []
    node.meet()
    assert not node.has_ended()
    assert all(log in node.exchange.state.logs for log in [LogId(THEM, 1, lane) for lane in LANES])


def test_with_our_checkpoint_key_revoked_and_none_after_it_nothing_is_sealed_and_nothing_breaks() -> None:
    node = sealed("one")
    node.seal_draft(Draft(revocation(node, member(US).descriptors[0].checkpoint.ed25519), b"[]"), Lane.CONTROL)
    node.seal(Lane.ROUTINE, "two")
    assert getattr(node.answers[-1], "code", "") == "key-revoked"


def test_a_false_receipt_over_our_control_log_is_passed_over() -> None:
    """It may be by keys whose rotation is still on its way."""
    node = Node()
    node.seal(Lane.CONTROL, "x")
    node.meet()
    log = LogId(US, 1, Lane.CONTROL)
    node.hear(receipt_over(node.row(log).note, log, generation=2))
    assert (node.row(log).receipted, node.codes, node.has_ended()) == (0, [], False)


def test_a_false_receipt_heard_before_a_farewell_is_told() -> None:
    node = sealed("one")
    node.hear(msgspec.structs.replace(receipt_over(node.row(OURS).note, OURS), root=bytes(32)), Bye("closing"))
    assert node.codes == ["receipt-false"]


def test_a_head_that_grew_while_its_lasting_signature_was_made_is_left_for_the_next_one() -> None:
    node = sealed("one")
    state = node.exchange.state
    now = Now(node.at_ms, node.now_ms())
    after, effects = step(state, Attest(), now)
    (asked,) = [effect for effect in effects if isinstance(effect, Sign)]
    signed = [node.ring.sign_mldsa44(each.public, each.message) for each in asked.requests]
    grown = {**after.logs, OURS: after.logs[OURS]._replace(note=node.row(OURS).note + b"more")}
    final, effects = step(msgspec.structs.replace(after, logs=grown), Signed(asked.ticket, tuple(signed)), now)
    assert not [effect for effect in effects if isinstance(effect, Store)]
    assert final.attested_sizes == {}
