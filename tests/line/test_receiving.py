"""Receiving: what verifies is stored, shown and receipted; what does not is asked for again; durable before visible."""

import msgspec
import pytest

from rabita.line import limits
from rabita.line.control import CREDENTIAL, OPENING, ROTATION, Opening, Rotation
from rabita.line.entry import encode
from rabita.line.frames import Batch, Chunk, Credit, Receipt, Refusal, encode_batch
from rabita.line.ids import Lane, LogId
from rabita.line.revocation import LogSize
from rabita.line.state import OPEN
from rabita.line.verify import Credential
from tests.line.founders import THEM, US, member
from tests.line.players import Author, Node, approvals, control, cosigned

ROUTINE = LogId(THEM, 1, Lane.ROUTINE)
FLASH = LogId(THEM, 1, Lane.FLASH)
CONTROL = LogId(THEM, 1, Lane.CONTROL)


def met() -> tuple[Node, Author]:
    node, author = Node(), Author()
    node.meet()
    return node, author


def refusals(node: Node) -> list[tuple[str, int, bool]]:
    return [(each.code, each.size, each.blocked) for each in node.said(Refusal)]


def test_a_batch_is_stored_shown_and_receipted_in_that_order() -> None:
    node, author = met()
    node.holding = True
    node.take(ROUTINE, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "words")), chunk_bytes=4_096)
    assert (node.arrivals, node.said(Receipt)) == ([], [])
    node.release()
    assert [log for log, _ in node.arrivals] == [ROUTINE]
    (receipt,) = node.said(Receipt)
    assert (receipt.log, receipt.size, receipt.root) == (ROUTINE, 1, author.checkpoint(Lane.ROUTINE).root)
    assert node.row(ROUTINE).note == author.notes[Lane.ROUTINE]


def test_batches_follow_one_another_before_the_first_is_durable() -> None:
    node, author = met()
    node.holding = True
    for _ in range(3):
        node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert node.said(Refusal) == []
    node.release()
    assert [receipt.size for receipt in node.said(Receipt)] == [1, 2, 3]


def test_a_duplicate_is_receipted_again_and_changes_nothing() -> None:
    node, author = met()
    batch = author.batch(Lane.ROUTINE)
    node.take(ROUTINE, batch)
    node.take(ROUTINE, batch)
    assert len(node.arrivals) == 1
    assert [receipt.size for receipt in node.said(Receipt)] == [1, 1]


def test_a_commit_that_fails_ends_the_conversation_and_the_next_one_brings_all() -> None:
    node, author = met()
    batches = [author.batch(Lane.ROUTINE) for _ in range(3)]
    node.holding = True
    for batch in batches:
        node.take(ROUTINE, batch)
    node.disk.broken = True
    node.release()
    assert node.has_ended()
    assert (node.arrivals, node.said(Receipt)) == ([], [])
    node.disk.broken = node.holding = False
    node.meet(author.held(Lane.ROUTINE))
    for batch in batches:
        node.take(ROUTINE, batch)
    assert [receipt.size for receipt in node.said(Receipt)] == [1, 2, 3]


def test_a_conversation_that_closes_leaves_nothing_waiting() -> None:
    node, author = met()
    node.holding = True
    node.take(CONTROL, author.batch(Lane.CONTROL))
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    node.exchange.closed(node.session)
    node.release()
    node.holding = False
    assert [log for log, _ in node.arrivals] == [CONTROL]
    node.meet()
    assert [receipt.log for receipt in node.said(Receipt)] == [CONTROL]


def test_while_control_waits_for_its_commit_everything_waits() -> None:
    node, author = met()
    node.holding = True
    node.take(CONTROL, author.batch(Lane.CONTROL))
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert len(node.commits) == 1
    node.release()
    assert [log for log, _ in node.arrivals] == [CONTROL, ROUTINE]


# what is refused


def test_a_gap_is_asked_for_again_from_where_the_log_ends() -> None:
    node, author = met()
    first = author.batch(Lane.ROUTINE)
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert refusals(node) == [("batch-gap", 0, False)]
    node.take(ROUTINE, first)
    assert len(node.arrivals) == 1


def test_what_was_under_way_when_a_batch_was_refused_is_passed_over() -> None:
    node, author = met()
    good = author.batch(Lane.ROUTINE)
    node.take(ROUTINE, msgspec.structs.replace(good, note=b"bad"))
    for _ in range(3):
        node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert refusals(node) == [("note-malformed", 0, False)]
    node.take(ROUTINE, good)
    assert len(node.arrivals) == 1


def test_two_refusals_for_one_fault_show_blocked() -> None:
    node, author = met()
    bad = msgspec.structs.replace(author.batch(Lane.ROUTINE), note=b"bad")
    node.take(ROUTINE, bad)
    node.take(ROUTINE, msgspec.structs.replace(bad, entries=bad.entries * 257))
    node.take(ROUTINE, bad)
    node.take(ROUTINE, bad)
    assert [(code, blocked) for code, _, blocked in refusals(node)] == [
        ("note-malformed", False),
        ("batch-oversized", False),
        ("note-malformed", False),
        ("note-malformed", True),
    ]
    assert "lane-blocked" in node.codes
    node.take(FLASH, author.batch(Lane.FLASH))
    assert [log for log, _ in node.arrivals] == [FLASH]


@pytest.mark.parametrize(
    "wrong", [Chunk(ROUTINE, 0, 7, last=False, data=bytes(5_000)), Chunk(ROUTINE, 0, 9, last=True, data=b"")]
)
def test_chunks_out_of_order_are_refused(wrong: Chunk) -> None:
    node, author = met()
    node.hear(wrong)
    assert refusals(node) == [("frame-out-of-order", 0, False)]
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    assert len(node.arrivals) == 1


def test_chunks_too_small_to_be_worth_a_frame_are_refused() -> None:
    node, _ = met()
    node.hear(Chunk(ROUTINE, 0, 0, last=False, data=b""))
    assert refusals(node) == [("frame-out-of-order", 0, False)]
    assert not node.exchange.state.session or not node.exchange.state.session.receiving


def test_a_batch_that_does_not_end_is_cut_off_at_the_limit() -> None:
    node, _ = met()
    sent = 0
    while not node.said(Refusal):
        node.hear(Chunk(ROUTINE, 0, sent, last=False, data=bytes(65_536)))
        sent += 65_536
    assert limits.BATCH_WIRE_BYTES_MAX < sent <= limits.BATCH_WIRE_BYTES_MAX + 65_536
    assert refusals(node) == [("batch-oversized", 0, False)]


def test_what_exceeds_the_credit_is_refused() -> None:
    node, author = met()
    (credit,) = [each for each in node.said(Credit) if each.log == ROUTINE]
    node.holding = True
    total, batch = 0, author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "x" * 60_000))
    size = len(encode_batch(batch.first, batch.entries, batch.note))
    while not node.said(Refusal):
        node.take(ROUTINE, batch)
        batch = author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "x" * 60_000))
        total += size
    assert abs(total - credit.size_bytes) < 2 * size
    assert refusals(node)[0][0] == "batch-over-credit"


def test_what_is_not_stored_yet_counts_against_credit() -> None:
    node, author = met()
    node.holding = True
    taken = 0
    for _ in range(20):
        batch = author.batch(Lane.ROUTINE, *[author.entry(Lane.ROUTINE) for _ in range(200)])
        size = len(encode_batch(batch.first, batch.entries, batch.note))
        if taken + size > max([each.size_bytes for each in node.said(Credit) if each.log == ROUTINE]):
            node.release(1)
        if taken + size <= max([each.size_bytes for each in node.said(Credit) if each.log == ROUTINE]):
            node.take(ROUTINE, batch)
            taken += size
    stored = node.row(ROUTINE).frontier.size / author.frontiers[Lane.ROUTINE].size
    assert node.said(Refusal) == []
    assert taken * (1 - stored) <= limits.CREDIT_BYTES * 2


def test_chunks_of_logs_that_nobody_opened_leave_no_trace() -> None:
    node, _ = met()
    for number in range(50):
        node.hear(Chunk(LogId(f"Z{number}", 1, Lane.FLASH), 0, 0, last=True, data=b""))
        node.hear(Chunk(LogId(THEM, 3 + number, Lane.FLASH), 0, 0, last=True, data=b""))
        node.hear(Chunk(LogId(US, 1, Lane.FLASH), 0, 0, last=True, data=b""))
    session = node.exchange.state.session
    assert session is not None
    assert (session.receiving, session.refusals, session.waiting) == ({}, {}, ())


# control acts


def test_a_rotation_counts_from_its_position_on() -> None:
    node, author = met()
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    sizes = tuple([LogSize(THEM, 1, lane, size) for lane, size in ((Lane.ROUTINE, 1), (Lane.CONTROL, 1))])
    act = control(THEM, ROTATION, Rotation(member(THEM).described(2).decode(), sizes))
    node.take(CONTROL, author.batch(Lane.CONTROL, author.entry(Lane.CONTROL, act=encode(act))))
    old = author.batch(Lane.ROUTINE)
    node.take(ROUTINE, old)
    assert refusals(node) == [("note-unsigned", 1, False)]
    author.generation = 2
    node.take(ROUTINE, msgspec.structs.replace(old, note=author.note(Lane.ROUTINE)))
    assert node.row(ROUTINE).frontier.size == 2
    again = node.restarted()
    assert again.exchange.state.facts.books[THEM].newest.serial == 2


@pytest.mark.parametrize("change", [{"line": "another"}, {"author": US}])
def test_a_control_act_at_fault_is_kept_and_changes_nothing(change: dict[str, object]) -> None:
    node, author = met()
    credential = Credential("k1", "officer", ("release",), "ed25519", bytes(32))
    act = msgspec.structs.replace(control(THEM, CREDENTIAL, credential), **change)
    node.take(CONTROL, author.batch(Lane.CONTROL, author.entry(Lane.CONTROL, act=encode(act))))
    assert node.arrivals[-1][1].fault == "act-foreign"
    assert node.exchange.state.facts.credentials == node.restarted().exchange.state.facts.credentials == {}


def test_a_control_act_that_cannot_take_effect_is_told() -> None:
    node, author = met()
    act = control(THEM, ROTATION, Rotation("no descriptor", ()))
    node.take(CONTROL, author.batch(Lane.CONTROL, author.entry(Lane.CONTROL, act=encode(act))))
    assert node.codes == ["note-malformed"]
    assert len(node.said(Receipt)) == 1


# epochs


def second(node: Node, old: Author, nonce: str = "ab" * 16) -> Author:
    """Let the counterpart open its epoch 2."""
    fresh = Author(epoch=2, nonce=nonce)
    opening = fresh.opening()
    node.take(fresh.log(Lane.CONTROL), opening)
    assert old.epoch == 1
    return fresh


def test_an_opening_freezes_the_epoch_before_it_and_starts_the_conversation_anew() -> None:
    node, author = met()
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    fresh = second(node, author)
    assert node.has_ended()
    assert "epoch-opened" in node.codes
    state = node.exchange.state
    assert state.epochs[THEM] == 2
    assert (node.row(ROUTINE).frozen_at, node.row(fresh.log(Lane.ROUTINE)).frozen_at) == (1, OPEN)
    node.meet(author.held(Lane.ROUTINE), fresh.held(Lane.CONTROL))
    node.take(fresh.log(Lane.ROUTINE), fresh.batch(Lane.ROUTINE))
    assert node.arrivals[-1][0] == fresh.log(Lane.ROUTINE)
    assert node.restarted().exchange.state.epochs[THEM] == 2


def test_entries_of_a_frozen_epoch_are_kept_late_and_neither_receipted_nor_in_force() -> None:
    node, author = met()
    second(node, author)
    node.meet()
    credential = Credential("k1", "officer", ("release",), "ed25519", bytes(32))
    act = encode(control(THEM, CREDENTIAL, credential))
    node.take(CONTROL, author.batch(Lane.CONTROL, author.entry(Lane.CONTROL, act=act)))
    assert node.arrivals[-1][0] == CONTROL
    assert [receipt for receipt in node.said(Receipt) if receipt.log == CONTROL] == []
    assert node.exchange.state.facts.credentials == {}
    assert node.restarted().exchange.state.facts.credentials == {}


@pytest.mark.parametrize("case", ["not an opening", "one signature", "another epoch", "foreign"])
def test_what_is_no_opening_opens_nothing(case: str) -> None:
    node, _ = met()
    author = Author(epoch=2, nonce="ab" * 16)
    log, code = author.log(Lane.CONTROL), "opening-malformed"
    if case == "not an opening":
        batch: Batch = author.batch(Lane.CONTROL)
    elif case == "one signature":
        batch, code = author.opening(keys=1), "opening-unsigned"
    elif case == "another epoch":
        act = encode(control(THEM, OPENING, Opening("cd" * 16, ())))
        signed = approvals(THEM, act, *member(THEM).recovery)
        batch, code = author.batch(Lane.CONTROL, author.entry(Lane.CONTROL, act=act, signed=signed)), "note-unsigned"
    else:
        batch = Author(epoch=3, nonce="ab" * 16).opening()
    node.take(log, batch)
    assert refusals(node) == [(code, 0, False)]
    assert node.exchange.state.epochs[THEM] == 1


def test_after_a_contradiction_an_officer_must_agree_before_the_next_epoch() -> None:
    node, author = met()
    node.take(ROUTINE, author.batch(Lane.ROUTINE))
    author.prev = bytes(32)
    node.take(FLASH, author.batch(Lane.FLASH))
    fresh = Author(epoch=2, nonce="ab" * 16)
    opening = fresh.opening()
    node.take(fresh.log(Lane.CONTROL), opening)
    assert refusals(node) == [("accord-needed", 0, False)]
    node.accord(2)
    again = node.restarted()
    again.meet()
    again.take(fresh.log(Lane.CONTROL), opening)
    assert again.exchange.state.epochs[THEM] == 2


def test_a_log_shorter_than_a_receipt_its_author_shows_is_refilled_before_it_is_receipted_or_frozen() -> None:
    author = Author()
    first, rest = author.batch(Lane.ROUTINE), author.batch(Lane.ROUTINE, author.entry(Lane.ROUTINE, "kept nowhere"))
    shown = author.held(Lane.ROUTINE, cosigned(author.notes[Lane.ROUTINE], US))
    node = Node()
    node.meet(shown)
    node.take(ROUTINE, first)
    assert node.said(Receipt) == []
    fresh = second(node, author)
    assert node.row(ROUTINE).frozen_at == OPEN
    node.meet(shown, fresh.held(Lane.CONTROL))
    purged = msgspec.structs.replace(rest, entries=(rest.entries[0]._replace(portions=(None,)),))
    node.take(ROUTINE, purged)
    assert [receipt.size for receipt in node.said(Receipt) if receipt.log == ROUTINE] == [2]
    assert node.row(ROUTINE).frozen_at == 2


def test_an_opening_whose_conversation_closed_meanwhile_still_counts() -> None:
    node, _ = met()
    fresh = Author(epoch=2, nonce="ab" * 16)
    node.holding = True
    node.take(fresh.log(Lane.CONTROL), fresh.opening())
    node.exchange.closed(node.session)
    node.release()
    assert node.exchange.state.epochs[THEM] == 2
